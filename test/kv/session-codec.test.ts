import fc from 'fast-check'
import { DecodeError, Writer } from '../../src/base/index.js'
import { SEQUENCE_MAX, SESSION_LIMITS, decodeSession, encodeSession, type Session } from '../../src/kv/index.js'
import { expect, suite } from '../harness.js'
import { TestPartition, del, from, peerId, set } from './harness.js'

const PEER = peerId(0)
const HEAD = '0807106418' // generation 7, floor 100, stamp …

/** Fields of a session by hand. */
function payload (columns: { runs?: number[], sequences?: number[], revisions?: number[], floor?: number }): Buffer {
  const writer = new Writer().uint(1, 7).uint(2, columns.floor ?? 100).uint(3, 1)
  const column = (field: number, values: number[] | undefined): void => {
    if (values !== undefined) writer.message(field, (inner) => { for (const value of values) inner.varint(value) })
  }
  column(4, columns.runs)
  column(5, columns.sequences)
  column(6, columns.revisions)
  return writer.finish()
}

const outcomesOf = ({ outcomes }: Session): number[][] =>
  Array.from({ length: outcomes.count }, (_, at) => [outcomes.sequenceAt(at), outcomes.kindAt(at), outcomes.revisionAt(at)])

suite('session records', ({ test }) => {
  test('have golden bytes', () => {
    const partition = new TestPartition()
    partition.apply(from([set(101, 'a'), set(105, 'b'), del(103, 'a'), del(104, 'a')], { generation: 7, floor: 100 }))
    // 101 set r1, 103 deleted r3, 104 nothing to delete r3, 105 set r2 (lower)
    const runs = [6 + 0, 6 + 1, 6 + 2, 6 + 3]
    const expected = payload({ runs, sequences: [1, 1, 0, 0], revisions: [1, 2, 0, 1] })
    expect.is(encodeSession(partition.state.session(PEER)!).toString('hex'), expected.toString('hex'))
    expect.is(expected.toString('hex'), HEAD + '01' + '2204' + '06070809' + '2a04' + '01010000' + '3204' + '01020001')
  })

  test('of a barrier are some bytes', () => {
    const partition = new TestPartition()
    partition.apply(from([], { generation: 7, floor: 100 }))
    expect.is(encodeSession(partition.state.session(PEER)!).toString('hex'), HEAD + '01')
  })

  test('come back from any results', () => {
    const results = fc.uniqueArray(fc.tuple(fc.oneof(fc.integer({ min: 100, max: 200 }), fc.integer({ min: 100, max: SEQUENCE_MAX })), fc.integer({ min: 0, max: 2 }), fc.oneof(fc.nat(50), fc.maxSafeNat())), { selector: ([sequence]) => sequence, maxLength: 40 })
    fc.assert(fc.property(results, (unsorted) => {
      const sorted = unsorted.sort(([left], [right]) => left - right)
      const session = decodeSession(PEER, payload({ floor: 100 }))
      for (const [sequence, kind, revision] of sorted) session.record(sequence, kind as 0 | 1 | 2, revision)
      const decoded = decodeSession(PEER, encodeSession(session))
      expect.equal(outcomesOf(decoded), sorted)
      expect.equal([decoded.peer, decoded.generation, decoded.floor, decoded.stamp], [PEER, 7, 100, 1])
    }), { numRuns: 1000 })
  })

  test('take two to four bytes a result, so that a full one stays below 64 KiB', () => {
    for (const partitionCount of [1, 16, 64]) {
      const partition = new TestPartition()
      for (let at = 0; at < SESSION_LIMITS.resultsPerSessionMax; at++) {
        partition.apply(from([set(at * partitionCount + at % 7, `k${at % 50}`)], { generation: 1 }), from([set(at, 'b')], { peer: peerId(1) }))
      }
      const session = partition.state.session(PEER)!
      expect.is(session.outcomes.count, SESSION_LIMITS.resultsPerSessionMax)
      const size = encodeSession(session).length
      expect.ok(size <= 64 * 1024, `${size} bytes`)
    }
  })

  test('skip fields of newer versions', () => {
    expect.is(decodeSession(PEER, Buffer.concat([payload({}), Buffer.from('3a0161', 'hex')])).floor, 100)
  })

  test('that no node wrote are refused', () => {
    for (const [wrong, pattern] of [
      [Buffer.alloc(0), /lacks generation/],
      [new Writer().uint(1, 7).uint(2, 0).uint(3, 2 ** 52 + 1).finish(), /stamp beyond/],
      [payload({ runs: [6], sequences: [1] }), /truncated varint/],
      [payload({ sequences: [1], revisions: [1] }), /truncated varint/],
      [payload({ runs: [12], sequences: [1], revisions: [1] }), /differ in length/],
      [payload({ runs: [6, 6], sequences: [1], revisions: [1] }), /differ in length/],
      [payload({ runs: [6], sequences: [1], revisions: [1, 1] }), /differ in length/],
      [payload({ runs: [6], sequences: [], revisions: [] }), /differ in length/],
      [payload({ runs: [0], sequences: [1], revisions: [1] }), /run of no results/],
      [payload({ runs: [9], sequences: [1], revisions: [1] }), /revision out of range/],
      [payload({ runs: [12], sequences: [1, 1], revisions: [Number.MAX_SAFE_INTEGER, 1] }), /revision out of range/],
      [payload({ runs: [6], sequences: [SEQUENCE_MAX], revisions: [1] }), /beyond 2\^53/]
    ] as const) expect.throws(() => decodeSession(PEER, wrong), (error: Error) => error instanceof DecodeError && pattern.test(error.message), wrong.toString('hex'))
  })

  test('of any bytes decode to what encodes and decodes the same, or are refused', () => {
    const columns = fc.record({ runs: fc.array(fc.nat(30), { maxLength: 4 }), sequences: fc.array(fc.nat(9), { maxLength: 6 }), revisions: fc.array(fc.nat(9), { maxLength: 6 }) })
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), columns.map(payload)), (bytes) => {
      let session: Session
      try {
        session = decodeSession(PEER, bytes)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        return
      }
      expect.equal(outcomesOf(decodeSession(PEER, encodeSession(session))), outcomesOf(session))
    }), { numRuns: 5000 })
  })
})

import { DecodeError, toGeneration, toRevision } from '../../src/base/index.js'
import { KvState, SEQUENCE_MAX, SESSION_LIMITS, decodeSession, type Session } from '../../src/kv/index.js'
import { expect, suite } from '../harness.js'
import { TestPartition, bucketOf, del, from, key, peerId, set, stateOf } from './harness.js'

const EXPIRED = { kind: 'expired' }
const MISROUTED = { kind: 'misrouted' }

suite('commands', ({ test }) => {
  test('raise the revision by one for each change and stamp it on the value', () => {
    const partition = new TestPartition()
    expect.equal(partition.results(from([set(0, 'a'), set(1, 'b'), set(2, 'a')])), [
      { kind: 'set', revision: 1 }, { kind: 'set', revision: 2 }, { kind: 'set', revision: 3 }
    ])
    expect.is(partition.contents, 'a=v2@3 b=v1@2')
    expect.is(partition.state.revision, 3)
  })

  test('delete what is there with a revision of its own, and change nothing where nothing is', () => {
    const partition = new TestPartition()
    partition.apply(from([set(0, 'a')]))
    expect.equal(partition.results(from([del(1, 'a'), del(2, 'a')])), [
      { kind: 'delete', deleted: true, revision: 2 }, { kind: 'delete', deleted: false, revision: 2 }
    ])
    const applied = partition.apply(from([del(3, 'never')]))
    expect.equal(applied.writes, [])
    expect.is(applied.revision, 2)
  })

  test('count the keys exactly', () => {
    const partition = new TestPartition()
    const counts = [[set(0, 'a')], [set(1, 'a')], [set(2, 'b'), set(3, 'c')], [del(4, 'a')], [del(5, 'a')], [set(6, 'a'), del(7, 'a'), set(8, 'a')], [set(9, '', '')]]
      .map((commands) => partition.apply(from(commands)).keyCount)
    expect.equal(counts, [1, 1, 3, 2, 2, 3, 4])
    expect.is(partition.data.size, 4)
  })

  test('keep an empty value apart from a missing one', () => {
    const partition = new TestPartition()
    partition.apply(from([set(0, 'a', '')]))
    expect.equal(partition.results(from([del(1, 'a')])), [{ kind: 'delete', deleted: true, revision: 2 }])
  })

  test('see what was written before them in the same call', () => {
    const partition = new TestPartition()
    let readCount = 0
    const applied = partition.state.apply([from([set(0, 'a'), del(1, 'a'), del(2, 'a')]), from([set(0, 'a')], { peer: peerId(1) })], () => { readCount++; return undefined }, () => true)
    expect.equal(applied.results.map(({ result }) => result), [
      { kind: 'set', revision: 1 }, { kind: 'delete', deleted: true, revision: 2 }, { kind: 'delete', deleted: false, revision: 2 }, { kind: 'set', revision: 3 }
    ])
    expect.equal(applied.writes.map(({ value }) => value?.revision), [1, undefined, 3])
    expect.is(readCount, 1)
  })

  test('for a bucket of another partition have no effect and may be asked for again', () => {
    const partition = new TestPartition()
    expect.equal(partition.results(from([set(5, 'x'), set(6, 'a')])), [MISROUTED, { kind: 'set', revision: 1 }])
    expect.is(partition.state.keyCount, 1)
    expect.is(partition.state.lookup(peerId(0), toGeneration(1), 5), undefined)
    expect.equal(partition.state.apply([from([set(5, 'x')])], partition.read, () => true).results[0]?.result, { kind: 'set', revision: 2 })
  })

  test('that were applied before their bucket moved away keep their result', () => {
    const partition = new TestPartition()
    partition.state.apply([from([set(5, 'x')])], partition.read, () => true)
    expect.equal(partition.results(from([set(5, 'x')])), [{ kind: 'set', revision: 1 }])
  })

  test('whose read fails throw, and say nothing was missing', () => {
    const failing = (): never => { throw new DecodeError('the disk is bad') }
    expect.throws(() => stateOf().apply([from([set(0, 'a')])], failing, () => true), /the disk is bad/)
  })

  test('on counters that cannot be true throw what a damaged disk throws', () => {
    const boot = { sessions: [], bucketOf }
    const value = { value: key('v'), revision: toRevision(1) }
    const noKeys = new KvState({ ...boot, revision: toRevision(1), keyCount: 0 })
    expect.throws(() => noKeys.apply([from([del(0, 'a')])], () => value, () => true), (error: unknown) => error instanceof DecodeError)
    const used = new KvState({ ...boot, revision: toRevision(Number.MAX_SAFE_INTEGER), keyCount: 0 })
    expect.throws(() => used.apply([from([set(0, 'a')])], () => undefined, () => true), (error: unknown) => error instanceof DecodeError)
  })
})

suite('sessions', ({ test }) => {
  test('answer a repeated sequence with the same result and no effect', () => {
    const partition = new TestPartition()
    const first = partition.results(from([set(3, 'a'), del(4, 'a'), del(5, 'a')]))
    const again = partition.apply(from([set(3, 'a', 'other'), del(4, 'b'), set(5, 'a')]))
    expect.equal(again.results.map(({ result }) => result), first)
    expect.equal([again.writes, again.touchedSessions, again.revision], [[], [], 2])
  })

  test('take numbers in any order: a late lower one is not a repetition', () => {
    const partition = new TestPartition()
    expect.equal(partition.results(from([set(9, 'a'), set(2, 'a'), set(5, 'a')])), [
      { kind: 'set', revision: 1 }, { kind: 'set', revision: 2 }, { kind: 'set', revision: 3 }
    ])
    expect.is(partition.contents, 'a=v5@3')
  })

  test('refuse what lies below the floor, whether it was applied or not', () => {
    const partition = new TestPartition()
    partition.apply(from([set(3, 'a'), set(7, 'a')]))
    expect.equal(partition.results(from([set(3, 'a'), set(4, 'a'), set(6, 'b')], { floor: 6 })), [EXPIRED, EXPIRED, { kind: 'set', revision: 3 }])
    expect.is(partition.contents, 'a=v7@2 b=v6@3')
  })

  test('never lower the floor', () => {
    const partition = new TestPartition()
    partition.apply(from([set(7, 'a')], { floor: 6 }))
    expect.equal(partition.results(from([set(5, 'a')], { floor: 0 })), [EXPIRED])
    expect.is(partition.state.session(peerId(0))?.floor, 6)
  })

  test('forget results below the floor and keep those above', () => {
    const partition = new TestPartition()
    partition.apply(from([set(1, 'a'), set(2, 'b'), set(3, 'c')]))
    partition.apply(from([], { floor: 3 }))
    const session = partition.state.session(peerId(0))
    expect.equal([session?.outcomes.count, session?.outcomes.sequenceAt(0)], [1, 3])
  })

  test('end with a newer generation, which may use the same numbers', () => {
    const partition = new TestPartition()
    partition.apply(from([set(1, 'a', 'old')]))
    expect.equal(partition.results(from([set(1, 'a', 'new')], { generation: 2 })), [{ kind: 'set', revision: 2 }])
    expect.equal(partition.results(from([set(1, 'a', 'old'), set(2, 'a', 'older')], { generation: 1 })), [EXPIRED, EXPIRED])
    expect.is(partition.contents, 'a=new@2')
  })

  test('are each origin’s own', () => {
    const partition = new TestPartition()
    expect.equal(partition.results(from([set(1, 'a')]), from([set(1, 'a')], { peer: peerId(1) })), [{ kind: 'set', revision: 1 }, { kind: 'set', revision: 2 }])
  })

  test('name whose record has to be written again, once each', () => {
    const partition = new TestPartition()
    expect.equal(partition.apply(from([set(0, 'a')]), from([set(0, 'a')], { peer: peerId(1) }), from([set(1, 'a')])).touchedSessions, [peerId(0), peerId(1)])
    expect.equal(partition.apply(from([set(0, 'a')])).touchedSessions, [], 'a repetition')
    expect.equal(partition.apply(from([], { floor: 1 })).touchedSessions, [peerId(0)], 'a raised floor')
    expect.equal(partition.apply(from([], { generation: 2 })).touchedSessions, [peerId(0)], 'a new generation')
    expect.equal(partition.apply(from([set(9, 'b')])).touchedSessions, [], 'an old generation')
  })

  test('refuse a number beyond which no floor could be', () => {
    const partition = new TestPartition()
    expect.equal(partition.results(from([set(SEQUENCE_MAX, 'a'), set(SEQUENCE_MAX + 1, 'a')])), [{ kind: 'set', revision: 1 }, EXPIRED])
    expect.equal(partition.results(from([set(SEQUENCE_MAX, 'a')], { floor: SEQUENCE_MAX + 1 })), [EXPIRED])
  })

  test('say early what a repetition would be answered', () => {
    const partition = new TestPartition()
    const lookup = (generation: number, sequence: number): unknown => partition.state.lookup(peerId(0), toGeneration(generation), sequence)
    expect.is(lookup(1, 5), undefined)
    partition.apply(from([set(5, 'a'), del(6, 'a'), del(7, 'a')], { generation: 2, floor: 4 }))
    expect.equal([lookup(2, 5), lookup(2, 6), lookup(2, 7)], [
      { kind: 'set', revision: 1 }, { kind: 'delete', deleted: true, revision: 2 }, { kind: 'delete', deleted: false, revision: 2 }
    ])
    expect.equal([lookup(2, 3), lookup(1, 5), lookup(2, 8), lookup(3, 5)], [EXPIRED, EXPIRED, undefined, undefined])
  })
})

suite('session limits', ({ test }) => {
  test('forget the lowest results of a session and raise its floor above them', () => {
    const partition = new TestPartition(stateOf({ ...SESSION_LIMITS, resultsPerSessionMax: 3 }))
    partition.apply(from([10, 12, 14, 16, 18].map((sequence) => set(sequence, 'a'))))
    const session = partition.state.session(peerId(0))
    expect.equal([session?.floor, session?.outcomes.count], [13, 3])
    expect.equal(partition.results(from([set(12, 'a'), set(11, 'a'), set(14, 'a'), set(15, 'a')])), [EXPIRED, EXPIRED, { kind: 'set', revision: 3 }, { kind: 'set', revision: 6 }])
  })

  test('make the session that changed longest ago forget, and let it go on above what it applied', () => {
    const partition = new TestPartition(stateOf({ ...SESSION_LIMITS, activeSessionsMax: 2 }))
    partition.apply(from([set(4, 'a')]), from([set(4, 'b')], { peer: peerId(1) }))
    partition.apply(from([set(6, 'a')]))
    const applied = partition.apply(from([set(4, 'c')], { peer: peerId(2) }))
    expect.equal(applied.touchedSessions, [peerId(2), peerId(1)])
    expect.equal(partition.results(from([set(4, 'b'), set(3, 'b'), set(5, 'b')], { peer: peerId(1) })), [EXPIRED, EXPIRED, { kind: 'set', revision: 5 }])
    expect.equal(partition.results(from([set(6, 'a')])), [EXPIRED], 'then the first was the one to forget')
  })

  test('make an eighth of a full table forget at once', () => {
    const partition = new TestPartition(stateOf({ ...SESSION_LIMITS, activeSessionsMax: 16 }))
    for (let number = 0; number < 16; number++) partition.apply(from([set(0, 'a')], { peer: peerId(number) }))
    expect.equal(partition.apply(from([set(0, 'a')], { peer: peerId(16) })).touchedSessions, [peerId(16), peerId(0), peerId(1), peerId(2)])
    expect.equal(partition.apply(from([set(0, 'a')], { peer: peerId(17) })).touchedSessions, [peerId(17)])
  })

  test('are not reached by the same sessions changing again and again', () => {
    const partition = new TestPartition(stateOf({ ...SESSION_LIMITS, activeSessionsMax: 16 }))
    for (let sequence = 0; sequence < 5; sequence++) {
      for (let number = 0; number < 16; number++) expect.equal(partition.apply(from([set(sequence, 'a')], { peer: peerId(number) })).touchedSessions, [peerId(number)])
    }
  })

  test('do not count sessions without results', () => {
    const partition = new TestPartition(stateOf({ ...SESSION_LIMITS, activeSessionsMax: 1 }))
    partition.apply(from([set(0, 'a')]))
    partition.apply(from([], { floor: 1 }))
    expect.equal(partition.apply(from([set(0, 'a')], { peer: peerId(1) })).touchedSessions, [peerId(1)])
  })

  test('refuse sessions to start from that cannot be one partition’s', () => {
    const sessions = (...numbers: number[]): Session[] => numbers.map((number) => decodeSession(peerId(number), Buffer.from('080110001801', 'hex')))
    const boot = { revision: toRevision(0), keyCount: 0, bucketOf, limits: { ...SESSION_LIMITS, sessionsMax: 2 } }
    for (const [wrong, pattern] of [[sessions(1, 1), /two sessions of/], [sessions(1, 2, 3), /more than 2 sessions/]] as const) {
      expect.throws(() => new KvState({ ...boot, sessions: wrong }), (error: Error) => error instanceof DecodeError && pattern.test(error.message))
    }
  })

  test('refuse origins beyond the table, and never drop a barrier for them', () => {
    const partition = new TestPartition(stateOf({ ...SESSION_LIMITS, sessionsMax: 1 }))
    partition.apply(from([set(0, 'a')], { generation: 2 }))
    const applied = partition.apply(from([set(0, 'a')], { peer: peerId(1) }))
    expect.equal([applied.results[0]?.result, applied.writes, applied.touchedSessions], [EXPIRED, [], []])
    expect.equal(partition.results(from([set(1, 'a')], { generation: 1 })), [EXPIRED])
  })
})

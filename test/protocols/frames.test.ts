import { AssertionError, toGeneration, toIncarnation, toLogIndex, toNodeName, toPeerId, toTerm } from '../../src/base/index.js'
import type { Multiaddr } from '../../src/base/index.js'
import {
  APPEND_ENTRY_COUNT_MAX, APPEND_PAYLOADS_SIZE_BYTES_MAX, COMMAND_OVERHEAD_SIZE_BYTES_MAX, decodeClusterFrame, decodeKvFrame,
  decodeMembershipFrame, decodeOriginCommands, decodeReplicationFrame, decodeSnapshotFrame, encodeClusterFrame,
  encodeClusterFrames, encodeKvFrame, encodeKvFrames, encodeMembershipFrame, encodeMembershipFrames, encodeOriginCommands,
  encodeReplicationFrame, encodeReplicationFrames, encodeSnapshotFrame, LOG_ENTRY_PAYLOAD_SIZE_BYTES_MAX,
  MEMBER_RECORD_SIZE_BYTES_MAX, ORIGIN_OVERHEAD_SIZE_BYTES_MAX
} from '../../protocols/index.js'
import type { KvMessage, LogEntry, MemberRecord, OriginCommands, ReplicationMessage, WriteOperation } from '../../protocols/index.js'
import { expect, suite } from '../harness.js'
import { expectSame } from './same.js'
import { append, get, kvSamples, map, ping, readRequest, record, request, response, revision, sync } from './samples.js'

const MIB = 1024 * 1024
const isAssertionError = (error: unknown): boolean => error instanceof AssertionError
const times = <Value>(count: number, make: (place: number) => Value): Value[] => Array.from({ length: count }, (_, place) => make(place))

/** Long varints everywhere: terms and indexes of 2^50 and more. */
const HIGH = 2 ** 50
const entry = (place: number, sizeBytes: number): LogEntry =>
  ({ term: toTerm(HIGH), index: toLogIndex(HIGH + place), kind: 'commands', payload: new Uint8Array(sizeBytes) })
const appendOf = (entries: readonly LogEntry[]): ReplicationMessage =>
  ({ ...append, term: toTerm(2 * HIGH), prevIndex: toLogIndex(HIGH - 1), prevTerm: toTerm(HIGH - 1), entries })
const valueOf = (sizeBytes: number): KvMessage =>
  response({ id: 1, kind: 'value', value: new Uint8Array(sizeBytes), revision, ageMsMax: 0 })
const originOf = (...writes: readonly WriteOperation[]): OriginCommands => ({
  peer: toPeerId('Q'.repeat(128)), generation: toGeneration(Number.MAX_SAFE_INTEGER), floor: Number.MAX_SAFE_INTEGER,
  commands: writes.map((write) => ({ sequence: Number.MAX_SAFE_INTEGER, write }))
})

const largestRecord: MemberRecord = {
  peer: toPeerId('Q'.repeat(128)), name: toNodeName('n'.repeat(64)), generation: toGeneration(Number.MAX_SAFE_INTEGER),
  incarnation: toIncarnation(Number.MAX_SAFE_INTEGER), health: 'suspect', accuser: toPeerId('Q'.repeat(128)), http: 'h'.repeat(256), signature: new Uint8Array(64),
  multiaddrs: times(16, () => `/${'a'.repeat(255)}` as Multiaddr)
}

suite('limits', ({ test }) => {
  test('the largest legal appends fit a frame', () => {
    for (const entries of [
      [entry(0, 4 * MIB)], [entry(0, MIB), entry(1, LOG_ENTRY_PAYLOAD_SIZE_BYTES_MAX)],
      times(APPEND_ENTRY_COUNT_MAX, (place) =>
        ({ ...entry(place, APPEND_PAYLOADS_SIZE_BYTES_MAX / APPEND_ENTRY_COUNT_MAX), term: toTerm(HIGH + place) }))
    ]) {
      const [decoded] = decodeReplicationFrame(encodeReplicationFrame([appendOf(entries)]))
      expect.is(decoded?.kind === 'append' && decoded.entries.length, entries.length)
    }
  })

  test('the largest legal values, syncs, probes and snapshot records fit a frame', () => {
    expect.is(decodeKvFrame(encodeKvFrame(times(7, () => valueOf(MIB)))).length, 7)
    const syncOf = (count: number): Buffer => encodeMembershipFrame([{ ...sync, records: times(count, () => largestRecord) }])
    expect.ok(syncOf(3).length - syncOf(2).length <= MEMBER_RECORD_SIZE_BYTES_MAX)
    expect.is(decodeMembershipFrame(syncOf(1024)).length, 1)
    expect.is(decodeMembershipFrame(encodeMembershipFrame(times(20, () => ({ ...ping, updates: times(32, () => largestRecord) })))).length, 20)
    const records = [{ key: new Uint8Array(2048), value: new Uint8Array(MIB + 64 * 1024) }]
    expect.is(decodeSnapshotFrame(encodeSnapshotFrame({ kind: 'records', records })).kind, 'records')
  })

  test('the overheads of origins and commands are upper bounds', () => {
    const write: WriteOperation = { op: 'set', key: new Uint8Array(1024).fill(0x61), value: new Uint8Array(MIB) }
    const none = encodeOriginCommands([originOf()]).length
    expect.ok(none <= ORIGIN_OVERHEAD_SIZE_BYTES_MAX)
    const four = encodeOriginCommands([originOf(write, write, write, write)])
    expect.ok(four.length <= ORIGIN_OVERHEAD_SIZE_BYTES_MAX + 4 * (COMMAND_OVERHEAD_SIZE_BYTES_MAX + 1024 + MIB))
    expect.ok(four.length <= LOG_ENTRY_PAYLOAD_SIZE_BYTES_MAX)
    expect.is(decodeOriginCommands(four)[0]?.commands.length, 4)
  })

  test('what others would refuse is a bug of ours', () => {
    const cases: ReadonlyArray<() => unknown> = [
      () => encodeMembershipFrame([{ ...ping, updates: times(33, () => record) }]),
      () => encodeMembershipFrame([{ ...sync, records: times(1025, () => record) }]),
      () => encodeMembershipFrame([{ ...sync, records: [{ ...record, multiaddrs: times(17, () => '/a' as Multiaddr) }] }]),
      () => encodeMembershipFrame([{ ...sync, records: [{ ...record, multiaddrs: ['nowhere' as Multiaddr] }] }]),
      () => encodeMembershipFrame([{ ...sync, records: [{ ...record, http: 'http://ä' }] }]),
      () => encodeMembershipFrame(times(4097, () => ping)),
      () => encodeReplicationFrame([appendOf([entry(1, 1)])]),
      () => encodeReplicationFrame([appendOf([entry(0, 1), entry(2, 1)])]),
      () => encodeReplicationFrame([appendOf([entry(0, 1), { ...entry(1, 1), term: toTerm(HIGH - 1) }])]),
      () => encodeReplicationFrame([appendOf([entry(0, LOG_ENTRY_PAYLOAD_SIZE_BYTES_MAX + 1)])]),
      () => encodeReplicationFrame([appendOf([entry(0, 4_000_000), entry(1, 4_000_000)])]),
      () => encodeKvFrame(times(9, () => valueOf(MIB))),
      () => encodeKvFrame([valueOf(MIB + 1)]),
      () => encodeOriginCommands([originOf({ op: 'delete', key: new Uint8Array(0) })]),
      () => encodeOriginCommands([originOf({ op: 'delete', key: new Uint8Array(1025) })]),
      () => encodeOriginCommands(times(1025, () => originOf())),
      () => encodeClusterFrame([{ kind: 'map', map: { ...map, partitions: [] } }]),
      () => encodeSnapshotFrame({ kind: 'records', records: times(3, () => ({ key: new Uint8Array(1), value: new Uint8Array(700_000) })) })
    ]
    for (const [place, bug] of cases.entries()) expect.throws(bug, isAssertionError, `case ${place}`)
  })
})

suite('several frames', ({ test }) => {
  test('more messages than a frame may hold go into several, in order', () => {
    const messages = times(10_000, (id) => ({ ...readRequest, id }))
    const frames = encodeReplicationFrames(messages)
    expect.equal(frames.map((frame) => decodeReplicationFrame(frame).length), [4096, 4096, 1808])
    expectSame(frames.flatMap(decodeReplicationFrame), messages)
  })

  test('more bytes than joins well go into several, a large message alone', () => {
    const messages = [900_000, 5_000_000, 10, 10, 1_100_000].map((size) => appendOf([entry(0, size)]))
    const frames = encodeReplicationFrames(messages)
    expect.equal(frames.map((frame) => decodeReplicationFrame(frame).length), [1, 1, 2, 1])
    const sizes = frames.flatMap(decodeReplicationFrame).map((message) => message.kind === 'append' && message.entries[0]?.payload.length)
    expect.equal(sizes, [900_000, 5_000_000, 10, 10, 1_100_000])
  })

  test('whatever a peer makes us answer is sent: many acks, maps and values', () => {
    const acks = times(300, (sequence) => ({ ...ping, kind: 'ack' as const, sequence, updates: [largestRecord] }))
    let count = 0
    for (const frame of encodeMembershipFrames(acks)) {
      expect.ok(frame.length <= 64 * 1024)
      count += decodeMembershipFrame(frame).length
    }
    expect.is(count, 300)
    const maps = times(4200, () => ({ kind: 'map' as const, map }))
    expect.is(encodeClusterFrames(maps).flatMap(decodeClusterFrame).length, 4200)
    expect.is(encodeKvFrames(times(9, () => valueOf(MIB))).flatMap(decodeKvFrame).length, 9)
  })

  test('what fits one frame is one frame, and nothing is none', () => {
    const [frame, ...others] = encodeKvFrames(kvSamples)
    expect.is(frame?.toString('hex'), encodeKvFrame(kvSamples).toString('hex'))
    expect.is(others.length, 0)
    expect.equal(encodeKvFrames([]), [])
  })
})

suite('values', ({ test }) => {
  /** What arrives of one message. */
  const sent = (message: KvMessage): KvMessage => decodeKvFrame(encodeKvFrame([message]))[0] ?? message

  test('a reason is cut between two characters', () => {
    const failed = (reason: string): KvMessage => response({ id: 1, kind: 'failed', code: 'overloaded', master: 0, reason })
    for (const [reason, cut] of [
      ['x'.repeat(1024), 'x'.repeat(1024)], ['x'.repeat(5000), 'x'.repeat(1024)], ['€'.repeat(342), '€'.repeat(341)],
      [`x${'😀'.repeat(300)}`, `x${'😀'.repeat(255)}`], [`${'x'.repeat(1023)}é`, 'x'.repeat(1023)]
    ] as const) expectSame(sent(failed(reason)), failed(cut))
  })

  test('a deadline is rounded down and an age up, to whole milliseconds that can be sent', () => {
    const within = (timeoutMs: number): KvMessage => request({ ...get, timeoutMs })
    for (const [given, whole] of [[0.9, 0], [1.1, 1], [-5, 0], [Infinity, 2 ** 32 - 1]] as const) expectSame(sent(within(given)), within(whole))
    const aged = (ageMsMax: number): KvMessage => response({ id: 1, kind: 'missing', revision, ageMsMax })
    for (const [given, whole] of [[0.1, 1], [7, 7], [Infinity, Number.MAX_SAFE_INTEGER]] as const) expectSame(sent(aged(given)), aged(whole))
  })

  test('payloads, keys and values are views of what was received', () => {
    const frame = encodeReplicationFrame([appendOf([entry(0, 3)])])
    const [decoded] = decodeReplicationFrame(frame)
    frame.fill(7)
    expectSame(decoded?.kind === 'append' && decoded.entries[0]?.payload, Buffer.from([7, 7, 7]))
    const payload = encodeOriginCommands([originOf({ op: 'set', key: Buffer.from('k'), value: Buffer.from('v') })])
    const write = decodeOriginCommands(payload)[0]?.commands[0]?.write
    payload.fill(8)
    expectSame(write, { op: 'set', key: Buffer.from([8]), value: Buffer.from([8]) })
  })
})

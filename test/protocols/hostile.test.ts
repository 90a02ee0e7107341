import { DecodeError, Writer } from '../../src/base/index.js'
import {
  APPEND_ENTRY_COUNT_MAX, CLUSTER_FRAME_SIZE_BYTES_MAX, decodeClusterFrame, decodeKvFrame, decodeLogEntries,
  decodeMembershipFrame, decodeOriginCommands, decodeReplicationFrame, decodeSnapshotFrame, encodeClusterFrame,
  encodeKvFrame, encodeMembershipFrame, encodeReplicationFrame, ENTRY_COMMAND_COUNT_MAX, ENTRY_ORIGIN_COUNT_MAX,
  FRAME_MESSAGE_COUNT_MAX, KV_FRAME_SIZE_BYTES_MAX, MEMBERSHIP_FRAME_SIZE_BYTES_MAX, REPLICATION_FRAME_SIZE_BYTES_MAX,
  SNAPSHOT_FRAME_SIZE_BYTES_MAX, SNAPSHOT_RECORD_COUNT_MAX
} from '../../protocols/index.js'
import { expect, suite } from '../harness.js'
import { expectSame } from './same.js'
import { clusterSamples, kvSamples, membershipSamples, peerA, record, replicationSamples, sync } from './samples.js'

const isDecodeError = (error: unknown): boolean => error instanceof DecodeError
const hex = (text: string): Buffer => Buffer.from(text, 'hex')
/** The bytes of `piece` (hex), `count` times. */
const repeat = (piece: string, count: number): Buffer => Buffer.alloc(count * piece.length / 2, hex(piece))
/** A frame of one message whose kind is field `kind` and has this body. */
const frameOf = (kind: number, ...body: readonly Uint8Array[]): Buffer =>
  new Writer().message(1, (message) => { message.bytes(kind, Buffer.concat(body)) }).finish()
/** A legal record of the least size, as field `field` of a sync or probe. */
const recordField = (field: number): string => new Writer().message(field, (writer) => {
  writer.string(1, peerA).string(2, 'n').uint(3, 1).uint(4, 1).uint(5, 1).string(7, '').bytes(8, new Uint8Array(64))
}).finish().toString('hex')

const versionField = (field: number): string => new Writer().message(field, (writer) => {
  writer.string(1, peerA).uint(2, 1).uint(3, 1).uint(4, 1)
}).finish().toString('hex')

/** Partition 1, term 9, and 0 for the previous entry, the commit index and the round. */
const APPEND_HEAD = hex('080110091800200028003000')
/** Above any machine's noise, below what building the objects would take. */
const SOON_MS = 2000

const frames = [
  {
    name: 'membership', decode: decodeMembershipFrame, sizeBytesMax: MEMBERSHIP_FRAME_SIZE_BYTES_MAX,
    samples: membershipSamples.map((message) => encodeMembershipFrame([message]))
  },
  {
    name: 'replication', decode: decodeReplicationFrame, sizeBytesMax: REPLICATION_FRAME_SIZE_BYTES_MAX,
    samples: replicationSamples.map((message) => encodeReplicationFrame([message]))
  },
  {
    name: 'kv', decode: decodeKvFrame, sizeBytesMax: KV_FRAME_SIZE_BYTES_MAX,
    samples: kvSamples.map((message) => encodeKvFrame([message]))
  },
  {
    name: 'cluster', decode: decodeClusterFrame, sizeBytesMax: CLUSTER_FRAME_SIZE_BYTES_MAX,
    samples: clusterSamples.map((message) => encodeClusterFrame([message]))
  }
]

/** The one message of a frame, without the frame. */
function messageOf (frame: Buffer): Buffer {
  const size = frame[1] ?? 0
  return frame.subarray(size < 0x80 ? 2 : 3)
}

suite('hostile frames', ({ test }) => {
  for (const { name, decode, sizeBytesMax, samples } of frames) {
    test(`${name}: a megabyte of empty messages is refused by their count, at once`, () => {
      const startMs = performance.now()
      expect.throws(() => decode(repeat('0a00', 512 * 1024)), /more than 4096 messages/)
      expect.throws(() => decode(repeat('0a020a00', 256 * 1024)), isDecodeError)
      expect.throws(() => decode(repeat('0a03f80101', FRAME_MESSAGE_COUNT_MAX + 1)), /more than 4096 messages/)
      expect.ok(performance.now() - startMs < SOON_MS)
      expect.equal(decode(repeat('0a00', FRAME_MESSAGE_COUNT_MAX)), [])
    })

    test(`${name}: a frame above the limit is refused whatever it holds`, () => {
      expect.throws(() => decode(Buffer.alloc(sizeBytesMax + 1)), /a frame of/)
    })

    test(`${name}: an empty frame has no message`, () => { expect.equal(decode(Buffer.alloc(0)), []) })

    test(`${name}: messages of unknown kind or none are skipped, the others stay in order`, () => {
      const unknown = hex('0a06fa0103ffffff0a000a03f80101')
      const all = Buffer.concat(samples)
      expectSame(decode(Buffer.concat([unknown, all, unknown])), decode(all))
      expectSame(decode(Buffer.concat(samples.flatMap((sample) => [unknown, sample]))), decode(all))
      expect.is(decode(all).length, samples.length)
    })

    test(`${name}: a message of two kinds is refused, one with a field of a newer version is read`, () => {
      for (const sample of samples) {
        for (const other of samples) {
          const both = new Writer().bytes(1, Buffer.concat([messageOf(sample), messageOf(other)])).finish()
          expect.throws(() => decode(both), /two kinds/)
        }
        const extended = new Writer().bytes(1, Buffer.concat([hex('f80101'), messageOf(sample), hex('f80101')])).finish()
        expectSame(decode(extended), decode(sample))
      }
    })
  }

  test('snapshot: a frame above the limit, of no kind, of an unknown or of two is refused', () => {
    expect.throws(() => decodeSnapshotFrame(Buffer.alloc(SNAPSHOT_FRAME_SIZE_BYTES_MAX + 1)), /a snapshot frame of/)
    for (const bytes of ['', '2200', '1a0208001a020800', '12001a020800']) expect.throws(() => decodeSnapshotFrame(hex(bytes)), isDecodeError)
  })
})

suite('hostile counts', ({ test }) => {
  test('one entry, record, update, origin, command or snapshot record too many is refused by the count', () => {
    const entry = '3a0408011001'
    expect.throws(() => decodeReplicationFrame(frameOf(1, APPEND_HEAD, repeat(entry, APPEND_ENTRY_COUNT_MAX + 1))), /too many log entries/)
    expect.is(decodeReplicationFrame(frameOf(1, APPEND_HEAD, repeat(entry, APPEND_ENTRY_COUNT_MAX))).length, 1)
    expect.throws(() => decodeMembershipFrame(frameOf(5, repeat(recordField(1), 1025))), /too many records/)
    expect.is(decodeMembershipFrame(frameOf(5, repeat(recordField(1), 1024))).length, 1)
    for (const field of [2, 3]) {
      expect.throws(() => decodeMembershipFrame(frameOf(6, hex('0801'), repeat(versionField(field), 1025))), /too many versions/)
      expect.is(decodeMembershipFrame(frameOf(6, hex('0801'), repeat(versionField(field), 1024))).length, 1)
    }
    const probe = hex('080110001800')
    expect.throws(() => decodeMembershipFrame(frameOf(1, probe, repeat(recordField(4), 33))), /too many updates/)
    expect.is(decodeMembershipFrame(frameOf(1, probe, repeat(recordField(4), 32))).length, 1)
    const origin = (commands: number): string => new Writer().message(1, (writer) => {
      writer.string(1, peerA).uint(2, 1).uint(3, 1).raw(repeat('2207080110021a0161', commands))
    }).finish().toString('hex')
    expect.throws(() => decodeOriginCommands(repeat(origin(0), ENTRY_ORIGIN_COUNT_MAX + 1)), /too many origins/)
    expect.is(decodeOriginCommands(repeat(origin(0), ENTRY_ORIGIN_COUNT_MAX)).length, ENTRY_ORIGIN_COUNT_MAX)
    const half = hex(origin(ENTRY_COMMAND_COUNT_MAX / 2))
    expect.is(decodeOriginCommands(Buffer.concat([half, half])).length, 2)
    expect.throws(() => decodeOriginCommands(Buffer.concat([half, half, hex(origin(1))])), /too many commands/)
    const chunk = (count: number): Buffer => new Writer().bytes(2, repeat('0a050a01611200', count)).finish()
    expect.throws(() => decodeSnapshotFrame(chunk(SNAPSHOT_RECORD_COUNT_MAX + 1)), /too many records/)
    expect.is(decodeSnapshotFrame(chunk(SNAPSHOT_RECORD_COUNT_MAX)).kind, 'records')
  })

  test('half a megabyte of empty or tiny sub-messages is refused at the first one, or by the count', () => {
    const many = 256 * 1024
    const startMs = performance.now()
    expect.throws(() => decodeReplicationFrame(frameOf(1, APPEND_HEAD, repeat('3a00', many))), /no known kind/)
    expect.throws(() => decodeMembershipFrame(frameOf(5, repeat('0a00', many))), /member record lacks/)
    expect.throws(() => decodeMembershipFrame(frameOf(6, hex('0801'), repeat('1200', many))), /member version lacks/)
    expect.throws(() => decodeOriginCommands(repeat('0a00', many)), /origin lacks/)
    expect.throws(() => decodeLogEntries(Buffer.concat([hex('0801'), repeat('1200', many)])), /no known kind/)
    expect.throws(() => decodeSnapshotFrame(new Writer().bytes(2, repeat('0a00', many)).finish()), /without a key/)
    expect.throws(() => decodeClusterFrame(frameOf(6, repeat('2200', many))), /map member lacks/)
    expect.throws(() => decodeClusterFrame(frameOf(6, repeat('22050801120161', many / 4))), /too many members in/)
    expect.throws(() => decodeClusterFrame(frameOf(6, repeat('3200', many))), /too many partitions in/)
    expect.throws(() => decodeClusterFrame(frameOf(6, hex('2a808010'), repeat('01', 2 ** 18))), /more than 5/)
    expect.ok(performance.now() - startMs < SOON_MS)
  })

  test('fields of entries that come before what they follow from are refused', () => {
    expect.throws(() => decodeReplicationFrame(frameOf(1, hex('3a0408011001'), APPEND_HEAD)), /before its entries/)
    expect.throws(() => decodeLogEntries(hex('120408011001' + '0801')), /before their first index/)
  })
})

suite('values of a newer version', ({ test }) => {
  /** `frame` with the byte behind the first `before` (hex) set to 99. */
  function withNumber99 (frame: Buffer, before: string): Buffer {
    const at = frame.indexOf(hex(before))
    expect.ok(at >= 0, `${before} is not in ${frame.toString('hex')}`)
    frame[at + before.length / 2] = 99
    return frame
  }

  test('an unknown consistency, operation, failure or refusal takes its message along, not the frame', () => {
    expectSame(decodeKvFrame(withNumber99(encodeKvFrame(kvSamples), '6bc3a4736530')), kvSamples.slice(1))
    expectSame(decodeKvFrame(withNumber99(encodeKvFrame(kvSamples.slice(0, 2)), '3a0b081510')), kvSamples.slice(0, 1))
    expectSame(decodeKvFrame(withNumber99(encodeKvFrame(kvSamples.slice(7)), '4211084d10')), kvSamples.slice(7, 8))
    expectSame(decodeClusterFrame(withNumber99(encodeClusterFrame(clusterSamples.slice(1)), '0a14121208')), clusterSamples.slice(2))
  })

  test('a record of an unknown health is left out of its sync', () => {
    const frame = withNumber99(encodeMembershipFrame([sync]), '28')
    expectSame(decodeMembershipFrame(frame), [{ ...sync, records: sync.records.filter(({ peer }) => peer !== record.peer) }])
  })
})

import fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import {
  decodeClusterFrame, decodeClusterMap, decodeHardState, decodeKvFrame, decodeLogEntries, decodeMapCommand,
  decodeMembershipFrame, decodeOriginCommands, decodeReplicationFrame, decodeSnapshotFrame, encodeClusterFrame,
  encodeClusterMap, encodeHardState, encodeKvFrame, encodeLogEntries, encodeMapCommand, encodeMembershipFrame,
  encodeOriginCommands, encodeReplicationFrame, encodeSnapshotFrame
} from '../../protocols/index.js'
import {
  clusterMap, clusterMessage, hardState, kvMessage, logEntries, mapCommand, membershipMessage, originCommands,
  replicationMessage, snapshotFrame
} from './arbitraries.js'
import {
  clusterMapPlain, clusterPlain, hardStatePlain, kvPlain, logRunPlain, mapCommandPlain, membershipPlain,
  originCommandsPlain, replicationPlain, schemaType, snapshotPlain
} from './schema.js'
import type { Plain } from './schema.js'

/** One pair of functions under test, with the value's type hidden, so that all can be walked alike. */
export interface CodecCase {
  readonly name: string
  readonly type: ReturnType<typeof schemaType>
  /** Runs `check` over `runs` generated values: the value, its bytes, its protobufjs shape, and what bytes decode to. */
  each (seed: number, runs: number, check: (sample: Sample) => void): void
  decode (bytes: Uint8Array): unknown
  /** What `bytes` decode to, encoded; and what that decodes to, encoded: the same, where decoding loses nothing. */
  again (bytes: Uint8Array): readonly [Buffer, Buffer]
}

export interface Sample {
  readonly value: unknown
  readonly bytes: Buffer
  readonly plain: Plain
}

interface Codec<Value> {
  readonly arbitrary: Arbitrary<Value>
  encode (value: Value): Buffer
  decode (bytes: Uint8Array): Value
  plain (value: Value): Plain
}

function codecCase<Value> (protocol: string, message: string, codec: Codec<Value>): CodecCase {
  return {
    name: `${protocol} ${message}`,
    type: schemaType(protocol, message),
    each: (seed, runs, check) => {
      fc.assert(fc.property(codec.arbitrary, (value) => {
        check({ value, bytes: codec.encode(value), plain: codec.plain(value) })
      }), { seed, numRuns: runs })
    },
    decode: (bytes) => codec.decode(bytes),
    again: (bytes) => {
      const once = codec.encode(codec.decode(bytes))
      return [once, codec.encode(codec.decode(once))]
    }
  }
}

const several = <Message>(message: Arbitrary<Message>): Arbitrary<Message[]> => fc.array(message, { maxLength: 5 })

/** Every frame and record of the wire and the disk. */
export const codecCases: readonly CodecCase[] = [
  codecCase('membership', 'MembershipFrame', {
    arbitrary: several(membershipMessage), encode: encodeMembershipFrame, decode: decodeMembershipFrame, plain: membershipPlain
  }),
  codecCase('replication', 'ReplicationFrame', {
    arbitrary: several(replicationMessage), encode: encodeReplicationFrame, decode: decodeReplicationFrame,
    plain: (messages) => replicationPlain(messages, true)
  }),
  codecCase('kv', 'KvFrame', { arbitrary: several(kvMessage), encode: encodeKvFrame, decode: decodeKvFrame, plain: kvPlain }),
  codecCase('cluster', 'ClusterFrame', {
    arbitrary: several(clusterMessage), encode: encodeClusterFrame, decode: decodeClusterFrame, plain: clusterPlain
  }),
  codecCase('snapshot', 'SnapshotFrame', {
    arbitrary: snapshotFrame, encode: encodeSnapshotFrame, decode: decodeSnapshotFrame, plain: snapshotPlain
  }),
  codecCase('replication', 'LogRun', { arbitrary: logEntries, encode: encodeLogEntries, decode: decodeLogEntries, plain: logRunPlain }),
  codecCase('replication', 'HardState', { arbitrary: hardState, encode: encodeHardState, decode: decodeHardState, plain: hardStatePlain }),
  codecCase('kv', 'CommandBatch', {
    arbitrary: originCommands, encode: encodeOriginCommands, decode: decodeOriginCommands, plain: originCommandsPlain
  }),
  codecCase('cluster', 'ClusterMap', { arbitrary: clusterMap, encode: encodeClusterMap, decode: decodeClusterMap, plain: clusterMapPlain }),
  codecCase('cluster', 'MapCommand', { arbitrary: mapCommand, encode: encodeMapCommand, decode: decodeMapCommand, plain: mapCommandPlain })
]

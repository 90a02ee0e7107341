import { BUCKET_COUNT, assert, type Bucket, type LogIndex, type PartitionId, type PeerId } from '../base/index.js'

/**
 * Every key of a node's database. The first byte says what it is; numbers are big-endian, so that byte order is
 * numeric order. Everything but the data lies below `data`, so that one range scan at start reads all a node knows of
 * itself. A prefix is never given a second meaning.
 */
export const KEY_PREFIX = {
  /** Who this node is. */
  node: 0x01,
  /** Number of the newest batch; part of every synced batch. */
  batch: 0x02,
  /** What this node promised while a cluster was founded. */
  founding: 0x03,
  /** The cluster map cached last. */
  map: 0x04,
  /** The state of the system partition's replica on this node: the cluster map as of its applied position. */
  systemMap: 0x06,
  /** `‖ peer id`: another node, as last heard of. */
  peer: 0x10,
  /** `‖ partition(2)`: term, vote and commit index. */
  hardState: 0x21,
  /** `‖ partition(2)`: the last position that compaction or an installation removed from the log. */
  logStart: 0x22,
  /** `‖ partition(2)`: how far the log is applied, and the counters of the state. */
  replicaState: 0x23,
  /** `‖ partition(2)`: a snapshot is being installed; the replica's data means nothing. */
  installing: 0x24,
  /** `‖ partition(2)`: the replica that was here is retired, and its data means nothing; see `encodeRetired`. */
  retired: 0x25,
  /** `‖ partition(2) ‖ first index(8)`: the entries one turn appended. */
  log: 0x30,
  /** `‖ partition(2) ‖ peer id`: one origin's session. */
  session: 0x40,
  /** `‖ bucket(2) ‖ key`: a value with its revision. */
  data: 0x80
} as const

/** Size of a data key beside the client's key. */
export const DATA_KEY_OVERHEAD_BYTES = 3

/** Keys `from` (included) to `to` (excluded), in byte order. */
export interface KeyRange {
  readonly from: Buffer
  readonly to: Buffer
}

const single = (prefix: number): Buffer => Buffer.of(prefix)
const NODE_KEY = single(KEY_PREFIX.node)
const BATCH_KEY = single(KEY_PREFIX.batch)
const FOUNDING_KEY = single(KEY_PREFIX.founding)
const MAP_KEY = single(KEY_PREFIX.map)
const SYSTEM_MAP_KEY = single(KEY_PREFIX.systemMap)

/** A prefix and a number of two bytes, the number allowed to be 2^16: then the key behind all others of the prefix. */
function numbered (prefix: number, number: number): Buffer {
  return number <= 0xffff ? Buffer.of(prefix, number >>> 8, number & 0xff) : Buffer.of(prefix + 1)
}

function withText (prefix: Buffer, text: string): Buffer {
  return Buffer.concat([prefix, Buffer.from(text, 'utf8')])
}

export const nodeKey = (): Buffer => NODE_KEY
export const batchKey = (): Buffer => BATCH_KEY
export const foundingKey = (): Buffer => FOUNDING_KEY
export const mapKey = (): Buffer => MAP_KEY
export const systemMapKey = (): Buffer => SYSTEM_MAP_KEY
export const peerKey = (peer: PeerId): Buffer => withText(single(KEY_PREFIX.peer), peer)
export const hardStateKey = (partition: PartitionId): Buffer => numbered(KEY_PREFIX.hardState, partition)
export const logStartKey = (partition: PartitionId): Buffer => numbered(KEY_PREFIX.logStart, partition)
export const replicaStateKey = (partition: PartitionId): Buffer => numbered(KEY_PREFIX.replicaState, partition)
export const installingKey = (partition: PartitionId): Buffer => numbered(KEY_PREFIX.installing, partition)
export const retiredKey = (partition: PartitionId): Buffer => numbered(KEY_PREFIX.retired, partition)
export const sessionKey = (partition: PartitionId, peer: PeerId): Buffer => withText(numbered(KEY_PREFIX.session, partition), peer)

/** The record of log entries that begins at `firstIndex`. */
export function logKey (partition: PartitionId, firstIndex: LogIndex): Buffer {
  const key = Buffer.allocUnsafe(11)
  key[0] = KEY_PREFIX.log
  key.writeUInt16BE(partition, 1)
  key.writeUInt32BE(Math.floor(firstIndex / 0x100000000), 3)
  key.writeUInt32BE(firstIndex % 0x100000000, 7)
  return key
}

/** Where a client's key is stored. */
export function dataKey (bucket: Bucket, key: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(DATA_KEY_OVERHEAD_BYTES + key.length)
  stored[0] = KEY_PREFIX.data
  stored[1] = bucket >>> 8
  stored[2] = bucket & 0xff
  stored.set(key, DATA_KEY_OVERHEAD_BYTES)
  return stored
}

/** Whether a key is a client's; `parseMetaKey` is for all others. */
export const isDataKey = (key: Uint8Array): boolean => key[0] === KEY_PREFIX.data

/** All the data of the system partition: one record. */
export const systemMapRange = (): KeyRange => ({ from: SYSTEM_MAP_KEY, to: single(KEY_PREFIX.systemMap + 1) })

/** Everything but the data. */
export const metaRange = (): KeyRange => ({ from: single(0), to: single(KEY_PREFIX.data) })

/** A partition's log records whose first index is `from` or greater, in order: all of them without `from`. */
export function logRange (partition: PartitionId, from?: LogIndex): KeyRange {
  return {
    from: from === undefined ? numbered(KEY_PREFIX.log, partition) : logKey(partition, from),
    to: numbered(KEY_PREFIX.log, partition + 1)
  }
}

export const sessionRange = (partition: PartitionId): KeyRange =>
  ({ from: numbered(KEY_PREFIX.session, partition), to: numbered(KEY_PREFIX.session, partition + 1) })

/** The data of buckets `first` to `last`, both included: one partition's data is one range. */
export function dataRange (first: Bucket, last: Bucket): KeyRange {
  assert(first <= last && last < BUCKET_COUNT, `buckets ${first} to ${last} are no range`)
  return { from: numbered(KEY_PREFIX.data, first), to: numbered(KEY_PREFIX.data, last + 1) }
}

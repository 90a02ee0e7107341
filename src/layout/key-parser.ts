import {
  BUCKET_COUNT, DecodeError, PARTITION_COUNT_MAX, SYSTEM_PARTITION, decodeUtf8, isPeerId, toBucket, toLogIndex, toPartitionId,
  toPeerId, type Bucket, type LogIndex, type PartitionId, type PeerId
} from '../base/index.js'
import { DATA_KEY_OVERHEAD_BYTES, KEY_PREFIX, isDataKey } from './key-layout.js'

type SingleKind = 'node' | 'batch' | 'founding' | 'map' | 'system-map'
type PartitionKind = 'hard-state' | 'log-start' | 'replica-state' | 'installing' | 'retired'

/** What a key outside the data is about. */
export type MetaKey =
  | { readonly kind: SingleKind }
  | { readonly kind: 'peer', readonly peer: PeerId }
  | { readonly kind: PartitionKind, readonly partition: PartitionId }
  | { readonly kind: 'log', readonly partition: PartitionId, readonly firstIndex: LogIndex }
  | { readonly kind: 'session', readonly partition: PartitionId, readonly peer: PeerId }

/** A client's key and its bucket; `key` is a view. */
export interface DataKey {
  readonly bucket: Bucket
  readonly key: Uint8Array
}

const SINGLE_KINDS = new Map<number, SingleKind>([
  [KEY_PREFIX.node, 'node'],
  [KEY_PREFIX.batch, 'batch'],
  [KEY_PREFIX.founding, 'founding'],
  [KEY_PREFIX.map, 'map'],
  [KEY_PREFIX.systemMap, 'system-map']
])

const PARTITION_KINDS = new Map<number, PartitionKind>([
  [KEY_PREFIX.hardState, 'hard-state'],
  [KEY_PREFIX.logStart, 'log-start'],
  [KEY_PREFIX.replicaState, 'replica-state'],
  [KEY_PREFIX.installing, 'installing'],
  [KEY_PREFIX.retired, 'retired']
])

/** The door for keys from the disk. @throws {DecodeError} where no version of this layout wrote such a key */
export function parseMetaKey (key: Uint8Array): MetaKey {
  const prefix = key[0] ?? -1
  const singleKind = SINGLE_KINDS.get(prefix)
  if (singleKind !== undefined && key.length === 1) return { kind: singleKind }
  const partitionKind = PARTITION_KINDS.get(prefix)
  if (partitionKind !== undefined && key.length === 3) return { kind: partitionKind, partition: partitionAt(key) }
  if (prefix === KEY_PREFIX.peer) return { kind: 'peer', peer: peerAt(key, 1) }
  if (prefix === KEY_PREFIX.log && key.length === 11) return { kind: 'log', partition: partitionAt(key), firstIndex: indexAt(key) }
  if (prefix === KEY_PREFIX.session && key.length > 3) return { kind: 'session', partition: partitionAt(key), peer: peerAt(key, 3) }
  throw malformed(key)
}

/** The door for data keys from the disk or a snapshot. @throws {DecodeError} where it is none */
export function parseDataKey (key: Uint8Array): DataKey {
  if (!isDataKey(key) || key.length <= DATA_KEY_OVERHEAD_BYTES) throw malformed(key)
  return { bucket: bucketAt(key), key: key.subarray(DATA_KEY_OVERHEAD_BYTES) }
}

/** A key as a person reads it, for errors and logs; never throws. */
export function describeKey (key: Uint8Array): string {
  try {
    if (isDataKey(key)) {
      const data = parseDataKey(key)
      return `data (bucket ${data.bucket}, key ${JSON.stringify(Buffer.from(data.key).toString('utf8'))})`
    }
    const { kind, ...details } = parseMetaKey(key)
    const text = Object.entries(details).map(([name, value]) => `${name} ${value}`).join(', ')
    return text === '' ? kind : `${kind} (${text})`
  } catch (error) {
    if (error instanceof DecodeError) return `unknown key ${Buffer.from(key.subarray(0, 64)).toString('hex')}`
    throw error
  }
}

const malformed = (key: Uint8Array): DecodeError =>
  new DecodeError(`not a key of this layout: ${Buffer.from(key.subarray(0, 64)).toString('hex')}`)

const numberAt = (key: Uint8Array): number => (key[1] ?? 0) * 0x100 + (key[2] ?? 0)

function partitionAt (key: Uint8Array): PartitionId {
  const number = numberAt(key)
  if (number >= PARTITION_COUNT_MAX && number !== SYSTEM_PARTITION) throw malformed(key)
  return toPartitionId(number)
}

function bucketAt (key: Uint8Array): Bucket {
  const number = numberAt(key)
  if (number >= BUCKET_COUNT) throw malformed(key)
  return toBucket(number)
}

function indexAt (key: Uint8Array): LogIndex {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  const index = view.getUint32(3) * 0x100000000 + view.getUint32(7)
  if (!Number.isSafeInteger(index)) throw malformed(key)
  return toLogIndex(index)
}

function peerAt (key: Uint8Array, offset: number): PeerId {
  const text = decodeUtf8(key.subarray(offset))
  if (!isPeerId(text)) throw malformed(key)
  return toPeerId(text)
}

import type { ClusterId, LogIndex, PartitionId, Revision, Term } from '../../src/base/index.js'
import type { LoggedConfiguration } from '../replication/index.js'

/** The first frame of a snapshot stream: whose state, as of which log position. */
export interface SnapshotHeader {
  readonly clusterId: ClusterId
  readonly partition: PartitionId
  /** The sending leader's term. */
  readonly term: Term
  /** The last log position the state contains. */
  readonly lastIndex: LogIndex
  readonly lastTerm: Term
  readonly revision: Revision
  readonly keyCount: number
  /** Who was in the partition's group as of `lastIndex`. */
  readonly configuration: LoggedConfiguration
}

/** What follows: records in bounded chunks, then the end, which says how many there were. */
export type SnapshotFrame =
  | { readonly kind: 'header', readonly header: SnapshotHeader }
  /** Storage records as they are on the sender's disk, CRC included, keys relative to the partition. */
  | { readonly kind: 'records', readonly records: readonly SnapshotRecord[] }
  | { readonly kind: 'end', readonly recordCount: number }

export interface SnapshotRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

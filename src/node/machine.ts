import type { LogIndex, PartitionId, Revision, Term } from '../base/index.js'
import type { LogEntry } from '../../protocols/replication/index.js'
import type { KeyRange } from './ports.js'

/** Where a replica's state stands in its log. */
export interface AppliedPosition {
  readonly index: LogIndex
  readonly term: Term
}

/**
 * What a partition's log drives: the keys of an ordinary partition, the cluster map of the system partition. Effects
 * on the disk go into the batch that gathers, together with the log and the applied position of the same turn.
 */
export interface Machine {
  readonly partition: PartitionId
  readonly revision: Revision
  readonly keyCount: number
  /** Applies one committed entry. Every replica decides the same, also about an entry that makes no sense. */
  apply (entry: LogEntry): void
  /** Writes what the turn's entries left to write, with the position they reached. */
  store (applied: AppliedPosition): void
  /** The ranges of storage keys that make up the state; a snapshot carries exactly these. */
  readonly ranges: readonly KeyRange[]
  /** Whether the state is being replaced: nothing may be read or applied. */
  beginInstall (): void
  /** Takes one record of a snapshot into account (it is written by the caller). @throws {DecodeError} */
  installRecord (key: Uint8Array, value: Uint8Array): void
  /** The last record has come. @throws {DecodeError} where header and records disagree */
  finishInstall (header: { readonly revision: Revision, readonly keyCount: number }): void
}

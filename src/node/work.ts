import type { Bucket, Generation, MemberId, PeerId, Revision } from '../base/index.js'
import type { CommandResult, KvFailureCode, WriteOperation } from '../../protocols/kv/index.js'

/** What a replica answers to a piece of work. */
export type WorkResult =
  | { readonly kind: 'result', readonly result: CommandResult }
  | { readonly kind: 'value', readonly value: Uint8Array, readonly revision: Revision, readonly ageMsMax: number }
  | { readonly kind: 'missing', readonly revision: Revision, readonly ageMsMax: number }
  | { readonly kind: 'failed', readonly code: KvFailureCode, readonly master: MemberId | 0, readonly reason: string }

/** One write for the master of its partition, of this node's clients or of another node's. `settle` is called once. */
export interface WriteWork {
  readonly peer: PeerId
  readonly generation: Generation
  readonly sequence: number
  /** The origin's lowest unfinished sequence when it sent the work. */
  readonly floor: number
  readonly operation: WriteOperation
  readonly deadlineMs: number
  settle (result: WorkResult): void
}

/** One linearizable read at a replica. `settle` is called once. */
export interface ReadWork {
  readonly bucket: Bucket
  readonly key: Uint8Array
  readonly deadlineMs: number
  settle (result: WorkResult): void
}

export function failed (code: KvFailureCode, reason: string, master: MemberId | 0 = 0): WorkResult {
  return { kind: 'failed', code, master, reason }
}

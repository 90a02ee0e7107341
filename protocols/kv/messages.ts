import type { Epoch, Generation, MemberId, PartitionId, PeerId, Revision } from '../../src/base/index.js'

/** A change of one key. Keys are 1–1024 bytes of UTF-8, values 0–1 MiB of any bytes. */
export type WriteOperation =
  | { readonly op: 'set', readonly key: Uint8Array, readonly value: Uint8Array }
  | { readonly op: 'delete', readonly key: Uint8Array }

/** One write with its number in its origin's sequence: applied at most once, however often it is logged. */
export interface Command {
  readonly sequence: number
  readonly write: WriteOperation
}

/** The commands of one origin (peer id, process generation) in one log entry. */
export interface OriginCommands {
  readonly peer: PeerId
  readonly generation: Generation
  /** The origin's lowest unfinished sequence over all partitions: anything below is never asked for again. */
  readonly floor: number
  readonly commands: readonly Command[]
}

/** What the state machine answers to a command. */
export type CommandResult =
  | { readonly kind: 'set', readonly revision: Revision }
  | { readonly kind: 'delete', readonly deleted: boolean, readonly revision: Revision }
  /** Below the floor, or of a generation that is over: whether it was ever applied is not known any more. */
  | { readonly kind: 'expired' }

export type Consistency = 'linearizable' | 'local'

/** One request on its way to a replica, from the node the client asked (the link's peer is the origin). */
export type KvRequestMessage = {
  readonly id: number
  readonly partition: PartitionId
  /** The epoch of the map the sender routed by. */
  readonly epoch: Epoch
  /** What is left of the client's deadline. */
  readonly timeoutMs: number
} & (
  | { readonly op: 'get', readonly key: Uint8Array, readonly consistency: Consistency }
  | { readonly op: 'write', readonly generation: Generation, readonly floor: number, readonly command: Command }
)

/** Why a replica could not answer a forwarded request; the texts are for people. */
export type KvFailureCode =
  /** Nothing was done: ask `master` (0: unknown). */
  | 'not_master'
  /** Nothing was done: the sender's map is old or this node does not hold the partition. */
  | 'misrouted'
  /** The write is in a log and its mastership ended: ask the next master with the same sequence. */
  | 'mastership_lost'
  | 'overloaded'
  | 'disk_full'
  | 'storage_failed'
  | 'expired'
  | 'read_timeout'
  | 'stopping'

export type KvResponseMessage = { readonly id: number } & (
  | { readonly kind: 'result', readonly result: CommandResult }
  | { readonly kind: 'value', readonly value: Uint8Array, readonly revision: Revision, readonly ageMsMax: number }
  | { readonly kind: 'missing', readonly revision: Revision, readonly ageMsMax: number }
  | { readonly kind: 'failed', readonly code: KvFailureCode, readonly master: MemberId | 0, readonly reason: string }
)

export type KvMessage =
  | { readonly kind: 'request', readonly request: KvRequestMessage }
  | { readonly kind: 'response', readonly response: KvResponseMessage }

import type { Consistency, WriteOperation } from '../../protocols/kv/index.js'
import type { AnswerCallback } from './api.js'
import type { DiskError, TransportInput } from './ports.js'

/** Everything that can happen to a node. The driver takes inputs in the order they came, many in one turn. */
export type NodeInput =
  | TransportInput
  | { readonly kind: 'flushed', readonly error: DiskError | undefined }
  | { readonly kind: 'get', readonly key: Uint8Array, readonly consistency: Consistency, readonly timeoutMs: number, readonly answer: AnswerCallback }
  | { readonly kind: 'write', readonly operation: WriteOperation, readonly timeoutMs: number, readonly answer: AnswerCallback }
  /** Something that was asked for outside a turn is over. */
  | { readonly kind: 'later', readonly call: (nowMs: number) => void }
  | { readonly kind: 'hand-over' }
  | { readonly kind: 'say-goodbye' }


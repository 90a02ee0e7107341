import { REFUSED } from './model.js'
import type { Interval, Model } from './model.js'

/** One operation on a register that compares and sets, as in Jepsen's tests of etcd. */
export type CasOperation = Interval & (
  | { readonly kind: 'read', /** undefined: never written. */ readonly value: number | undefined }
  | { readonly kind: 'write', readonly value: number }
  | { readonly kind: 'cas', readonly from: number, readonly to: number, /** false: the register did not hold `from`, which is a definite answer. Unknown ones: true. */ readonly swapped: boolean }
)

/** A register that compares and sets; never written at first. */
export const casRegisterModel: Model<number | undefined, CasOperation> = {
  initial: undefined,
  apply (state, operation) {
    switch (operation.kind) {
      case 'read': return operation.value === state ? state : REFUSED
      case 'write': return operation.value
      case 'cas': return (operation.from === state) !== operation.swapped ? REFUSED : operation.swapped ? operation.to : state
    }
  },
  isRead: (operation) => operation.kind === 'read' || (operation.kind === 'cas' && !operation.swapped)
}

/** One operation on a text that grows, as in the key-value histories of Porcupine. */
export interface AppendOperation extends Interval {
  readonly kind: 'get' | 'put' | 'append'
  /** What was put or appended, or what a get returned. */
  readonly value: string
}

/** A text, empty at first, that is replaced or appended to. */
export const appendModel: Model<string, AppendOperation> = {
  initial: '',
  apply (state, { kind, value }) {
    switch (kind) {
      case 'get': return value === state ? state : REFUSED
      case 'put': return value
      case 'append': return state + value
    }
  },
  isRead: ({ kind }) => kind === 'get'
}

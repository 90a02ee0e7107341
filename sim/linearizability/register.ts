import { REFUSED } from './model.js'
import type { Interval, Model } from './model.js'

/** One client operation on one key. */
export interface RegisterOperation extends Interval {
  readonly kind: 'set' | 'delete' | 'get'
  /** What was set, or what a get returned; undefined: nothing, the key is missing. */
  readonly value: string | undefined
}

/** One key of GoKeyDB: missing at first, and again after a delete. */
export const registerModel: Model<string | undefined, RegisterOperation> = {
  initial: undefined,
  apply: (state, operation) => operation.kind === 'get' ? (operation.value === state ? state : REFUSED) : written(operation),
  isRead: ({ kind }) => kind === 'get'
}

/** What a key holds after this write. */
export function written ({ kind, value }: RegisterOperation): string | undefined {
  return kind === 'set' ? value : undefined
}

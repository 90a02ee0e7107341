/** What must hold in every run, checked after every event; the observer of `sim/observe` feeds it. */
export { INVARIANTS, INVARIANT_NAMES, RUN_PROMISES } from './names.js'
export type { InvariantName } from './names.js'
export { compareReplicas } from './replicas-equal.js'
export type { ReadDisk, ReplicaDifference } from './replicas-equal.js'

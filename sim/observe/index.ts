/** Watches a world from outside: facts of what happens, and every promise that is broken. */
export { describeFrame } from './describe-frame.js'
export type { Fact, Violation } from './facts.js'
export { Observer } from './observer.js'
export type { ObserverOptions } from './observer.js'

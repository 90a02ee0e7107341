import type { Violation } from '../observe/facts.js'
import type { InvariantName } from './names.js'

/** Violations that are told apart; after so many the rest is noise. */
const VIOLATIONS_MAX = 1000

/** Hands out violations: each invariant once per node and partition, and only those that are asked for. */
export class ViolationReporter {
  /** The time of the event that is being looked at. */
  nowUs = 0
  readonly #onViolation: (violation: Violation) => void
  readonly #enabled: ReadonlySet<InvariantName> | undefined
  readonly #said = new Set<string>()

  /** @param enabled undefined: all */
  constructor (onViolation: (violation: Violation) => void, enabled: ReadonlySet<InvariantName> | undefined) {
    this.#onViolation = onViolation
    this.#enabled = enabled
  }

  report (invariant: InvariantName, node: string | undefined, partition: number | undefined, text: string): void {
    if (this.#enabled !== undefined && !this.#enabled.has(invariant)) return
    const key = `${invariant}/${node ?? ''}/${partition ?? ''}`
    if (this.#said.size >= VIOLATIONS_MAX || this.#said.has(key)) return
    this.#said.add(key)
    this.#onViolation({ invariant, atUs: this.nowUs, node, partition, text })
  }
}

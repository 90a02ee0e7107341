/**
 * Lifeguard's Local Health Multiplier (section IV-A, with the paper's rules and not memberlist's, which did worse in
 * MEMBERSHIP.md section 2.4): 0 is healthy; a node that may itself be slow gives others more time.
 */
export class LocalHealth {
  readonly #max: number
  #score = 0

  /** @param max S, the greatest score; 0 turns it off */
  constructor (max: number) {
    this.#max = max
  }

  /** 0 … S. */
  get score (): number {
    return this.#score
  }

  /** A probe was answered: -1. */
  improve (): void {
    this.#score = Math.max(0, this.#score - 1)
  }

  /** A failed probe, a missed nack, a refuted accusation, a stall: +1 each. */
  worsen (): void {
    this.#score = Math.min(this.#max, this.#score + 1)
  }

  /** An interval or timeout as this node should use it now. */
  scale (ms: number): number {
    return ms * (1 + this.#score)
  }
}

/** Pauses that double with each failure in a row, with jitter so that peers do not retry in step. */
export class Backoff {
  readonly #msMin: number
  readonly #msMax: number
  #failures = 0
  #untilMs = 0

  constructor (msMin: number, msMax: number) {
    this.#msMin = msMin
    this.#msMax = msMax
  }

  /** How long to wait from now on; 0 where the next attempt may begin. */
  remainingMs (nowMs: number): number {
    return Math.max(0, this.#untilMs - nowMs)
  }

  failed (nowMs: number): void {
    const pauseMs = Math.min(this.#msMin * 2 ** Math.min(this.#failures, 30), this.#msMax)
    this.#failures++
    this.#untilMs = nowMs + pauseMs * (0.5 + Math.random() / 2)
  }

  reset (): void {
    this.#failures = 0
    this.#untilMs = 0
  }
}

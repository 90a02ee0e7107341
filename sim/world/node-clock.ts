import type { Clock } from '../scenario/scenario.js'

/** A node's monotonic clock: begins somewhere, runs a little fast or slow, jumps forward; never goes back. */
export class NodeClock {
  #offsetUs: number
  #driftPpm: number
  #sinceUs = 0

  constructor ({ offsetUs, driftPpm }: Clock) {
    this.#offsetUs = offsetUs
    this.#driftPpm = driftPpm
  }

  /** ms that the clock shows at virtual time `trueUs`. */
  nowMs (trueUs: number): number {
    return this.#localUs(trueUs) / 1000
  }

  /** Virtual µs from `trueUs` until the clock shows `atMs`: at least 0. */
  delayUs (atMs: number, trueUs: number): number {
    const leftUs = atMs * 1000 - this.#localUs(trueUs)
    if (leftUs <= 0) return 0
    return this.#driftPpm === 0 ? leftUs : Math.ceil(leftUs * 1_000_000 / (1_000_000 + this.#driftPpm)) + 1
  }

  /** The clock jumps forward. */
  jump (byUs: number): void {
    this.#offsetUs += Math.max(0, byUs)
  }

  /** From now on the clock drifts otherwise. */
  drift (ppm: number, trueUs: number): void {
    this.#offsetUs = this.#localUs(trueUs)
    this.#sinceUs = trueUs
    this.#driftPpm = ppm
  }

  #localUs (trueUs: number): number {
    const elapsedUs = trueUs - this.#sinceUs
    return this.#offsetUs + elapsedUs + (this.#driftPpm === 0 ? 0 : Math.floor(elapsedUs * this.#driftPpm / 1_000_000))
  }
}

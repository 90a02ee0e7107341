import { EventHeap } from './event-heap.js'

/** Virtual time in integer microseconds: no clock anywhere. */
export class EventQueue {
  readonly #heap = new EventHeap()
  #nowUs = 0

  get nowUs (): number {
    return this.#nowUs
  }

  get nowMs (): number {
    return this.#nowUs / 1000
  }

  /** Runs `run` after `delayUs` (rounded up to whole microseconds, at least 0). */
  after (delayUs: number, run: () => void): void {
    this.#heap.push(this.#nowUs + Math.max(0, Math.ceil(delayUs)), run)
  }

  /** Runs the next event if it is due by `untilUs`; otherwise moves time there and says false. */
  step (untilUs: number): boolean {
    const { next } = this.#heap
    if (next === undefined || next.at > untilUs) {
      this.#nowUs = Math.max(this.#nowUs, untilUs)
      return false
    }
    this.#heap.pop()
    this.#nowUs = next.at
    next.run()
    return true
  }
}

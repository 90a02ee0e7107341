import type { Scheduler } from '../node/ports.js'
import { nowMs } from './world.js'

/** setTimeout turns a longer delay into 1 ms. */
const TIMEOUT_DELAY_MS_MAX = 2 ** 31 - 1

/**
 * The event loop as the driver sees it. Turns run in the check phase, after the input of the same iteration was read,
 * and never inside a call of this interface. One timer serves all deadlines: it is armed again only where the deadline
 * moves earlier or the timer has fired too early, so moving a deadline back on every turn costs nothing.
 */
export class LoopScheduler implements Scheduler {
  readonly #turn: () => void
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  /** When the timer fires; Infinity without one. */
  #timerMs = Infinity
  #deadlineMs = Infinity
  #stopped = false

  constructor (turn: () => void) {
    this.#turn = turn
  }

  requestTurn (): void {
    if (this.#immediate !== undefined || this.#stopped) return
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined
      this.#turn()
    })
  }

  /** `deadlineMs` is on the clock of `nowMs`; Infinity asks for no turn. The deadline is used up when its turn is asked for. */
  wakeAt (deadlineMs: number): void {
    this.#deadlineMs = deadlineMs
    if (deadlineMs < this.#timerMs) this.#arm()
  }

  /** No turn runs after this. */
  stop (): void {
    this.#stopped = true
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
    this.#timerMs = Infinity
  }

  /** Sets the timer to the deadline, or asks for the turn where it has passed. */
  #arm (): void {
    clearTimeout(this.#timer)
    this.#timerMs = Infinity
    if (this.#deadlineMs === Infinity || this.#stopped) return
    const delayMs = Math.ceil(this.#deadlineMs - nowMs())
    if (delayMs <= 0) {
      this.#deadlineMs = Infinity
      this.requestTurn()
      return
    }
    this.#timerMs = this.#deadlineMs
    this.#timer = setTimeout(() => { this.#arm() }, Math.min(delayMs, TIMEOUT_DELAY_MS_MAX))
  }
}

/** Runs `turn` whenever it is asked for or due. A throw in `turn` is a bug and stops the process as any uncaught one. */
export function createScheduler (turn: () => void): Scheduler & { stop (): void } {
  return new LoopScheduler(turn)
}

import type { Scheduler } from '../../src/node/index.js'
import type { EventQueue } from '../kernel/event-queue.js'
import type { NodeClock } from './node-clock.js'

/** µs of computing that one turn costs a node of ordinary speed; a slow one takes a multiple. */
const TURN_COST_US = 50

/** What a node's machine does to all of its processes. */
export interface Machine {
  readonly clock: NodeClock
  /** How many times slower than the others; 1: costs no time at all. */
  slowness: number
  /** The process does not run before this virtual time. */
  pausedUntilUs: number
}

/** One process's event loop in virtual time: turns wait a little for more inputs, for a slow processor, for a pause. */
export class ProcessTiming implements Scheduler {
  readonly #events: EventQueue
  readonly #machine: Machine
  readonly #turnUs: number
  readonly #run: (nowMs: number) => void
  #turnAsked = false
  #busyUntilUs = 0
  #wakeMs = Infinity
  /** When the earliest wake-up that is under way comes. */
  #wakeEventUs = Infinity

  /** @param run one turn at the node's own time; does nothing once the process is over */
  constructor (events: EventQueue, machine: Machine, turnUs: number, run: (nowMs: number) => void) {
    this.#events = events
    this.#machine = machine
    this.#turnUs = turnUs
    this.#run = run
  }

  requestTurn (): void {
    if (this.#turnAsked) return
    this.#turnAsked = true
    const { nowUs } = this.#events
    this.#events.after(Math.max(nowUs + this.#turnUs, this.#busyUntilUs, this.#machine.pausedUntilUs) - nowUs, this.#turn)
  }

  wakeAt (atMs: number): void {
    this.#wakeMs = atMs
    if (atMs === Infinity) return
    const { nowUs } = this.#events
    const atUs = nowUs + Math.ceil(this.#machine.clock.delayUs(atMs, nowUs))
    if (atUs >= this.#wakeEventUs) return
    this.#wakeEventUs = atUs
    this.#events.after(atUs - nowUs, () => { this.#wake(atUs) })
  }

  /** The clock changed: what was to happen may be due. */
  clockChanged (): void {
    this.#wakeEventUs = Infinity
    this.wakeAt(this.#wakeMs)
  }

  #wake (atUs: number): void {
    if (atUs !== this.#wakeEventUs) return
    this.#wakeEventUs = Infinity
    const { nowUs } = this.#events
    if (this.#wakeMs > this.#machine.clock.nowMs(nowUs)) this.wakeAt(this.#wakeMs)
    else this.requestTurn()
  }

  readonly #turn = (): void => {
    const { nowUs } = this.#events
    const { pausedUntilUs, slowness, clock } = this.#machine
    if (nowUs < pausedUntilUs) { // paused after the turn was asked for
      this.#events.after(pausedUntilUs - nowUs, this.#turn)
      return
    }
    this.#turnAsked = false
    if (slowness > 1) this.#busyUntilUs = nowUs + slowness * TURN_COST_US
    this.#run(clock.nowMs(nowUs))
  }
}

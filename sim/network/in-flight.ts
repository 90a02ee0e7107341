import { assert } from '../../src/base/index.js'
import type { ChannelName } from '../../src/node/index.js'
import type { EventQueue } from '../kernel/event-queue.js'
import type { Queued } from './channel-queue.js'
import type { End } from './connection.js'

/** One frame, or something else that travels on a connection and is bounded elsewhere. */
export class Frame implements Queued {
  readonly end: End
  readonly channel: ChannelName | undefined
  readonly payload: Uint8Array | undefined
  readonly sizeBytes: number
  readonly onArrival: (() => void) | undefined
  isCorrupt = false
  /** The one behind it. */
  next: Frame | undefined

  constructor (end: End, channel: ChannelName | undefined, payload: Uint8Array | undefined, sizeBytes: number, onArrival: (() => void) | undefined) {
    this.end = end
    this.channel = channel
    this.payload = payload
    this.sizeBytes = sizeBytes
    this.onArrival = onArrival
  }
}

/** What is under way in one direction of one connection: it arrives in its order. */
export class InFlight {
  readonly #events: EventQueue
  readonly #arrive: (frame: Frame) => void
  #lastArrivalUs = 0
  #first: Frame | undefined
  #last: Frame | undefined

  constructor (events: EventQueue, arrive: (frame: Frame) => void) {
    this.#events = events
    this.#arrive = arrive
  }

  /** When the last of it arrives: nothing overtakes it. */
  get lastArrivalUs (): number {
    return this.#lastArrivalUs
  }

  /** @returns when the frame arrives: at `arrivalUs`, or with the one before it where that is later */
  push (frame: Frame, arrivalUs: number): number {
    const atUs = Math.max(arrivalUs, this.#lastArrivalUs)
    this.#lastArrivalUs = atUs
    if (this.#last === undefined) this.#first = frame
    else this.#last.next = frame
    this.#last = frame
    this.#events.after(atUs - this.#events.nowUs, this.#arrived)
    return atUs
  }

  readonly #arrived = (): void => {
    const frame = this.#first
    assert(frame !== undefined, 'each arrival has its frame')
    this.#first = frame.next
    if (this.#first === undefined) this.#last = undefined
    this.#arrive(frame)
  }
}

import type { PeerId } from '../base/index.js'
import { RELAYS_MAX } from './limits.js'
import { nackDelayMs } from './options.js'
import type { MembershipOptions } from './options.js'
import type { Speaker } from './speaker.js'

/** One ping made for another member. */
interface Relay {
  readonly requester: PeerId
  readonly requesterSequence: number
  readonly target: PeerId
  /** When the requester is told that there is no answer yet; Infinity once it was. */
  nackAtMs: number
  /** After this nobody waits for the answer any more. */
  readonly expiresAtMs: number
}

/** The helper's side of indirect probes. */
export class Relays {
  readonly #speaker: Speaker
  readonly #options: MembershipOptions
  readonly #relays = new Map<number, Relay>()

  constructor (speaker: Speaker, options: MembershipOptions) {
    this.#speaker = speaker
    this.#options = options
  }

  /** Pings `target` for `requester`, unless there are too many such pings under way. */
  request (requester: PeerId, target: PeerId, requesterSequence: number, nowMs: number): void {
    if (this.#relays.size >= RELAYS_MAX) return
    this.#relays.set(this.#speaker.ping(target), {
      requester,
      requesterSequence,
      target,
      nackAtMs: nowMs + nackDelayMs(this.#options),
      expiresAtMs: nowMs + this.#options.probeIntervalMs
    })
  }

  /** Passes the target's answer on, also after a nack: it may still be in time. */
  ack (from: PeerId, sequence: number): void {
    const relay = this.#relays.get(sequence)
    if (relay === undefined || relay.target !== from) return
    this.#relays.delete(sequence)
    this.#speaker.ack(relay.requester, relay.requesterSequence)
  }

  tick (nowMs: number): void {
    for (const [sequence, relay] of this.#relays) {
      if (relay.expiresAtMs <= nowMs) this.#relays.delete(sequence)
      else if (relay.nackAtMs <= nowMs) {
        relay.nackAtMs = Infinity
        this.#speaker.nack(relay.requester, relay.target, relay.requesterSequence)
      }
    }
  }

  get deadlineMs (): number {
    let deadlineMs = Infinity
    for (const relay of this.#relays.values()) deadlineMs = Math.min(deadlineMs, relay.nackAtMs, relay.expiresAtMs)
    return deadlineMs
  }
}

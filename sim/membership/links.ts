import { Prng } from '../../src/base/index.js'

/** One way on loopback, µs (MEMBERSHIP.md section 2.4). */
export const LOOPBACK_US = 250

/**
 * How long things take between two members, by their numbers. Streams are reliable and ordered: a message is late, or
 * its stream ends; the world keeps the order.
 */
export interface Links {
  /** µs until what is sent now arrives; undefined: it never does, and its stream is reset. */
  delayUs (from: number, to: number, nowUs: number): number | undefined
  /** µs from a message that never arrives until both sides know that the stream is gone. */
  readonly resetAfterUs: number
  /** µs until a dial stands; undefined: it fails, which tells nobody anything. */
  dialUs (from: number, to: number, nowUs: number): number | undefined
}

/** One-way delays from dialling to the first message: TCP, negotiation, noise, muxer (MEMBERSHIP.md section 3). */
const DIAL_DELAYS = 8
/** A stream whose data is not acknowledged for so long is reset, µs. */
const RESET_AFTER_US = 15_000_000

/** Nothing goes wrong. */
export class SteadyLinks implements Links {
  readonly resetAfterUs = RESET_AFTER_US

  delayUs (): number {
    return LOOPBACK_US
  }

  dialUs (): number {
    return DIAL_DELAYS * LOOPBACK_US
  }
}

/** What a tenth of the sends meets in W7: 200 to 400 ms more, as one retransmission costs, or the end of the stream. */
export class RoughLinks implements Links {
  readonly resetAfterUs = LOOPBACK_US
  readonly #random: Prng
  readonly #resets: boolean

  /** @param resets every tenth send resets its stream besides */
  constructor (seed: string, resets: boolean) {
    this.#random = new Prng(`${seed} rough links`)
    this.#resets = resets
  }

  delayUs (): number | undefined {
    if (this.#resets && this.#random.chance(1, 10)) return undefined
    return LOOPBACK_US + (this.#random.chance(1, 10) ? this.#random.between(200_000, 400_000) : 0)
  }

  dialUs (): number {
    return DIAL_DELAYS * LOOPBACK_US
  }
}

/** Messages lost per thousand between two members at one time; the same answer for the same question. */
export type Loss = (from: number, to: number, atUs: number) => number

/** TCP's shortest retransmission timeout, µs (RFC 6298 as Linux has it); it doubles. */
const RETRANSMIT_US = 200_000
/** TCP's first SYN again after 1 s; it doubles. */
const DIAL_AGAIN_US = 1_000_000
/** js-libp2p's dialTimeout, µs. */
const DIAL_TIMEOUT_US = 10_000_000

/**
 * Packet loss as a stream shows it. A lost message is sent again after 200 ms, 400 ms, 800 ms … until it gets through or
 * 15 s have passed since the first try: then the stream is reset, both sides learn of it, and what was under way is gone.
 * What was sent behind it waits. A dial is tried at 0, 1, 3 and 7 s, succeeds where both ways let one message through,
 * and fails after 10 s. Lost acknowledgements are not modelled: they would cost bandwidth only.
 */
export class LossyLinks implements Links {
  readonly resetAfterUs = RESET_AFTER_US
  readonly #random: Prng
  readonly #lossPerMille: Loss

  constructor (seed: string, lossPerMille: Loss) {
    this.#random = new Prng(`${seed} lossy links`)
    this.#lossPerMille = lossPerMille
  }

  delayUs (from: number, to: number, nowUs: number): number | undefined {
    let waitUs = 0
    for (let pauseUs = RETRANSMIT_US; waitUs < RESET_AFTER_US; pauseUs *= 2) {
      if (this.#passes(from, to, nowUs + waitUs)) return waitUs + LOOPBACK_US
      waitUs += pauseUs
    }
    return undefined
  }

  dialUs (from: number, to: number, nowUs: number): number | undefined {
    let waitUs = 0
    for (let pauseUs = DIAL_AGAIN_US; waitUs < DIAL_TIMEOUT_US; pauseUs *= 2) {
      if (this.#passes(from, to, nowUs + waitUs) && this.#passes(to, from, nowUs + waitUs)) return waitUs + DIAL_DELAYS * LOOPBACK_US
      waitUs += pauseUs
    }
    return undefined
  }

  #passes (from: number, to: number, atUs: number): boolean {
    const lost = this.#lossPerMille(from, to, atUs)
    return lost <= 0 || (lost < 1000 && !this.#random.chance(lost, 1000))
  }
}

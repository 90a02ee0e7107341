import type { MemberId, Prng } from '../../src/base/index.js'
import { EventHeap } from '../../sim/kernel/event-heap.js'

/** Virtual time in milliseconds. */
export class Agenda {
  readonly #heap = new EventHeap()
  nowMs = 0

  at (atMs: number, run: () => void): void {
    this.#heap.push(Math.max(atMs, this.nowMs), run)
  }

  after (delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run)
  }

  /** Runs the next event if it is due until `untilMs`; false: none is, and it is `untilMs` now. */
  step (untilMs: number): boolean {
    const { next } = this.#heap
    if (next === undefined || next.at > untilMs) {
      this.nowMs = Math.max(this.nowMs, untilMs)
      return false
    }
    this.#heap.pop()
    this.nowMs = next.at
    next.run()
    return true
  }
}

/** How links behave; chances are per thousand messages. */
export interface LinkBehaviour {
  readonly delayMsMin: number
  readonly delayMsMax: number
  readonly lossPerMille: number
  readonly duplicatePerMille: number
  /** Messages that take `tailMsMax` at most instead, as an exponent of chance: a heavy tail. */
  readonly tailPerMille: number
  readonly tailMsMax: number
  /** Messages between two members never overtake each other. */
  readonly isOrdered: boolean
}

export const calmLinks: LinkBehaviour = {
  delayMsMin: 1, delayMsMax: 1, lossPerMille: 0, duplicatePerMille: 0, tailPerMille: 0, tailMsMax: 0, isOrdered: true
}

/** Links between members, each direction for itself. */
export class VirtualNetwork {
  behaviour: LinkBehaviour
  readonly #agenda: Agenda
  readonly #random: Prng
  readonly #cut = new Set<string>()
  readonly #lastMs = new Map<string, number>()

  constructor (agenda: Agenda, random: Prng, behaviour: LinkBehaviour) {
    this.#agenda = agenda
    this.#random = random
    this.behaviour = behaviour
  }

  cut (from: MemberId, to: MemberId): void {
    this.#cut.add(`${from}>${to}`)
  }

  heal (): void {
    this.#cut.clear()
  }

  /** New connections: what is sent now does not wait for what was sent before. */
  reconnect (): void {
    this.#lastMs.clear()
  }

  mend (from: MemberId, to: MemberId): void {
    this.#cut.delete(`${from}>${to}`)
  }

  isCut (from: MemberId, to: MemberId): boolean {
    return this.#cut.has(`${from}>${to}`)
  }

  send (from: MemberId, to: MemberId, deliver: () => void): void {
    const { lossPerMille, duplicatePerMille } = this.behaviour
    const random = this.#random
    if (this.isCut(from, to) || random.chance(lossPerMille, 1000)) return
    this.#deliver(from, to, deliver)
    if (random.chance(duplicatePerMille, 1000)) this.#deliver(from, to, deliver)
  }

  #deliver (from: MemberId, to: MemberId, deliver: () => void): void {
    const { delayMsMin, delayMsMax, tailPerMille, tailMsMax, isOrdered } = this.behaviour
    const random = this.#random
    let delayMs = delayMsMin + random.below(1024) / 1024 * (delayMsMax - delayMsMin)
    if (random.chance(tailPerMille, 1000)) delayMs += tailMsMax * (random.below(1024) / 1024) ** 4
    let atMs = this.#agenda.nowMs + delayMs
    if (isOrdered) {
      const link = `${from}>${to}`
      atMs = Math.max(atMs, this.#lastMs.get(link) ?? 0)
      this.#lastMs.set(link, atMs)
    }
    this.#agenda.at(atMs, () => { if (!this.isCut(from, to)) deliver() })
  }
}

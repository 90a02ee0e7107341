import type { PeerId } from '../base/index.js'
import { confirmationsWanted, suspicionMsMin } from './options.js'
import type { MembershipOptions } from './options.js'

export interface SuspicionTerms {
  /** ms that a fully confirmed suspicion lasts. */
  readonly minMs: number
  /** ms that an unconfirmed suspicion lasts. */
  readonly maxMs: number
  /** K: further confirmations change nothing; 0 makes `minMs` hold from the start. */
  readonly confirmations: number
}

/** What a suspicion that starts now among `memberCount` members (ourselves included) is held to. */
export function suspicionTerms (options: MembershipOptions, memberCount: number): SuspicionTerms {
  const minMs = suspicionMsMin(options, memberCount)
  return { minMs, maxMs: minMs * options.suspicionMaxMultiplier, confirmations: confirmationsWanted(options, memberCount) }
}

/** ms from start to verdict after `confirmed` confirmations: max - (max - min) · ln(C + 1) / ln(K + 1) (Lifeguard, section IV-B). */
export function suspicionTimeoutMs (terms: SuspicionTerms, confirmed: number): number {
  if (terms.confirmations === 0) return terms.minMs
  const share = Math.log(confirmed + 1) / Math.log(terms.confirmations + 1)
  return Math.round(Math.max(terms.minMs, terms.maxMs - (terms.maxMs - terms.minMs) * share))
}

/** One member's trial at this node: ends in refutation, which drops it, or in the deadline. */
export class Suspicion {
  readonly #terms: SuspicionTerms
  readonly #confirmers = new Set<PeerId>()
  readonly #originator: PeerId
  #startMs: number
  #deadlineMs: number

  /** @param originator who raised it first at this node; never counts as a confirmation of itself */
  constructor (terms: SuspicionTerms, originator: PeerId, nowMs: number) {
    this.#terms = terms
    this.#originator = originator
    this.#startMs = nowMs
    this.#deadlineMs = nowMs + suspicionTimeoutMs(terms, 0)
  }

  /** Another member holds the suspicion too. Each counts once, at most K count. */
  confirm (confirmer: PeerId): boolean {
    if (confirmer === this.#originator || this.#confirmers.size >= this.#terms.confirmations || this.#confirmers.has(confirmer)) return false
    this.#confirmers.add(confirmer)
    this.#deadlineMs = Math.min(this.#deadlineMs, this.#startMs + suspicionTimeoutMs(this.#terms, this.#confirmers.size))
    return true
  }

  /** Others have come to their verdict: it lasts no longer than half of the shortest, many times what a refutation takes. */
  hasten (): void {
    this.#deadlineMs = Math.min(this.#deadlineMs, this.#startMs + Math.ceil(this.#terms.minMs / 2))
  }

  /** Time during which this node did not run does not count. */
  postpone (lostMs: number): void {
    this.#startMs += lostMs
    this.#deadlineMs += lostMs
  }

  /** When the member is dead unless it refutes; may lie in the past after a confirmation. */
  get deadlineMs (): number {
    return this.#deadlineMs
  }
}

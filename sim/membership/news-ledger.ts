import type { PeerId } from '../../src/base/index.js'
import type { MembershipOptions } from '../../src/membership/index.js'
import type { MemberRecord, MembershipMessage } from '../../protocols/membership/index.js'

interface Entry {
  readonly health: MemberRecord['health']
  readonly incarnation: number
  sentCount: number
}

/**
 * Takes Lifeguard's buddy system out of a core that always has it: without it a member learns that it is doubted only
 * by gossip, as long as the doubt is news. The core tells every doubted receiver; this counts, from outside, how often
 * each update was sent, and strikes a doubt about the receiver, or about the one it shall ping, once that is no news.
 */
export class NewsLedger {
  readonly #self: PeerId
  readonly #options: MembershipOptions
  readonly #entries = new Map<PeerId, Entry>()

  constructor (self: PeerId, options: MembershipOptions) {
    this.#self = self
    this.#options = options
  }

  /** @param memberCount N as the sending core has it */
  strip (to: PeerId, message: MembershipMessage, memberCount: number): MembershipMessage {
    if (message.kind === 'sync' || message.kind === 'digest' || message.updates.length === 0) return message
    const limit = this.#options.retransmitMultiplier * Math.ceil(Math.log10(memberCount + 1))
    const target = message.kind === 'ping-request' ? message.target : undefined
    const kept = message.updates.filter((update) => this.#note(update) <= limit || update.health === 'alive' || (update.peer !== to && update.peer !== target))
    return kept.length === message.updates.length ? message : { ...message, updates: kept }
  }

  /** How often this very update was sent now. */
  #note (update: MemberRecord): number {
    if (update.peer === this.#self) return 0
    const entry = this.#entries.get(update.peer)
    if (entry !== undefined && entry.health === update.health && entry.incarnation === update.incarnation) return ++entry.sentCount
    this.#entries.set(update.peer, { health: update.health, incarnation: update.incarnation, sentCount: 1 })
    return 1
  }
}

import type { PeerId } from '../base/index.js'
import type { MemberRecord } from '../../protocols/membership/index.js'

/**
 * The updates that ride on messages (SWIM section 4.1): one per subject, the newer replacing the older; those sent
 * least go first, among equals the newest; each is dropped once sent `limit` times.
 */
export class Dissemination {
  /** Position = times sent; within a tier, oldest first. */
  readonly #tiers: Array<Map<PeerId, MemberRecord>> = []
  readonly #tierBySubject = new Map<PeerId, number>()

  /** Subjects that still have an update waiting; at most one per member. */
  get size (): number {
    return this.#tierBySubject.size
  }

  add (record: MemberRecord): void {
    this.remove(record.peer)
    this.#place(record, 0)
  }

  remove (subject: PeerId): void {
    const tier = this.#tierBySubject.get(subject)
    if (tier === undefined) return
    this.#tiers[tier]?.delete(subject)
    this.#tierBySubject.delete(subject)
  }

  /** Up to `count` updates for one message, counted as sent; those sent `limit` times then are dropped. */
  take (count: number, limit: number): MemberRecord[] {
    const taken: Array<{ record: MemberRecord, tier: number }> = []
    for (let tier = 0; tier < this.#tiers.length && taken.length < count; tier++) {
      const records = [...(this.#tiers[tier] as Map<PeerId, MemberRecord>).values()]
      for (let position = records.length - 1; position >= 0 && taken.length < count; position--) {
        taken.push({ record: records[position] as MemberRecord, tier })
      }
    }
    for (const { record, tier } of taken.toReversed()) {
      this.remove(record.peer)
      if (tier + 1 < limit) this.#place(record, tier + 1)
    }
    return taken.map(({ record }) => record)
  }

  #place (record: MemberRecord, tier: number): void {
    while (this.#tiers.length <= tier) this.#tiers.push(new Map())
    this.#tiers[tier]?.set(record.peer, record)
    this.#tierBySubject.set(record.peer, tier)
  }
}

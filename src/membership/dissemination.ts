import type { PeerId } from '../base/index.js'
import type { MemberRecord } from '../../protocols/membership/index.js'

/** One update that is still to be sent. */
interface Update {
  readonly record: MemberRecord
  sentCount: number
  /** False once another update of the subject took its place. */
  isCurrent: boolean
}

/** Replaced updates that may lie about in one tier beside as many current ones. */
const REPLACED_MAX = 64

/**
 * The updates that ride on messages (SWIM section 4.1): one per subject, the newer replacing the older; those sent
 * least go first, among equals the newest; each is dropped once sent `limit` times.
 */
export class Dissemination {
  /** Position = times sent; within a tier, oldest first. Replaced updates are skipped when they are met. */
  readonly #tiers: Update[][] = []
  readonly #bySubject = new Map<PeerId, Update>()

  /** Subjects that still have an update waiting; at most one per member. */
  get size (): number {
    return this.#bySubject.size
  }

  add (record: MemberRecord): void {
    this.remove(record.peer)
    const update = { record, sentCount: 0, isCurrent: true }
    this.#bySubject.set(record.peer, update)
    this.#place(update)
  }

  remove (subject: PeerId): void {
    const update = this.#bySubject.get(subject)
    if (update === undefined) return
    update.isCurrent = false
    this.#bySubject.delete(subject)
  }

  /** Up to `count` updates for one message, counted as sent; those sent `limit` times then are dropped. */
  take (count: number, limit: number): MemberRecord[] {
    const taken: Update[] = []
    for (const tier of this.#tiers) {
      while (taken.length < count && tier.length > 0) {
        const update = tier.pop()
        if (update?.isCurrent === true) taken.push(update)
      }
    }
    for (let position = taken.length - 1; position >= 0; position--) {
      const update = taken[position] as Update
      if (++update.sentCount < limit) this.#place(update)
      else this.remove(update.record.peer)
    }
    return taken.map(({ record }) => record)
  }

  #place (update: Update): void {
    while (this.#tiers.length <= update.sentCount) this.#tiers.push([])
    const tier = this.#tiers[update.sentCount] as Update[]
    if (tier.length > 2 * this.#bySubject.size + REPLACED_MAX) this.#tiers[update.sentCount] = tier.filter(({ isCurrent }) => isCurrent)
    this.#tiers[update.sentCount]?.push(update)
  }
}

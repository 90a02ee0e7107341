/** Entries remembered of one partition at most; beyond it the oldest are forgotten, and not compared any more. */
const ENTRIES_MAX = 65_536
/** How often, in new indexes, what all replicas compacted is forgotten. */
const PRUNE_EVERY = 1024

/** An entry as it was first seen. Another one at the same index has another term. */
interface Entry {
  readonly term: number
  readonly hash: number
  /** Term of the entry before; -1 where that was not seen. */
  previousTerm: number
  next: Entry | undefined
}

/** All entries of one partition that were ever on a disk or in a message: (index, term) must always be the same bytes. */
export class EntryTable {
  readonly #byIndex = new Map<number, Entry>()
  #lowest = 1
  #highest = 0
  #prunedAt = 0

  get size (): number {
    return this.#byIndex.size
  }

  /**
   * @param previousTerm -1: not known
   * @returns what differs from the entry seen first; undefined where nothing does
   */
  see (index: number, term: number, previousTerm: number, hash: number): string | undefined {
    const first = this.#byIndex.get(index)
    for (let entry = first; entry !== undefined; entry = entry.next) {
      if (entry.term !== term) continue
      if (entry.hash !== hash) return `entry ${index} of term ${term} has other bytes than it had elsewhere`
      if (previousTerm === -1) return undefined
      if (entry.previousTerm === -1) entry.previousTerm = previousTerm
      if (entry.previousTerm === previousTerm) return undefined
      return `entry ${index} of term ${term} follows an entry of term ${previousTerm}, and elsewhere one of term ${entry.previousTerm}`
    }
    if (index >= this.#lowest) this.#byIndex.set(index, { term, hash, previousTerm, next: first })
    if (index > this.#highest) this.#highest = index
    return undefined
  }

  /** Whether it is time to ask for `prune`. */
  get isPruneDue (): boolean {
    return this.#highest - this.#prunedAt >= PRUNE_EVERY
  }

  /** Forgets entries up to `index`, which every replica compacted. */
  prune (index: number): void {
    this.#prunedAt = this.#highest
    const upTo = Math.max(index, this.#highest - ENTRIES_MAX)
    if (upTo - this.#lowest > this.#byIndex.size) {
      for (const each of this.#byIndex.keys()) if (each <= upTo) this.#byIndex.delete(each)
    } else {
      for (let each = this.#lowest; each <= upTo; each++) this.#byIndex.delete(each)
    }
    this.#lowest = Math.max(this.#lowest, upTo + 1)
  }
}

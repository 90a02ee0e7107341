/** Anything that must be over by a time. */
export interface Timed {
  readonly deadlineMs: number
  readonly timeoutMs: number
}

/**
 * Deadlines of many requests at constant cost each: requests with the same timeout arrive in the order of their
 * deadlines, so one insertion-ordered set per timeout is already sorted. There are at most as many sets as distinct
 * timeouts in use.
 */
export class Deadlines<Item extends Timed> {
  readonly #sets = new Map<number, Set<Item>>()

  add (item: Item): void {
    let set = this.#sets.get(item.timeoutMs)
    if (set === undefined) {
      set = new Set()
      this.#sets.set(item.timeoutMs, set)
    }
    set.add(item)
  }

  remove (item: Item): void {
    const set = this.#sets.get(item.timeoutMs)
    if (set === undefined) return
    set.delete(item)
    if (set.size === 0) this.#sets.delete(item.timeoutMs)
  }

  /** The earliest deadline, or Infinity. */
  get nextMs (): number {
    let next = Infinity
    for (const set of this.#sets.values()) {
      for (const item of set) {
        if (item.deadlineMs < next) next = item.deadlineMs
        break
      }
    }
    return next
  }

  /** Calls `late` for everything whose deadline has come; `late` removes the item. */
  expire (nowMs: number, late: (item: Item) => void): void {
    for (const set of this.#sets.values()) {
      for (const item of set) {
        if (item.deadlineMs > nowMs) break
        late(item)
      }
    }
  }
}

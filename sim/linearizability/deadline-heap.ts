/** What has to be placed before a time. */
export interface Deadline {
  readonly firstReturn: number
}

/** A binary heap: the item with the earliest deadline first. */
export class DeadlineHeap<Item extends Deadline> {
  readonly #items: Item[] = []

  push (item: Item): void {
    let at = this.#items.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = this.#items[parent] as Item
      if (above.firstReturn <= item.firstReturn) break
      this.#items[at] = above
      at = parent
    }
    this.#items[at] = item
  }

  /** Takes out the item with the earliest deadline. */
  pop (): Item | undefined {
    const earliest = this.#items[0]
    const item = this.#items.pop()
    const count = this.#items.length
    if (item === undefined || count === 0) return earliest
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= count) break
      if (child + 1 < count && this.#deadline(child + 1) < this.#deadline(child)) child++
      if (item.firstReturn <= this.#deadline(child)) break
      this.#items[at] = this.#items[child] as Item
      at = child
    }
    this.#items[at] = item
    return earliest
  }

  #deadline (at: number): number {
    return (this.#items[at] as Item).firstReturn
  }
}

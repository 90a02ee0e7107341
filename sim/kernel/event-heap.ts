/** Something that happens at one virtual time, in whatever unit its world counts. */
export interface Happening {
  readonly at: number
  readonly run: () => void
}

interface Entry extends Happening {
  readonly order: number
}

/** What is to happen, in the order of time, and of its making where times are equal: a binary heap. */
export class EventHeap {
  readonly #entries: Entry[] = []
  #order = 0

  get size (): number {
    return this.#entries.length
  }

  /** The next to happen, left where it is. */
  get next (): Happening | undefined {
    return this.#entries[0]
  }

  push (at: number, run: () => void): void {
    const entries = this.#entries
    const entry: Entry = { at, run, order: this.#order++ }
    let place = entries.length
    entries.push(entry)
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!isBefore(entry, entries[parent] as Entry)) break
      entries[place] = entries[parent] as Entry
      place = parent
    }
    entries[place] = entry
  }

  /** Takes the next out; undefined where there is none. */
  pop (): Happening | undefined {
    const entries = this.#entries
    const first = entries[0]
    const last = entries.pop()
    if (last === undefined || entries.length === 0) return first
    let place = 0
    for (;;) {
      let child = place * 2 + 1
      if (child >= entries.length) break
      if (child + 1 < entries.length && isBefore(entries[child + 1] as Entry, entries[child] as Entry)) child++
      if (!isBefore(entries[child] as Entry, last)) break
      entries[place] = entries[child] as Entry
      place = child
    }
    entries[place] = last
    return first
  }
}

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

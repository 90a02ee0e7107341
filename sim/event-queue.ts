/** Something that happens at one virtual time. */
interface Event {
  readonly atUs: number
  readonly order: number
  readonly run: () => void
}

/** Virtual time: events in the order of their time, then of their making. Integer microseconds, no clock anywhere. */
export class EventQueue {
  readonly #heap: Event[] = []
  #order = 0
  #nowUs = 0

  get nowUs (): number {
    return this.#nowUs
  }

  get nowMs (): number {
    return this.#nowUs / 1000
  }

  get size (): number {
    return this.#heap.length
  }

  /** Runs `run` after `delayUs` (rounded up to whole microseconds, at least 0). */
  after (delayUs: number, run: () => void): void {
    this.#push({ atUs: this.#nowUs + Math.max(0, Math.ceil(delayUs)), order: this.#order++, run })
  }

  /** Runs the next event if it is due by `untilUs`; otherwise moves time there and says false. */
  step (untilUs: number): boolean {
    const next = this.#heap[0]
    if (next === undefined || next.atUs > untilUs) {
      this.#nowUs = Math.max(this.#nowUs, untilUs)
      return false
    }
    this.#pop()
    this.#nowUs = next.atUs
    next.run()
    return true
  }

  #push (event: Event): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(event, heap[parent] as Event)) break
      heap[at] = heap[parent] as Event
      at = parent
    }
    heap[at] = event
  }

  #pop (): void {
    const heap = this.#heap
    const last = heap.pop() as Event
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child++
      if (!before(heap[child] as Event, last)) break
      heap[at] = heap[child] as Event
      at = child
    }
    heap[at] = last
  }
}

const before = (a: Event, b: Event): boolean => a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order)

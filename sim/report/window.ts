import { assert } from '../../src/base/index.js'

/** Share of a window's room for what comes before the moment of interest; what follows explains less. */
const BEFORE_SHARE = 0.8

/**
 * Keeps a bounded part of an endless series: until the moment of interest the last ones, from then on the next ones
 * while there is room. What falls out is counted.
 */
export class Window<Item> {
  readonly #max: number
  readonly #beforeMax: number
  #items: Item[] = []
  /** Where the oldest one is, once the ring is full. */
  #oldest = 0
  #isPast = false
  #omitted = 0

  /** @param max items kept */
  constructor (max: number) {
    assert(Number.isSafeInteger(max) && max >= 2, `a window has room for at least two, not ${max}`)
    this.#max = max
    this.#beforeMax = Math.max(1, Math.floor(max * BEFORE_SHARE))
  }

  get omitted (): number {
    return this.#omitted
  }

  /** Nothing more is taken. */
  get isFull (): boolean {
    return this.#isPast && this.#items.length >= this.#max
  }

  push (item: Item): void {
    if (this.isFull) {
      this.#omitted++
    } else if (this.#isPast || this.#items.length < this.#beforeMax) {
      this.#items.push(item)
    } else {
      this.#items[this.#oldest] = item
      this.#oldest = (this.#oldest + 1) % this.#beforeMax
      this.#omitted++
    }
  }

  /** The moment of interest is now. */
  pass (): void {
    if (this.#isPast) return
    this.#items = this.items()
    this.#oldest = 0
    this.#isPast = true
  }

  /** What is kept, the oldest first. */
  items (): Item[] {
    return [...this.#items.slice(this.#oldest), ...this.#items.slice(0, this.#oldest)]
  }
}

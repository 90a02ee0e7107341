import type { LogIndex } from '../base/index.js'

/** Appends with entries on their way to one follower, oldest first: a ring, so that steady traffic allocates nothing. */
export class InflightWindow {
  readonly #lastIndexes: LogIndex[]
  readonly #bytes: number[]
  readonly #appendsMax: number
  readonly #bytesMax: number
  #head = 0
  #count = 0
  #bytesTotal = 0

  constructor (appendsMax: number, bytesMax: number) {
    this.#appendsMax = appendsMax
    this.#bytesMax = bytesMax
    this.#lastIndexes = []
    this.#bytes = []
  }

  get count (): number {
    return this.#count
  }

  get isFull (): boolean {
    return this.#count >= this.#appendsMax || this.#bytesTotal >= this.#bytesMax
  }

  add (lastIndex: LogIndex, bytes: number): void {
    const slot = (this.#head + this.#count) % this.#appendsMax
    this.#lastIndexes[slot] = lastIndex
    this.#bytes[slot] = bytes
    this.#count++
    this.#bytesTotal += bytes
  }

  /** Forgets the appends that end at or below `index`: they arrived. */
  freeUpTo (index: LogIndex): void {
    while (this.#count > 0 && (this.#lastIndexes[this.#head] as LogIndex) <= index) {
      this.#bytesTotal -= this.#bytes[this.#head] as number
      this.#head = (this.#head + 1) % this.#appendsMax
      this.#count--
    }
  }

  clear (): void {
    this.#head = 0
    this.#count = 0
    this.#bytesTotal = 0
  }
}

import { assert } from '../base/index.js'

/**
 * Numbers items 1, 2, 3 … and knows the lowest that is still open: a ring over the numbers from the floor on, so that
 * opening, finding and closing cost a few operations each.
 */
export class SequenceWindow<Item extends { readonly sequence: number }> {
  #ring: Array<Item | undefined> = new Array<Item | undefined>(256)
  #floor = 1
  #next = 1

  /** The number the next item must carry. */
  get next (): number {
    return this.#next
  }

  /** The lowest open number; `next` where none is open. */
  get floor (): number {
    return this.#floor
  }

  open (item: Item): void {
    assert(item.sequence === this.#next, `sequence ${item.sequence} opened, ${this.#next} is next`)
    if (this.#next - this.#floor === this.#ring.length) this.#grow()
    this.#ring[this.#next % this.#ring.length] = item
    this.#next++
  }

  find (sequence: number): Item | undefined {
    return sequence < this.#floor || sequence >= this.#next ? undefined : this.#ring[sequence % this.#ring.length]
  }

  close (sequence: number): void {
    assert(this.find(sequence) !== undefined, `sequence ${sequence} is not open`)
    this.#ring[sequence % this.#ring.length] = undefined
    while (this.#floor < this.#next && this.#ring[this.#floor % this.#ring.length] === undefined) this.#floor++
  }

  #grow (): void {
    const ring = new Array<Item | undefined>(this.#ring.length * 2)
    for (let sequence = this.#floor; sequence < this.#next; sequence++) ring[sequence % ring.length] = this.#ring[sequence % this.#ring.length]
    this.#ring = ring
  }
}

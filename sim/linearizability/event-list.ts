import type { Interval } from './model.js'

const HEAD = 0

/**
 * Calls and returns in the order of time as a doubly linked list in two arrays, so that an operation is taken out and put
 * back in constant time (Wing and Gong's `lift` and `unlift`). Calls come before returns of the same time: those operations
 * overlap. Node 1 + i is the call of operation i, node 1 + count + i its return; what never returned has none. The list
 * ends in a node that is no call.
 */
export class EventList {
  readonly #count: number
  readonly #next: Int32Array
  readonly #previous: Int32Array

  /** @param intervals sorted by `calledAt` */
  constructor (intervals: readonly Interval[]) {
    const count = intervals.length
    this.#count = count
    this.#next = new Int32Array(2 * count + 2)
    this.#previous = new Int32Array(2 * count + 2)
    const returns = intervals.map((_, i) => i).filter((i) => returnedAt(intervals, i) !== Infinity)
    returns.sort((a, b) => returnedAt(intervals, a) - returnedAt(intervals, b))
    let last = HEAD
    const append = (node: number): void => {
      this.#next[last] = node
      this.#previous[node] = last
      last = node
    }
    let call = 0
    for (const i of returns) {
      while (call < count && (intervals[call] as Interval).calledAt <= returnedAt(intervals, i)) append(1 + call++)
      append(1 + count + i)
    }
    while (call < count) append(1 + call++)
    append(2 * count + 1)
  }

  get first (): number {
    return this.#next[HEAD] as number
  }

  next (node: number): number {
    return this.#next[node] as number
  }

  /** The operation whose call this node is, or -1. */
  called (node: number): number {
    return node <= this.#count ? node - 1 : -1
  }

  /** The operation whose return this node is, or no operation's number. */
  returned (node: number): number {
    return node - 1 - this.#count
  }

  /** The node of an operation's call. */
  call (operation: number): number {
    return 1 + operation
  }

  /** Takes out the call of an operation, and its return if it has one. */
  lift (operation: number): void {
    this.#unlink(1 + operation)
    const node = 1 + this.#count + operation
    if (this.#next[node] !== 0) this.#unlink(node)
  }

  /** Puts back what was lifted last and is still out. */
  unlift (operation: number): void {
    const node = 1 + this.#count + operation
    if (this.#next[node] !== 0) this.#link(node)
    this.#link(1 + operation)
  }

  #unlink (node: number): void {
    const next = this.#next[node] as number
    const previous = this.#previous[node] as number
    this.#next[previous] = next
    this.#previous[next] = previous
  }

  #link (node: number): void {
    this.#next[this.#previous[node] as number] = node
    this.#previous[this.#next[node] as number] = node
  }
}

function returnedAt (intervals: readonly Interval[], i: number): number {
  return (intervals[i] as Interval).returnedAt
}

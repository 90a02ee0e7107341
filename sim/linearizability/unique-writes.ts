import { assert } from '../../src/base/index.js'
import { toBlocks } from './blocks.js'
import type { Block } from './blocks.js'
import { DeadlineHeap } from './deadline-heap.js'
import type { CheckResult } from './model.js'
import type { RegisterOperation } from './register.js'

/**
 * Decides the history of a register whose values were set once each, in O(n log n): Gibbons and Korach, "Testing shared
 * memories" (SIAM J. Comput. 26(4), 1997), with deletes, which all write the same, added (proof: DESIGN.md).
 * @returns undefined where some value was set twice
 */
export function orderUniqueWrites (history: readonly RegisterOperation[]): CheckResult | undefined {
  for (const { calledAt, returnedAt } of history) assert(calledAt <= returnedAt, `an operation called at ${calledAt} returned at ${returnedAt}`)
  const blocks = toBlocks(history)
  if (blocks === undefined) return undefined
  const order = orderBlocks(blocks)
  return order === undefined
    ? { verdict: 'illegal', ...longestBeginning(history), exhausted: undefined }
    : { verdict: 'ok', order, offender: undefined, exhausted: undefined }
}

/**
 * Puts one block after the other, as long as one may come next. Which one is never a choice that could turn out wrong.
 * @returns undefined where none may come next and not all that must be are placed
 */
function orderBlocks (blocks: readonly Block[]): number[] | undefined {
  const queue = new BlockQueue(blocks)
  const order: number[] = []
  const place = (block: Block): void => {
    queue.place(block)
    for (const position of block.positions) order.push(position)
  }
  // The key is missing here, each time round.
  while (queue.owed > 0) {
    for (let block = queue.nextMissing(); block !== undefined; block = queue.nextMissing()) place(block)
    for (let block = queue.nextValue(); block !== undefined; block = queue.nextValue()) place(block)
    if (queue.owed === 0) break
    const block = queue.nextDelete()
    if (block === undefined) return undefined
    place(block)
  }
  return order
}

/** The blocks that are not placed, by kind. A block is ready when everything that must come before it is placed. */
class BlockQueue {
  readonly #byReturn: readonly Block[]
  readonly #missing: readonly Block[]
  readonly #values: readonly Block[]
  readonly #deletes: readonly Block[]
  readonly #readyDeletes = new DeadlineHeap<Block>()
  #missingIndex = 0
  #valueIndex = 0
  #deleteIndex = 0
  /** Of the blocks by return, the first two that are not placed. */
  #first = 0
  #second = 1
  /** Blocks that must be placed and are not. */
  owed = 0

  constructor (blocks: readonly Block[]) {
    this.#byReturn = [...blocks].sort((a, b) => a.firstReturn === b.firstReturn ? 0 : a.firstReturn - b.firstReturn)
    const byCall = blocks.filter(({ isPossible }) => isPossible).sort((a, b) => a.lastCall - b.lastCall)
    this.#missing = byCall.filter(({ kind }) => kind === 'missing')
    this.#values = byCall.filter(({ kind, lastCall, firstReturn }) => kind === 'value' && lastCall <= firstReturn)
    this.#deletes = byCall.filter(({ kind }) => kind === 'delete')
    for (const { firstReturn } of blocks) if (firstReturn !== Infinity) this.owed++
  }

  nextMissing (): Block | undefined {
    return this.#isReady(this.#missing[this.#missingIndex]) ? this.#missing[this.#missingIndex++] : undefined
  }

  nextValue (): Block | undefined {
    if (this.#isReady(this.#values[this.#valueIndex])) return this.#values[this.#valueIndex++]
    // A block with a return before a call in it (a "forward zone") can come next only if no other has such a return.
    const block = this.#byReturn[this.#first]
    return block?.kind === 'value' && block.isPossible && block.lastCall <= this.#returnAt(this.#second) ? block : undefined
  }

  /** Of the deletes that are ready, the one that must be placed first. */
  nextDelete (): Block | undefined {
    while (this.#isReady(this.#deletes[this.#deleteIndex])) this.#readyDeletes.push(this.#deletes[this.#deleteIndex++] as Block)
    return this.#readyDeletes.pop()
  }

  place (block: Block): void {
    block.isPlaced = true
    if (block.firstReturn !== Infinity) this.owed--
    while (this.#byReturn[this.#first]?.isPlaced === true) this.#first++
    this.#second = Math.max(this.#second, this.#first + 1)
    while (this.#byReturn[this.#second]?.isPlaced === true) this.#second++
  }

  #isReady (block: Block | undefined): boolean {
    return block !== undefined && block.lastCall <= this.#returnAt(this.#first)
  }

  #returnAt (index: number): number {
    return this.#byReturn[index]?.firstReturn ?? Infinity
  }
}

/**
 * Of a history that is not linearizable: a linearization of its longest beginning (by time) that is, and the operation
 * whose return ends it. Beginnings of linearizable histories are linearizable, so halving finds it.
 */
function longestBeginning (history: readonly RegisterOperation[]): { readonly order: readonly number[], readonly offender: number | undefined } {
  const at = (position: number): RegisterOperation => history[position] as RegisterOperation
  const returns = [...history.keys()].filter((position) => at(position).returnedAt !== Infinity)
  returns.sort((a, b) => at(a).returnedAt - at(b).returnedAt)
  const orderUntil = (returnCount: number): number[] | undefined => {
    const last = returns[returnCount - 1]
    const endsAt = last === undefined ? -Infinity : at(last).returnedAt
    const returned = new Set(returns.slice(0, returnCount))
    const positions = [...history.keys()].filter((position) => at(position).calledAt <= endsAt)
    const blocks = toBlocks(positions.map((position) => returned.has(position) ? at(position) : { ...at(position), returnedAt: Infinity }))
    assert(blocks !== undefined, 'a part of a history has unique values where the whole has')
    return orderBlocks(blocks)?.map((i) => positions[i] as number)
  }
  let order: readonly number[] = []
  let [legal, illegal] = [0, returns.length]
  while (illegal - legal > 1) {
    const middle = (legal + illegal) >> 1
    const found = orderUntil(middle)
    if (found === undefined) illegal = middle
    else [legal, order] = [middle, found]
  }
  return { order, offender: returns[legal] }
}

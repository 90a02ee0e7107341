import { assert } from '../../src/base/index.js'
import { Configurations } from './configurations.js'
import { EventList } from './event-list.js'
import { REFUSED } from './model.js'
import type { CheckLimits, CheckResult, Interval, Model } from './model.js'
import { StateTable } from './state-table.js'

/**
 * Whether one history of overlapping operations is linearizable: Wing and Gong's search ("Testing and verifying concurrent
 * objects", 1993) with Lowe's memory of configurations ("Testing for linearizability", 2017). Operations whose
 * outcome is unknown need not be placed. Reads are placed as soon as they fit and never reconsidered (DESIGN.md).
 */
export function searchLinearization<State extends string | number | undefined, Operation extends Interval> (
  model: Model<State, Operation>, history: readonly Operation[], limits: CheckLimits
): CheckResult {
  return new Search(model, history, limits).run()
}

class Search<State extends string | number | undefined, Operation extends Interval> {
  readonly #model: Model<State, Operation>
  readonly #limits: CheckLimits
  /** By time of call; without the reads that told nobody anything. */
  readonly #operations: readonly Operation[]
  /** Where each of them is in the history. */
  readonly #positions: readonly number[]
  readonly #isRead: Uint8Array
  readonly #events: EventList
  readonly #configurations: Configurations
  readonly #states = new StateTable<State>()
  /** The operations placed, and the state before each. */
  readonly #placed: Int32Array
  readonly #stateBefore: Int32Array
  #depth = 0
  #state: number
  /** Operations that returned and are not placed. */
  #owed = 0
  #steps = 0
  /** The longest beginning so far, and what it could not be continued past. */
  #longest = new Int32Array(0)
  #offender: number | undefined

  constructor (model: Model<State, Operation>, history: readonly Operation[], limits: CheckLimits) {
    this.#model = model
    this.#limits = limits
    for (const { calledAt, returnedAt } of history) assert(calledAt <= returnedAt, `an operation called at ${calledAt} returned at ${returnedAt}`)
    this.#positions = history.map((_, i) => i)
      .filter((i) => at(history, i).returnedAt !== Infinity || !model.isRead(at(history, i)))
      .sort((a, b) => at(history, a).calledAt - at(history, b).calledAt)
    this.#operations = this.#positions.map((i) => at(history, i))
    this.#isRead = Uint8Array.from(this.#operations, (operation) => model.isRead(operation) ? 1 : 0)
    for (const { returnedAt } of this.#operations) if (returnedAt !== Infinity) this.#owed++
    this.#events = new EventList(this.#operations)
    this.#configurations = new Configurations(this.#operations.length, limits.memoryBytesMax)
    this.#placed = new Int32Array(this.#operations.length)
    this.#stateBefore = new Int32Array(this.#operations.length)
    this.#state = this.#states.number(model.initial)
  }

  run (): CheckResult {
    this.#placeReads()
    let node = this.#events.first
    while (this.#owed > 0) {
      if (this.#steps > this.#limits.stepsMax) return this.#end('unknown', 'steps')
      const operation = this.#events.called(node)
      if (operation >= 0) {
        const tried = this.#isRead[operation] === 1 ? 'refused' : this.#try(operation)
        if (tried === 'full') return this.#end('unknown', 'memory')
        node = tried === 'placed' ? this.#events.first : this.#events.next(node)
        continue
      }
      // This operation has returned: it must come before everything after this node, and it fits nowhere before.
      this.#remember(node)
      const write = this.#takeBack()
      if (write === undefined) return this.#end('illegal', undefined)
      node = this.#events.next(this.#events.call(write))
    }
    return this.#end('ok', undefined)
  }

  /** Places a write and the reads that fit after it, unless the search has been there. */
  #try (operation: number): 'placed' | 'refused' | 'full' {
    this.#steps++
    const after = this.#model.apply(this.#states.state(this.#state), at(this.#operations, operation))
    if (after === REFUSED) return 'refused'
    const state = this.#states.number(after)
    // What need not take effect and changes nothing is not worth a try.
    if (state === this.#state && at(this.#operations, operation).returnedAt === Infinity) return 'refused'
    this.#place(operation, state)
    this.#placeReads()
    if (this.#owed === 0) return 'placed'
    const added = this.#configurations.add(this.#state, this.#states.sizeBytes)
    if (added === 'new') return 'placed'
    this.#takeBack()
    return added === 'full' ? 'full' : 'refused'
  }

  /** Places every read that is due or may be, and fits the state. */
  #placeReads (): void {
    const state = this.#states.state(this.#state)
    let node = this.#events.first
    for (let operation = this.#events.called(node); operation >= 0; operation = this.#events.called(node)) {
      node = this.#events.next(node)
      if (this.#isRead[operation] !== 1) continue
      this.#steps++
      if (this.#model.apply(state, at(this.#operations, operation)) === REFUSED) continue
      // If the next event is this read's own return, it goes with the read.
      if (this.#events.returned(node) === operation) node = this.#events.next(node)
      this.#place(operation, this.#state)
    }
  }

  #place (operation: number, state: number): void {
    this.#placed[this.#depth] = operation
    this.#stateBefore[this.#depth] = this.#state
    this.#depth++
    this.#state = state
    if (at(this.#operations, operation).returnedAt !== Infinity) this.#owed--
    this.#events.lift(operation)
    this.#configurations.toggle(operation)
  }

  /** Takes back the last write and the reads after it. @returns the write; undefined where there is none */
  #takeBack (): number | undefined {
    while (this.#depth > 0) {
      this.#depth--
      const operation = this.#placed[this.#depth] as number
      this.#state = this.#stateBefore[this.#depth] as number
      if (at(this.#operations, operation).returnedAt !== Infinity) this.#owed++
      this.#events.unlift(operation)
      this.#configurations.toggle(operation)
      if (this.#isRead[operation] !== 1) return operation
    }
    return undefined
  }

  #remember (node: number): void {
    if (this.#depth < this.#longest.length || (this.#depth === this.#longest.length && this.#offender !== undefined)) return
    this.#longest = this.#placed.slice(0, this.#depth)
    this.#offender = this.#events.returned(node)
  }

  #end (verdict: CheckResult['verdict'], exhausted: CheckResult['exhausted']): CheckResult {
    const order = verdict === 'ok' || this.#depth > this.#longest.length ? this.#placed.subarray(0, this.#depth) : this.#longest
    return {
      verdict,
      order: Array.from(order, (operation) => this.#positions[operation] as number),
      offender: verdict === 'illegal' && this.#offender !== undefined ? this.#positions[this.#offender] : undefined,
      exhausted
    }
  }
}

function at<Item> (items: readonly Item[], i: number): Item {
  return items[i] as Item
}

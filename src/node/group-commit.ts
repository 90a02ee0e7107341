import { assert, toBatchNumber } from '../base/index.js'
import type { BatchNumber } from '../base/index.js'
import type { Disk, DiskError, DiskOperation } from './ports.js'

/** One storage batch while it gathers and while it is being flushed. */
class Batch {
  readonly operations: DiskOperation[] = []
  readonly afterDurable: Array<() => void> = []
  readonly number: BatchNumber
  /** Somebody waits for it. */
  isUrgent = false
  /** When it was first seen with something to write. */
  sinceMs = Infinity

  constructor (number: BatchNumber) {
    this.number = number
  }
}

/**
 * Group commit: whatever all partitions want durable in one turn becomes one atomic batch with one fsync; while it is
 * being flushed the next one gathers. What depends on durability (votes, acknowledgements) waits here and is released
 * in order. After a failed flush nothing is released any more (DESIGN.md section 5: a failed batch is never retried).
 */
export class GroupCommit {
  readonly #disk: Disk
  /** Writes the batch's number into the batch itself, so that a restart knows the newest durable one. */
  readonly #stamp: (number: BatchNumber) => DiskOperation
  readonly #flushed: (error: DiskError | undefined) => void
  readonly #lazyFlushMs: number
  #gathering: Batch
  #flushing: Batch | undefined
  #durable: BatchNumber
  #failure: DiskError | undefined

  /**
   * @param durable the newest batch that the disk holds
   * @param flushed called when a flush is over, outside any turn: it should ask for a turn that calls `complete`
   * @param lazyFlushMs ms that what nobody waits for may gather before it is flushed by itself (applied values and
   * positions, which the log would bring back after a crash). Usually it rides along with the next batch that somebody
   * waits for: half as many fsyncs, and a write never queues behind the flush of what the one before it left.
   */
  constructor (
    disk: Disk, durable: BatchNumber, stamp: (number: BatchNumber) => DiskOperation, flushed: (error: DiskError | undefined) => void, lazyFlushMs: number
  ) {
    this.#lazyFlushMs = lazyFlushMs
    this.#disk = disk
    this.#durable = durable
    this.#stamp = stamp
    this.#flushed = flushed
    this.#gathering = new Batch(toBatchNumber(durable + 1))
  }

  /** The newest batch known to be durable. */
  get durable (): BatchNumber {
    return this.#durable
  }

  /** The number of the batch that `add` adds to. */
  get gathering (): BatchNumber {
    return this.#gathering.number
  }

  /** Whether a batch is on its way to the disk. */
  get isFlushing (): boolean {
    return this.#flushing !== undefined
  }

  get failure (): DiskError | undefined {
    return this.#failure
  }

  /** Whether nothing waits and nothing is being flushed. */
  get idle (): boolean {
    return this.#flushing === undefined && this.#gathering.operations.length === 0
  }

  add (operation: DiskOperation): void {
    this.#gathering.operations.push(operation)
  }

  put (key: Uint8Array, value: Uint8Array): void {
    this.#gathering.operations.push({ kind: 'put', key, value })
  }

  delete (key: Uint8Array): void {
    this.#gathering.operations.push({ kind: 'delete', key })
  }

  /** Calls back in a later turn, once the batch that gathers now is durable; never after a failure. It is flushed soon. */
  afterGathering (callback: () => void): void {
    this.#gathering.isUrgent = true
    this.#gathering.afterDurable.push(callback)
  }

  /** As `afterGathering`, for what is in no hurry: the batch may go on gathering for a while. */
  whenGathered (callback: () => void): void {
    this.#gathering.afterDurable.push(callback)
  }

  /** Calls back once batch `number` is durable: at once where it already is. */
  afterBatch (number: BatchNumber, callback: () => void): void {
    if (this.#failure !== undefined) return
    if (number <= this.#durable) callback()
    else if (this.#flushing !== undefined && number <= this.#flushing.number) this.#flushing.afterDurable.push(callback)
    else this.afterGathering(callback)
  }

  /** When `flush` has something to do at the latest; Infinity: not by itself. */
  get nextDeadlineMs (): number {
    return this.#flushing === undefined ? this.#gathering.sinceMs + this.#lazyFlushMs : Infinity
  }

  /** Starts a flush at the end of a turn if there is something due to be written and nothing is being written. */
  flush (nowMs: number): void {
    const batch = this.#gathering
    if (this.#failure !== undefined || (batch.operations.length === 0 && batch.afterDurable.length === 0)) return
    if (batch.sinceMs === Infinity) batch.sinceMs = nowMs
    if (this.#flushing !== undefined || (!batch.isUrgent && nowMs < batch.sinceMs + this.#lazyFlushMs)) return
    batch.operations.push(this.#stamp(batch.number))
    this.#flushing = batch
    this.#gathering = new Batch(toBatchNumber(batch.number + 1))
    this.#disk.write(batch.operations, this.#flushed)
  }

  /** Takes note of the flush that is over, in a turn, and releases what waited for it. */
  complete (error: DiskError | undefined): void {
    const batch = this.#flushing
    if (batch === undefined) {
      assert(this.#failure !== undefined, 'a flush ended that was not begun')
      return
    }
    this.#flushing = undefined
    if (error !== undefined) {
      this.#failure = error
      return
    }
    this.#durable = batch.number
    for (const callback of batch.afterDurable) callback()
  }
}

import { assert, toBatchNumber } from '../base/index.js'
import type { BatchNumber } from '../base/index.js'
import type { Disk, DiskError, DiskOperation } from './ports.js'

/** One storage batch while it gathers and while it is being flushed. */
class Batch {
  readonly operations: DiskOperation[] = []
  readonly afterDurable: Array<() => void> = []
  readonly number: BatchNumber

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
  #gathering: Batch
  #flushing: Batch | undefined
  #durable: BatchNumber
  #failure: DiskError | undefined

  /**
   * @param durable the newest batch that the disk holds
   * @param flushed called when a flush is over, outside any turn: it should ask for a turn that calls `complete`
   */
  constructor (disk: Disk, durable: BatchNumber, stamp: (number: BatchNumber) => DiskOperation, flushed: (error: DiskError | undefined) => void) {
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

  /** Calls back in a later turn, once the batch that gathers now is durable; never after a failure. */
  afterGathering (callback: () => void): void {
    this.#gathering.afterDurable.push(callback)
  }

  /** Calls back once batch `number` is durable: at once where it already is. */
  afterBatch (number: BatchNumber, callback: () => void): void {
    if (this.#failure !== undefined) return
    if (number <= this.#durable) callback()
    else if (this.#flushing !== undefined && number <= this.#flushing.number) this.#flushing.afterDurable.push(callback)
    else this.#gathering.afterDurable.push(callback)
  }

  /** Starts a flush at the end of a turn if there is something to write and nothing is being written. */
  flush (): void {
    const batch = this.#gathering
    if (this.#flushing !== undefined || this.#failure !== undefined) return
    if (batch.operations.length === 0 && batch.afterDurable.length === 0) return
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

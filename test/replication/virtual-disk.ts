import { assert, toLogIndex, toTerm } from '../../src/base/index.js'
import type { LogIndex, Term } from '../../src/base/index.js'
import type { GroupBoot, LogStart, PersistEffect } from '../../src/replication/index.js'
import type { HardState, LogEntry, LoggedConfiguration } from '../../protocols/replication/index.js'

/** A state machine's content at one position: a hash over everything applied up to it. */
export interface MachineState {
  readonly index: LogIndex
  readonly term: Term
  readonly hash: number
}

export const emptyMachine: MachineState = { index: toLogIndex(0), term: toTerm(0), hash: 0 }

/** What a replica's disk holds for sure. */
export class DiskContent {
  hardState: HardState = { term: toTerm(0), vote: 0, commitIndex: toLogIndex(0) }
  start: LogStart
  /** Of the replica that was retired here last. */
  voteFloor = toLogIndex(0)
  entries: LogEntry[] = []
  machine = emptyMachine
  installing = false

  /** @param born the configuration that the group was born with */
  constructor (born: LoggedConfiguration) {
    this.start = { index: toLogIndex(0), term: toTerm(0), configuration: born }
  }

  /** Everything goes but the term, the vote, and how far entries may have been acknowledged. */
  retire (index: LogIndex, born: LoggedConfiguration): void {
    this.start = { index: toLogIndex(0), term: toTerm(0), configuration: born }
    this.hardState = { ...this.hardState, commitIndex: toLogIndex(0) }
    this.entries = []
    this.machine = emptyMachine
    this.installing = false
    this.voteFloor = index
  }

  get lastIndex (): number {
    return this.start.index + this.entries.length
  }

  termAt (index: number): number | undefined {
    return index === this.start.index ? this.start.term : this.entries[index - this.start.index - 1]?.term
  }

  store ({ hardState, truncateFrom, entries, logStart }: PersistEffect): void {
    if (hardState !== undefined) {
      assert(hardState.term >= this.hardState.term, 'a stored term never falls')
      assert(hardState.term > this.hardState.term || this.hardState.vote === 0 || hardState.vote === this.hardState.vote, 'a stored vote changes only with its term')
      assert(hardState.commitIndex >= this.hardState.commitIndex, 'a stored commit index never falls')
      this.hardState = hardState
    }
    if (truncateFrom !== undefined && truncateFrom <= this.lastIndex) {
      this.entries.length = Math.max(0, truncateFrom - this.start.index - 1)
    }
    if (logStart !== undefined && entries[0] !== undefined && entries[0].index > this.lastIndex + 1) {
      assert(entries[0].index === logStart.index + 1, 'entries follow the stored log or its new start')
      this.#forget(logStart)
    }
    for (const entry of entries) {
      assert(entry.index === this.lastIndex + 1, `entry ${entry.index} follows stored ${this.lastIndex}`)
      this.entries.push(entry)
    }
    if (logStart !== undefined) this.#forget(logStart)
  }

  #forget (start: LogStart): void {
    this.entries = start.index >= this.lastIndex ? [] : this.entries.slice(Math.max(0, start.index - this.start.index))
    this.start = start
  }

  boot (): GroupBoot {
    return {
      hardState: this.hardState, logStart: { index: this.start.index, term: this.start.term }, entries: [...this.entries],
      appliedIndex: this.machine.index, installing: this.installing, configuration: this.start.configuration, voteFloor: this.voteFloor
    }
  }
}

/** One batch: all of it becomes durable, or nothing. */
class Batch {
  readonly operations: Array<(content: DiskContent) => void> = []
  readonly afterDurable: Array<() => void> = []
}

/**
 * A disk that separates pending from durable: batches become durable in order, one flush at a time, and a crash loses
 * what was not flushed; the batch in flight may or may not survive it. With group commit all that gathered during a
 * flush is the next batch; without, every turn is a batch of its own, so that many tokens are pending.
 */
export class VirtualDisk {
  readonly content: DiskContent
  /** Whether turns join while a flush is under way. */
  isGrouping = true
  #gathering = new Batch()
  #queue: Batch[] = []
  #isFlushing = false
  #life = 0
  readonly #startFlush: (done: () => void) => void

  /** @param startFlush calls `done` once the flush is over */
  constructor (born: LoggedConfiguration, startFlush: (done: () => void) => void) {
    this.content = new DiskContent(born)
    this.#startFlush = startFlush
  }

  add (operation: (content: DiskContent) => void): void {
    this.#gathering.operations.push(operation)
  }

  /** Calls back once everything added so far is durable; at once where it is. */
  afterAll (callback: () => void): void {
    const newest = this.#gathering.operations.length > 0 ? this.#gathering : this.#queue[this.#queue.length - 1]
    if (newest === undefined) callback()
    else newest.afterDurable.push(callback)
  }

  /** Ends a turn. */
  flush (): void {
    if (this.#gathering.operations.length > 0 && !(this.isGrouping && this.#isFlushing)) {
      this.#queue.push(this.#gathering)
      this.#gathering = new Batch()
    }
    const [batch] = this.#queue
    if (this.#isFlushing || batch === undefined) return
    this.#isFlushing = true
    const life = this.#life
    this.#startFlush(() => {
      if (life !== this.#life) return
      for (const operation of batch.operations) operation(this.content)
      this.#isFlushing = false
      this.#queue.shift()
      for (const callback of batch.afterDurable) callback()
      this.flush()
    })
  }

  /** Loses what is not durable; `keepsFlight`: the batch in flight was written just in time. */
  crash (keepsFlight: boolean): void {
    this.#life++
    const [inFlight] = this.#queue
    if (keepsFlight && this.#isFlushing && inFlight !== undefined) for (const operation of inFlight.operations) operation(this.content)
    this.#isFlushing = false
    this.#queue = []
    this.#gathering = new Batch()
  }
}

import { assert, toLogIndex, toTerm } from '../base/index.js'
import type { LogIndex, Term } from '../base/index.js'
import type { LogEntry } from '../../protocols/replication/index.js'

/** A position in a log: index and term together identify an entry and everything before it (log matching). */
export interface LogPosition {
  readonly index: LogIndex
  readonly term: Term
}

/** What an entry costs beyond its payload, about: an object and its place in an array. */
const ENTRY_OVERHEAD_BYTES = 64
/** Forgotten slots at the head before the array is moved; the move costs at most as much as was forgotten. */
const HEAD_SLOTS_MIN = 64

const forgotten: LogEntry = { term: toTerm(0), index: toLogIndex(0), kind: 'noop', payload: new Uint8Array(0) }

/** What one entry counts against limits in bytes. */
export const entryBytes = (entry: LogEntry): number => entry.payload.length + ENTRY_OVERHEAD_BYTES

/**
 * The part of the log that is kept: everything behind `start`, in memory, flushed or not. Forgetting the head costs
 * constant time per entry over the life of the log.
 */
export class RetainedLog {
  #slots: LogEntry[]
  #head = 0
  #start: LogPosition
  #lastIndex: LogIndex
  #bytes = 0

  constructor (start: LogPosition, entries: readonly LogEntry[]) {
    this.#start = start
    this.#slots = [...entries]
    this.#lastIndex = toLogIndex(start.index + entries.length)
    for (const entry of entries) this.#bytes += entryBytes(entry)
  }

  /** The position that the kept part follows: compacted away, applied, committed; 0/0 at birth. */
  get start (): LogPosition {
    return this.#start
  }

  get startIndex (): LogIndex {
    return this.#start.index
  }

  get firstIndex (): LogIndex {
    return toLogIndex(this.#start.index + 1)
  }

  get lastIndex (): LogIndex {
    return this.#lastIndex
  }

  get lastTerm (): Term {
    return this.#lastIndex === this.#start.index ? this.#start.term : this.entryAt(this.#lastIndex).term
  }

  /** Bytes of the kept entries, overhead included. */
  get bytes (): number {
    return this.#bytes
  }

  entryAt (index: LogIndex): LogEntry {
    const entry = index > this.#start.index && index <= this.#lastIndex ? this.#slots[this.#slot(index)] : undefined
    assert(entry !== undefined && entry.index === index, 'an entry was asked for that the log does not hold')
    return entry
  }

  #slot (index: number): number {
    return index - this.#start.index - 1 + this.#head
  }

  /** The term at a position, the start's included; undefined where this log does not know it. */
  termAt (index: LogIndex): Term | undefined {
    if (index === this.#start.index) return this.#start.term
    return index > this.#start.index && index <= this.#lastIndex ? this.entryAt(index).term : undefined
  }

  has (index: LogIndex, term: Term): boolean {
    return this.termAt(index) === term
  }

  /** Whether a log that ends there has at least as much as this one: whom it may vote for (thesis section 3.6.1). */
  isCoveredBy ({ lastIndex, lastTerm }: { readonly lastIndex: LogIndex, readonly lastTerm: Term }): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.#lastIndex)
  }

  append (entry: LogEntry): void {
    assert(entry.index === this.#lastIndex + 1, 'an appended entry follows the last one')
    assert(entry.term >= this.lastTerm, 'terms never fall along a log')
    this.#slots.push(entry)
    this.#lastIndex = entry.index
    this.#bytes += entryBytes(entry)
  }

  /** Drops `from` and everything behind it. */
  truncateFrom (from: LogIndex): void {
    assert(from > this.#start.index, 'what is compacted cannot be truncated')
    if (from > this.#lastIndex) return
    const keep = this.#slot(from)
    for (let slot = keep; slot < this.#slots.length; slot++) this.#bytes -= entryBytes(this.#slots[slot] as LogEntry)
    this.#slots.length = keep
    this.#lastIndex = toLogIndex(from - 1)
  }

  /** Forgets entries up to and including `to`. */
  compact (to: LogIndex): void {
    const term = this.termAt(to)
    assert(term !== undefined, 'a log is compacted to a position it holds')
    const count = to - this.#start.index
    for (let slot = this.#head; slot < this.#head + count; slot++) {
      this.#bytes -= entryBytes(this.#slots[slot] as LogEntry)
      this.#slots[slot] = forgotten
    }
    this.#head += count
    this.#start = { index: to, term }
    if (this.#head >= HEAD_SLOTS_MIN && this.#head * 2 >= this.#slots.length) {
      this.#slots = this.#slots.slice(this.#head)
      this.#head = 0
    }
  }

  /** Begins anew behind `start`, without entries: a snapshot replaced everything. */
  reset (start: LogPosition): void {
    this.#slots = []
    this.#head = 0
    this.#start = start
    this.#lastIndex = start.index
    this.#bytes = 0
  }

  /** Entries `from` to `to`, both included. */
  slice (from: LogIndex, to: LogIndex): LogEntry[] {
    assert(from > this.#start.index && to <= this.#lastIndex, 'entries were asked for that the log does not hold')
    return this.#slots.slice(this.#slot(from), this.#slot(to) + 1)
  }

  /** Entries from `from` on, as many as the limits allow: at least one where there is one. */
  batch (from: LogIndex, entriesMax: number, bytesMax: number): LogEntry[] {
    let to = this.#slot(from)
    const end = Math.min(to + entriesMax, this.#slots.length)
    const begin = to
    let bytes = 0
    while (to < end) {
      bytes += entryBytes(this.#slots[to] as LogEntry)
      if (bytes > bytesMax && to > begin) break
      to++
    }
    return this.#slots.slice(begin, to)
  }

  /**
   * The last position at or below `index` whose term is at most `term`: the best guess where a log whose entry at or
   * above `index` has that term agrees with this one (thesis section 3.5, refined as in etcd's findConflictByTerm).
   * Below the start terms are unknown: then the position before what is known, or `index` itself if that is lower.
   */
  lastAtMost (index: LogIndex, term: Term): LogIndex {
    if (index < this.#start.index) return index
    if (this.#start.term > term) return toLogIndex(Math.max(0, this.#start.index - 1))
    let low: number = this.#start.index
    let high = Math.min(index, this.#lastIndex)
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((this.#slots[this.#slot(middle)] as LogEntry).term <= term) low = middle
      else high = middle - 1
    }
    return toLogIndex(low)
  }
}

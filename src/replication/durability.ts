import { assert, toLogIndex, toTerm } from '../base/index.js'
import type { LogIndex, Term } from '../base/index.js'
import type { HardState, LoggedConfiguration } from '../../protocols/replication/index.js'
import type { PersistEffect } from './effects.js'
import type { RetainedLog } from './log.js'

/** A persist on its way to the disk. */
interface Pending {
  readonly token: number
  /** The last entry that the disk and this log will have in common once it is durable: (index, term), see below. */
  lastIndex: LogIndex
  lastTerm: Term
}

/**
 * What the disk was told, and what it is known to hold. The disk follows the memory in order, so at any time it is one
 * of the memory's past states, and whatever was said while the memory was in that state is covered by it.
 *
 * An asynchronous append is confirmed long after it was asked for, and the positions it wrote may have been overwritten
 * meanwhile, even by equal entries again (A-B-A: etcd's async_storage_writes_append_aba_race). So a truncation lowers
 * what every pending persist will prove: entries at or above it are proved only by the persist that wrote them last.
 */
export class Durability {
  #pending: Pending[] = []
  #newestToken = 0
  #durableToken = 0
  /** Entries up to here were handed to a persist. */
  #handedIndex: LogIndex
  #durableIndex: LogIndex
  #truncateFrom: LogIndex | undefined
  #logStartChanged = false
  /** The newest change of hard state not handed out yet. */
  #unsaid: 'nothing' | 'commit' | 'vote' = 'nothing'
  /** The persist that carried the newest term and vote. */
  #voteToken = 0

  /** @param durableIndex the last entry on the disk at start */
  constructor (durableIndex: LogIndex) {
    this.#handedIndex = durableIndex
    this.#durableIndex = durableIndex
  }

  /** Entries up to here are on the disk as they are in the log. */
  get durableIndex (): LogIndex {
    return this.#durableIndex
  }

  /** Whether the current term and vote are on the disk. */
  get isVoteDurable (): boolean {
    return this.#unsaid !== 'vote' && this.#voteToken <= this.#durableToken
  }

  /** Whether the disk holds all it was told. */
  get isIdle (): boolean {
    return this.#pending.length === 0
  }

  voteChanged (): void {
    this.#unsaid = 'vote'
  }

  commitChanged (): void {
    if (this.#unsaid === 'nothing') this.#unsaid = 'commit'
  }

  /** The log begins later now. A snapshot may have covered entries that came in the same turn: they are not stored. */
  compacted (log: RetainedLog): void {
    this.#logStartChanged = true
    if (this.#handedIndex < log.startIndex) this.#handedIndex = log.startIndex
  }

  /** The log dropped `from` and everything behind it. */
  truncated (from: LogIndex, log: RetainedLog): void {
    if (from <= this.#handedIndex) {
      if (this.#truncateFrom === undefined || from < this.#truncateFrom) this.#truncateFrom = from
      this.#handedIndex = toLogIndex(from - 1)
    }
    this.#limit(toLogIndex(from - 1), log)
  }

  /** A snapshot replaced the whole log, which now begins behind its start without entries. */
  replaced (log: RetainedLog): void {
    const from = toLogIndex(log.startIndex + 1)
    if (this.#handedIndex >= from && (this.#truncateFrom === undefined || from < this.#truncateFrom)) this.#truncateFrom = from
    this.#handedIndex = log.startIndex
    this.#logStartChanged = true
    this.#limit(toLogIndex(0), log)
  }

  #limit (to: LogIndex, log: RetainedLog): void {
    if (this.#durableIndex > to) this.#durableIndex = to
    for (const pending of this.#pending) {
      if (pending.lastIndex <= to) continue
      pending.lastIndex = to
      pending.lastTerm = log.termAt(to) ?? toTerm(0)
    }
  }

  /** Everything that the disk was not told yet; undefined where that is nothing. */
  take (log: RetainedLog, base: LoggedConfiguration, hardState: () => HardState): PersistEffect | undefined {
    const { lastIndex } = log
    if (this.#unsaid === 'nothing' && this.#handedIndex === lastIndex && this.#truncateFrom === undefined && !this.#logStartChanged) return undefined
    const token = ++this.#newestToken
    if (this.#unsaid === 'vote') this.#voteToken = token
    const persist: PersistEffect = {
      token,
      hardState: this.#unsaid === 'nothing' ? undefined : hardState(),
      truncateFrom: this.#truncateFrom,
      entries: this.#handedIndex < lastIndex ? log.slice(toLogIndex(this.#handedIndex + 1), lastIndex) : [],
      logStart: this.#logStartChanged ? { ...log.start, configuration: base } : undefined
    }
    this.#pending.push({ token, lastIndex, lastTerm: log.lastTerm })
    this.#handedIndex = lastIndex
    this.#truncateFrom = undefined
    this.#logStartChanged = false
    this.#unsaid = 'nothing'
    return persist
  }

  /** The persist `token` and all before it are durable. */
  persisted (token: number, log: RetainedLog): void {
    assert(token > this.#durableToken && token <= this.#newestToken, 'tokens become durable once, in order')
    this.#durableToken = token
    let proved: Pending | undefined
    let count = 0
    for (const pending of this.#pending) {
      if (pending.token > token) break
      proved = pending
      count++
    }
    if (count === 1) this.#pending.shift()
    else this.#pending.splice(0, count)
    if (proved === undefined || proved.lastIndex <= this.#durableIndex) return
    assert(proved.lastIndex < log.startIndex || log.has(proved.lastIndex, proved.lastTerm), 'a flush proves only entries that are still in the log')
    this.#durableIndex = proved.lastIndex
  }
}

import { toLogIndex } from '../base/index.js'
import type { LogIndex, MemberId, PartitionId, Term } from '../base/index.js'
import { encodeLogStart, hardStateKey, logKey, logStartKey, sealRecord } from '../layout/index.js'
import type { GroupEffects } from '../replication/index.js'
import { encodeHardState, encodeLogEntries } from '../../protocols/replication/index.js'
import type { HardState } from '../../protocols/replication/index.js'
import type { GroupCommit } from './group-commit.js'

/** The payload of a record that only marks a cut. */
const NO_ENTRIES = Buffer.alloc(0)

/** One stored run of consecutive entries; an empty one ends before it begins. */
export interface LogRecordSpan {
  readonly first: LogIndex
  readonly last: LogIndex
  readonly bytes: number
}

/**
 * One partition's log on disk: one record per turn, keyed by its first index. Where a conflict cuts a record, the record
 * stays and the newer run that begins at the cut (an empty one if need be) overrides its tail: readers take records in
 * order, and each replaces what earlier ones said from its first index on.
 */
export class LogRecords {
  readonly #partition: PartitionId
  readonly #commit: GroupCommit
  /** As stored last; undefined before the first time in this process. */
  #term: Term | undefined
  #vote: MemberId | 0 | undefined
  #spans: LogRecordSpan[]
  #bytes: number

  constructor (partition: PartitionId, commit: GroupCommit, spans: readonly LogRecordSpan[]) {
    this.#partition = partition
    this.#commit = commit
    this.#spans = [...spans]
    this.#bytes = spans.reduce((sum, span) => sum + span.bytes, 0)
  }

  /** Bytes of all records kept. */
  get bytes (): number {
    return this.#bytes
  }

  /**
   * Puts what a group wants durable into the batch that gathers.
   * @returns whether somebody waits for it: entries, a term or a vote; a commit index alone is found again after a crash
   */
  store (persist: NonNullable<GroupEffects['persist']>): boolean {
    const { hardState, truncateFrom, entries, logStart } = persist
    let isUrgent = entries.length > 0 || truncateFrom !== undefined
    if (hardState !== undefined) {
      isUrgent ||= hardState.term !== this.#term || hardState.vote !== this.#vote
      this.#term = hardState.term
      this.#vote = hardState.vote
      const key = hardStateKey(this.#partition)
      this.#commit.put(key, sealRecord(key, encodeHardState(hardState)))
    }
    if (truncateFrom !== undefined) this.#truncate(truncateFrom, entries[0]?.index === truncateFrom)
    const first = entries[0]
    const last = entries[entries.length - 1]
    if (first !== undefined && last !== undefined) {
      const key = logKey(this.#partition, first.index)
      const record = sealRecord(key, encodeLogEntries(entries))
      this.#commit.put(key, record)
      this.#spans.push({ first: first.index, last: last.index, bytes: record.length })
      this.#bytes += record.length
    }
    if (logStart !== undefined) {
      this.#commit.put(logStartKey(this.#partition), encodeLogStart(this.#partition, logStart))
      this.#dropHead(logStart.index)
    }
    return isUrgent
  }

  /** The newest index that can be compacted away to bring the records below `bytesMax`; undefined where they are. */
  compactable (bytesMax: number): LogIndex | undefined {
    let bytes = this.#bytes
    let index: LogIndex | undefined
    for (const span of this.#spans) {
      if (bytes <= bytesMax) break
      bytes -= span.bytes
      index = span.last
    }
    return index
  }

  /** Deletes all records but this. */
  forgetAllBut (hardState: HardState): void {
    for (const span of this.#spans) this.#forget(span)
    this.#spans = []
    this.#commit.delete(logStartKey(this.#partition))
    const key = hardStateKey(this.#partition)
    this.#commit.put(key, sealRecord(key, encodeHardState(hardState)))
  }

  /** @param overridden whether a run that begins at `from` follows at once; otherwise an empty one marks the cut */
  #truncate (from: LogIndex, overridden: boolean): void {
    let keep = this.#spans.length
    while (keep > 0 && (this.#spans[keep - 1] as LogRecordSpan).first >= from) keep--
    for (const span of this.#spans.slice(keep)) this.#forget(span)
    this.#spans.length = keep
    const cut = this.#spans[keep - 1]
    if (cut === undefined || cut.last < from) return
    this.#spans[keep - 1] = { ...cut, last: toLogIndex(from - 1) }
    if (overridden) return
    const key = logKey(this.#partition, from)
    const record = sealRecord(key, NO_ENTRIES)
    this.#commit.put(key, record)
    this.#spans.push({ first: from, last: toLogIndex(from - 1), bytes: record.length })
    this.#bytes += record.length
  }

  #dropHead (upTo: LogIndex): void {
    let drop = 0
    while (drop < this.#spans.length && (this.#spans[drop] as LogRecordSpan).last <= upTo) drop++
    if (drop === 0) return
    for (const span of this.#spans.slice(0, drop)) this.#forget(span)
    this.#spans = this.#spans.slice(drop)
  }

  #forget (span: LogRecordSpan): void {
    this.#commit.delete(logKey(this.#partition, span.first))
    this.#bytes -= span.bytes
  }
}

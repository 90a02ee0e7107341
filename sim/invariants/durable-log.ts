import { TermRuns } from './term-runs.js'

/** One stored run of log entries; without entries it only marks a cut (`src/node/log-records.ts`). */
export interface LogRecord {
  /** The first index, from the record's key. */
  readonly first: number
  /** The last index; `first - 1` where there are no entries. */
  readonly last: number
  /** Where a term begins, and the term, in pairs: nearly always one pair. */
  readonly runs: readonly number[]
}

/**
 * One partition's log as a restart would read it from the disk: records in order, each replacing what earlier ones said
 * from its first index on, from behind the log start. Appending and compacting cost constant time; everything else is
 * read anew from the records.
 */
export class DurableLog {
  /** What a restart would find. Valid once `settle` was called. */
  runs = new TermRuns()
  /** Where entries are missing: a replica with such a disk cannot start. 0: nowhere. */
  gapAt = 0
  #records: LogRecord[] = []
  #start = 0
  #startTerm = 0
  #isStale = false

  get recordCount (): number {
    return this.#records.length
  }

  /** Term of the newest entry if that is `index`; undefined where it is another, or was replaced since `settle`. */
  lastTermAt (index: number): number | undefined {
    return !this.#isStale && this.runs.last === index ? this.runs.lastTerm : undefined
  }

  put (record: LogRecord): void {
    const records = this.#records
    const newest = records[records.length - 1]
    if (newest === undefined || newest.first < record.first) {
      records.push(record)
      if (!this.#isStale && record.first === this.runs.last + 1) appendRecord(this.runs, record, this.#start)
      else this.#isStale = true
      return
    }
    this.#isStale = true
    const at = this.#find(record.first)
    records.splice(at, records[at]?.first === record.first ? 1 : 0, record)
  }

  delete (first: number): void {
    const records = this.#records
    const at = this.#find(first)
    const record = records[at]
    if (record?.first !== first) return
    records.splice(at, 1)
    if (at === 0 && (record.last <= this.#start || (records[0] !== undefined && records[0].first <= this.#start + 1))) return
    this.#isStale = true
  }

  startAt (index: number, term: number): void {
    this.#start = index
    this.#startTerm = term
    if (this.#isStale) return
    if (this.runs.termAt(index) === term) this.runs.compact(index)
    else this.#isStale = true
  }

  /** @returns what a restart would have found before, where the log did not merely grow or lose its head; else undefined */
  settle (): TermRuns | undefined {
    if (!this.#isStale) return undefined
    this.#isStale = false
    const before = this.runs
    const runs = new TermRuns(this.#start, this.#startTerm)
    this.gapAt = 0
    for (const record of this.#records) {
      runs.truncate(record.first)
      if (record.last <= this.#start) continue
      if (record.first > runs.last + 1 && record.last >= record.first) {
        this.gapAt = runs.last + 1
        break
      }
      appendRecord(runs, record, this.#start)
    }
    this.runs = runs
    return before
  }

  /** The first record whose first index is not below `first`. */
  #find (first: number): number {
    let low = 0
    let high = this.#records.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#records[middle] as LogRecord).first < first) low = middle + 1
      else high = middle
    }
    return low
  }
}

function appendRecord (runs: TermRuns, record: LogRecord, start: number): void {
  for (let at = 0; at < record.runs.length; at += 2) {
    const last = (record.runs[at + 2] ?? record.last + 1) - 1
    if (last > start) runs.extend(last, record.runs[at + 1] as number)
  }
}

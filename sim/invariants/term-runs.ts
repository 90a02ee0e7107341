/**
 * The terms of one log's entries behind a known position. Terms never fall along a log, so that a handful of runs says
 * it all, however long the log is; an entry's index and term identify the entry and all before it (log matching).
 */
export class TermRuns {
  #base: number
  #baseTerm: number
  #last: number
  /** Where each run begins, ascending; `#terms` is its term. */
  #firsts: number[] = []
  #terms: number[] = []

  constructor (base = 0, baseTerm = 0) {
    this.#base = base
    this.#baseTerm = baseTerm
    this.#last = base
  }

  /** The position that the runs follow; what lies before it is not known here. */
  get base (): number {
    return this.#base
  }

  get baseTerm (): number {
    return this.#baseTerm
  }

  /** The last index; the base where there are no entries. */
  get last (): number {
    return this.#last
  }

  get lastTerm (): number {
    return this.#terms[this.#terms.length - 1] ?? this.#baseTerm
  }

  /** The term at an index; -1 where it is not known or there is no such entry. */
  termAt (index: number): number {
    if (index > this.#last || index < this.#base) return -1
    const run = this.#runOf(index)
    return run < 0 ? this.#baseTerm : this.#terms[run] as number
  }

  /** The last index of the run that holds `index`; the base for the base. */
  runEnd (index: number): number {
    const run = this.#runOf(index)
    return run < 0 ? this.#base : (this.#firsts[run + 1] ?? this.#last + 1) - 1
  }

  /** From the end: what is asked for is nearly always new. */
  #runOf (index: number): number {
    let run = this.#firsts.length - 1
    while (run >= 0 && (this.#firsts[run] as number) > index) run--
    return run
  }

  /** Adds entries behind the last one, up to `last`, all of `term`. */
  extend (last: number, term: number): void {
    if (last <= this.#last) return
    if (this.#terms.length === 0 || this.#terms[this.#terms.length - 1] !== term) {
      this.#firsts.push(this.#last + 1)
      this.#terms.push(term)
    }
    this.#last = last
  }

  /** Adds what `other` has behind this one's last entry; where `other` begins later than that, this begins there too. */
  extendBy (other: TermRuns, upTo = other.last): void {
    const end = Math.min(upTo, other.last)
    if (other.base > this.#last) this.reset(other.base, other.baseTerm)
    while (this.#last < end) {
      const next = this.#last + 1
      this.extend(Math.min(other.runEnd(next), end), other.termAt(next))
    }
  }

  /** Drops `from` and everything behind it. */
  truncate (from: number): void {
    if (from > this.#last) return
    while (this.#firsts.length > 0 && (this.#firsts[this.#firsts.length - 1] as number) >= from) {
      this.#firsts.pop()
      this.#terms.pop()
    }
    this.#last = Math.max(this.#base, from - 1)
  }

  /** Forgets everything before `to`, which becomes the base. */
  compact (to: number): void {
    if (to <= this.#base) return
    const term = this.termAt(Math.min(to, this.#last))
    let drop = 0
    while (drop < this.#firsts.length && (this.#firsts[drop + 1] ?? this.#last + 1) - 1 <= to) drop++
    this.#firsts.splice(0, drop)
    this.#terms.splice(0, drop)
    if (this.#firsts.length > 0 && (this.#firsts[0] as number) <= to) this.#firsts[0] = to + 1
    this.#base = to
    this.#baseTerm = term
    if (this.#last < to) this.#last = to
  }

  reset (base: number, baseTerm: number): void {
    this.#base = base
    this.#baseTerm = baseTerm
    this.#last = base
    this.#firsts = []
    this.#terms = []
  }

  clone (): TermRuns {
    const copy = new TermRuns(this.#base, this.#baseTerm)
    copy.#last = this.#last
    copy.#firsts = [...this.#firsts]
    copy.#terms = [...this.#terms]
    return copy
  }
}

/** The first index from `from` to `to` at which both logs have an entry and these differ; -1 where there is none. */
export function firstDifference (left: TermRuns, right: TermRuns, from: number, to: number): number {
  let index = Math.max(from, left.base, right.base)
  const end = Math.min(to, left.last, right.last)
  while (index <= end) {
    if (left.termAt(index) !== right.termAt(index)) return index
    index = Math.max(index, Math.min(left.runEnd(index), right.runEnd(index))) + 1
  }
  return -1
}

import type { LogIndex } from '../base/index.js'

/** Reads whose index a leader confirmed, until this replica has applied it. No change of leader can take that back. */
export class ConfirmedReads {
  #waiting: Array<{ readonly index: LogIndex, readonly ids: readonly number[] }> = []

  add (index: LogIndex, ids: readonly number[]): void {
    if (ids.length > 0) this.#waiting.push({ index, ids })
  }

  /** Moves the reads that `appliedIndex` satisfies into `ready`. */
  take (appliedIndex: LogIndex, ready: number[]): void {
    if (this.#waiting.length === 0) return
    this.#waiting = this.#waiting.filter(({ index, ids }) => {
      if (index > appliedIndex) return true
      ready.push(...ids)
      return false
    })
  }

  /** Moves all of them into `refused`: this replica will not answer for a while. */
  refuse (refused: number[]): void {
    for (const { ids } of this.#waiting) refused.push(...ids)
    this.#waiting = []
  }
}

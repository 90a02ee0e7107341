import { assert, unreachable } from '../../src/base/index.js'
import type { Prng } from '../../src/base/index.js'
import type { DiskOperation } from '../../src/node/ports.js'
import type { CrashLoss } from '../scenario/scenario.js'
import type { Medium } from './medium.js'
import type { Land } from './pending-queue.js'

/** What a crash did with what was pending: batches, and chunks of clears. */
export interface CrashOutcome {
  readonly keptCount: number
  readonly lostCount: number
  /** The batch of which only the first `count` operations are on the disk. */
  readonly torn: { readonly operations: readonly DiskOperation[], readonly count: number } | undefined
}

/**
 * Decides what of the pending batches survives the end of a process.
 *
 * - `everything` is lost: the power fails before the drive wrote any of it.
 * - `tail` is lost: the power fails in the middle; a prefix is there, as LevelDB's log is written in sequence.
 * - `subset` is lost: any of the batches are there. Stronger than what a write-ahead log does, which never has a later
 *   batch without the earlier: only for scenarios that expect the damage to be noticed.
 * - `nothing` is lost: only the process died, and the kernel writes what it was handed.
 *
 * A torn batch, too, is more than an intact log does: its records carry checksums of whole batches.
 */
export class Survival {
  readonly #medium: Medium
  readonly #loses: CrashLoss
  readonly #random: Prng | undefined
  #tears: boolean
  #prefixIsOver: boolean
  #keptCount = 0
  #lostCount = 0
  #torn: CrashOutcome['torn']

  /** @param tears the first batch of several operations that is lost leaves some of them */
  constructor (medium: Medium, loses: CrashLoss, random: Prng | undefined, tears: boolean) {
    assert(random !== undefined || (loses !== 'tail' && loses !== 'subset' && !tears), 'what a crash leaves is a matter of chance here')
    assert(!(tears && loses === 'nothing'), 'a batch of which nothing is lost is not torn')
    this.#medium = medium
    this.#loses = loses
    this.#random = random
    this.#tears = tears && !medium.lies // such a drive wrote nothing
    // What is pending comes after what was lied about, which is lost.
    this.#prefixIsOver = medium.lies
  }

  get outcome (): CrashOutcome {
    return { keptCount: this.#keptCount, lostCount: this.#lostCount, torn: this.#torn }
  }

  readonly land: Land = (operations, cleared) => {
    if (this.#survives()) {
      this.#keptCount++
      this.#medium.keep(operations, cleared)
    } else {
      this.#lostCount++
      if (this.#tears && cleared === undefined && operations.length > 1) this.#tear(operations)
    }
    return undefined
  }

  #survives (): boolean {
    switch (this.#loses) {
      case 'everything': return false
      case 'nothing': return true
      case 'subset': return !this.#medium.lies && this.#flip()
      case 'tail':
        this.#prefixIsOver ||= !this.#flip()
        return !this.#prefixIsOver
      default: return unreachable(this.#loses)
    }
  }

  #flip (): boolean {
    return this.#random?.chance(1, 2) ?? false
  }

  #tear (operations: readonly DiskOperation[]): void {
    this.#tears = false
    const count = this.#random?.between(1, operations.length - 1) ?? 1
    this.#medium.tear(operations.slice(0, count))
    this.#torn = { operations, count }
  }
}

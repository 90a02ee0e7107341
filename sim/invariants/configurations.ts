import type { MapView } from './node-model.js'
import type { TermRuns } from './term-runs.js'

/** A configuration entry as it lies in some log. */
export interface SeenConfiguration {
  readonly index: number
  readonly term: number
  readonly voters: readonly number[]
}

/** Every configuration of one group that was ever in a log, and so who had to be asked about what. */
export class SeenConfigurations {
  /** Ascending by index. */
  readonly #seen: SeenConfiguration[] = []

  see (configuration: SeenConfiguration): void {
    if (this.#seen.some(({ index, term }) => index === configuration.index && term === configuration.term)) return
    this.#seen.push(configuration)
    this.#seen.sort((a, b) => a.index - b.index || a.term - b.term)
  }

  /**
   * The voters in force as of an entry of a log, by member id; undefined: those that the group was born with. What is
   * compacted away in that log is taken to be in it, as what is committed is.
   */
  at (log: TermRuns, upTo: number, committed: TermRuns): readonly number[] | undefined {
    let found: readonly number[] | undefined
    for (const { index, term, voters } of this.#seen) {
      if (index > upTo) break
      const known = index < log.base ? committed.termAt(index) : log.termAt(index)
      if (known === term) found = voters
    }
    return found
  }
}

/** Names of all members that any map ever had: those that left are still named by configurations. */
export class MemberNames {
  readonly #names = new Map<number, string>()

  learn (map: MapView): void {
    for (const [id, name] of map.members) this.#names.set(id, name)
  }

  of (members: readonly number[]): readonly string[] {
    return members.map((member) => this.#names.get(member) ?? `member ${member}`)
  }
}

/** Positions remembered of one partition at most. */
const STATES_MAX = 16_384
const PRUNE_EVERY = 1024

/** A replica's state as of one applied index. */
export interface ReplicaStateDigest {
  readonly node: string
  readonly appliedTerm: number
  /** Of all data and session records, whatever their order. */
  readonly hash: number
  readonly revision: number
  readonly keyCount: number
}

/** What the first replica that stored its state at an applied index looked like: all others must look the same there. */
export class StateTable {
  readonly #byApplied = new Map<number, ReplicaStateDigest>()
  #sincePrune = 0

  get size (): number {
    return this.#byApplied.size
  }

  /** @returns how the state differs from the first one at this index */
  see (applied: number, state: ReplicaStateDigest): string | undefined {
    const first = this.#byApplied.get(applied)
    if (first === undefined) {
      this.#byApplied.set(applied, state)
      this.#sincePrune++
      return undefined
    }
    if (first.hash === state.hash && first.revision === state.revision && first.keyCount === state.keyCount && first.appliedTerm === state.appliedTerm) return undefined
    const what = [
      first.hash === state.hash ? '' : 'other data or sessions',
      first.revision === state.revision ? '' : `revision ${state.revision} and not ${first.revision}`,
      first.keyCount === state.keyCount ? '' : `${state.keyCount} keys and not ${first.keyCount}`,
      first.appliedTerm === state.appliedTerm ? '' : `applied term ${state.appliedTerm} and not ${first.appliedTerm}`
    ]
    return `at applied index ${applied} it has ${what.filter((each) => each !== '').join(', ')} as ${first.node} had`
  }

  get isPruneDue (): boolean {
    return this.#sincePrune >= PRUNE_EVERY
  }

  /** Forgets positions below `applied`, which every replica is beyond. */
  prune (applied: number): void {
    this.#sincePrune = 0
    let surplus = this.#byApplied.size - STATES_MAX
    for (const each of this.#byApplied.keys()) {
      if (each < applied || surplus > 0) this.#byApplied.delete(each)
      surplus--
    }
  }
}

import type { MemberId } from '../base/index.js'

/** What votes say: a quorum granted, a quorum can no longer be reached, or neither yet. */
export type Verdict = 'won' | 'lost' | 'open'

/**
 * The voters of a group, and the only place that counts them: a joint configuration (thesis section 4.3) would ask two
 * majorities here and nothing else would change. Any two quorums share a voter.
 */
export class VoterSet {
  readonly members: readonly MemberId[]
  readonly others: readonly MemberId[]
  readonly #quorumCount: number
  readonly #scratch: number[]

  constructor (members: readonly MemberId[], self: MemberId) {
    this.members = [...members]
    this.others = members.filter((member) => member !== self)
    this.#quorumCount = Math.floor(members.length / 2) + 1
    this.#scratch = members.map(() => 0)
  }

  get size (): number {
    return this.members.length
  }

  includes (member: MemberId): boolean {
    return this.members.includes(member)
  }

  /** The greatest value that a quorum has reached, each voter being at `valueOf(voter)`. */
  agreed (valueOf: (member: MemberId) => number): number {
    const sorted = this.#scratch
    let count = 0
    for (const member of this.members) {
      const value = valueOf(member)
      let at = count++
      while (at > 0 && (sorted[at - 1] as number) < value) {
        sorted[at] = sorted[at - 1] as number
        at--
      }
      sorted[at] = value
    }
    return sorted[this.#quorumCount - 1] as number
  }

  /** What these answers decide. Each voter counts once, however often it answered. */
  verdict (answers: ReadonlyMap<MemberId, boolean>): Verdict {
    let granted = 0
    let refused = 0
    for (const member of this.members) {
      const answer = answers.get(member)
      if (answer === true) granted++
      else if (answer === false) refused++
    }
    if (granted >= this.#quorumCount) return 'won'
    return this.members.length - refused < this.#quorumCount ? 'lost' : 'open'
  }
}

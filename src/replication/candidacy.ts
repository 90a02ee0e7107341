import { toTerm } from '../base/index.js'
import type { MemberId, Term } from '../base/index.js'
import type { Verdict } from './quorum.js'
import type { ReplicaState } from './replica-state.js'

/**
 * Asking for votes, or for pre-votes: whether an election would succeed, which binds nobody and raises no term, so that
 * a replica that was cut off disturbs nobody when it returns (thesis section 9.6). Requests are repeated to those who
 * have not answered, since connections of a starting cluster come up one by one.
 */
export class Candidacy {
  readonly role: 'pre-candidate' | 'candidate'
  readonly leader = 0
  /** The term asked for: a pre-candidate has not entered it. */
  readonly term: Term
  readonly #state: ReplicaState
  readonly #transfer: boolean
  readonly #answers = new Map<MemberId, boolean>()
  #electionMs: number
  #repeatMs: number

  /**
   * @param transfer the leader itself asked for this election
   * @param electionMs when to give up and start over
   */
  constructor (state: ReplicaState, role: 'pre-candidate' | 'candidate', transfer: boolean, electionMs: number) {
    this.#state = state
    this.role = role
    this.#transfer = transfer
    this.term = role === 'candidate' ? state.term : toTerm(state.term + 1)
    this.#electionMs = electionMs
    this.#repeatMs = state.nowMs + state.options.heartbeatIntervalMs
  }

  /** When to give up and start over. */
  get electionMs (): number {
    return this.#electionMs
  }

  get nextDeadlineMs (): number {
    return Math.min(this.#electionMs, this.#repeatMs)
  }

  /**
   * A rival asks for votes in the same term: the votes are split, and waiting for a whole timeout helps nobody. Both
   * begin anew soon, at random times; whoever is first wins the pre-votes of the other.
   */
  meetRival (): void {
    const { nowMs, random, options } = this.#state
    const soonMs = nowMs + options.heartbeatIntervalMs + random.between(0, 2 * options.leaderLostDelayMsMax)
    if (soonMs < this.#electionMs) this.#electionMs = soonMs
  }

  get verdict (): Verdict {
    // The own vote counts once it is durable, as every other does.
    if (this.role === 'pre-candidate' || this.#state.durability.isVoteDurable) this.#answers.set(this.#state.self, true)
    return this.#state.voters.verdict(this.#answers)
  }

  answered (from: MemberId, granted: boolean): void {
    if (!this.#answers.has(from)) this.#answers.set(from, granted)
  }

  repeatIfDue (): void {
    if (this.#state.nowMs < this.#repeatMs) return
    this.#repeatMs = this.#state.nowMs + this.#state.options.heartbeatIntervalMs
    this.ask()
  }

  /** Asks every voter that has not answered. */
  ask (): void {
    const { partition, log, voters, outbox } = this.#state
    for (const member of voters.others) {
      if (this.#answers.has(member)) continue
      outbox.sendAfter(member, {
        kind: 'vote-request', partition, term: this.term, preVote: this.role === 'pre-candidate', transfer: this.#transfer,
        lastIndex: log.lastIndex, lastTerm: log.lastTerm
      })
    }
  }
}

import { assert, toLogIndex, toTerm } from '../base/index.js'
import type { MemberId, Term } from '../base/index.js'
import type { ReplicationMessage } from '../../protocols/replication/index.js'
import { Candidacy } from './candidacy.js'
import { Following } from './following.js'
import { ForwardedReads } from './forwarded-reads.js'
import { Leadership } from './leadership.js'
import type { ReplicaState } from './replica-state.js'

type VoteRequest = Extract<ReplicationMessage, { kind: 'vote-request' }>
type VoteReply = Extract<ReplicationMessage, { kind: 'vote-reply' }>

export type Role = Following | Candidacy | Leadership

/** Which role a replica plays, and how it comes from one to the next (DESIGN.md's state diagram): elections. */
export class Roles {
  readonly forwarded: ForwardedReads
  readonly #state: ReplicaState
  #current: Role

  constructor (state: ReplicaState) {
    const { options, random, nowMs, voters } = state
    this.#state = state
    this.forwarded = new ForwardedReads(state)
    const following = new Following(state, this.forwarded, 0)
    following.waitAgain()
    // Nobody has led yet as far as this process knows: the preferred voter comes first; pre-votes protect a living leader.
    if (state.preferred === options.self && state.isVoter && state.mayVote) following.hurry(nowMs + random.between(0, options.leaderLostDelayMsMax))
    this.#current = following
    // Alone there is nobody to ask: it leads as soon as its own vote is durable.
    if (voters.size === 1 && state.isVoter && this.#mayCampaign) this.campaign('election')
  }

  get #mayCampaign (): boolean {
    const { installing, isEligible, mayVote } = this.#state
    return !installing && isEligible && mayVote
  }

  get current (): Role {
    return this.#current
  }

  /** Whether a leader, this replica included, is so alive that elections are refused (thesis section 4.2.3). */
  get hearsLeader (): boolean {
    return this.#current.role === 'follower' || this.#current.role === 'leader' ? this.#current.hearsLeader : false
  }

  /** Becomes a follower of nobody yet, in this term or a newer one. */
  follow (term: Term): Following {
    const before = this.#current
    const { outbox } = this.#state
    if (before.role === 'leader') {
      before.reads.refuseAll()
      this.#state.leaderContactMs = before.quorumContactMs
      outbox.steppedDown = true
      outbox.becameLeader = false
    }
    this.forwarded.refuseAll()
    if (term > this.#state.term) this.#state.enterTerm(term)
    const following = new Following(this.#state, this.forwarded, before.role === 'leader' ? 0 : before.electionMs)
    // Who merely learns of a newer term does not wait longer for it: a hopeless candidate must not hold others back.
    if (before.role !== 'follower') following.waitAgain()
    this.#current = following
    return following
  }

  /** The follower that an append or a snapshot of the current term finds; undefined where this replica leads it. */
  followCurrent (): Following | undefined {
    if (this.#current.role === 'follower') return this.#current
    return this.#current.role === 'leader' ? undefined : this.follow(this.#state.term)
  }

  /** `pre-vote` asks first; `transfer` was told to by the leader. */
  campaign (how: 'pre-vote' | 'election' | 'transfer'): void {
    const state = this.#state
    const { options, random, nowMs } = state
    assert(this.#mayCampaign && this.#current.role !== 'leader', 'a leader, a replica without state and who does not vote do not campaign')
    this.forwarded.refuseAll()
    if (how !== 'pre-vote') {
      state.enterTerm(toTerm(state.term + 1))
      state.voteFor(state.self)
    }
    const electionMs = nowMs + random.between(options.electionTimeoutMsMin, options.electionTimeoutMsMax)
    const candidacy = new Candidacy(state, how === 'pre-vote' ? 'pre-candidate' : 'candidate', how === 'transfer', electionMs)
    this.#current = candidacy
    candidacy.ask()
    this.decide() // alone, a pre-vote is won already, and an election once the own vote is durable
  }

  #lead (): void {
    this.#current = new Leadership(this.#state)
    this.#state.outbox.becameLeader = true
  }

  /** Acts on what the votes say so far. */
  decide (): void {
    const role = this.#current
    if (role.role === 'follower' || role.role === 'leader') return
    switch (role.verdict) {
      case 'won':
        if (role.role === 'candidate') this.#lead()
        else this.campaign('election')
        break
      case 'lost':
        this.follow(this.#state.term)
        break
      case 'open':
    }
  }

  tick (): void {
    const role = this.#current
    const { nowMs, isResigning, term } = this.#state
    if (role.role === 'leader') {
      if (!role.tick()) this.follow(term)
      return
    }
    if (nowMs >= role.electionMs) {
      if (this.#mayCampaign && !isResigning) this.campaign('pre-vote')
      else if (role.role === 'follower') role.waitAgain()
      else this.follow(term)
    } else if (role.role !== 'follower') {
      role.repeatIfDue()
    }
    if (role.role === 'follower' && role === this.#current) role.repeatIfDue()
  }

  /** The leader told this replica to campaign at once. */
  takeOver (): void {
    if (this.#mayCampaign && !this.#state.isResigning) this.campaign('transfer')
  }

  /**
   * This leader has committed a configuration that it does not vote in: somebody else leads at once (thesis section 4.2.2). It
   * may have come back as a learner in the turn of its removal: then the group has it, and may count on what it has.
   */
  retire (leadership: Leadership): void {
    const { outbox, partition, term, commitIndex, self } = this.#state
    const successor = leadership.handover.furthest()
    if (successor !== undefined) outbox.sendNow(successor.member, { kind: 'timeout-now', partition, term })
    this.follow(term)
    if (!this.#state.isCommittedMember(self)) this.#state.farewell(commitIndex)
  }

  /** A request of the current term, or a pre-vote for a term to come. */
  onVoteRequest (from: MemberId, request: VoteRequest): void {
    const { log, term, vote, outbox, partition, mayVote } = this.#state
    const { preVote } = request
    const isUpToDate = mayVote && log.isCoveredBy(request)
    if (preVote) {
      const granted = isUpToDate && request.term > term
      // A granted pre-vote names the term it is for; a refused one names ours, which the asker may have to catch up with.
      outbox.sendAfter(from, { kind: 'vote-reply', partition, term: granted ? request.term : term, preVote, granted })
      return
    }
    if (this.#current.role === 'candidate') this.#current.meetRival()
    const isFree = vote === from || (vote === 0 && this.#current.leader === 0)
    const granted = isUpToDate && isFree
    if (granted) {
      const following = this.#current.role === 'follower' ? this.#current : this.follow(term)
      this.#state.voteFor(from)
      following.waitAgain()
    }
    outbox.sendAfter(from, { kind: 'vote-reply', partition, term, preVote, granted })
  }

  /** Tells a candidate of an older term which term it is. */
  refuseVote (from: MemberId, { preVote }: VoteRequest): void {
    const { outbox, partition, term } = this.#state
    outbox.sendAfter(from, { kind: 'vote-reply', partition, term, preVote, granted: false })
  }

  onVoteReply (from: MemberId, reply: VoteReply): void {
    const role = this.#current
    if (role.role === 'follower' || role.role === 'leader') return
    if (reply.preVote !== (role.role === 'pre-candidate')) return
    if ((reply.granted || !reply.preVote) && reply.term !== role.term) return
    role.answered(from, reply.granted)
    this.decide()
  }

  /** Tells the leader of an older term, which may hear of the newer one in no other way. */
  refuseAppend (from: MemberId): void {
    const { outbox, partition, term, log, installing } = this.#state
    outbox.sendAfter(from, {
      kind: 'append-reply', partition, term, accepted: false, index: toLogIndex(log.lastIndex), hintTerm: log.lastTerm, round: 0, snapshotWanted: installing
    })
  }
}

import { assert, toLogIndex, toTerm } from '../base/index.js'
import type { LogIndex, MemberId, Term } from '../base/index.js'
import type { ReplicationMessage } from '../../protocols/replication/index.js'
import { acceptAppend } from './accept-append.js'
import type { AppendMessage } from './accept-append.js'
import type { ForwardedReads } from './forwarded-reads.js'
import type { ReplicaState } from './replica-state.js'

type ReadReply = Extract<ReplicationMessage, { kind: 'read-reply' }>

/** Being a follower in one term: of a leader, or of nobody yet. */
export class Following {
  readonly role = 'follower'
  readonly reads: ForwardedReads
  readonly #state: ReplicaState
  #leader: MemberId | 0 = 0
  /** Whether the leader's last sign of life still speaks against an election. */
  #isTrusted = false
  #electionMs: number
  /** The newest of what appends of this turn are to be told. */
  #matchedIndex = toLogIndex(0)
  #round = 0
  #refusal: { readonly index: LogIndex, readonly hintTerm: Term } | undefined
  #mustAnswer = false
  /** The newest of what the leader was told already. */
  #toldIndex = toLogIndex(0)
  #toldRound = 0

  /** @param electionMs when to campaign if nobody leads until then */
  constructor (state: ReplicaState, reads: ForwardedReads, electionMs: number) {
    this.#state = state
    this.reads = reads
    this.#electionMs = electionMs
  }

  get leader (): MemberId | 0 {
    return this.#leader
  }

  get electionMs (): number {
    return this.#electionMs
  }

  get nextDeadlineMs (): number {
    return Math.min(this.#electionMs, this.reads.repeatMs)
  }

  /** Whether a leader was heard of so recently that elections are refused. */
  get hearsLeader (): boolean {
    return this.#leader !== 0 && this.#isTrusted && this.#state.nowMs - this.#state.leaderContactMs < this.#state.options.electionTimeoutMsMin
  }

  /** Waits a random time, drawn anew. */
  waitAgain (): void {
    const { options, random, nowMs } = this.#state
    this.#electionMs = nowMs + random.between(options.electionTimeoutMsMin, options.electionTimeoutMsMax)
  }

  /** Campaigns at this time instead, if that is earlier. */
  hurry (electionMs: number): void {
    if (electionMs < this.#electionMs) this.#electionMs = electionMs
  }

  /** Repeats questions that may be lost. */
  repeatIfDue (): void {
    if (this.#leader !== 0 && this.#state.nowMs >= this.reads.repeatMs) this.reads.repeat(this.#leader)
  }

  /** A leader of the current term shows itself; false where another one did before, which no correct group does. */
  hear (leader: MemberId): boolean {
    if (this.#leader !== 0 && this.#leader !== leader) {
      this.#state.outbox.anomaly(`members ${this.#leader} and ${leader} both lead term ${this.#state.term}`)
      return false
    }
    this.#leader = leader
    this.#state.leaderContactMs = this.#state.nowMs
    this.#isTrusted = true
    this.waitAgain()
    return true
  }

  /** A hint that the leader is gone: campaign early, and do not hold others back for its sake. */
  leaderLost (): void {
    const { nowMs, random, options } = this.#state
    this.#isTrusted = false
    this.hurry(nowMs + random.between(0, options.leaderLostDelayMsMax))
  }

  onAppend (message: AppendMessage): void {
    const outcome = acceptAppend(this.#state, message)
    if (outcome.kind === 'anomaly') {
      this.#state.outbox.anomaly(outcome.reason)
      return
    }
    if (message.round > this.#round) this.#round = message.round
    if (outcome.kind === 'refused') {
      this.#refusal = outcome
      return
    }
    if (outcome.index > this.#matchedIndex) this.#matchedIndex = outcome.index
    // A repeated append is answered again, for the first answer may be lost; a mere commit notice needs none.
    if (message.entries.length > 0) this.#mustAnswer = true
    if (this.#refusal !== undefined && this.#refusal.index <= outcome.index) {
      this.#refusal = undefined
      this.#mustAnswer = true
    }
  }

  onReadReply (message: ReadReply): void {
    this.reads.answered(message.id, message.accepted, message.index)
  }

  /** The state up to `index` came as a snapshot: it agrees with every leader's log. */
  installed (index: LogIndex): void {
    if (index > this.#matchedIndex) this.#matchedIndex = index
    this.#mustAnswer = true
  }

  /**
   * Answers the appends of this turn: at once with what is durable already, so that reads and check-quorum never wait
   * for a disk, and with the rest once the disk has it.
   */
  collect (): void {
    if (this.#leader === 0) return
    this.reads.ask(this.#leader)
    const { durability, log } = this.#state
    assert(this.#matchedIndex <= log.lastIndex, 'what agreed with the leader of this term stays')
    if (this.#refusal !== undefined) {
      const { index, hintTerm } = this.#refusal
      this.#answer(durability.isVoteDurable, false, index, hintTerm)
      this.#refusal = undefined
      this.#toldRound = this.#round
    }
    const isNews = this.#matchedIndex > this.#toldIndex || this.#round > this.#toldRound || this.#mustAnswer
    if (!isNews) return
    const durableIndex = durability.isVoteDurable ? durability.durableIndex : toLogIndex(0)
    if (this.#matchedIndex <= durableIndex) {
      this.#answer(durability.isVoteDurable, true, this.#matchedIndex, toTerm(0))
    } else {
      const isEchoed = this.#round > this.#toldRound && durability.isVoteDurable
      if (isEchoed) this.#answer(true, true, durableIndex, toTerm(0))
      if (!isEchoed || this.#matchedIndex > this.#toldIndex || this.#mustAnswer) this.#answer(false, true, this.#matchedIndex, toTerm(0))
    }
    this.#toldIndex = this.#matchedIndex
    this.#toldRound = this.#round
    this.#mustAnswer = false
  }

  #answer (isDurable: boolean, accepted: boolean, index: LogIndex, hintTerm: Term): void {
    const { outbox, partition, term, installing } = this.#state
    if (this.#leader === 0) return
    const message = {
      kind: 'append-reply', partition, term, accepted, index, hintTerm, round: this.#round, snapshotWanted: installing
    } as const
    if (isDurable) outbox.sendNow(this.#leader, message)
    else outbox.sendAfter(this.#leader, message)
  }
}

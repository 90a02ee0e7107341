import { assert, toLogIndex, toTerm } from '../base/index.js'
import type { LogIndex, MemberId, PartitionId, Prng, Term } from '../base/index.js'
import type { HardState, LogEntry, LoggedConfiguration } from '../../protocols/replication/index.js'
import { findBootProblem } from './boot.js'
import type { GroupBoot } from './boot.js'
import { Configurations, isMember, isVoter } from './configurations.js'
import { ConfirmedReads } from './confirmed-reads.js'
import { Durability } from './durability.js'
import { Outbox } from './effects.js'
import type { GroupEffects } from './effects.js'
import { RetainedLog } from './log.js'
import type { GroupOptions } from './options.js'
import { VoterSet } from './quorum.js'

/**
 * What a replica keeps whatever its role: term, vote, log, commit and applied index, and what the disk knows of them.
 * Every change of these goes through here, so that the rules that hold in all roles are checked in one place: term,
 * commit and applied index only grow, a term has one vote, and start ≤ applied ≤ commit ≤ last.
 */
export class ReplicaState {
  readonly options: GroupOptions
  readonly partition: PartitionId
  readonly self: MemberId
  readonly random: Prng
  readonly log: RetainedLog
  readonly configurations: Configurations
  /** See `GroupBoot.voteFloor`. */
  readonly voteFloor: LogIndex
  readonly durability: Durability
  readonly reads = new ConfirmedReads()
  outbox = new Outbox()
  /** The newest time that any input named. */
  nowMs: number
  /** When a leader was last heard of, or followed by a quorum while this replica led; -Infinity: never. */
  leaderContactMs = -Infinity
  /** There is no applied state: a snapshot is being installed or wanted. */
  installing: boolean
  /** The node is stopping: mastership is given away, not taken or brought back. */
  isResigning = false
  /** The voter that mastership returns to. */
  preferred: MemberId | undefined
  /** As of this committed position the group did not have this replica, as somebody said. */
  #farewellIndex: LogIndex | undefined
  #term: Term
  #vote: MemberId | 0
  #commitIndex: LogIndex
  #appliedIndex: LogIndex
  /** Of the configuration in force; made anew where that changes. */
  #voters: VoterSet | undefined

  constructor (options: GroupOptions, boot: GroupBoot, random: Prng, nowMs: number) {
    const problem = findBootProblem(boot)
    assert(problem === undefined, `partition ${options.partition} cannot start: ${problem}`)
    this.options = options
    this.partition = options.partition
    this.self = options.self
    this.random = random
    this.nowMs = nowMs
    this.preferred = options.preferred
    this.log = new RetainedLog(boot.logStart, boot.entries)
    this.configurations = new Configurations(boot.configuration, boot.entries)
    this.voteFloor = boot.voteFloor
    this.durability = new Durability(this.log.lastIndex)
    this.installing = boot.installing
    this.#term = boot.hardState.term
    this.#vote = boot.hardState.vote
    this.#commitIndex = boot.hardState.commitIndex
    this.#appliedIndex = boot.installing ? boot.logStart.index : boot.appliedIndex
  }

  /** The voters of the configuration in force. */
  get voters (): VoterSet {
    this.#voters ??= new VoterSet(this.configurations.current.voters, this.self)
    return this.#voters
  }

  get learners (): readonly MemberId[] {
    return this.configurations.current.learners
  }

  /** Whether this replica votes by the configuration in force. */
  get isVoter (): boolean {
    return isVoter(this.configurations.current, this.self)
  }

  /**
   * Whether this replica may lead: a voter by the configuration in force, or by the one that is committed while that is not:
   * it may be the only one that has the newest log (thesis section 4.2.2). It counts itself only where it is in force.
   */
  get isEligible (): boolean {
    return this.isVoter || isVoter(this.configurations.at(this.#commitIndex), this.self)
  }

  /** Whether a member is in the committed configuration, as far as this replica knows it. */
  isCommittedMember (member: MemberId): boolean {
    return isMember(this.configurations.at(this.#commitIndex), member)
  }

  /**
   * Committed up to there the group does not have this replica: so a configuration in this log up to there that does was
   * replaced since, or is none of the group's. A later one may have it again. A learner that has not got so far may take an
   * old farewell for its own: it is made anew, and cannot vote before it has confirmed the configuration it learns by. Never
   * below the vote floor, which is to be this one next: what replicas before this one acknowledged outlives all of them.
   */
  get retiredIndex (): LogIndex | undefined {
    const index = this.#farewellIndex
    if (index === undefined || index < this.configurations.current.index) return undefined
    return index < this.voteFloor ? this.voteFloor : index
  }

  farewell (index: LogIndex): void {
    if (this.#farewellIndex === undefined || index > this.#farewellIndex) this.#farewellIndex = index
  }

  /** Whether enough of the log is here to vote and to be voted for. */
  get mayVote (): boolean {
    return this.log.lastIndex >= this.voteFloor
  }

  get term (): Term {
    return this.#term
  }

  get vote (): MemberId | 0 {
    return this.#vote
  }

  get commitIndex (): LogIndex {
    return this.#commitIndex
  }

  /** Handed out to be applied; while installing, the last position that ever was. */
  get appliedIndex (): LogIndex {
    return this.#appliedIndex
  }

  enterTerm (term: Term): void {
    assert(term > this.#term, 'terms only grow')
    this.#term = term
    this.#vote = 0
    this.durability.voteChanged()
  }

  voteFor (member: MemberId): void {
    if (this.#vote === member) return
    assert(this.#vote === 0, 'one vote in a term')
    this.#vote = member
    this.durability.voteChanged()
  }

  append (entry: LogEntry): void {
    this.log.append(entry)
    if (this.configurations.appended(entry)) this.#voters = undefined
  }

  truncateFrom (from: LogIndex): void {
    assert(from > this.#commitIndex, 'what is committed is never truncated')
    this.log.truncateFrom(from)
    if (this.configurations.truncatedFrom(from)) this.#voters = undefined
    this.durability.truncated(from, this.log)
  }

  /** Raises the commit index; a lower one changes nothing. */
  commitTo (index: LogIndex): void {
    if (index <= this.#commitIndex) return
    assert(index <= this.log.lastIndex, 'only what is in the log is committed')
    this.#commitIndex = index
    this.durability.commitChanged()
  }

  /** Forgets entries that are applied; a position that is compacted already changes nothing. */
  compact (to: LogIndex): void {
    assert(to <= this.#appliedIndex, 'only what is applied is compacted')
    if (this.installing || to <= this.log.startIndex) return
    this.log.compact(to)
    this.configurations.compactedTo(to)
    this.durability.compacted(this.log)
  }

  /** The state is as of `lastIndex` now. What the log has behind it stays where it is the same log (Raft paper, figure 13). */
  install (lastIndex: LogIndex, lastTerm: Term, configuration: LoggedConfiguration): void {
    assert(this.installing, 'a snapshot is installed after it was offered')
    assert(lastIndex >= this.#appliedIndex && lastIndex >= this.log.startIndex, 'a snapshot never takes the state back')
    if (this.log.has(lastIndex, lastTerm)) {
      this.log.compact(lastIndex)
      this.configurations.compactedTo(lastIndex)
      this.durability.compacted(this.log)
    } else {
      assert(lastIndex > this.#commitIndex, 'a snapshot agrees with what is committed here')
      this.log.reset({ index: lastIndex, term: lastTerm })
      this.configurations.reset(configuration)
      this.#voters = undefined
      this.durability.replaced(this.log)
    }
    this.installing = false
    this.#appliedIndex = lastIndex
    this.commitTo(lastIndex)
  }

  /** Gives the effects that gathered, and takes what is committed as applied. */
  takeEffects (): GroupEffects {
    const { outbox, log, durability } = this
    this.outbox = new Outbox()
    const persist = durability.take(log, this.configurations.base, () => this.#hardState())
    let committed: readonly LogEntry[] = []
    if (!this.installing) {
      if (this.#appliedIndex < this.#commitIndex) {
        committed = log.slice(toLogIndex(this.#appliedIndex + 1), this.#commitIndex)
        this.#appliedIndex = this.#commitIndex
      }
      this.reads.take(this.#appliedIndex, outbox.readsReady)
    }
    this.#check()
    // With nothing on its way to the disk there is nothing to wait for.
    const waits = outbox.after.length > 0 && !durability.isIdle
    return {
      persist,
      sendNow: waits ? outbox.now : outbox.after.length === 0 ? outbox.now : [...outbox.now, ...outbox.after],
      sendAfter: waits ? outbox.after : [],
      steppedDown: outbox.steppedDown,
      becameLeader: outbox.becameLeader,
      committed,
      readsReady: outbox.readsReady,
      readsRefused: outbox.readsRefused,
      snapshotsWanted: outbox.snapshotsWanted,
      anomalies: outbox.anomalies
    }
  }

  #hardState (): HardState {
    return { term: this.#term, vote: this.#vote, commitIndex: this.#commitIndex }
  }

  #check (): void {
    const { log } = this
    assert(this.#commitIndex <= log.lastIndex, 'commit ≤ last')
    assert(this.installing || this.#appliedIndex <= this.#commitIndex, 'applied ≤ commit')
    assert(log.startIndex <= this.#commitIndex, 'start ≤ commit')
    assert(this.installing || log.startIndex <= this.#appliedIndex, 'start ≤ applied')
    assert(this.durability.durableIndex <= log.lastIndex, 'durable ≤ last')
    assert(log.lastTerm <= this.#term, 'an entry\'s term was entered')
  }

  /** A term that no correct group ever reaches: nobody follows into it, so that one hostile number cannot use terms up. */
  static readonly termMax = toTerm(2 ** 48)
}

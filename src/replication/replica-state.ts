import { assert, toLogIndex, toTerm } from '../base/index.js'
import type { LogIndex, MemberId, PartitionId, Prng, Term } from '../base/index.js'
import type { HardState, LogEntry } from '../../protocols/replication/index.js'
import { findBootProblem } from './boot.js'
import type { GroupBoot } from './boot.js'
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
  readonly voters: VoterSet
  readonly random: Prng
  readonly log: RetainedLog
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
  #term: Term
  #vote: MemberId | 0
  #commitIndex: LogIndex
  #appliedIndex: LogIndex

  constructor (options: GroupOptions, boot: GroupBoot, random: Prng, nowMs: number) {
    const problem = findBootProblem(boot)
    assert(problem === undefined, `partition ${options.partition} cannot start: ${problem}`)
    this.options = options
    this.partition = options.partition
    this.self = options.self
    this.voters = new VoterSet(options.voters, options.self)
    this.random = random
    this.nowMs = nowMs
    this.log = new RetainedLog(boot.logStart, boot.entries)
    this.durability = new Durability(this.log.lastIndex)
    this.installing = boot.installing
    this.#term = boot.hardState.term
    this.#vote = boot.hardState.vote
    this.#commitIndex = boot.hardState.commitIndex
    this.#appliedIndex = boot.installing ? boot.logStart.index : boot.appliedIndex
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
  }

  truncateFrom (from: LogIndex): void {
    assert(from > this.#commitIndex, 'what is committed is never truncated')
    this.log.truncateFrom(from)
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
    this.durability.compacted(this.log)
  }

  /** The state is as of `lastIndex` now. What the log has behind it stays where it is the same log (Raft paper, figure 13). */
  install (lastIndex: LogIndex, lastTerm: Term): void {
    assert(this.installing, 'a snapshot is installed after it was offered')
    assert(lastIndex >= this.#appliedIndex && lastIndex >= this.log.startIndex, 'a snapshot never takes the state back')
    if (this.log.has(lastIndex, lastTerm)) {
      this.log.compact(lastIndex)
      this.durability.compacted(this.log)
    } else {
      assert(lastIndex > this.#commitIndex, 'a snapshot agrees with what is committed here')
      this.log.reset({ index: lastIndex, term: lastTerm })
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
    const persist = durability.take(log, () => this.#hardState())
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

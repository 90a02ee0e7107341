import { assert, toLogIndex } from '../base/index.js'
import type { LogIndex, MemberId } from '../base/index.js'
import type { EntryKind, ReplicationMessage } from '../../protocols/replication/index.js'
import { AppendSender } from './append-sender.js'
import { isVoter } from './configurations.js'
import { Handover } from './handover.js'
import { LeaderReads } from './leader-reads.js'
import { entryBytes } from './log.js'
import { Progress } from './progress.js'
import type { ReplicaState } from './replica-state.js'
import { Rounds } from './rounds.js'

type AppendReply = Extract<ReplicationMessage, { kind: 'append-reply' }>
type ReadRequest = Extract<ReplicationMessage, { kind: 'read-request' }>

const noPayload = new Uint8Array(0)

/** Leading one term: replicating, committing, confirming reads, and seeing to it that a quorum still follows. */
export class Leadership {
  readonly role = 'leader'
  readonly handover: Handover
  readonly reads: LeaderReads
  readonly #state: ReplicaState
  readonly #progress = new Map<MemberId, Progress>()
  readonly #sender: AppendSender
  readonly #rounds: Rounds
  /** The entry that opened the term: once it is committed, all earlier ones are known to be. */
  readonly #openingIndex: LogIndex
  #uncommittedBytes = 0
  /** Members that a configuration not yet committed removes, and its position: they are told when it is. */
  readonly #leaving = new Map<MemberId, LogIndex>()
  /** What was committed at the last heartbeat: who has it keeps up. */
  #keptUpIndex = toLogIndex(0)
  #heartbeatMs: number
  /** Every follower is owed an append: a heartbeat is due, or reads wait for a round. */
  #mustSend = true

  constructor (state: ReplicaState) {
    const { options, log, nowMs } = state
    this.#state = state
    this.reads = new LeaderReads(state)
    this.#sender = new AppendSender(state)
    this.#rounds = new Rounds(options.electionTimeoutMsMin + options.heartbeatIntervalMs)
    this.handover = new Handover(state, this.#progress)
    this.#meetMembers()
    for (let index = state.commitIndex + 1; index <= log.lastIndex; index++) this.#uncommittedBytes += entryBytes(log.entryAt(toLogIndex(index)))
    this.#openingIndex = this.#append('noop', noPayload)
    this.#rounds.beginTimed(nowMs)
    this.#heartbeatMs = this.#nextBeat()
  }

  get leader (): MemberId {
    return this.#state.self
  }

  /** Whether an entry of this term is committed: then this leader knows all that is. */
  get isReady (): boolean {
    return this.#state.commitIndex >= this.#openingIndex
  }

  get followers (): Iterable<Progress> {
    return this.#progress.values()
  }

  get nextDeadlineMs (): number {
    return Math.min(this.#heartbeatMs, this.handover.deadlineMs)
  }

  /** A quorum followed this leader at this time. */
  get quorumContactMs (): number {
    return this.#state.voters.agreed(this.#contactOf)
  }

  /** Whether a quorum was heard so recently that elections are refused. */
  get hearsLeader (): boolean {
    return this.#state.nowMs - this.quorumContactMs < this.#state.options.electionTimeoutMsMin
  }

  readonly #contactOf = (member: MemberId): number => this.#progress.get(member)?.contactMs ?? this.#state.nowMs
  readonly #roundOf = (member: MemberId): number => this.#progress.get(member)?.echoedRound ?? this.#rounds.newest
  /** This replica's own log counts as far as its disk has it, no further (thesis section 10.2.1). */
  readonly #matchOf = (member: MemberId): number => this.#progress.get(member)?.matchIndex ?? this.#state.durability.durableIndex

  /** Beats fall on multiples of the interval, so that all groups of a node beat in one turn and share their frames. */
  #nextBeat (): number {
    const { nowMs, options: { heartbeatIntervalMs } } = this.#state
    return (Math.floor(nowMs / heartbeatIntervalMs) + 1) * heartbeatIntervalMs
  }

  #append (kind: EntryKind, payload: Uint8Array): LogIndex {
    const { log, term } = this.#state
    const entry = { term, index: toLogIndex(log.lastIndex + 1), kind, payload }
    this.#state.append(entry)
    this.#uncommittedBytes += entryBytes(entry)
    return entry.index
  }

  /** Begins to send to whoever is in the configuration in force, and ends for whoever is not any more. */
  #meetMembers (): void {
    const { voters, learners, self, options, log, nowMs, configurations } = this.#state
    const members = [...voters.others, ...learners.filter((member) => member !== self)]
    for (const member of members) {
      this.#leaving.delete(member)
      if (!this.#progress.has(member)) this.#progress.set(member, new Progress(member, options, toLogIndex(log.lastIndex + 1), nowMs))
    }
    for (const member of this.#progress.keys()) {
      if (members.includes(member)) continue
      this.#progress.delete(member)
      this.#leaving.set(member, configurations.current.index)
    }
  }

  /** Whether this leader does not vote in the committed configuration any more: it has led until that was committed, and ends. */
  get isRemoved (): boolean {
    const { configurations, commitIndex, self } = this.#state
    return configurations.current.index <= commitIndex && !isVoter(configurations.current, self)
  }

  /** Whether a member has the log durably up to there. */
  hasConfirmed (member: MemberId, index: LogIndex): boolean {
    return (this.#progress.get(member)?.matchIndex ?? -1) >= index
  }

  /** Whether a member answers and has what was committed a heartbeat ago. */
  isCaughtUp (progress: Progress): boolean {
    return progress.isFitToLead(this.#state.nowMs) && progress.matchIndex >= this.#keptUpIndex
  }

  /** The new entry's index; undefined where too many bytes wait for their commit. */
  propose (kind: EntryKind, payload: Uint8Array): LogIndex | undefined {
    assert(!this.handover.isUnderWay, 'a leader that hands over takes no proposals')
    const { uncommittedBytesMax } = this.#state.options
    if (this.#uncommittedBytes > 0 && this.#uncommittedBytes + payload.length > uncommittedBytesMax) return undefined
    const index = this.#append(kind, payload)
    if (kind === 'configuration') this.#meetMembers()
    return index
  }

  onAppendReply (from: MemberId, reply: AppendReply): void {
    const progress = this.#progress.get(from)
    const { log, outbox, nowMs, learners } = this.#state
    if (progress === undefined) return
    if (reply.round > this.#rounds.newest || (reply.accepted && reply.index > log.lastIndex)) {
      outbox.anomaly(`member ${from} answers for entry ${reply.index} and round ${reply.round}, which were never sent`)
      return
    }
    progress.answeredMs = nowMs
    progress.wantsSnapshot = reply.snapshotWanted
    if (reply.round > progress.echoedRound) {
      progress.echoedRound = reply.round
      progress.contactMs = Math.max(progress.contactMs, this.#rounds.beganMs(reply.round))
    }
    if (!reply.accepted) {
      const agreedIndex = log.lastAtMost(reply.index, reply.hintTerm)
      if (learners.includes(from) && progress.hasForgotten(agreedIndex, reply.round)) progress.beginsAnew()
      progress.refused(agreedIndex)
    } else if (progress.accepted(reply.index, reply.round, log.startIndex)) {
      this.advanceCommit()
    }
    progress.judgeSnapshot(reply.round)
  }

  /**
   * Commits what a quorum holds durably. Only an entry of this term commits by counting, and with it all before it: an
   * earlier term's entry on a majority may still be overwritten (Raft paper, figure 8).
   */
  advanceCommit (): void {
    const { voters, log, term, commitIndex, outbox, partition } = this.#state
    const index = toLogIndex(voters.agreed(this.#matchOf))
    if (index <= commitIndex || log.termAt(index) !== term) return
    for (let at = commitIndex + 1; at <= index; at++) this.#uncommittedBytes -= entryBytes(log.entryAt(toLogIndex(at)))
    this.#state.commitTo(index)
    for (const [member, leftAtIndex] of this.#leaving) {
      if (leftAtIndex > index) continue
      this.#leaving.delete(member)
      outbox.sendNow(member, { kind: 'retired', partition, term, index })
    }
  }

  read (id: number): void {
    this.reads.add(id, this.isReady)
  }

  onReadRequest (from: MemberId, request: ReadRequest): void {
    this.reads.addRequest(from, request.id, this.isReady)
  }

  /** The connection to a follower closed: what was on its way is lost. */
  memberLost (member: MemberId): void {
    this.#progress.get(member)?.lost()
  }

  snapshotSent (to: MemberId, ok: boolean): void {
    const progress = this.#progress.get(to)
    const { nowMs, options } = this.#state
    if (progress === undefined) return
    progress.snapshotHoldMs = nowMs + (ok ? options.snapshotTimeoutMs : options.electionTimeoutMsMin)
    progress.snapshotReadRound = ok ? this.#rounds.newest : Infinity
  }

  /** Acts on passed deadlines; false where no quorum follows any more. */
  tick (): boolean {
    const { nowMs } = this.#state
    this.handover.giveUpIfDue()
    if (nowMs < this.#heartbeatMs) return true
    this.#heartbeatMs = this.#nextBeat()
    if (!this.hearsLeader) return false
    for (const progress of this.#progress.values()) {
      if (progress.inflight.count > 0 && progress.isSilent(nowMs)) progress.lost()
    }
    this.#rounds.beginTimed(nowMs)
    this.#mustSend = true
    this.#keptUpIndex = this.#state.commitIndex
    if (this.isReady) this.handover.beat()
    return true
  }

  /** Sends what is to be sent and confirms what is confirmed. */
  collect (): void {
    const { outbox, nowMs, options, voters } = this.#state
    if (this.reads.needsRound) {
      this.reads.began(this.#rounds.begin())
      this.#mustSend = true
    }
    for (const progress of this.#progress.values()) {
      this.#sender.send(progress, this.#rounds.newest, this.#mustSend)
      if ((progress.mode === 'snapshot' || progress.wantsSnapshot) && nowMs >= progress.snapshotHoldMs) {
        progress.snapshotHoldMs = nowMs + options.snapshotTimeoutMs
        outbox.snapshotsWanted.push(progress.member)
      }
    }
    this.#mustSend = false
    this.handover.collect()
    if (this.isReady) this.reads.confirm(voters.agreed(this.#roundOf))
  }
}

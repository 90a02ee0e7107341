import { toTerm } from '../base/index.js'
import type { LogIndex, MemberId, Prng, Term } from '../base/index.js'
import { encodeConfiguration, findConfigurationProblem } from '../../protocols/replication/index.js'
import type { EntryKind, LoggedConfiguration, ReplicationMessage } from '../../protocols/replication/index.js'
import type { GroupBoot } from './boot.js'
import { isMember, nextConfiguration } from './configurations.js'
import type { ConfigurationChange } from './configurations.js'
import { noEffects } from './effects.js'
import type { GroupEffects } from './effects.js'
import { assertGroupOptions } from './options.js'
import type { GroupOptions } from './options.js'
import type { ProgressMode } from './progress.js'
import { receive } from './receive.js'
import { ReplicaState } from './replica-state.js'
import { Roles } from './roles.js'
import { canInstall } from './snapshot-offer.js'
import type { SnapshotPosition } from './snapshot-offer.js'

/** What became of a proposal. Accepted is not committed: it is once (term, index) comes back in `committed`. */
export type Proposal =
  | { readonly kind: 'accepted', readonly term: Term, readonly index: LogIndex }
  /** Nothing entered the log. */
  | { readonly kind: 'refused', readonly reason: 'not_leader' | 'transferring' | 'overloaded' }

/** What became of a change of the configuration. */
export type ConfigurationProposal =
  | Proposal
  /**
   * Nothing entered the log. `pending`: the change before is not committed yet. `not_ready`: nothing of this term is
   * (two leaders of different terms could otherwise each change one voter and share no quorum). `behind`: the learner has
   * not confirmed the configuration that it learns by. `invalid`: no such step.
   */
  | { readonly kind: 'refused', readonly reason: 'pending' | 'not_ready' | 'behind' | 'invalid' }

/** What a leader knows of one follower. */
export interface FollowerView {
  readonly member: MemberId
  /** Durable there up to here. */
  readonly matchIndex: LogIndex
  readonly mode: ProgressMode
  /** When its newest answer came. */
  readonly answeredMs: number
  readonly isLearner: boolean
  /** It answers, and has what was committed a heartbeat ago. */
  readonly isCaughtUp: boolean
}

/**
 * One replica of one Raft group (Ongaro's thesis; DESIGN.md beside this file). It is told what happens and says what is
 * to be done about it in `takeEffects`; it never waits, and it does nothing by itself. Times are those of one clock that
 * never goes back; `random` must differ between the processes that a replica ever was.
 */
export class ReplicationGroup {
  readonly #state: ReplicaState
  readonly #roles: Roles
  #isDirty = true

  /** `boot` must pass `findBootProblem`. */
  constructor (options: GroupOptions, boot: GroupBoot, random: Prng, nowMs: number) {
    assertGroupOptions(options)
    this.#state = new ReplicaState(options, boot, random, nowMs)
    this.#roles = new Roles(this.#state)
  }

  /** Whether `takeEffects` may have something to say. */
  get dirty (): boolean {
    return this.#isDirty
  }

  #touch (nowMs: number): void {
    if (nowMs > this.#state.nowMs) this.#state.nowMs = nowMs
    this.#isDirty = true
  }

  /** A message of another member. What does not belong here, is malformed or contradicts itself is ignored. */
  step (from: MemberId, message: ReplicationMessage, nowMs: number): void {
    const state = this.#state
    if (message.partition !== state.partition || from === state.self) return
    this.#touch(nowMs)
    receive(state, this.#roles, from, message)
  }

  /** Acts on every deadline that has passed. */
  tick (nowMs: number): void {
    if (nowMs < this.nextDeadlineMs) return
    this.#touch(nowMs)
    this.#roles.tick()
  }

  /** When `tick` must be called at the latest. */
  get nextDeadlineMs (): number {
    return this.#roles.current.nextDeadlineMs
  }

  /** Puts an entry into the log, if this replica leads. */
  propose (kind: EntryKind, payload: Uint8Array): Proposal {
    const role = this.#roles.current
    if (role.role !== 'leader') return { kind: 'refused', reason: 'not_leader' }
    if (role.handover.isUnderWay) return { kind: 'refused', reason: 'transferring' }
    const index = role.propose(kind, payload)
    if (index === undefined) return { kind: 'refused', reason: 'overloaded' }
    this.#isDirty = true
    return { kind: 'accepted', term: this.#state.term, index }
  }

  /** Changes who is in the group, by one step at a time; in force as soon as it is accepted, for good once it is committed. */
  changeConfiguration (change: ConfigurationChange): ConfigurationProposal {
    const role = this.#roles.current
    const { configurations, commitIndex } = this.#state
    if (role.role !== 'leader') return { kind: 'refused', reason: 'not_leader' }
    if (!role.isReady) return { kind: 'refused', reason: 'not_ready' }
    if (configurations.current.index > commitIndex) return { kind: 'refused', reason: 'pending' }
    const next = nextConfiguration(configurations.current, change)
    if (next === undefined || findConfigurationProblem(next) !== undefined) return { kind: 'refused', reason: 'invalid' }
    // So who votes knows since when it is here, and takes no older farewell for its own (`receive`).
    if (change.kind === 'promote' && !role.hasConfirmed(change.member, configurations.current.index)) return { kind: 'refused', reason: 'behind' }
    return this.propose('configuration', encodeConfiguration(next))
  }

  /** Mastership returns to this voter from now on; undefined: it stays where it is. */
  prefer (member: MemberId | undefined): void {
    this.#state.preferred = member
  }

  /** Asks members whether the group goes on without this replica: one that nobody speaks to would never learn it. */
  askAround (members: readonly MemberId[], nowMs: number): void {
    this.#touch(nowMs)
    const { outbox, partition, term, log, self } = this.#state
    for (const member of members) {
      if (member === self) continue
      outbox.sendAfter(member, {
        kind: 'vote-request', partition, term: toTerm(term + 1), preVote: true, transfer: false, lastIndex: log.lastIndex, lastTerm: log.lastTerm
      })
    }
  }

  /**
   * A linearizable read at this replica, leader or follower. Comes back once in `readsReady` or `readsRefused`, unless
   * the leader stays silent, which only the caller's deadline ends.
   */
  read (id: number, nowMs: number): void {
    this.#touch(nowMs)
    const role = this.#roles.current
    if (this.#state.installing) this.#state.outbox.readsRefused.push(id)
    else if (role.role === 'leader') role.read(id)
    else if (role.leader !== 0) this.#roles.forwarded.add(id)
    else this.#state.outbox.readsRefused.push(id)
  }

  /** The persist with this token, and all before it, are durable. */
  persisted (token: number): void {
    this.#isDirty = true
    this.#state.durability.persisted(token, this.#state.log)
    const role = this.#roles.current
    if (role.role === 'leader') role.advanceCommit()
    else this.#roles.decide()
  }

  /** A hint: the connection to this member closed. A follower campaigns early for its leader's loss; a leader sends again. */
  leaderLost (member: MemberId, nowMs: number): void {
    const role = this.#roles.current
    // Who was voted for may have led without having been heard.
    const isLeader = role.leader === member || (role.leader === 0 && this.#state.vote === member)
    if (role.role === 'follower' && isLeader) role.leaderLost()
    else if (role.role === 'leader') role.memberLost(member)
    else return
    this.#touch(nowMs)
  }

  /**
   * Hands leadership to a voter; undefined: to the best one, because this node stops, and from now on it does not come
   * back. False where this replica does not lead or there is nobody to hand over to.
   */
  transferLeadership (to: MemberId | undefined, nowMs: number): boolean {
    this.#touch(nowMs)
    if (to === undefined) this.#state.isResigning = true
    const role = this.#roles.current
    return role.role === 'leader' && role.handover.begin(to)
  }

  /** Forgets entries up to `toIndex`, which must be applied. Nothing happens while a snapshot is being installed. */
  compact (toIndex: LogIndex): void {
    this.#isDirty = true
    this.#state.compact(toIndex)
  }

  /**
   * A leader offers a snapshot. True: it is wanted, and from now on this replica has no state until one is installed; a
   * later offer that is taken replaces it. False: it is not (too old, from an older leader, or not newer than the log).
   */
  offerSnapshot (from: MemberId, position: SnapshotPosition, nowMs: number): boolean {
    const state = this.#state
    if (from === state.self) return false
    if (position.term < state.term || position.term > ReplicaState.termMax) return false
    this.#touch(nowMs)
    if (position.term > state.term) this.#roles.follow(position.term)
    const following = this.#roles.followCurrent()
    if (following === undefined || !following.hear(from) || !canInstall(state, position)) return false
    state.installing = true
    this.#roles.forwarded.refuseAll()
    state.reads.refuse(state.outbox.readsRefused)
    return true
  }

  /** The snapshot is whole: what makes it final goes into the batch of the next effects' persist. */
  snapshotInstalled (position: Pick<SnapshotPosition, 'lastIndex' | 'lastTerm' | 'configuration'>, nowMs: number): void {
    this.#touch(nowMs)
    const role = this.#roles.current
    this.#state.install(position.lastIndex, position.lastTerm, position.configuration)
    if (role.role === 'follower') role.installed(position.lastIndex)
  }

  /** The stream broke: the old state is gone, and this replica goes on asking for a snapshot with every answer. */
  snapshotFailed (nowMs: number): void {
    this.#touch(nowMs)
  }

  /** A snapshot stream to a follower ended: it was read to the end, or not. */
  snapshotSent (to: MemberId, ok: boolean, nowMs: number): void {
    const role = this.#roles.current
    if (role.role !== 'leader') return
    this.#touch(nowMs)
    role.snapshotSent(to, ok)
  }

  /** What is to be done about all inputs since the last call. */
  takeEffects (): GroupEffects {
    if (!this.#isDirty) return noEffects
    this.#isDirty = false
    const role = this.#roles.current
    if (role.role === 'follower' || role.role === 'leader') role.collect()
    if (role.role === 'leader' && role.isRemoved) this.#roles.retire(role)
    return this.#state.takeEffects()
  }

  get role (): 'leader' | 'follower' | 'candidate' | 'pre-candidate' {
    return this.#roles.current.role
  }

  get term (): Term {
    return this.#state.term
  }

  /** Whom this replica voted for in the current term; 0: nobody yet. */
  get vote (): MemberId | 0 {
    return this.#state.vote
  }

  /** Who leads the current term as far as this replica knows; 0: nobody. */
  get leader (): MemberId | 0 {
    return this.#roles.current.leader
  }

  /** In force: the newest in the log. Another object whenever it is another one. */
  get configuration (): LoggedConfiguration {
    return this.#state.configurations.current
  }

  get isConfigurationCommitted (): boolean {
    return this.#state.configurations.current.index <= this.#state.commitIndex
  }

  /** As of a position that the log holds or begins at: what a snapshot of the state there is told. */
  configurationAt (index: LogIndex): LoggedConfiguration {
    return this.#state.configurations.at(index)
  }

  /** The group goes on without this replica: as of this committed position it is in no configuration. Undefined: not known. */
  get retiredIndex (): LogIndex | undefined {
    return this.#state.retiredIndex
  }

  /** Whether this replica votes by the configuration in force. */
  get isVoter (): boolean {
    return this.#state.isVoter
  }

  /** Whether this replica is in the configuration in force. */
  get isMember (): boolean {
    return isMember(this.#state.configurations.current, this.#state.self)
  }

  get commitIndex (): LogIndex {
    return this.#state.commitIndex
  }

  /** The last position handed out in `committed` or brought by a snapshot. */
  get appliedIndex (): LogIndex {
    return this.#state.appliedIndex
  }

  get firstIndex (): LogIndex {
    return this.#state.log.firstIndex
  }

  get lastIndex (): LogIndex {
    return this.#state.log.lastIndex
  }

  /** Bytes of the log kept in memory. */
  get logBytes (): number {
    return this.#state.log.bytes
  }

  /** The term of the entry at a position; undefined where the log does not know it. */
  termAt (index: LogIndex): Term | undefined {
    return this.#state.log.termAt(index)
  }

  /** Whether this replica is without state until a snapshot is installed. */
  get isInstalling (): boolean {
    return this.#state.installing
  }

  /** Whether this replica leads and has committed an entry of its term: then its commit index is the group's. */
  get isLeaderReady (): boolean {
    const role = this.#roles.current
    return role.role === 'leader' && role.isReady
  }

  /** A time at which a quorum followed this leader; -Infinity where this replica does not lead. */
  get quorumContactMs (): number {
    const role = this.#roles.current
    return role.role === 'leader' ? role.quorumContactMs : -Infinity
  }

  /** When this replica last heard a leader, or led itself with a quorum; -Infinity: never. */
  get lastLeaderContactMs (): number {
    return this.#state.leaderContactMs
  }

  /** What this leader knows of its followers; empty where it does not lead. */
  get followers (): readonly FollowerView[] {
    const role = this.#roles.current
    if (role.role !== 'leader') return []
    const { learners } = this.#state
    return [...role.followers].map((progress) => {
      const { member, matchIndex, mode, answeredMs } = progress
      return { member, matchIndex, mode, answeredMs, isLearner: learners.includes(member), isCaughtUp: role.isCaughtUp(progress) }
    })
  }
}

import { assert, unreachable } from '../base/index.js'
import type { LogIndex, MemberId, Prng, Term } from '../base/index.js'
import type { EntryKind, ReplicationMessage } from '../../protocols/replication/messages.js'
import type { GroupBoot } from './boot.js'
import { noEffects } from './effects.js'
import type { GroupEffects } from './effects.js'
import { assertGroupOptions } from './options.js'
import type { GroupOptions } from './options.js'
import type { ProgressMode } from './progress.js'
import { ReplicaState } from './replica-state.js'
import { Roles } from './roles.js'
import { canInstall } from './snapshot-offer.js'
import type { SnapshotPosition } from './snapshot-offer.js'

/** What became of a proposal. Accepted is not committed: it is once (term, index) comes back in `committed`. */
export type Proposal =
  | { readonly kind: 'accepted', readonly term: Term, readonly index: LogIndex }
  /** Nothing entered the log. */
  | { readonly kind: 'refused', readonly reason: 'not_leader' | 'transferring' | 'overloaded' }

/** What a leader knows of one follower. */
export interface FollowerView {
  readonly member: MemberId
  /** Durable there up to here. */
  readonly matchIndex: LogIndex
  readonly mode: ProgressMode
  /** When its newest answer came. */
  readonly answeredMs: number
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
    if (message.partition !== state.partition || from === state.self || !state.voters.includes(from)) return
    this.#touch(nowMs)
    if (message.term > ReplicaState.termMax) {
      state.outbox.anomaly(`member ${from} names term ${message.term}`)
      return
    }
    if (message.term > state.term && !this.#meetNewerTerm(message)) return
    if (message.term < state.term) {
      this.#meetOlderTerm(from, message)
      return
    }
    const role = this.#roles.current
    switch (message.kind) {
      case 'append': {
        const following = this.#roles.followCurrent()
        if (following === undefined) state.outbox.anomaly(`member ${from} also leads term ${state.term}`)
        else if (following.hear(from)) following.onAppend(message)
        break
      }
      case 'append-reply':
        if (role.role === 'leader') role.onAppendReply(from, message)
        break
      case 'vote-request':
        this.#roles.onVoteRequest(from, message)
        break
      case 'vote-reply':
        this.#roles.onVoteReply(from, message)
        break
      case 'timeout-now':
        if (role.role === 'follower' && role.leader === from && !state.installing && !state.isResigning) this.#roles.campaign('transfer')
        break
      case 'read-request':
        if (role.role === 'leader') role.onReadRequest(from, message)
        else state.outbox.sendAfter(from, { kind: 'read-reply', partition: state.partition, term: state.term, id: message.id, index: state.commitIndex, accepted: false })
        break
      case 'read-reply':
        if (role.role === 'follower' && role.leader === from) role.onReadReply(message)
        break
      default:
        unreachable(message)
    }
  }

  /** Enters the newer term, unless the message is no reason to; false: it is to be ignored. */
  #meetNewerTerm (message: ReplicationMessage): boolean {
    // Who hears a leader neither votes nor lets itself be drawn into another's term: a returning or half-connected
    // replica must not depose a leader that works (thesis section 4.2.3).
    if (message.kind === 'vote-request' && !message.transfer && this.#roles.hearsLeader) return false
    if (message.kind === 'vote-request' && message.preVote) return true
    if (message.kind === 'vote-reply' && message.preVote && message.granted) return true
    this.#roles.follow(message.term)
    return true
  }

  #meetOlderTerm (from: MemberId, message: ReplicationMessage): void {
    // A leader or candidate that was left behind must learn of it: with pre-votes nobody else would tell it.
    if (message.kind === 'append') this.#roles.refuseAppend(from)
    else if (message.kind === 'vote-request') this.#roles.refuseVote(from, message)
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
    if (from === state.self || !state.voters.includes(from)) return false
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
  snapshotInstalled (position: Pick<SnapshotPosition, 'lastIndex' | 'lastTerm'>, nowMs: number): void {
    this.#touch(nowMs)
    const role = this.#roles.current
    this.#state.install(position.lastIndex, position.lastTerm)
    if (role.role === 'follower') role.installed(position.lastIndex)
  }

  /** The stream broke: the old state is gone, and this replica goes on asking for a snapshot. */
  snapshotFailed (nowMs: number): void {
    this.#touch(nowMs)
    assert(this.#state.installing, 'a snapshot that was taken is still wanted')
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
    return this.#state.takeEffects()
  }

  get role (): 'leader' | 'follower' | 'candidate' | 'pre-candidate' {
    return this.#roles.current.role
  }

  get term (): Term {
    return this.#state.term
  }

  /** Who leads the current term as far as this replica knows; 0: nobody. */
  get leader (): MemberId | 0 {
    return this.#roles.current.leader
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
    return [...role.followers].map(({ member, matchIndex, mode, answeredMs }) => ({ member, matchIndex, mode, answeredMs }))
  }
}

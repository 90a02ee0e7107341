import { assert, DecodeError, toLogIndex } from '../base/index.js'
import type { BatchNumber, Logger, LogIndex, MemberId, PartitionId, Prng } from '../base/index.js'
import { ReplicationGroup } from '../replication/index.js'
import type { ConfigurationChange, GroupBoot, GroupEffects, GroupOptions } from '../replication/index.js'
import type { EntryKind, HardState, LogEntry, ReplicationMessage } from '../../protocols/replication/index.js'
import type { GroupCommit } from './group-commit.js'
import type { LogRecords } from './log-records.js'
import type { Machine } from './machine.js'
import { DiskError } from './ports.js'

/** How many times more log a master keeps while a slave is being filled by a snapshot, and for how many ms after it. */
const FILLING_LOG_FACTOR = 8
const FILLING_HOLD_MS = 10_000

/** What a replica borrows of its node. */
export interface ReplicaContext {
  readonly commit: GroupCommit
  readonly log: Logger
  readonly random: Prng
  /** Sends a message of the group to another member in this turn's frame. */
  send (to: MemberId, message: ReplicationMessage): void
  /** The follower `to` needs the applied state of the partition as a snapshot stream. */
  snapshotWanted (partition: PartitionId, to: MemberId): void
}

/** Answers of a replica to those who wait for it. */
export interface ReplicaListener {
  /** The read `id` may be answered from the applied state now. */
  readReady (id: number): void
  /** The read `id` was not confirmed: ask again. */
  readRefused (id: number): void
  /** This replica is the master now. */
  becameMaster (): void
  /** A mastership ended: what was proposed in it and not applied yet may or may not take effect. */
  mastershipLost (): void
  /** The replica will never answer again. */
  stopped (reason: string): void
  /** The group goes on without this replica: others answer. */
  retired (): void
}

/**
 * One replica of one partition: its Raft group, the machine its log drives, and its records on disk. Carries out the
 * group's effects in their order: persist, then send, then apply (STYLE.md section 1).
 */
export class Replica {
  readonly partition: PartitionId
  readonly machine: Machine
  readonly #group: ReplicationGroup
  readonly #context: ReplicaContext
  readonly #listener: ReplicaListener
  readonly #records: LogRecords
  readonly #logBytesMax: () => number
  readonly #snapshotTimeoutMs: number
  #tokenBatch: BatchNumber
  #durableApplied: LogIndex
  #failure: string | undefined
  #nowMs: number
  /** Until when a slave that was sent a snapshot may still need the log behind it. */
  #fillingUntilMs = -Infinity

  constructor (
    context: ReplicaContext,
    listener: ReplicaListener,
    machine: Machine,
    records: LogRecords,
    logBytesMax: () => number,
    options: GroupOptions,
    boot: GroupBoot,
    nowMs: number
  ) {
    this.partition = options.partition
    this.machine = machine
    this.#context = context
    this.#listener = listener
    this.#records = records
    this.#logBytesMax = logBytesMax
    this.#snapshotTimeoutMs = options.snapshotTimeoutMs
    this.#nowMs = nowMs
    this.#tokenBatch = context.commit.durable
    this.#durableApplied = boot.appliedIndex
    this.#group = new ReplicationGroup(options, boot, context.random, nowMs)
  }

  /** The group's state, to look at. Inputs go through the replica. */
  get group (): Pick<ReplicationGroup, 'role' | 'term' | 'leader' | 'commitIndex' | 'appliedIndex' | 'isLeaderReady' | 'isInstalling' | 'lastLeaderContactMs' | 'quorumContactMs' | 'followers' | 'configuration' | 'isConfigurationCommitted' | 'configurationAt' | 'isMember' | 'isVoter' | 'retiredIndex'> {
    return this.#group
  }

  get voterCount (): number {
    return this.#group.configuration.voters.length
  }

  /** Why the replica stopped for good (until the process starts again), if it did. */
  get failure (): string | undefined {
    return this.#failure
  }

  get isMaster (): boolean {
    return this.#failure === undefined && this.#group.role === 'leader'
  }

  /** The member that masters the partition as far as this replica knows; 0 where it knows none. */
  get master (): MemberId | 0 {
    return this.#failure === undefined ? this.#group.leader : 0
  }

  /** Whether applied state may be read here. */
  get serves (): boolean {
    return this.#failure === undefined && !this.#group.isInstalling
  }

  get nextDeadlineMs (): number {
    return this.#failure === undefined ? this.#group.nextDeadlineMs : Infinity
  }

  step (from: MemberId, message: ReplicationMessage, nowMs: number): void {
    if (this.#failure === undefined) this.#group.step(from, message, nowMs)
  }

  tick (nowMs: number): void {
    this.#nowMs = nowMs
    if (this.#failure === undefined) this.#group.tick(nowMs)
  }

  propose (kind: EntryKind, payload: Uint8Array): ReturnType<ReplicationGroup['propose']> {
    assert(this.#failure === undefined, 'a stopped replica proposes nothing')
    return this.#group.propose(kind, payload)
  }

  /** One step of the group's membership, at its master. */
  changeConfiguration (change: ConfigurationChange): ReturnType<ReplicationGroup['changeConfiguration']> {
    return this.#failure === undefined ? this.#group.changeConfiguration(change) : { kind: 'refused', reason: 'not_leader' }
  }

  /** The voter that mastership returns to from now on. */
  prefer (member: MemberId | undefined): void {
    this.#group.prefer(member)
  }

  /** Hands mastership to a voter; false where this replica is not the master, or the other cannot be. */
  transfer (to: MemberId, nowMs: number): boolean {
    return this.#failure === undefined && this.#group.transferLeadership(to, nowMs)
  }

  /** Asks members whether the group goes on without this replica. */
  askAround (members: readonly MemberId[], nowMs: number): void {
    if (this.#failure === undefined) this.#group.askAround(members, nowMs)
  }

  /** Asks for a read index for everything that `id` stands for; the listener hears of it. */
  read (id: number, nowMs: number): void {
    this.#group.read(id, nowMs)
  }

  memberLost (member: MemberId, nowMs: number): void {
    if (this.#failure === undefined) this.#group.leaderLost(member, nowMs)
  }

  /** This node stops: mastership goes to the best caught-up slave, and does not come back here. */
  handOver (nowMs: number): void {
    if (this.#failure === undefined) this.#group.transferLeadership(undefined, nowMs)
  }

  snapshotSent (to: MemberId, ok: boolean, nowMs: number): void {
    this.#fillingUntilMs = nowMs + FILLING_HOLD_MS
    if (this.#failure === undefined) this.#group.snapshotSent(to, ok, nowMs)
  }

  offerSnapshot (from: MemberId, header: Parameters<ReplicationGroup['offerSnapshot']>[1], nowMs: number): boolean {
    return this.#failure === undefined && this.#group.offerSnapshot(from, header, nowMs)
  }

  snapshotInstalled (header: Parameters<ReplicationGroup['snapshotInstalled']>[0], nowMs: number): void {
    this.#group.snapshotInstalled(header, nowMs)
    this.machine.store({ index: header.lastIndex, term: header.lastTerm })
  }

  snapshotFailed (nowMs: number): void {
    if (this.#failure === undefined) this.#group.snapshotFailed(nowMs)
  }

  /** Stops for good: a disk that cannot be read must not vote as if the entries never existed. */
  stop (reason: string): void {
    if (this.#failure !== undefined) return
    this.#failure = reason
    this.#context.log.error('a replica stopped', { partition: this.partition, reason })
    this.#listener.stopped(reason)
  }

  /**
   * Ends for good and deletes its records in the batch that gathers, but for term and vote, which are returned; what the
   * machine holds is the caller's.
   */
  retire (): HardState {
    const hardState: HardState = { term: this.#group.term, vote: this.#group.vote, commitIndex: toLogIndex(0) }
    this.#failure = 'it is retired: the group goes on without it'
    this.#records.forgetAllBut(hardState)
    this.#listener.retired()
    return hardState
  }

  /** Carries out what the group wants after this turn's inputs. */
  carryOut (): void {
    while (this.#failure === undefined && this.#group.dirty) {
      try {
        this.#carryOut(this.#group.takeEffects())
      } catch (error) {
        if (!(error instanceof DiskError) && !(error instanceof DecodeError)) throw error
        this.stop(error.message)
      }
    }
  }

  #carryOut (effects: GroupEffects): void {
    const { commit } = this.#context
    const { persist } = effects
    if (persist !== undefined) {
      const isUrgent = this.#records.store(persist)
      this.#tokenBatch = commit.gathering
      const { token } = persist
      const persisted = (): void => { if (this.#failure === undefined) this.#group.persisted(token) }
      if (isUrgent) commit.afterGathering(persisted)
      else commit.whenGathered(persisted)
    }
    for (const { to, message } of effects.sendNow) this.#context.send(to, message)
    if (effects.sendAfter.length > 0) {
      commit.afterBatch(this.#tokenBatch, () => {
        if (this.#failure !== undefined) return
        for (const { to, message } of effects.sendAfter) this.#context.send(to, message)
      })
    }
    if (effects.steppedDown) this.#listener.mastershipLost()
    this.#apply(effects.committed)
    if (effects.becameLeader) this.#listener.becameMaster()
    for (const id of effects.readsReady) this.#listener.readReady(id)
    for (const id of effects.readsRefused) this.#listener.readRefused(id)
    for (const to of effects.snapshotsWanted) {
      this.#fillingUntilMs = this.#nowMs + this.#snapshotTimeoutMs
      this.#context.snapshotWanted(this.partition, to)
    }
    for (const reason of effects.anomalies) this.#context.log.warn('a peer said what no correct peer says', { partition: this.partition, reason })
  }

  #apply (committed: readonly LogEntry[]): void {
    const last = committed[committed.length - 1]
    if (last === undefined) return
    for (const entry of committed) this.machine.apply(entry)
    this.machine.store({ index: last.index, term: last.term })
    this.#context.commit.whenGathered(() => {
      this.#durableApplied = last.index
      this.#compact()
    })
  }

  /** Forgets the head of a long log, never beyond what the disk has applied: a slower slave gets a snapshot. */
  #compact (): void {
    if (this.#failure !== undefined || this.#group.isInstalling) return
    // A slave that is being filled needs what came after its snapshot: without it the next snapshot would be due at once.
    const factor = this.#nowMs < this.#fillingUntilMs ? FILLING_LOG_FACTOR : 1
    const index = this.#records.compactable(this.#logBytesMax() * factor)
    if (index === undefined) return
    const upTo = index < this.#durableApplied ? index : this.#durableApplied
    if (upTo >= this.#group.firstIndex) this.#group.compact(upTo)
  }
}

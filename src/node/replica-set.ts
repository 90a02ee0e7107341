import { SYSTEM_PARTITION, toLogIndex } from '../base/index.js'
import type { Logger, LogIndex, MemberId, PartitionId, Prng } from '../base/index.js'
import type { AppliedCommand, Overlay } from '../kv/index.js'
import {
  dataRange, encodeInstalling, encodeLogStart, encodeRetired, installingKey, logStartKey, replicaStateKey, retiredKey, sessionRange, systemMapRange
} from '../layout/index.js'
import { bucketRange } from '../placement/index.js'
import { defaultGroupOptions } from '../replication/index.js'
import type { GroupOptions } from '../replication/index.js'
import type { ClusterMap, MapCommand } from '../../protocols/cluster/index.js'
import { encodeMapCommand } from '../../protocols/cluster/index.js'
import type { ReplicationMessage } from '../../protocols/replication/index.js'
import type { PartitionBoot } from './boot.js'
import { emptyPartition } from './boot.js'
import type { GroupCommit } from './group-commit.js'
import { KvMachine } from './kv-machine.js'
import { LogRecords } from './log-records.js'
import type { Machine } from './machine.js'
import { MapMachine } from './map-machine.js'
import type { NodeTuning } from './options.js'
import { PartitionDesk } from './partition-desk.js'
import type { DeskContext } from './partition-desk.js'
import type { Disk, DiskError, KeyRange } from './ports.js'
import { Replica } from './replica.js'
import type { ReplicaListener } from './replica.js'

/** Log bytes a replica keeps at most, whatever its share of the node's budget is. */
const LOG_BYTES_MAX = 4 * 1024 * 1024

/** Of the map that a cluster is founded with. */
const FOUNDING_EPOCH = 1

/** What the replicas borrow of their node. */
export interface ReplicaSetContext {
  readonly commit: GroupCommit
  readonly disk: Disk
  readonly overlay: Overlay
  readonly log: Logger
  readonly random: Prng
  readonly tuning: NodeTuning
  send (to: MemberId, message: ReplicationMessage): void
  snapshotWanted (partition: PartitionId, to: MemberId): void
  applied (partition: PartitionId, result: AppliedCommand): void
  mapApplied (map: ClusterMap): void
  /** Runs `call` in a later turn: the way back from a callback outside any turn. */
  later (call: (nowMs: number) => void): void
  diskFailed (error: DiskError): void
  /** Nothing is left of a retired replica: `start` may make another one. */
  cleared (): void
}

/** All replicas of one node, the system partition's included. */
export class ReplicaSet {
  readonly #context: ReplicaSetContext
  readonly #desks = new Map<PartitionId, PartitionDesk>()
  readonly #deskContext: DeskContext
  #replicas: Replica[] = []
  readonly #byPartition = new Map<PartitionId, Replica>()
  #system: { readonly replica: Replica, readonly machine: MapMachine } | undefined
  /** What was kept of replicas that were retired here and not made again. */
  readonly #retired = new Map<PartitionId, PartitionBoot>()
  /** Retired replicas whose data is being deleted: none is made in their place meanwhile. */
  readonly #clearing = new Set<PartitionId>()
  #hasReadRetired = false

  constructor (context: ReplicaSetContext) {
    this.#context = context
    this.#deskContext = {
      freeBytes: () => context.disk.freeBytes(),
      masterSilenceMsMax: context.tuning.electionTimeoutMsMax
    }
  }

  get all (): readonly Replica[] {
    return this.#replicas
  }

  desk (partition: PartitionId): PartitionDesk | undefined {
    return this.#desks.get(partition)
  }

  get (partition: PartitionId): Replica | undefined {
    return this.#byPartition.get(partition)
  }

  /** The map as this node's replica of the system partition applied it, if this node is the coordinator. */
  get coordinatorMap (): ClusterMap | undefined {
    return this.#system?.replica.isMaster === true ? this.#system.machine.map : undefined
  }

  /**
   * Starts every replica that the map wishes on this member or that the disk has, and that does not run yet. What is on the
   * disk and not wished may still be one of its group; it hears from the group when it is not (`retire`).
   */
  start (map: ClusterMap, self: MemberId, boots: ReadonlyMap<PartitionId, PartitionBoot>, nowMs: number): void {
    this.#readRetired(map, boots)
    const boot = (partition: PartitionId): PartitionBoot => this.#retired.get(partition) ?? boots.get(partition) ?? emptyPartition
    const isDue = (partition: PartitionId, wish: readonly MemberId[]): boolean => !this.#byPartition.has(partition) && !this.#clearing.has(partition) &&
      (wish.includes(self) || (boots.has(partition) && !this.#retired.has(partition)))
    if (isDue(SYSTEM_PARTITION, map.systemVoters)) this.#system = this.#startSystem(map, self, boot(SYSTEM_PARTITION), nowMs)
    map.partitions.forEach(({ replicas, initial }, number) => {
      const partition = number as PartitionId
      if (!isDue(partition, replicas)) return
      const found = boot(partition)
      const machine = new KvMachine(this.#context, partition, bucketRange(partition, map.partitions.length), {
        revision: found.revision, keyCount: found.keyCount, sessions: found.sessions
      })
      const desk = new PartitionDesk(this.#deskContext, machine)
      desk.attach(this.#open(machine, found, desk, { self, preferred: replicas[0] }, initial, nowMs))
      this.#desks.set(partition, desk)
    })
  }

  /** What a process before left of retired replicas: their data may still be there. */
  #readRetired (map: ClusterMap, boots: ReadonlyMap<PartitionId, PartitionBoot>): void {
    if (this.#hasReadRetired) return
    this.#hasReadRetired = true
    for (const [partition, boot] of boots) {
      if (!boot.isRetired) continue
      this.#retired.set(partition, boot)
      this.#clear(partition, rangesOf(partition, map.partitions.length), 0)
    }
  }

  /**
   * Deletes a replica that its group goes on without: its records at once, then what its machine held. Term, vote and how far
   * its log may have been acknowledged stay (`encodeRetired`), for one that is placed here again.
   */
  retire (replica: Replica, retiredIndex: LogIndex): void {
    const { partition, machine } = replica
    const { commit, log } = this.#context
    log.info('a replica is retired and deleted', { partition, index: retiredIndex })
    commit.put(retiredKey(partition), encodeRetired(partition, retiredIndex))
    const hardState = replica.retire()
    this.#retired.set(partition, { ...emptyPartition, group: { ...emptyPartition.group, hardState, voteFloor: retiredIndex }, isRetired: true })
    this.#replicas = this.#replicas.filter((each) => each !== replica)
    this.#byPartition.delete(partition)
    this.#desks.delete(partition)
    if (partition === SYSTEM_PARTITION) this.#system = undefined
    for (const key of [replicaStateKey(partition), installingKey(partition)]) commit.delete(key)
    this.#clearing.add(partition)
    commit.afterGathering(() => { this.#clear(partition, machine.ranges, 0) })
  }

  /** Deletes range after range; what is deleted again after a crash harms nobody, since nothing is made here before the end. */
  #clear (partition: PartitionId, ranges: readonly KeyRange[], at: number): void {
    this.#clearing.add(partition)
    const range = ranges[at]
    if (range === undefined) {
      this.#clearing.delete(partition)
      this.#context.cleared()
      return
    }
    this.#context.disk.clear(range, (error) => {
      this.#context.later(() => {
        if (error !== undefined) this.#context.diskFailed(error)
        else this.#clear(partition, ranges, at + 1)
      })
    })
  }

  /**
   * The system partition's state before its first entry is the founding map, and is written down before any newer map can
   * be. A voter that comes when the map has changed does not know it, and the newer map is ahead of its log: what the log
   * says would be done to it twice. Such a voter has no state, as under a snapshot marker, and gets one as a snapshot.
   */
  #startSystem (map: ClusterMap, self: MemberId, boot: PartitionBoot, nowMs: number): { readonly replica: Replica, readonly machine: MapMachine } {
    const { commit, log } = this.#context
    const machine = new MapMachine(commit, log, boot.map ?? map, (changed) => { this.#context.mapApplied(changed) })
    const isNew = boot.map === undefined && !boot.group.installing && boot.failure === undefined
    const isStateless = isNew && map.epoch !== FOUNDING_EPOCH
    const { logStart } = emptyPartition.group
    if (isStateless) commit.put(installingKey(SYSTEM_PARTITION), encodeInstalling(SYSTEM_PARTITION, logStart))
    else if (isNew) machine.store(logStart)
    const found = isStateless ? { ...boot, group: { ...boot.group, installing: true } } : boot
    return { machine, replica: this.#open(machine, found, idleListener, { self, preferred: map.systemVoters[0] }, map.systemInitial, nowMs) }
  }

  /** @param born the voters that the group was born with */
  #open (machine: Machine, boot: PartitionBoot, listener: ReplicaListener, group: Pick<GroupOptions, 'self' | 'preferred'>, born: readonly MemberId[], nowMs: number): Replica {
    const { tuning, commit } = this.#context
    const options: GroupOptions = {
      ...defaultGroupOptions,
      partition: machine.partition,
      heartbeatIntervalMs: tuning.heartbeatIntervalMs,
      electionTimeoutMsMin: tuning.electionTimeoutMsMin,
      electionTimeoutMsMax: tuning.electionTimeoutMsMax,
      inflightAppendsMax: tuning.inflightAppendsMax,
      appendEntriesMax: tuning.appendEntriesMax,
      ...group
    }
    const configuration = boot.group.configuration ?? { index: toLogIndex(0), voters: born, learners: [] }
    this.#retired.delete(machine.partition)
    if (boot.group.configuration === undefined) {
      commit.put(logStartKey(machine.partition), encodeLogStart(machine.partition, { ...boot.group.logStart, configuration }))
    }
    const records = new LogRecords(machine.partition, commit, boot.records)
    const replica = new Replica(this.#context, listener, machine, records, () => this.#logBytesMax(), options, { ...boot.group, configuration }, nowMs)
    if (boot.failure !== undefined) replica.stop(boot.failure)
    this.#replicas.push(replica)
    this.#byPartition.set(machine.partition, replica)
    return replica
  }

  /** One replica's share of the node's log budget. */
  #logBytesMax (): number {
    const { logRetainBytes, logBytesMin } = this.#context.tuning
    return Math.min(LOG_BYTES_MAX, Math.max(logBytesMin, logRetainBytes / Math.max(1, this.#replicas.length)))
  }

  /** Asks the system partition to change the map; false where this node is not the coordinator. */
  proposeMap (command: MapCommand): boolean {
    return this.#system !== undefined && this.#system.replica.isMaster &&
      this.#system.replica.propose('map', encodeMapCommand(command)).kind === 'accepted'
  }

  /**
   * Hands what waits at the desks to the groups. Writes wait while a batch is being flushed: they could not be durable
   * here before the next one, and together they make one entry, one frame and one fsync instead of several.
   */
  submit (nowMs: number): void {
    const { isFlushing } = this.#context.commit
    for (const desk of this.#desks.values()) {
      if (!isFlushing) desk.submitWrites()
      desk.submitReads(nowMs)
    }
  }

  tick (nowMs: number): void {
    for (const replica of this.#replicas) replica.tick(nowMs)
  }

  expire (nowMs: number): void {
    for (const desk of this.#desks.values()) desk.expire(nowMs)
  }

  carryOut (): void {
    for (const replica of this.#replicas) replica.carryOut()
  }

  get nextDeadlineMs (): number {
    let next = Infinity
    for (const replica of this.#replicas) {
      const at = replica.nextDeadlineMs
      if (at < next) next = at
    }
    return next
  }

  memberLost (member: MemberId, nowMs: number): void {
    for (const replica of this.#replicas) replica.memberLost(member, nowMs)
  }

  /** Hands every mastership to a caught-up slave. */
  handOver (nowMs: number): void {
    for (const replica of this.#replicas) replica.handOver(nowMs)
  }

  /** Replicas of key partitions on this node. */
  get deskCount (): number {
    return this.#desks.size
  }

  /** Whether this node masters anything that another replica could take over. */
  get canHandOver (): boolean {
    return this.#replicas.some((replica) => replica.isMaster && replica.voterCount > 1)
  }

  get masteredCount (): number {
    let count = 0
    for (const desk of this.#desks.values()) if (desk.replica.isMaster) count++
    return count
  }

  /** Stops every replica: the disk has failed, and nothing volatile may be believed. */
  stop (reason: string): void {
    for (const replica of this.#replicas) replica.stop(reason)
  }
}

/** Where the state of a partition's replica lies. */
function rangesOf (partition: PartitionId, partitionCount: number): readonly KeyRange[] {
  if (partition === SYSTEM_PARTITION) return [systemMapRange()]
  if (partition >= partitionCount) return [sessionRange(partition)]
  const { first, last } = bucketRange(partition, partitionCount)
  return [dataRange(first, last), sessionRange(partition)]
}

/** Nobody waits at the system partition: its changes are seen in the map. */
const idleListener: ReplicaListener = {
  readReady () {},
  readRefused () {},
  becameMaster () {},
  mastershipLost () {},
  stopped () {},
  retired () {}
}

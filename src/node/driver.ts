import { assert, DecodeError, isPeerId, Prng, toPeerId } from '../base/index.js'
import type { Bucket, Logger, MemberId, PartitionId, PeerId } from '../base/index.js'
import { Overlay } from '../kv/index.js'
import type { Signatures } from '../membership/index.js'
import { batchKey, encodeBatchNumber } from '../layout/index.js'
import type { NodeRecord } from '../layout/index.js'
import { bucketOf, partitionOf } from '../placement/index.js'
import { decodeClusterFrame } from '../../protocols/cluster/index.js'
import type { ClusterMap } from '../../protocols/cluster/index.js'
import type { Consistency, WriteOperation } from '../../protocols/kv/index.js'
import { decodeKvFrame } from '../../protocols/kv/index.js'
import { decodeMembershipFrame } from '../../protocols/membership/index.js'
import { decodeReplicationFrame } from '../../protocols/replication/index.js'
import type { AnswerCallback, ChangeCallback, MemberReport, NodeApi, PartitionReport, ReadinessReport, StatusReport } from './api.js'
import type { BootState } from './boot.js'
import { Cluster } from './cluster.js'
import { Company } from './company.js'
import { EarlyFrames } from './early-frames.js'
import { Gateway } from './gateway.js'
import { GroupCommit } from './group-commit.js'
import type { NodeInput } from './inputs.js'
import { KvServer } from './kv-server.js'
import type { NodeOptions } from './options.js'
import { Outbox } from './outbox.js'
import type { Disk, DiskError, Scheduler, Transport } from './ports.js'
import { Relocation } from './relocation.js'
import { ReplicaSet } from './replica-set.js'
import { memberReports, partitionReports, readinessReport, statusReport } from './reports.js'
import type { NodeView } from './reports.js'
import { SnapshotReceiver } from './snapshot-receiver.js'
import { snapshotFrames } from './snapshot-sender.js'

/** Wake-ups are rounded up to this, so that the timers of many partitions come due together. */
const TICK_MS = 10
/** How often late reads are looked for among those that wait at a replica. */
const EXPIRE_EVERY_MS = 100

/** Requests of other nodes' clients that wait here at once, as a multiple of the own clients': beyond it they are refused. */
const REMOTE_REQUESTS_FACTOR = 4

/** What the driver is built on. */
export interface NodePorts {
  readonly disk: Disk
  readonly transport: Transport
  readonly scheduler: Scheduler
  readonly log: Logger
  /** By this node's key. */
  readonly signatures: Signatures
  /** The node cannot go on: the process must end and be started again. */
  fatal (reason: string): void
  /** The node has left its cluster and holds nothing any more: the process should end. Called once. */
  departed (): void
}

/**
 * One node without its world: inputs in, effects out, one turn at a time, nothing awaited (DESIGN.md section 5). A turn
 * takes all inputs that wait, steps the cores they touch, starts one storage batch with one fsync for all partitions,
 * and sends one frame per peer and channel. The same code runs in production and in the simulator.
 */
export class NodeDriver implements NodeApi {
  readonly #ports: NodePorts
  readonly #options: NodeOptions
  readonly #commit: GroupCommit
  readonly #overlay = new Overlay()
  readonly #outbox: Outbox
  readonly #replicas: ReplicaSet
  readonly #cluster: Cluster
  readonly #company: Company
  readonly #relocation: Relocation
  readonly #gateway: Gateway
  readonly #server: KvServer
  readonly #snapshots: SnapshotReceiver
  readonly #early = new EarlyFrames()
  readonly #boot: BootState
  readonly #startedMs: number
  #inputs: NodeInput[] = []
  #nowMs: number
  #expireAtMs = 0
  #stopping = false
  #failed: string | undefined

  constructor (options: NodeOptions, boot: BootState & { readonly node: NodeRecord }, ports: NodePorts, nowMs: number) {
    this.#options = options
    this.#ports = ports
    this.#boot = boot
    this.#nowMs = nowMs
    this.#startedMs = nowMs
    const { disk, transport, scheduler, log, signatures } = ports
    const random = new Prng(options.seed)
    this.#commit = new GroupCommit(disk, boot.durableBatch, (number) => ({ kind: 'put', key: batchKey(), value: encodeBatchNumber(number) }), (error) => { this.input({ kind: 'flushed', error }) }, options.tuning.lazyFlushMs)
    this.#outbox = new Outbox(transport, (peer) => { this.#company.spoken(peer) })
    const commit = this.#commit
    const outbox = this.#outbox
    this.#cluster = new Cluster({
      options, commit, outbox, transport, log,
      accepted: (peer, hello) => {
        this.#company.accepted(peer, hello, this.#nowMs)
        for (const { channel, payload } of this.#early.take(peer)) this.input({ kind: 'frame', peer, channel, payload })
      },
      mapChanged: (map) => { this.#mapChanged(map) },
      proposeMap: (command) => this.#replicas.proposeMap(command),
      coordinatorMap: () => this.#replicas.coordinatorMap,
      relocation: (from, message) => { this.#relocation.step(from, message, this.#nowMs) },
      departed: () => {
        log.info('this node has left its cluster')
        ports.departed()
      },
      fatal: (reason) => { this.#fatal(reason) }
    }, boot, nowMs)
    this.#company = new Company({ options, commit, outbox, transport, log, random: new Prng(random.uint32()), cluster: this.#cluster, signatures, fatal: (reason) => { this.#fatal(reason) } }, boot, nowMs)
    this.#replicas = new ReplicaSet({
      commit, disk, overlay: this.#overlay, log, random: new Prng(random.uint32()), tuning: options.tuning,
      send: (to, message) => {
        const peer = this.#cluster.peerOf(to)
        if (peer !== undefined && (this.#cluster.isAccepted(peer) || !this.#company.yields(this.#nowMs))) outbox.replication(peer, message)
      },
      snapshotWanted: (partition, to) => { this.#sendSnapshot(partition, to) },
      applied: (partition, result) => {
        this.#replicas.desk(partition)?.applied(result)
        if (result.peer === options.peer && result.generation === boot.generation) this.#gateway.applied(result)
      },
      mapApplied: (map) => { this.#cluster.mapApplied(map) },
      later: (call) => { this.input({ kind: 'later', call }) },
      diskFailed: (error) => { this.#diskFailed(error) },
      cleared: () => { if (this.#cluster.map !== undefined) this.#mapChanged(this.#cluster.map) }
    })
    this.#relocation = new Relocation({
      self: options.peer, outbox, log, tuning: options.tuning, random: new Prng(random.uint32()),
      isReceiving: (replica) => this.#snapshots.isReceiving(replica),
      replicas: () => this.#replicas.all,
      retire: (replica, index) => { this.#replicas.retire(replica, index) },
      map: () => this.#cluster.map,
      coordinatorMap: () => this.#replicas.coordinatorMap,
      proposeMap: (command) => this.#replicas.proposeMap(command),
      isAccepted: (peer) => this.#cluster.isAccepted(peer),
      peerOf: (member) => this.#cluster.peerOf(member),
      memberOf: (peer) => this.#cluster.memberOf(peer),
      goneSinceMs: (peer) => this.#company.goneSinceMs(peer)
    })
    this.#gateway = new Gateway({
      self: options.peer,
      generation: boot.generation,
      outbox,
      requestsMax: options.tuning.requestsMax,
      locate: (key) => this.#locate(key),
      desk: (partition) => this.#replicas.desk(partition),
      replicaPeers: (partition) => this.#replicaPeers(partition),
      peerOf: (member) => this.#cluster.peerOf(member),
      isConnected: (peer) => transport.isConnected(peer),
      epoch: () => this.#cluster.epoch,
      freeBytes: () => disk.freeBytes()
    }, nowMs)
    this.#server = new KvServer({
      outbox,
      desk: (partition) => this.#replicas.desk(partition),
      locate: (key) => this.#locate(key),
      stopping: () => this.#stopping,
      requestsMax: REMOTE_REQUESTS_FACTOR * options.tuning.requestsMax
    })
    this.#snapshots = new SnapshotReceiver({
      commit, disk, transport, log,
      clusterId: () => this.#cluster.clusterId,
      memberOf: (peer) => this.#cluster.memberOf(peer),
      replica: (partition) => this.#replicas.get(partition),
      later: (call) => { this.input({ kind: 'later', call }) },
      diskFailed: (error) => { this.#diskFailed(error) }
    })
    this.#cluster.begin(nowMs)
    scheduler.requestTurn()
  }

  /** Queues an input and asks for a turn. Callable at any time, also from within a turn. */
  input (input: NodeInput): void {
    this.#inputs.push(input)
    this.#ports.scheduler.requestTurn()
  }

  get (key: Uint8Array, options: { readonly consistency: Consistency, readonly timeoutMs: number }, answer: AnswerCallback): void {
    this.input({ kind: 'get', key, consistency: options.consistency, timeoutMs: options.timeoutMs, answer })
  }

  write (operation: WriteOperation, options: { readonly timeoutMs: number }, answer: AnswerCallback): void {
    this.input({ kind: 'write', operation, timeoutMs: options.timeoutMs, answer })
  }

  changeMember (name: string, change: 'leave' | 'stay', { timeoutMs }: { readonly timeoutMs: number }, answer: ChangeCallback): void {
    this.input({ kind: 'later', call: (nowMs) => { this.#relocation.changeMember(name, change, timeoutMs, nowMs, answer) } })
  }

  /** One turn at monotonic time `nowMs`. */
  turn (nowMs: number): void {
    assert(nowMs >= this.#nowMs, `time went back from ${this.#nowMs} to ${nowMs}`)
    this.#nowMs = nowMs
    if (this.#failed !== undefined) return
    const inputs = this.#inputs
    this.#inputs = []
    for (const input of inputs) this.#take(input, nowMs)
    if (this.#failed !== undefined) return
    this.#replicas.tick(nowMs)
    this.#cluster.tick(nowMs)
    this.#company.tick(nowMs)
    this.#relocation.tick(nowMs)
    if (nowMs >= this.#expireAtMs) {
      this.#expireAtMs = nowMs + EXPIRE_EVERY_MS
      this.#replicas.expire(nowMs)
      if (this.#stopping) this.#replicas.handOver(nowMs)
    }
    this.#gateway.route(nowMs)
    this.#replicas.submit(nowMs)
    this.#replicas.carryOut()
    this.#commit.flush(nowMs)
    this.#outbox.flush()
    if (this.#gateway.wantsTurn) this.#ports.scheduler.requestTurn()
    this.#ports.scheduler.wakeAt(Math.ceil(this.#nextDeadlineMs() / TICK_MS) * TICK_MS)
  }

  #nextDeadlineMs (): number {
    return Math.min(this.#replicas.nextDeadlineMs, this.#cluster.nextDeadlineMs, this.#company.nextDeadlineMs, this.#relocation.nextDeadlineMs, this.#gateway.nextDeadlineMs, this.#commit.nextDeadlineMs)
  }

  #take (input: NodeInput, nowMs: number): void {
    switch (input.kind) {
      case 'get':
        this.#gateway.get(input.key, input, input.answer, nowMs)
        return
      case 'write':
        this.#gateway.write(input.operation, input, input.answer, nowMs)
        return
      case 'frame':
        this.#frame(input, nowMs)
        return
      case 'flushed':
        this.#commit.complete(input.error)
        if (input.error !== undefined) this.#diskFailed(input.error)
        else this.#overlay.release(this.#commit.durable)
        return
      case 'later':
        input.call(nowMs)
        return
      case 'peer-connected':
        this.#cluster.connected(input.peer, nowMs)
        this.#gateway.connected(input.peer)
        return
      case 'peer-disconnected': {
        const member = this.#cluster.memberOf(input.peer)
        this.#cluster.disconnected(input.peer)
        this.#early.take(input.peer)
        this.#company.disconnected(input.peer, nowMs)
        if (member !== undefined) this.#replicas.memberLost(member, nowMs)
        this.#gateway.disconnected(input.peer)
        return
      }
      case 'dial-failed':
        this.#cluster.dialFailed(input.target, input.reason, nowMs)
        if (input.refused) this.#company.refused(input.target, nowMs)
        if (isPeerId(input.target)) this.#gateway.unreachable(toPeerId(input.target))
        return
      case 'peer-found':
        this.#company.found(input.peer, input.multiaddrs)
        return
      case 'snapshot-opened':
        this.#snapshots.opened(input.stream, input.peer)
        return
      case 'snapshot-frame':
        this.#snapshots.frame(input.stream, input.payload, nowMs)
        return
      case 'snapshot-closed':
        this.#snapshots.closed(input.stream, input.error, nowMs)
        return
      case 'hand-over':
        this.#stopping = true
        this.#replicas.handOver(nowMs)
        return
      case 'say-goodbye':
        this.#gateway.close()
        this.#company.leave(nowMs)
    }
  }

  #frame (input: NodeInput & { kind: 'frame' }, nowMs: number): void {
    const { peer, channel, payload } = input
    this.#company.spoken(peer)
    try {
      if (channel === 'cluster') {
        for (const message of decodeClusterFrame(payload)) this.#cluster.step(peer, message, nowMs)
        return
      }
      if (!this.#cluster.isAccepted(peer)) { // a stranger, or a frame that overtook the hello: senders repeat what matters
        if (channel === 'membership' || channel === 'kv') this.#early.keep(peer, { channel, payload })
        return
      }
      switch (channel) {
        case 'replication': {
          const member = this.#cluster.memberOf(peer)
          if (member === undefined) return
          for (const message of decodeReplicationFrame(payload)) this.#replicas.get(message.partition)?.step(member, message, nowMs)
          return
        }
        case 'membership':
          for (const message of decodeMembershipFrame(payload)) this.#company.step(peer, message, nowMs)
          return
        case 'kv':
          for (const message of decodeKvFrame(payload)) {
            if (message.kind === 'request') this.#server.request(peer, message.request, nowMs)
            else this.#gateway.response(peer, message.response)
          }
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#ports.log.warn('a peer sent a frame that cannot be decoded; the connection is closed', { peer, channel, reason: error.message })
      this.#ports.transport.hangUp(peer)
    }
  }

  #locate (key: Uint8Array): { partition: PartitionId, bucket: Bucket } | undefined {
    const { map } = this.#cluster
    if (map === undefined) return undefined
    const bucket = bucketOf(key)
    return { bucket, partition: partitionOf(bucket, map.partitions.length) }
  }

  #replicaPeers (partition: PartitionId): PeerId[] {
    const peers: PeerId[] = []
    for (const member of this.#cluster.map?.partitions[partition]?.replicas ?? []) {
      const peer = this.#cluster.peerOf(member)
      if (peer !== undefined && peer !== this.#options.peer) peers.push(peer)
    }
    return peers
  }

  /** A newer map is durable here: replicas it gives this node start. */
  #mapChanged (map: ClusterMap): void {
    const self = this.#cluster.selfMember
    if (self !== undefined) this.#replicas.start(map, self, this.#boot.partitions, this.#nowMs)
  }

  #sendSnapshot (partition: PartitionId, to: MemberId): void {
    const replica = this.#replicas.get(partition)
    const peer = this.#cluster.peerOf(to)
    const { clusterId } = this.#cluster
    if (replica === undefined || clusterId === undefined) return
    if (peer === undefined) {
      replica.snapshotSent(to, false, this.#nowMs) // nobody is bound to the name yet: asked for again soon, not after the time a snapshot may take
      return
    }
    const frames = snapshotFrames(() => this.#ports.disk.snapshot(), { clusterId, partition, term: replica.group.term }, replica.machine.ranges, (index) => replica.group.configurationAt(index))
    this.#ports.transport.sendSnapshot(peer, frames, (error) => {
      this.input({
        kind: 'later',
        call: (nowMs) => {
          if (error !== undefined) this.#ports.log.warn('a snapshot was not delivered', { partition, to: peer, reason: error })
          replica.snapshotSent(to, error === undefined, nowMs)
        }
      })
    })
  }

  #diskFailed (error: DiskError): void {
    this.#fatal(`the storage failed: ${error.message}`)
  }

  /** Nothing is sent or answered any more: the process must end. */
  #fatal (reason: string): void {
    if (this.#failed !== undefined) return
    this.#failed = reason
    this.#replicas.stop(reason)
    this.#ports.fatal(reason)
  }

  // What a person may ask.

  /** Begins a graceful stop: masterships go to caught-up slaves. */
  handOver (): void {
    this.input({ kind: 'hand-over' })
  }

  /** Takes no more requests and tells membership that this node leaves for now. */
  sayGoodbye (): void {
    this.input({ kind: 'say-goodbye' })
  }

  /** Whether no request waits and nothing is unflushed. */
  get settled (): boolean {
    return this.#gateway.counts.waiting === 0 && this.#commit.idle && this.#inputs.length === 0
  }

  /** Whether this node masters anything that another replica could take over. */
  get canHandOver (): boolean {
    return this.#replicas.canHandOver
  }

  status (): StatusReport {
    return statusReport(this.#view())
  }

  members (): readonly MemberReport[] {
    return memberReports(this.#view())
  }

  partitions (): readonly PartitionReport[] {
    return partitionReports(this.#view())
  }

  readiness (): ReadinessReport {
    return readinessReport(this.#view())
  }

  #view (): NodeView {
    return {
      options: this.#options,
      boot: this.#boot,
      cluster: this.#cluster,
      company: this.#company,
      replicas: this.#replicas,
      gateway: this.#gateway,
      commit: this.#commit,
      freeBytes: this.#ports.disk.freeBytes(),
      multiaddrs: this.#ports.transport.multiaddrs(),
      stopping: this.#stopping,
      failed: this.#failed,
      startedMs: this.#startedMs,
      nowMs: this.#nowMs
    }
  }
}

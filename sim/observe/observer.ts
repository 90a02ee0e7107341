import { DecodeError } from '../../src/base/index.js'
import type { PeerId } from '../../src/base/index.js'
import type { ChannelName, DiskEntry, DiskOperation, KeyRange, PartitionReport } from '../../src/node/index.js'
import { ClusterChecks } from '../invariants/cluster-checks.js'
import type { InvariantName } from '../invariants/names.js'
import { NodeModel } from '../invariants/node-model.js'
import { compareReplicas } from '../invariants/replicas-equal.js'
import type { ReplicaDifference } from '../invariants/replicas-equal.js'
import { ViolationReporter } from '../invariants/reporter.js'
import type { SeenMessage } from '../invariants/seen-message.js'
import type { Watcher } from '../world/watcher.js'
import { BatchChecker } from './batch-checker.js'
import { FactTeller } from './fact-teller.js'
import type { Fact, Violation } from './facts.js'
import { FrameScan } from './frame-scan.js'
import { loadDisk } from './load-disk.js'
import { ScannedLogs, scanRecord, scanSubmitted } from './record-scan.js'
import type { ScannedLog, SubmittedVisitor } from './record-scan.js'

/**
 * How long a node's reports are not asked for again, unless something happened that they should show at once. Asking is
 * dear, and all that they say and frames and batches do not is that a master gave up without a newer term.
 */
const REPORTS_EVERY_US = 200_000

export interface ObserverOptions {
  /** Told of every fact as it happens. Without it none are made. */
  readonly onFact?: (fact: Fact) => void
  /** Told of every broken promise, each once per node and partition. */
  readonly onViolation: (violation: Violation) => void
  /** The invariants that are reported; without it all. */
  readonly invariants?: ReadonlySet<InvariantName>
}

type ReadDisk = (range: KeyRange) => DiskEntry[]

/**
 * Watches a world from outside and checks every invariant after every event: what is durable on the nodes' disks, what
 * they send and what they report, against what every one of them ever had and said. It changes nothing.
 */
export class Observer implements Watcher {
  readonly #reporter: ViolationReporter
  readonly #checks: ClusterChecks
  readonly #facts: FactTeller
  readonly #frames = new FrameScan()
  readonly #batch: BatchChecker
  /** How to read the nodes' disks. */
  readonly #disks = new Map<string, ReadDisk>()
  /** Batches on their way to the disk, by node, with their log records. */
  readonly #submitted = new Map<string, Map<readonly DiskOperation[], ScannedLogs>>()
  // Of the event that is being looked at.
  #atUs = 0
  #node = new NodeModel('')
  #to = ''
  #logs = new ScannedLogs()

  constructor ({ onFact, onViolation, invariants }: ObserverOptions) {
    this.#reporter = new ViolationReporter(onViolation, invariants)
    this.#checks = new ClusterChecks(this.#reporter)
    this.#facts = new FactTeller(onFact)
    this.#batch = new BatchChecker(this.#node, this.#checks, this.#facts)
  }

  #look (atUs: number, name: string): NodeModel {
    this.#atUs = atUs
    this.#reporter.nowUs = atUs
    if (this.#node.name === name) return this.#node
    let node = this.#checks.nodes.get(name)
    if (node === undefined) {
      node = new NodeModel(name)
      this.#checks.nodes.set(name, node)
    }
    this.#node = node
    return node
  }

  #replace (node: NodeModel): void {
    this.#checks.nodes.set(node.name, node)
    this.#node = node
  }

  started (atUs: number, node: string, _peer: PeerId, entries: ReadDisk): void {
    const before = this.#look(atUs, node)
    const found = loadDisk(node, entries, before)
    this.#replace(found)
    this.#disks.set(node, entries)
    this.#submitted.delete(node)
    // A replica of which nothing became durable has no state, not even an empty one.
    const onDisk = new Set(found.replicas.values())
    for (const [partition, log] of before.lostLogs) found.lostLogs.set(partition, log)
    for (const [partition, known] of before.replicas) {
      const replica = found.replica(partition)
      if (replica === known) continue
      this.#checks.restarted(known, replica)
      replica.follow(known)
    }
    for (const replica of found.replicas.values()) {
      replica.beginProcess()
      if (onDisk.has(replica)) this.#checks.begin(found, replica)
    }
    this.#facts.started(atUs, node)
  }

  crashed (atUs: number, node: string, _entries: ReadDisk): void {
    const model = this.#look(atUs, node)
    this.#submitted.delete(node)
    for (const replica of model.replicas.values()) replica.leads = 0
    this.#checks.crashed(node)
    this.#facts.crashed(atUs, node)
  }

  submitted (atUs: number, node: string, operations: readonly DiskOperation[]): void {
    this.#look(atUs, node)
    const logs = new ScannedLogs()
    this.#logs = logs
    let submitted = this.#submitted.get(node)
    if (submitted === undefined) this.#submitted.set(node, submitted = new Map<readonly DiskOperation[], ScannedLogs>())
    submitted.set(operations, logs)
    for (const operation of operations) {
      try {
        scanSubmitted(operation.key, operation.kind === 'put' ? operation.value : undefined, this.#submittedVisitor)
      } catch (error) {
        this.#unreadable(error)
      }
    }
    this.#checks.submitted(node)
  }

  readonly #submittedVisitor: SubmittedVisitor = {
    hardState: (partition, term, vote, commitIndex) => { this.#facts.hardState(this.#atUs, this.#node.replica(partition), term, vote, commitIndex) },
    log: (log) => {
      this.#logs.add(log)
      this.#appended(log)
    },
    installing: (partition) => { this.#facts.installing(this.#atUs, this.#node.replica(partition)) }
  }

  #appended ({ partition, record: { first, last, runs }, configurations }: ScannedLog): void {
    for (const configuration of configurations) this.#checks.history(partition).inMemory(this.#node.name, configuration)
    if (last >= first) this.#facts.entries(this.#atUs, this.#node.replica(partition), first, last, runs[runs.length - 1] ?? 0)
  }

  durable (atUs: number, node: string, operations: readonly DiskOperation[]): void {
    const model = this.#look(atUs, node)
    const submitted = this.#submitted.get(node)
    const logs = submitted?.get(operations)
    const batch = this.#batch
    batch.begin(atUs, model)
    for (const operation of operations) {
      try {
        scanRecord(operation.key, operation.kind === 'put' ? operation.value : undefined, model.map, batch, logs)
      } catch (error) {
        this.#unreadable(error)
      }
    }
    // A part of a batch that a crash tore is not the node's; whether it is noticed is seen at the next start.
    if (submitted?.delete(operations) === true) {
      if (batch.numbered !== 1) this.#reporter.report('batch-sequence', node, undefined, `a batch of ${operations.length} operations has ${batch.numbered} numbers, behind batch ${model.batch}`)
      for (const replica of batch.touched) this.#checks.settle(model, replica)
    }
    model.isReportDue = true
  }

  #unreadable (error: unknown): void {
    if (!(error instanceof DecodeError)) throw error
    this.#reporter.report('bootable', this.#node.name, undefined, `it writes what it cannot read: ${error.message}`)
  }

  cleared (atUs: number, node: string, keys: readonly Uint8Array[]): void {
    const model = this.#look(atUs, node)
    const batch = this.#batch
    batch.begin(atUs, model)
    for (const key of keys) scanRecord(key, undefined, model.map, batch)
    for (const replica of batch.touched) this.#checks.settle(model, replica)
  }

  sent (atUs: number, node: string, to: string, channel: ChannelName, payload: Uint8Array): void {
    if (channel !== 'replication') return
    this.#look(atUs, node).isReportDue = true
    this.#to = to
    try {
      this.#frames.scan(payload, this.#message)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#reporter.report('frame-readable', node, undefined, `it sends ${to} a frame that cannot be decoded: ${error.message}`)
    }
  }

  readonly #message = (message: SeenMessage): void => {
    const replica = this.#node.replica(message.partition)
    this.#checks.messages.sent(this.#node, replica, this.#to, message)
    this.#facts.sent(this.#atUs, replica, this.#to, message)
  }

  /** What a node makes of a frame shows in what it writes and sends. */
  delivered (): void {}

  turned (atUs: number, node: string, reports: () => readonly PartitionReport[]): void {
    const model = this.#look(atUs, node)
    if (!model.isReportDue || (!model.isReportUrgent && atUs - model.reportsUs < REPORTS_EVERY_US)) return
    model.reportsUs = atUs
    model.isReportDue = false
    model.isReportUrgent = false
    for (const report of reports()) {
      const { role, partition, term, commitIndex } = report
      if (role === 'none' || role === 'failed' || term === undefined) continue
      const replica = model.replica(partition)
      const isMaster = this.#checks.report(model, replica, report)
      this.#facts.reported(atUs, replica, isMaster, term, commitIndex ?? 0)
    }
  }

  /**
   * The node's disk was replaced or emptied while it was down: nothing of what it held, voted or acknowledged binds what
   * comes now, and what is committed with its help stays so.
   */
  forget (node: string, atUs: number, entries: ReadDisk): void {
    const before = this.#look(atUs, node)
    const found = loadDisk(node, entries, undefined)
    for (const [partition, log] of before.lostLogs) found.lostLogs.set(partition, log)
    for (const [partition, { log }] of before.replicas) found.lostLogs.set(partition, log.runs)
    this.#replace(found)
    this.#submitted.delete(node)
  }

  /**
   * For the end of a run, when these nodes are flushed and have caught up: all their replicas must be equal byte by byte.
   * @param nodes without those that the scenario may lose
   */
  atEnd (nodes: readonly string[], atUs: number): void {
    this.#reporter.nowUs = atUs
    for (const { partition, node, text } of this.#differences(nodes)) this.#reporter.report('replicas-equal', node, partition, text)
  }

  /** Whether all replicas of these nodes are equal byte by byte already. */
  areEqual (nodes: readonly string[]): boolean {
    return this.#differences(nodes).length === 0
  }

  #differences (nodes: readonly string[]): readonly ReplicaDifference[] {
    const disks = new Map<string, ReadDisk>()
    for (const node of nodes) {
      const read = this.#disks.get(node)
      if (read !== undefined) disks.set(node, read)
    }
    const map = nodes.map((node) => this.#checks.nodes.get(node)?.map).find((each) => each !== undefined)
    return map === undefined ? [] : compareReplicas(map, disks)
  }
}

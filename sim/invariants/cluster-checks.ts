import type { PartitionReport } from '../../src/node/index.js'
import { MemberNames } from './configurations.js'
import type { SeenConfiguration } from './configurations.js'
import { MessageChecks } from './message-checks.js'
import type { MapView, NodeModel } from './node-model.js'
import { PartitionHistory } from './partition-history.js'
import type { ReplicaModel } from './replica-model.js'
import { CHANGED } from './replica-model.js'
import type { ViolationReporter } from './reporter.js'
import { firstDifference } from './term-runs.js'
import type { TermRuns } from './term-runs.js'

/** Every check on what nodes have on their disks and what they report; `messages` checks what they send. */
export class ClusterChecks {
  readonly nodes = new Map<string, NodeModel>()
  readonly messages: MessageChecks
  readonly memberNames = new MemberNames()
  readonly #reporter: ViolationReporter
  readonly #histories = new Map<number, PartitionHistory>()

  constructor (reporter: ViolationReporter) {
    this.#reporter = reporter
    this.messages = new MessageChecks(this, reporter)
  }

  history (partition: number): PartitionHistory {
    let history = this.#histories.get(partition)
    if (history === undefined) {
      history = new PartitionHistory(partition, this.#reporter, this.memberNames)
      this.#histories.set(partition, history)
    }
    return history
  }

  /** A node has handed a batch to its disk. */
  submitted (node: string): void {
    for (const history of this.#histories.values()) history.settleDoubt(node)
  }

  /** What a node had only in its memory nobody will know. */
  crashed (node: string): void {
    for (const history of this.#histories.values()) history.forgetDoubt(node)
  }

  /** A batch's number, as it becomes durable. */
  batch (node: NodeModel, number: number): void {
    if (number !== node.batch + 1) this.#reporter.report('batch-sequence', node.name, undefined, `batch ${number} follows batch ${node.batch}`)
    node.batch = number
  }

  /** A hard state becomes durable. */
  hardState (replica: ReplicaModel, term: number, vote: number, commitIndex: number, when = ''): void {
    const { node, partition } = replica
    const reporter = this.#reporter
    if (term < replica.term) reporter.report('term-monotonic', node, partition, `the term on the disk falls from ${replica.term} to ${term}${when}`)
    if (term === replica.term && vote !== replica.vote && replica.vote !== 0) {
      reporter.report('vote-stability', node, partition, `the vote in term ${term} changes from member ${replica.vote} to ${vote}${when}`)
    }
    if (commitIndex < replica.commitIndex) reporter.report('commit-monotonic', node, partition, `the commit index on the disk falls from ${replica.commitIndex} to ${commitIndex}${when}`)
  }

  /** Log entries become durable; to be called before the log takes them. */
  entries (replica: ReplicaModel, first: number, runs: readonly number[], hashes: readonly number[], seen: readonly SeenConfiguration[]): void {
    const { entries, configurations } = this.history(replica.partition)
    for (const configuration of seen) configurations.see(configuration)
    let previousTerm = replica.log.lastTermAt(first - 1) ?? -1
    let run = 0
    for (let at = 0; at < hashes.length; at++) {
      const index = first + at
      while (runs[run + 2] !== undefined && index >= (runs[run + 2] as number)) run += 2
      const term = runs[run + 1] as number
      const problem = entries.see(index, term, previousTerm, hashes[at] as number)
      if (problem !== undefined) this.#reporter.report('log-matching', replica.node, replica.partition, `on its disk ${problem}`)
      previousTerm = term
    }
  }

  /** A batch is durable, and this replica is as it says now. */
  settle (node: NodeModel, replica: ReplicaModel): void {
    const { changes, partition } = replica
    replica.changes = 0
    const history = this.history(partition)
    if ((changes & CHANGED.log) !== 0) {
      const before = replica.log.settle()
      if (before !== undefined) this.#removed(history, replica, before, node.map)
    }
    if ((changes & (CHANGED.hardState | CHANGED.log)) !== 0) {
      this.#follow(history, node, replica)
      this.#claim(history, node, replica)
    }
    if (!replica.isRetired) this.#bootable(replica)
    if ((changes & CHANGED.state) !== 0) this.#state(history, replica)
    if (history.entries.isPruneDue) history.entries.prune(this.#lowest(partition, (each) => each.log.runs.base))
    if (history.states.isPruneDue) history.states.prune(this.#lowest(partition, (each) => each.appliedIndex))
  }

  /** Entries disappeared from a disk other than by compaction. */
  #removed (history: PartitionHistory, replica: ReplicaModel, before: TermRuns, map: MapView | undefined): void {
    const { node, partition, term } = replica
    const { runs } = replica.log
    const different = firstDifference(before, runs, Math.max(before.base, runs.base) + 1, before.last)
    const first = different >= 0 ? different : Math.max(before.base, runs.last) + 1
    if (first > before.last) return
    const lostTerm = before.termAt(first)
    const newTerm = runs.termAt(first)
    // A master elected before the entry was committed may have had it replaced in memory, before this replica knew; the disk is late.
    const isLate = newTerm > lostTerm && replica.commitIndex < first && history.isOnMajority(first, lostTerm, map, this.nodes)
    if (history.committed.termAt(first) === lostTerm && !isLate) {
      this.#reporter.report('committed-kept', node, partition, `entry ${first} of term ${lostTerm} is committed, and was removed from the disk`)
    }
    if (history.leadership(term)?.node === node) {
      this.#reporter.report('leader-append-only', node, partition, `the master of term ${term} removed entry ${first} of term ${lostTerm} from its log`)
    }
  }

  /** What a master has on its disk is in its log; alone, it masters as soon as its own vote is durable. */
  #follow (history: PartitionHistory, node: NodeModel, replica: ReplicaModel): void {
    const { term, vote } = replica
    const { map } = node
    if (vote !== 0 && map !== undefined && history.newest?.term !== term && replica.log.runs.last >= replica.voteFloor) {
      const voters = history.votersAt(replica.log.runs, replica.log.runs.last, map)
      if (voters.length === 1 && voters[0] === node.name && map.nameOf(vote) === node.name) history.leads(replica, term)
    }
    const { newest } = history
    if (newest !== undefined && newest.node === node.name && newest.term === term) newest.log.extendBy(replica.log.runs)
  }

  /** A process starts on this: a disk that its node refuses is damage that was noticed, and no broken promise. */
  begin (node: NodeModel, replica: ReplicaModel): void {
    replica.changes = 0
    if (bootProblem(replica) !== undefined || appliedBeyondCommit(replica)) {
      replica.isStateDamaged = true
      return
    }
    const history = this.history(replica.partition)
    this.#follow(history, node, replica)
    this.#claim(history, node, replica)
    this.#state(history, replica)
  }

  #claim (history: PartitionHistory, node: NodeModel, replica: ReplicaModel): void {
    if (replica.commitIndex <= replica.checkedCommit) return
    history.commits(node.name, replica.log.runs, replica.commitIndex, node.map, this.nodes, replica.checkedCommit)
    replica.checkedCommit = replica.commitIndex
  }

  #bootable (replica: ReplicaModel): void {
    const { node, partition, appliedIndex, commitIndex } = replica
    if (appliedBeyondCommit(replica)) this.#reporter.report('applied-within-commit', node, partition, `on the disk ${appliedIndex} is applied, and only ${commitIndex} committed`)
    const problem = bootProblem(replica)
    if (problem !== undefined) this.#reporter.report('bootable', node, partition, problem)
  }

  /** A replica's state is whole as of its applied index. */
  #state (history: PartitionHistory, replica: ReplicaModel): void {
    if (replica.installing || replica.isStateDamaged || replica.isRetired) return
    const { node, partition, appliedIndex, appliedTerm, stateHash, revision, keyCount, dataCount } = replica
    if (keyCount !== dataCount) this.#reporter.report('key-count', node, partition, `at applied index ${appliedIndex} it counts ${keyCount} keys and has ${dataCount}`)
    const problem = history.states.see(appliedIndex, { node, appliedTerm, hash: stateHash, revision, keyCount })
    if (problem !== undefined) this.#reporter.report('state-hash', node, partition, problem)
  }

  #lowest (partition: number, of: (replica: ReplicaModel) => number): number {
    let lowest = Infinity
    for (const node of this.nodes.values()) {
      const replica = node.replicas.get(partition)
      if (replica !== undefined) lowest = Math.min(lowest, of(replica))
    }
    return lowest
  }

  /** A disk as a new process finds it, compared with what was durable on it before. */
  restarted (before: ReplicaModel, found: ReplicaModel): void {
    this.hardState(before, found.term, found.vote, found.commitIndex, ' across a restart')
    const { committed } = this.history(found.partition)
    const old = before.log.runs
    const { runs } = found.log
    const upTo = Math.min(old.last, committed.last)
    const different = firstDifference(old, runs, Math.max(old.base, runs.base) + 1, upTo)
    const first = different >= 0 ? different : Math.max(old.base, runs.last) + 1
    if (first <= upTo && committed.termAt(first) === old.termAt(first)) {
      this.#reporter.report('committed-kept', found.node, found.partition, `entry ${first} of term ${old.termAt(first)} is committed, and a restart does not find it on the disk`)
    }
  }

  /** What a running node says of one of its replicas. @returns whether it masters the partition */
  report (node: NodeModel, replica: ReplicaModel, report: PartitionReport): boolean {
    const { partition } = replica
    const { role, term = 0, commitIndex = 0, appliedIndex = 0 } = report
    const reporter = this.#reporter
    if (term < replica.reportedTerm || term < replica.term) {
      reporter.report('term-monotonic', node.name, partition, `it reports term ${term}, and was in term ${Math.max(replica.reportedTerm, replica.term)}`)
    }
    if (commitIndex < replica.reportedCommit || commitIndex < replica.commitIndex) {
      reporter.report('commit-monotonic', node.name, partition, `it reports commit index ${commitIndex}, and had ${Math.max(replica.reportedCommit, replica.commitIndex)}`)
    }
    if (appliedIndex > commitIndex) reporter.report('applied-within-commit', node.name, partition, `it reports ${appliedIndex} as applied, and only ${commitIndex} as committed`)
    replica.reportedTerm = term
    replica.reportedCommit = commitIndex
    if (role !== 'master') return false
    const history = this.history(partition)
    const leadership = history.leads(replica, term)
    if (leadership.node === node.name) this.messages.claim(history, leadership, node, commitIndex)
    return true
  }
}

const appliedBeyondCommit = ({ installing, appliedIndex, commitIndex }: ReplicaModel): boolean => !installing && appliedIndex > commitIndex

/** Why a node would refuse such a disk at its next start (`findBootProblem` in src/replication/boot.ts). */
function bootProblem ({ term, commitIndex, appliedIndex, installing, log: { runs, gapAt } }: ReplicaModel): string | undefined {
  if (gapAt !== 0) return `the log on the disk lacks entry ${gapAt}`
  if (runs.last < commitIndex) return `${commitIndex} is committed, and the log on the disk ends at ${runs.last}`
  if (runs.base > commitIndex) return `the log begins behind ${runs.base}, and only ${commitIndex} is committed`
  if (runs.lastTerm > term) return `the log has an entry of term ${runs.lastTerm}, and the term on the disk is ${term}`
  if (!installing && appliedIndex < runs.base) return `the log begins behind ${runs.base}, and only ${appliedIndex} is applied`
  return undefined
}

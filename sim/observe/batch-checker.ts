import type { SeenConfiguration } from '../invariants/configurations.js'
import type { ClusterChecks } from '../invariants/cluster-checks.js'
import type { LogRecord } from '../invariants/durable-log.js'
import type { FactTeller } from './fact-teller.js'
import { ModelWriter } from './model-writer.js'
import type { RecordVisitor } from './record-scan.js'
import type { NodeModel } from '../invariants/node-model.js'

/** Checks what a durable batch says before it is put into its node's model. */
export class BatchChecker extends ModelWriter implements RecordVisitor {
  atUs = 0
  /** Batch numbers in the batch. */
  numbered = 0
  readonly #checks: ClusterChecks
  readonly #facts: FactTeller

  constructor (node: NodeModel, checks: ClusterChecks, facts: FactTeller) {
    super(node)
    this.#checks = checks
    this.#facts = facts
  }

  /** A batch begins. */
  begin (atUs: number, node: NodeModel): void {
    this.atUs = atUs
    this.node = node
    this.numbered = 0
    if (this.touched.length > 0) this.touched.length = 0
  }

  override batch (number: number): void {
    this.numbered++
    this.#checks.batch(this.node, number)
  }

  override hardState (partition: number, term: number, vote: number, commitIndex: number): ReturnType<ModelWriter['hardState']> {
    const replica = this.node.replica(partition)
    this.#checks.hardState(replica, term, vote, commitIndex)
    if (term !== replica.term || vote !== replica.vote) this.node.isReportUrgent = true
    return super.hardState(partition, term, vote, commitIndex)
  }

  override log (partition: number, record: LogRecord, hashes: readonly number[], configurations: readonly SeenConfiguration[]): void {
    this.#checks.entries(this.node.replica(partition), record.first, record.runs, hashes, configurations)
    super.log(partition, record, hashes, configurations)
  }

  override installing (partition: number, isInstalling: boolean): void {
    if (!isInstalling && this.node.replica(partition).installing) this.#facts.installed(this.atUs, this.node.replica(partition))
    super.installing(partition, isInstalling)
  }
}

import type { LogRecord } from '../invariants/durable-log.js'
import type { MapView, NodeModel } from '../invariants/node-model.js'
import type { SeenConfiguration } from '../invariants/configurations.js'
import { CHANGED } from '../invariants/replica-model.js'
import type { ReplicaModel } from '../invariants/replica-model.js'
import type { RecordVisitor } from './record-scan.js'

/** Puts what records say into a node's model, and remembers which replicas that changed. */
export class ModelWriter implements RecordVisitor {
  node: NodeModel
  /** Replicas with changes that nobody has settled yet. */
  readonly touched: ReplicaModel[] = []
  readonly #isLoading: boolean

  /** @param isLoading records come in the order of their keys, not of their writing */
  constructor (node: NodeModel, isLoading = false) {
    this.node = node
    this.#isLoading = isLoading
  }

  #touch (partition: number, change: number): ReplicaModel {
    const replica = this.node.replica(partition)
    if (replica.changes === 0) this.touched.push(replica)
    replica.changes |= change
    return replica
  }

  batch (number: number): void {
    this.node.batch = number
  }

  map (map: MapView): void {
    this.node.map = map
  }

  hardState (partition: number, term: number, vote: number, commitIndex: number): ReplicaModel {
    const replica = this.#touch(partition, CHANGED.hardState)
    replica.term = term
    replica.vote = vote
    replica.commitIndex = commitIndex
    return replica
  }

  log (partition: number, record: LogRecord, _hashes: readonly number[], _configurations: readonly SeenConfiguration[]): void {
    this.#touch(partition, CHANGED.log).log.put(record)
  }

  logGone (partition: number, first: number): void {
    this.#touch(partition, CHANGED.log).log.delete(first)
  }

  logStart (partition: number, index: number, term: number): void {
    const replica = this.#touch(partition, CHANGED.log)
    replica.isRetired = false
    replica.log.startAt(index, term)
    replica.hasStart = true
  }

  replicaState (partition: number, appliedIndex: number, appliedTerm: number, revision: number, keyCount: number): void {
    const replica = this.#touch(partition, CHANGED.state)
    replica.appliedIndex = appliedIndex
    replica.appliedTerm = appliedTerm
    replica.revision = revision
    replica.keyCount = keyCount
  }

  installing (partition: number, isInstalling: boolean): void {
    const replica = this.#touch(partition, CHANGED.state)
    replica.installing = isInstalling
    // what was damaged was replaced
    if (!isInstalling) replica.isStateDamaged = false
  }

  retired (partition: number, index: number): void {
    const replica = this.#touch(partition, CHANGED.hardState)
    replica.voteFloor = index
    if (this.#isLoading && replica.hasStart) return // another one was made in its place
    this.node.lostLogs.set(partition, replica.log.runs)
    replica.retire()
  }

  state (partition: number, key: number, hash: number, isData: boolean): void {
    this.#touch(partition, CHANGED.state).putRecord(key, hash, isData)
  }
}

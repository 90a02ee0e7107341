import type { DiskOperation } from '../../src/node/index.js'
import { ReplicaModel } from './replica-model.js'
import type { TermRuns } from './term-runs.js'

/** The cluster map as far as the checks need it: nodes by name. */
export interface MapView {
  readonly partitionCount: number
  partitionOf (bucket: number): number
  nameOf (member: number): string | undefined
  /** The names of a partition's replicas; empty where the map has no such partition. */
  replicas (partition: number): readonly string[]
}

/** One node of the world: what its disk durably holds, whatever process runs on it. */
export class NodeModel {
  readonly name: string
  map: MapView | undefined
  /** Number of the newest durable batch. */
  batch = 0
  readonly replicas = new Map<number, ReplicaModel>()
  /** Batches on their way to the disk. */
  readonly submitted = new Set<readonly DiskOperation[]>()
  /** Logs of a disk that was taken away since: their acknowledgements were true when they were given. */
  readonly lostLogs = new Map<number, TermRuns>()
  /** When its reports were asked for last. */
  reportsUs = -Infinity
  /** Something happened since that its reports may show. */
  isReportDue = false
  /** Something happened that its reports should show at once. */
  isReportUrgent = false

  constructor (name: string) {
    this.name = name
  }

  replica (partition: number): ReplicaModel {
    let replica = this.replicas.get(partition)
    if (replica === undefined) {
      replica = new ReplicaModel(this.name, partition)
      this.replicas.set(partition, replica)
    }
    return replica
  }
}

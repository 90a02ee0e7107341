import { ReplicaModel } from './replica-model.js'
import type { TermRuns } from './term-runs.js'

/** The cluster map as far as the checks need it: nodes by name. */
export interface MapView {
  readonly partitionCount: number
  partitionOf (bucket: number): number
  nameOf (member: number): string | undefined
  readonly members: ReadonlyMap<number, string>
  /** The voters that a partition's group was born with, by member id. */
  initial (partition: number): readonly number[]
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
  /** Logs of a disk that was taken away since: their acknowledgements were true when they were given. */
  readonly lostLogs = new Map<number, TermRuns>()
  /** When its reports were asked for last. */
  reportsUs = -Infinity
  /** Something happened since that its reports may show. */
  isReportDue = false
  /** Something happened that its reports should show at once. */
  isReportUrgent = false
  #newest: ReplicaModel | undefined

  constructor (name: string) {
    this.name = name
  }

  /** What is asked for is nearly always what was asked for last. */
  replica (partition: number): ReplicaModel {
    if (this.#newest?.partition === partition) return this.#newest
    let replica = this.replicas.get(partition)
    if (replica === undefined) {
      replica = new ReplicaModel(this.name, partition)
      this.replicas.set(partition, replica)
    }
    this.#newest = replica
    return replica
  }

  /** Takes a replica over from an earlier model of the same disk. */
  adopt (replica: ReplicaModel): void {
    this.replicas.set(replica.partition, replica)
    this.#newest = undefined
  }

  drop (partition: number): void {
    this.replicas.delete(partition)
    this.#newest = undefined
  }
}

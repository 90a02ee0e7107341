import { DecodeError, toRevision } from '../base/index.js'
import type { Logger, PartitionId, Revision } from '../base/index.js'
import { SYSTEM_PARTITION } from '../base/index.js'
import { applyMapCommand } from '../coordinator/index.js'
import { encodeReplicaState, openRecord, replicaStateKey, sealRecord, systemMapKey, systemMapRange } from '../layout/index.js'
import { decodeClusterMap, decodeMapCommand, encodeClusterMap } from '../../protocols/cluster/index.js'
import type { ClusterMap, MapCommand } from '../../protocols/cluster/index.js'
import type { LogEntry } from '../../protocols/replication/index.js'
import type { GroupCommit } from './group-commit.js'
import type { AppliedPosition, Machine } from './machine.js'
import type { KeyRange } from './ports.js'

/** The state machine of the system partition: the cluster map, changed by one command after another. */
export class MapMachine implements Machine {
  readonly partition: PartitionId = SYSTEM_PARTITION
  readonly ranges: readonly KeyRange[]
  readonly keyCount = 0
  readonly #commit: GroupCommit
  readonly #log: Logger
  readonly #changed: (map: ClusterMap) => void
  #map: ClusterMap
  #installed: ClusterMap | undefined

  /** @param changed told of every new map as soon as it is applied */
  constructor (commit: GroupCommit, log: Logger, map: ClusterMap, changed: (map: ClusterMap) => void) {
    this.#commit = commit
    this.#log = log
    this.#map = map
    this.#changed = changed
    this.ranges = [systemMapRange()]
  }

  get revision (): Revision {
    return toRevision(this.#map.epoch)
  }

  /** The map as of the applied position. */
  get map (): ClusterMap {
    return this.#map
  }

  apply (entry: LogEntry): void {
    if (entry.kind !== 'map') return
    let command: MapCommand
    try {
      command = decodeMapCommand(entry.payload)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#log.error('skipped a change of the cluster map that cannot be decoded', { index: entry.index, reason: error.message })
      return
    }
    const { map, outcome } = applyMapCommand(this.#map, command)
    if (outcome !== 'changed') return
    this.#map = map
    this.#changed(map)
  }

  store (applied: AppliedPosition): void {
    const mapKey = systemMapKey()
    this.#commit.put(mapKey, sealRecord(mapKey, encodeClusterMap(this.#map)))
    this.#commit.put(replicaStateKey(this.partition), encodeReplicaState(this.partition, {
      appliedIndex: applied.index, appliedTerm: applied.term, revision: this.revision, keyCount: 0
    }))
  }

  beginInstall (): void {
    this.#installed = undefined
  }

  installRecord (key: Uint8Array, value: Uint8Array): void {
    this.#installed = decodeClusterMap(openRecord(key, value))
  }

  finishInstall (): void {
    if (this.#installed === undefined) throw new DecodeError('a snapshot of the system partition carries no map')
    this.#map = this.#installed
    this.#installed = undefined
    this.#changed(this.#map)
  }
}

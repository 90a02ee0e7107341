import { BUCKET_COUNT, DecodeError, toBucket } from '../../src/base/index.js'
import { dataRange, isDataKey, mapKey, metaRange, openRecord, type KeyRange } from '../../src/layout/index.js'
import type { DiskEntry } from '../../src/node/index.js'
import { NodeModel } from '../invariants/node-model.js'
import { ModelWriter } from './model-writer.js'
import { placeOf, scanRecord } from './record-scan.js'
import { hashBytes } from './record-hash.js'

const dataOfAll = dataRange(toBucket(0), toBucket(BUCKET_COUNT - 1))

/**
 * What a disk holds, as a process that starts on it finds it. A damaged record is the disk's fault and no broken promise
 * of the node's: what it belongs to stays as it was last known, if it was.
 */
export function loadDisk (name: string, entries: (range: KeyRange) => DiskEntry[], before: NodeModel | undefined): NodeModel {
  const node = new NodeModel(name)
  const writer = new ModelWriter(node, true)
  const damaged = new Set<number>()
  const load = ({ key, value }: DiskEntry): void => {
    try {
      openRecord(key, value)
      scanRecord(key, value, node.map, writer)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      noteDamage(node, key, damaged, before)
    }
  }
  node.batch = before?.batch ?? 0
  node.map = before?.map
  const meta = entries(metaRange())
  const map = meta.find(({ key }) => Buffer.compare(key, mapKey()) === 0)
  if (map !== undefined) load(map)
  for (const entry of meta) load(entry)
  for (const entry of entries(dataOfAll)) load(entry)
  for (const replica of node.replicas.values()) {
    replica.log.settle()
    replica.changes = 0
  }
  for (const partition of damaged) {
    const known = before?.replicas.get(partition)
    if (known === undefined) node.drop(partition)
    else node.adopt(known)
  }
  return node
}

function noteDamage (node: NodeModel, key: Uint8Array, damaged: Set<number>, before: NodeModel | undefined): void {
  const place = placeOf(key, node.map)
  if (place === undefined) return
  const { partition, isState } = place
  if (!isState) {
    damaged.add(partition)
    return
  }
  const keyHash = hashBytes(key)
  const known = before?.replicas.get(partition)?.records.get(keyHash)
  const replica = node.replica(partition)
  if (known === undefined) replica.isStateDamaged = true
  else replica.putRecord(keyHash, known, isDataKey(key))
}

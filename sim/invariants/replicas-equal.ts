import type { PartitionId } from '../../src/base/index.js'
import { DecodeError, SYSTEM_PARTITION } from '../../src/base/index.js'
import {
  dataRange, decodeReplicaState, describeKey, installingKey, replicaStateKey, sessionRange, systemMapRange, type KeyRange
} from '../../src/layout/index.js'
import type { DiskEntry } from '../../src/node/index.js'
import { bucketRange } from '../../src/placement/index.js'
import type { MapView } from './node-model.js'

/** Reads a range of a durable disk. */
export type ReadDisk = (range: KeyRange) => DiskEntry[]

/** How one replica differs from another at the end of a run. */
export interface ReplicaDifference {
  readonly partition: number
  readonly node: string
  readonly text: string
}

/**
 * Compares the durable states of all replicas byte by byte: for the end of a run, when everything is flushed and nobody
 * is behind. The first difference of each pair is told.
 * @param disks of the nodes to compare; replicas on others are left out
 */
export function compareReplicas (map: MapView, disks: ReadonlyMap<string, ReadDisk>): ReplicaDifference[] {
  const differences: ReplicaDifference[] = []
  for (let number = 0; number <= map.partitionCount; number++) {
    const partition = number === map.partitionCount ? SYSTEM_PARTITION : number as PartitionId
    const ranges = partition === SYSTEM_PARTITION
      ? [systemMapRange()]
      : [dataRange(bucketRange(partition, map.partitionCount).first, bucketRange(partition, map.partitionCount).last), sessionRange(partition)]
    let first: { readonly node: string, readonly position: string, readonly entries: readonly DiskEntry[] } | undefined
    for (const node of map.replicas(partition)) {
      const read = disks.get(node)
      if (read === undefined) continue
      if (read(single(installingKey(partition))).length > 0) {
        differences.push({ partition, node, text: 'a snapshot is still being installed' })
        continue
      }
      const position = positionOf(partition, read(single(replicaStateKey(partition)))[0]?.value)
      const entries = ranges.flatMap((range) => read(range))
      if (first === undefined) {
        first = { node, position, entries }
        continue
      }
      const text = position === first.position ? difference(first.entries, entries) : `it stands at ${position} and not at ${first.position}`
      if (text !== undefined) differences.push({ partition, node, text: `compared with ${first.node}, ${text}` })
    }
  }
  return differences
}

const single = (key: Buffer): KeyRange => ({ from: key, to: Buffer.concat([key, Buffer.of(0)]) })

function positionOf (partition: PartitionId, record: Uint8Array | undefined): string {
  if (record === undefined) return 'the very beginning'
  try {
    const { appliedIndex, appliedTerm, revision, keyCount } = decodeReplicaState(partition, record)
    return `applied index ${appliedIndex} of term ${appliedTerm} with revision ${revision} and ${keyCount} keys`
  } catch (error) {
    if (error instanceof DecodeError) return `nothing readable (${error.message})`
    throw error
  }
}

function difference (left: readonly DiskEntry[], right: readonly DiskEntry[]): string | undefined {
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const one = left[at]
    const other = right[at]
    if (one === undefined) return other === undefined ? undefined : `${describeKey(other.key)} is additional`
    if (other === undefined) return `${describeKey(one.key)} is missing`
    const order = Buffer.compare(one.key, other.key)
    if (order !== 0) return `${describeKey(order < 0 ? one.key : other.key)} is ${order < 0 ? 'missing' : 'additional'}`
    if (Buffer.compare(one.value, other.value) !== 0) return `${describeKey(one.key)} differs`
  }
  return undefined
}

import { BUCKET_COUNT, SYSTEM_PARTITION, toBucket } from '../../src/base/index.js'
import { partitionOf } from '../../src/placement/index.js'
import type { ClusterMap } from '../../protocols/cluster/index.js'
import type { MapView } from '../invariants/node-model.js'

const nobody: readonly string[] = []

/** A cluster map with names in place of member ids. */
export function viewMap (map: ClusterMap): MapView {
  const names = new Map<number, string>()
  for (const { id, name } of map.members) names.set(id, name)
  const namesOf = (members: readonly number[]): string[] => members.flatMap((id) => names.get(id) ?? [])
  const replicas = map.partitions.map((partition) => namesOf(partition.replicas))
  const systemVoters = namesOf(map.systemVoters)
  const byBucket = Array.from({ length: BUCKET_COUNT }, (_, bucket) => partitionOf(toBucket(bucket), replicas.length))
  return {
    partitionCount: replicas.length,
    partitionOf: (bucket) => byBucket[bucket] ?? 0,
    nameOf: (member) => names.get(member),
    members: names,
    initial: (partition) => partition === SYSTEM_PARTITION ? map.systemInitial : map.partitions[partition]?.initial ?? [],
    replicas: (partition) => partition === SYSTEM_PARTITION ? systemVoters : replicas[partition] ?? nobody
  }
}

import type { ClusterConfig } from './parse.js'

/**
 * The `cluster` section as one canonical text: equal where two files ask for the same cluster, whatever their comments,
 * order of keys, or defaults left out. The order of groups and of nodes counts, for it decides which group a partition
 * goes to and which port a node has. The secret is no part of it.
 */
export function clusterSignature ({ clusterName, partitions, groups, replicas }: ClusterConfig): string {
  return JSON.stringify({
    name: clusterName,
    nodes: partitions,
    replicas,
    master_slaves: groups?.map(({ master, slaves }) => ({ master, slaves })) ?? null
  })
}

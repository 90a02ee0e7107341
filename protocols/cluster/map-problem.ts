import type { MemberId } from '../../src/base/index.js'
import {
  CLUSTER_NAME_SIZE_BYTES_MAX, MAP_MEMBER_COUNT_MAX, MAP_PARTITION_COUNT_MAX, PARTITION_REPLICA_COUNT_MAX,
  SYSTEM_VOTER_COUNT_MAX
} from './limits.js'
import type { ClusterMap, MapMember } from './messages.js'

/**
 * The first rule of every cluster map that this one breaks, as a sentence; undefined where it keeps them all: an epoch
 * of at least 1; at most 512 members with different ids, names and peers; 1 to 5 voters of the system partition; a
 * power of two of partitions with 1 to 7 replicas each; voters and replicas are different members; those that groups were
 * born with are different ids that were given once; 0 to 7 replicas are wished.
 */
export function clusterMapProblem (map: ClusterMap): string | undefined {
  const { members, memberIdMax, systemVoters, systemInitial, replicaCount, partitions } = map
  if (map.epoch < 1) return 'the epoch of a cluster map is at least 1'
  if (Buffer.byteLength(map.clusterName) > CLUSTER_NAME_SIZE_BYTES_MAX) return 'the name of the cluster is too long'
  if (members.length > MAP_MEMBER_COUNT_MAX) return 'the cluster map has too many members'
  const count = partitions.length
  if (count < 1 || count > MAP_PARTITION_COUNT_MAX || (count & (count - 1)) !== 0) return `${count} partitions are no power of two up to 1024`
  const ids = new Set<MemberId>()
  const problem = membersProblem(members, ids) ?? groupProblem(systemVoters, ids, SYSTEM_VOTER_COUNT_MAX, 'the system partition')
    ?? bornProblem(systemInitial, memberIdMax, SYSTEM_VOTER_COUNT_MAX, 'the system partition')
  if (problem !== undefined) return problem
  for (const id of ids) if (id > memberIdMax) return `member ${id} is above the greatest id ever given, ${memberIdMax}`
  if (replicaCount > PARTITION_REPLICA_COUNT_MAX) return `${replicaCount} replicas are wished`
  for (const [partition, { replicas, initial }] of partitions.entries()) {
    const whose = `partition ${partition}`
    const problem = groupProblem(replicas, ids, PARTITION_REPLICA_COUNT_MAX, whose)
      ?? bornProblem(initial, memberIdMax, PARTITION_REPLICA_COUNT_MAX, whose)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Those a group was born with may have left since. */
function bornProblem (initial: readonly MemberId[], memberIdMax: MemberId, countMax: number, whose: string): string | undefined {
  if (initial.length < 1 || initial.length > countMax) return `${whose} was born with ${initial.length} voters`
  if (initial.some((id) => id > memberIdMax)) return `${whose} was born with a voter that was never a member`
  if (new Set(initial).size < initial.length) return `${whose} was born with a voter twice`
  return undefined
}

/** Fills `ids`. */
function membersProblem (members: readonly MapMember[], ids: Set<MemberId>): string | undefined {
  const names = new Set<string>()
  const peers = new Set<string>()
  for (const { id, name, peer } of members) {
    if (ids.has(id)) return `two members have the id ${id}`
    if (names.has(name)) return `two members have the name ${name}`
    if (peer !== undefined && peers.has(peer)) return `two members are the peer ${peer}`
    ids.add(id)
    names.add(name)
    if (peer !== undefined) peers.add(peer)
  }
  return undefined
}

function groupProblem (replicas: readonly MemberId[], ids: ReadonlySet<MemberId>, countMax: number, whose: string): string | undefined {
  if (replicas.length < 1 || replicas.length > countMax) return `${whose} has ${replicas.length} replicas`
  for (const [place, replica] of replicas.entries()) {
    if (!ids.has(replica)) return `${whose} has a replica on member ${replica}, which the map does not know`
    if (replicas.indexOf(replica) !== place) return `${whose} has two replicas on member ${replica}`
  }
  return undefined
}

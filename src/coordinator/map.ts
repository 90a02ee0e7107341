import { assert, toEpoch, toMemberId, type ClusterId, type MemberId, type NodeName, type PeerId } from '../base/index.js'
import { SYSTEM_VOTER_COUNT_MAX, clusterMapProblem, type ClusterMap, type MapMember, type MapPartition } from '../../protocols/cluster/index.js'

/** What a new cluster's first map is made of. */
export interface FoundingPlan {
  readonly clusterId: ClusterId
  readonly clusterName: string
  /** All named nodes in the order of the configuration, at least one; the first is the founder. */
  readonly names: readonly NodeName[]
  /** The peers that came forward under their names so far, the founder among them. */
  readonly bound: ReadonlyMap<NodeName, PeerId>
  /** A power of two. */
  readonly partitionCount: number
  /**
   * One list per partition of positions in `names`, the preferred master first (the placement room's). Undefined: the
   * configuration places nothing, and the founder alone holds every partition until others join.
   */
  readonly replicaSets: ReadonlyArray<readonly number[]> | undefined
  /** Replicas of each partition that the coordinator sees to; without effect where `replicaSets` places them. */
  readonly replicaCount: number
}

/**
 * The first map, epoch 1: members numbered from 1 by order of appearance. The configuration has been checked against the
 * limits of protocols/cluster: a plan beyond them is a bug.
 */
export function foundMap (plan: FoundingPlan): ClusterMap {
  const { names, bound, replicaSets, replicaCount, partitionCount } = plan
  assert([...bound.keys()].every((name) => names.includes(name)), 'a peer is bound to a name that is not in the configuration')
  assert(replicaSets === undefined || replicaSets.length === partitionCount, 'there must be one replica set per partition')
  const members = names.map((name, position): MapMember => ({ id: memberIdAt(position), name, peer: bound.get(name), leaving: false }))
  const partitions = Array.from({ length: partitionCount }, (_, partition): MapPartition => {
    const positions = replicaSets === undefined ? [0] : replicaSets[partition] as readonly number[]
    assert(positions.length > 0 && positions.every((position) => position < names.length), `the replicas of partition ${partition} are not all members`)
    const replicas = positions.map(memberIdAt)
    return { replicas, initial: replicas }
  })
  const systemVoters = chooseSystemVoters(members)
  const map: ClusterMap = {
    clusterId: plan.clusterId,
    clusterName: plan.clusterName,
    epoch: toEpoch(1),
    members,
    memberIdMax: memberIdAt(names.length - 1),
    systemVoters,
    systemInitial: systemVoters,
    replicaCount: replicaSets === undefined ? replicaCount : 0,
    partitions
  }
  const problem = clusterMapProblem(map)
  assert(problem === undefined, `the first map would be refused by every other node: ${problem}`)
  return map
}

const memberIdAt = (position: number): MemberId => toMemberId(position + 1)

/**
 * The first voters of the system partition: the largest odd number of members, up to five; an even number would
 * need one vote more and outlive no crash more. Bound members first, so that a quorum can vote at once.
 */
function chooseSystemVoters (members: readonly MapMember[]): MemberId[] {
  const available = Math.min(SYSTEM_VOTER_COUNT_MAX, members.length)
  const count = available % 2 === 1 ? available : available - 1
  const bound = members.filter((member) => member.peer !== undefined)
  const unbound = members.filter((member) => member.peer === undefined)
  return [...bound, ...unbound].slice(0, count).map((member) => member.id)
}

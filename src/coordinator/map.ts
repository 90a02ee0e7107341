import { assert, toEpoch, toMemberId, type ClusterId, type MemberId, type NodeName, type PartitionId, type PeerId } from '../base/index.js'
import {
  MAP_MEMBER_COUNT_MAX, SYSTEM_VOTER_COUNT_MAX, clusterMapProblem, type ClusterMap, type MapCommand, type MapMember, type MapPartition,
  type RefusalCode
} from '../../protocols/cluster/index.js'
import { memberByName, memberByPeer } from './lookup.js'


const MEMBER_ID_MAX = 0xffffffff

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
   * configuration places nothing, and the founder alone holds every partition.
   */
  readonly replicaSets: ReadonlyArray<readonly number[]> | undefined
}

/**
 * The first map, epoch 1: members numbered from 1 by order of appearance. The configuration has been checked against the
 * limits of protocols/cluster: a plan beyond them is a bug.
 */
export function foundMap (plan: FoundingPlan): ClusterMap {
  const { names, bound, replicaSets, partitionCount } = plan
  assert([...bound.keys()].every((name) => names.includes(name)), 'a peer is bound to a name that is not in the configuration')
  assert(replicaSets === undefined || replicaSets.length === partitionCount, 'there must be one replica set per partition')
  const members = names.map((name, position): MapMember => ({ id: memberIdAt(position), name, peer: bound.get(name) }))
  const partitions = Array.from({ length: partitionCount }, (_, partition): MapPartition => {
    const positions = replicaSets === undefined ? [0] : replicaSets[partition] as readonly number[]
    assert(positions.length > 0 && positions.every((position) => position < names.length), `the replicas of partition ${partition} are not all members`)
    return { replicas: positions.map(memberIdAt) }
  })
  const map = {
    clusterId: plan.clusterId,
    clusterName: plan.clusterName,
    epoch: toEpoch(1),
    members,
    systemVoters: chooseSystemVoters(members),
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

/** What a command did to the map. */
export type MapOutcome =
  | 'changed'
  /** It holds already: the command was repeated. */
  | 'unchanged'
  | { readonly refused: RefusalCode, readonly reason: string }

export interface MapStep {
  /** The next epoch's where it changed, else the same object. */
  readonly map: ClusterMap
  readonly outcome: MapOutcome
}

/** Applies one committed entry of the system partition. Never throws for what a command says: any member may send one. */
export function applyMapCommand (map: ClusterMap, command: MapCommand): MapStep {
  switch (command.kind) {
    case 'bind': return applyBind(map, command.name, command.peer)
    case 'admit': return applyAdmit(map, command.name, command.peer)
  }
}

function applyBind (map: ClusterMap, name: NodeName, peer: PeerId): MapStep {
  const member = memberByName(map, name)
  if (member === undefined) return refuse(map, 'configuration_differs', `the cluster has no member named ${name}`)
  if (member.peer === peer) return { map, outcome: 'unchanged' }
  if (member.peer !== undefined) return refuse(map, 'name_taken', `${name} is the name of peer ${member.peer}`)
  const other = memberByPeer(map, peer)
  if (other !== undefined) return refuse(map, 'name_taken', `peer ${peer} is member ${other.name} already`)
  return changed(map, map.members.map((each) => each === member ? { ...member, peer } : each))
}

function applyAdmit (map: ClusterMap, name: NodeName, peer: PeerId): MapStep {
  if (memberByName(map, name) !== undefined) return applyBind(map, name, peer)
  const other = memberByPeer(map, peer)
  if (other !== undefined) return refuse(map, 'name_taken', `peer ${peer} is member ${other.name} already`)
  if (map.members.length >= MAP_MEMBER_COUNT_MAX) return refuse(map, 'cluster_full', `the cluster has ${MAP_MEMBER_COUNT_MAX} members, the most it can have`)
  const id = Math.max(...map.members.map((member) => member.id)) + 1
  if (id > MEMBER_ID_MAX) return refuse(map, 'cluster_full', 'the cluster has given every member id there is')
  return changed(map, [...map.members, { id: toMemberId(id), name, peer }])
}

function changed (map: ClusterMap, members: readonly MapMember[]): MapStep {
  return { map: { ...map, epoch: toEpoch(map.epoch + 1), members }, outcome: 'changed' }
}

function refuse (map: ClusterMap, refused: RefusalCode, reason: string): MapStep {
  return { map, outcome: { refused, reason } }
}

/** Whether a member holds a replica of a partition, by the map: wish and cache, the partition's own log decides. */
export function isReplica (map: ClusterMap, partition: PartitionId, member: MemberId): boolean {
  return map.partitions[partition]?.replicas.includes(member) ?? false
}

export const isSystemVoter = (map: ClusterMap, member: MemberId): boolean => map.systemVoters.includes(member)

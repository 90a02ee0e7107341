import { SYSTEM_PARTITION, toEpoch, toMemberId, type MemberId, type NodeName, type PartitionId, type PeerId } from '../base/index.js'
import {
  MAP_MEMBER_COUNT_MAX, clusterMapProblem, type ClusterMap, type MapCommand, type MapMember, type RefusalCode
} from '../../protocols/cluster/index.js'
import { memberById, memberByName, memberByPeer } from './lookup.js'

const MEMBER_ID_MAX = 0xffffffff

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
    case 'place': return applyPlace(map, command.partition, command.from, command.to)
    case 'leave': return applyLeave(map, command.member)
    case 'stay': return applyStay(map, command.member)
    case 'remove': return applyRemove(map, command.member)
  }
}

function applyBind (map: ClusterMap, name: NodeName, peer: PeerId): MapStep {
  const member = memberByName(map, name)
  if (member === undefined) return refuse(map, 'configuration_differs', `the cluster has no member named ${name}`)
  if (member.peer === peer) return { map, outcome: 'unchanged' }
  if (member.peer !== undefined) return refuse(map, 'name_taken', `${name} is the name of peer ${member.peer}`)
  const other = memberByPeer(map, peer)
  if (other !== undefined) return refuse(map, 'name_taken', `peer ${peer} is member ${other.name} already`)
  return changed(map, { members: map.members.map((each) => each === member ? { ...member, peer } : each) })
}

function applyAdmit (map: ClusterMap, name: NodeName, peer: PeerId): MapStep {
  if (memberByName(map, name) !== undefined) return applyBind(map, name, peer)
  const other = memberByPeer(map, peer)
  if (other !== undefined) return refuse(map, 'name_taken', `peer ${peer} is member ${other.name} already`)
  if (map.members.length >= MAP_MEMBER_COUNT_MAX) return refuse(map, 'cluster_full', `the cluster has ${MAP_MEMBER_COUNT_MAX} members, the most it can have`)
  const id = map.memberIdMax + 1
  if (id > MEMBER_ID_MAX) return refuse(map, 'cluster_full', 'the cluster has given every member id there is')
  return changed(map, { members: [...map.members, { id: toMemberId(id), name, peer, leaving: false }], memberIdMax: toMemberId(id) })
}

function applyPlace (map: ClusterMap, partition: PartitionId, from: readonly MemberId[], to: readonly MemberId[]): MapStep {
  const present = partition === SYSTEM_PARTITION ? map.systemVoters : map.partitions[partition]?.replicas
  if (present === undefined) return refuse(map, 'outdated', `there is no partition ${partition}`)
  if (isSame(present, to)) return { map, outcome: 'unchanged' }
  if (!isSame(present, from)) return refuse(map, 'outdated', `the replicas of partition ${partition} are wished elsewhere by now`)
  const absent = to.find((id) => !present.includes(id) && (memberById(map, id)?.peer === undefined || memberById(map, id)?.leaving === true))
  if (absent !== undefined) return refuse(map, 'placement_impossible', `member ${absent} is not there or is leaving`)
  const step = partition === SYSTEM_PARTITION
    ? changed(map, { systemVoters: [...to] })
    : changed(map, { partitions: map.partitions.map((each, number) => number === partition ? { ...each, replicas: [...to] } : each) })
  const problem = clusterMapProblem(step.map)
  return problem === undefined ? step : refuse(map, 'placement_impossible', problem)
}

function applyLeave (map: ClusterMap, id: MemberId): MapStep {
  const member = memberById(map, id)
  if (member === undefined) return refuse(map, 'unknown_member', `the cluster has no member ${id}`)
  if (member.leaving) return { map, outcome: 'unchanged' }
  const staying = stayingMembers(map).filter((each) => each !== member)
  if (staying.length === 0) return refuse(map, 'placement_impossible', `${member.name} is the last member: stop it instead`)
  if (map.replicaCount === 0 && map.partitions.some(({ replicas }) => replicas.includes(id))) {
    return refuse(map, 'placement_impossible', `the configuration places replicas on ${member.name}: only what the coordinator places can be moved`)
  }
  if (staying.length < map.replicaCount && staying.length + 1 >= map.replicaCount) {
    return refuse(map, 'placement_impossible', `${map.replicaCount} replicas of every partition are wished, and without ${member.name} there would be ${staying.length} members to hold them: let another node join first`)
  }
  return changed(map, { members: map.members.map((each) => each === member ? { ...member, leaving: true } : each) })
}

function applyStay (map: ClusterMap, id: MemberId): MapStep {
  const member = memberById(map, id)
  if (member === undefined) return refuse(map, 'unknown_member', `the cluster has no member ${id}`)
  if (!member.leaving) return { map, outcome: 'unchanged' }
  return changed(map, { members: map.members.map((each) => each === member ? { ...member, leaving: false } : each) })
}

function applyRemove (map: ClusterMap, id: MemberId): MapStep {
  const member = memberById(map, id)
  if (member === undefined) return { map, outcome: 'unchanged' }
  if (!member.leaving) return refuse(map, 'outdated', `${member.name} is not leaving`)
  if (isSystemVoter(map, id) || map.partitions.some(({ replicas }) => replicas.includes(id))) {
    return refuse(map, 'outdated', `replicas are wished on ${member.name}`)
  }
  return changed(map, { members: map.members.filter((each) => each !== member) })
}

/** Members that may be given replicas: bound to a peer, and not leaving. */
export const stayingMembers = (map: ClusterMap): MapMember[] => map.members.filter(({ peer, leaving }) => peer !== undefined && !leaving)

const isSame = (a: readonly MemberId[], b: readonly MemberId[]): boolean => a.length === b.length && a.every((id, place) => id === b[place])

function changed (map: ClusterMap, change: Partial<ClusterMap>): MapStep {
  return { map: { ...map, ...change, epoch: toEpoch(map.epoch + 1) }, outcome: 'changed' }
}

function refuse (map: ClusterMap, refused: RefusalCode, reason: string): MapStep {
  return { map, outcome: { refused, reason } }
}

/** Whether a member holds a replica of a partition, by the map: wish and cache, the partition's own log decides. */
export function isReplica (map: ClusterMap, partition: PartitionId, member: MemberId): boolean {
  return map.partitions[partition]?.replicas.includes(member) ?? false
}

export const isSystemVoter = (map: ClusterMap, member: MemberId): boolean => map.systemVoters.includes(member)

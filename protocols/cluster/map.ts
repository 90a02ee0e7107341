import { assert, DecodeError, Reader, Writer } from '../../src/base/index.js'
import type { ClusterId, MemberId, NodeName, PeerId } from '../../src/base/index.js'
import { epochFrom, fieldSet, memberFrom, once, readClusterId, readNodeName, readPeerId, requireFields } from '../fields.js'
import {
  CLUSTER_NAME_SIZE_BYTES_MAX, MAP_MEMBER_COUNT_MAX, MAP_PARTITION_COUNT_MAX, PARTITION_REPLICA_COUNT_MAX,
  SYSTEM_VOTER_COUNT_MAX
} from './limits.js'
import { clusterMapProblem } from './map-problem.js'
import type { ClusterMap, MapMember, MapPartition } from './messages.js'

/** Bytes that a map takes at most. */
export function mapSizeGuess (map: ClusterMap): number {
  let size = 420 + (map.systemVoters.length + map.systemInitial.length) * 5
  for (const member of map.members) size += 18 + member.name.length + (member.peer === undefined ? 0 : member.peer.length)
  for (const partition of map.partitions) size += 6 + (partition.replicas.length + partition.initial.length) * 5
  return size
}

/** A packed list of members. */
export function writeMembers (writer: Writer, field: number, members: readonly MemberId[]): void {
  const mark = writer.begin(field)
  for (const member of members) writer.varint(member)
  writer.end(mark)
}

/** @throws {DecodeError} where there are more than `countMax` */
export function readMembers (reader: Reader, countMax: number): MemberId[] {
  const members: MemberId[] = []
  while (reader.remaining > 0) {
    if (members.length === countMax) throw new DecodeError(`more than ${countMax} replicas or voters`)
    members.push(memberFrom(reader.varint()))
  }
  return members
}

/** Writes the fields of `ClusterMap`. A map of ours that breaks a rule of the map is a bug. */
export function writeMap (writer: Writer, map: ClusterMap): void {
  const problem = clusterMapProblem(map)
  assert(problem === undefined, problem ?? '')
  writer.string(1, map.clusterId).string(2, map.clusterName).uint(3, map.epoch)
  for (const member of map.members) {
    const mark = writer.begin(4)
    writer.uint(1, member.id).string(2, member.name)
    if (member.peer !== undefined) writer.string(3, member.peer)
    if (member.leaving) writer.bool(4, true)
    writer.end(mark)
  }
  writeMembers(writer, 5, map.systemVoters)
  for (const partition of map.partitions) {
    const mark = writer.begin(6)
    writeMembers(writer, 1, partition.replicas)
    writeMembers(writer, 2, partition.initial)
    writer.end(mark)
  }
  writer.uint(7, map.replicaCount)
  writeMembers(writer, 8, map.systemInitial)
  writer.uint(9, map.memberIdMax)
}

const MAP_REQUIRED = fieldSet(1, 2, 3, 5)

/** @throws {DecodeError} also where the map breaks a rule of `clusterMapProblem` */
export function readMap (reader: Reader): ClusterMap {
  const members: MapMember[] = []
  const partitions: MapPartition[] = []
  let seen = 0
  let clusterId: ClusterId | undefined
  let clusterName = ''
  let epoch = 0
  let systemVoters: MemberId[] = []
  let systemInitial: MemberId[] | undefined
  let replicaCount = 0
  let memberIdMax = 0
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0: {
        requireFields('cluster map', seen, MAP_REQUIRED)
        if (clusterId === undefined) throw new DecodeError('cluster map without a cluster id')
        const map: ClusterMap = {
          clusterId, clusterName, epoch: epochFrom(epoch), members, memberIdMax: memberFrom(memberIdMax > 0 ? memberIdMax : Math.max(1, ...members.map(({ id }) => id))),
          systemVoters, systemInitial: systemInitial ?? systemVoters, replicaCount, partitions
        }
        const problem = clusterMapProblem(map)
        if (problem !== undefined) throw new DecodeError(problem)
        return map
      }
      case 1: clusterId = readClusterId(reader); break
      case 2: clusterName = reader.string(CLUSTER_NAME_SIZE_BYTES_MAX); break
      case 3: epoch = reader.uint(); break
      case 4:
        if (members.length === MAP_MEMBER_COUNT_MAX) throw new DecodeError('too many members in a cluster map')
        members.push(readMember(reader.message()))
        continue
      case 5: systemVoters = readMembers(reader.message(), SYSTEM_VOTER_COUNT_MAX); break
      case 6:
        if (partitions.length === MAP_PARTITION_COUNT_MAX) throw new DecodeError('too many partitions in a cluster map')
        partitions.push(readPartition(reader.message()))
        continue
      case 7: replicaCount = reader.uint(); break
      case 8: systemInitial = readMembers(reader.message(), SYSTEM_VOTER_COUNT_MAX); break
      case 9: memberIdMax = reader.uint(); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

const MEMBER_REQUIRED = fieldSet(1, 2)

function readMember (reader: Reader): MapMember {
  let seen = 0
  let id = 0
  let name: NodeName | undefined
  let peer: PeerId | undefined
  let leaving = false
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('map member', seen, MEMBER_REQUIRED)
        if (name === undefined) throw new DecodeError('map member without a name')
        return { id: memberFrom(id), name, peer, leaving }
      case 1: id = reader.uint(); break
      case 2: name = readNodeName(reader); break
      case 3: peer = readPeerId(reader); break
      case 4: leaving = reader.bool(); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

function readPartition (reader: Reader): MapPartition {
  let seen = 0
  let replicas: MemberId[] = []
  let initial: MemberId[] | undefined
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    switch (field) {
      case 1: replicas = readMembers(reader.message(), PARTITION_REPLICA_COUNT_MAX); break
      case 2: initial = readMembers(reader.message(), PARTITION_REPLICA_COUNT_MAX); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
  return { replicas, initial: initial ?? replicas }
}

/** The map as a record of its own, for the disk. */
export function encodeClusterMap (map: ClusterMap): Buffer {
  const writer = new Writer(mapSizeGuess(map))
  writeMap(writer, map)
  return writer.finish()
}

/** @throws {DecodeError} */
export const decodeClusterMap = (record: Uint8Array): ClusterMap => readMap(new Reader(record))

import {
  SYSTEM_PARTITION, toBatchNumber, toClusterId, toEpoch, toGeneration, toIncarnation, toLogIndex, toMemberId, toNodeName,
  toPartitionId, toPeerId, toRevision, toTerm
} from '../../src/base/index.js'
import type { Multiaddr } from '../../src/base/index.js'
import type {
  ClusterMap, ClusterMessage, KvMessage, KvRequestMessage, KvResponseMessage, LogEntry, MapCommand, MemberRecord,
  MembershipMessage, MemberVersion, OriginCommands, ReplicationMessage, SnapshotFrame
} from '../../protocols/index.js'

/** One message of every kind, with numbers that differ from each other so that swapped fields show. */

export const peerA = toPeerId('12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf')
export const peerB = toPeerId('12D3KooWQmK3pG1q7QfXgzUYNHSMvh4uLKQ4rhAcJnyY9oXwQJaZ')
export const clusterId = toClusterId('00112233445566778899aabbccddeeff')
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
/** Base has no constructor for multiaddrs. */
const multiaddr = (text: string): Multiaddr => text as Multiaddr

export const record: MemberRecord = {
  peer: peerA, name: toNodeName('node1'), generation: toGeneration(3), incarnation: toIncarnation(4), health: 'suspect',
  multiaddrs: [multiaddr('/ip4/127.0.0.1/tcp/9080'), multiaddr('/dns4/a.example/tcp/9081')], http: 'http://127.0.0.1:8080',
  signature: new Uint8Array(64).map((_, place) => place + 1)
}

/** The messages of one kind. */
type Of<Message extends { readonly kind: string }, Kind extends Message['kind']> = Extract<Message, { readonly kind: Kind }>

const probe = { sequence: 200, epoch: toEpoch(5), durableBatch: toBatchNumber(70_000) }
export const ping: Of<MembershipMessage, 'ping'> = { kind: 'ping', ...probe, updates: [record] }
export const sync: Of<MembershipMessage, 'sync'> = {
  kind: 'sync', records: [{ ...record, accuser: peerB }, { ...record, peer: peerB, health: 'left', multiaddrs: [], http: '' }]
}
const versionOf = ({ peer, generation, incarnation, health }: MemberRecord): MemberVersion => ({ peer, generation, incarnation, health })
export const membershipSamples: readonly MembershipMessage[] = [
  ping,
  { kind: 'ack', ...probe, updates: [] },
  { kind: 'ping-request', target: peerB, ...probe, updates: [] },
  { kind: 'nack', target: peerB, ...probe, updates: [] },
  sync,
  {
    kind: 'digest', reply: true,
    listed: [versionOf(record), { peer: peerB, generation: toGeneration(8), incarnation: toIncarnation(0), health: 'left' }],
    remembered: [{ ...versionOf(record), health: 'dead' }]
  }
]

export const entries: readonly LogEntry[] = [
  { term: toTerm(9), index: toLogIndex(301), kind: 'noop', payload: bytes('') },
  { term: toTerm(10), index: toLogIndex(302), kind: 'commands', payload: bytes('abc') },
  { term: toTerm(10), index: toLogIndex(303), kind: 'map', payload: bytes('d') }
]
const partition = toPartitionId(700)
const term = toTerm(11)
export const append: Of<ReplicationMessage, 'append'> = {
  kind: 'append', partition, term, prevIndex: toLogIndex(300), prevTerm: toTerm(9), commitIndex: toLogIndex(299), round: 6,
  entries
}
export const readRequest: Of<ReplicationMessage, 'read-request'> = { kind: 'read-request', partition, term, id: 2 ** 40 }
export const replicationSamples: readonly ReplicationMessage[] = [
  append,
  {
    kind: 'append-reply', partition, term, accepted: false, index: toLogIndex(303), hintTerm: toTerm(8), round: 6,
    snapshotWanted: true
  },
  {
    kind: 'vote-request', partition: SYSTEM_PARTITION, term, preVote: true, transfer: false, lastIndex: toLogIndex(303),
    lastTerm: toTerm(10)
  },
  { kind: 'vote-reply', partition, term, preVote: false, granted: true },
  { kind: 'timeout-now', partition, term },
  readRequest,
  { kind: 'read-reply', partition, term, id: 2 ** 40, index: toLogIndex(303), accepted: true },
  { kind: 'retired', partition, term, index: toLogIndex(304) }
]

const routed = { id: 77, partition, epoch: toEpoch(5), timeoutMs: 4900 }
export const request = (request: KvRequestMessage): KvMessage => ({ kind: 'request', request })
export const response = (response: KvResponseMessage): KvMessage => ({ kind: 'response', response })
const write = { ...routed, op: 'write', generation: toGeneration(3), floor: 20 } as const
export const get: KvRequestMessage = { ...routed, op: 'get', key: bytes('käse'), consistency: 'local' }
export const revision = toRevision(1000)
export const kvSamples: readonly KvMessage[] = [
  request(get),
  request({ ...write, command: { sequence: 21, write: { op: 'set', key: bytes('k'), value: bytes('v\u0000') } } }),
  request({ ...write, command: { sequence: 22, write: { op: 'delete', key: bytes('k') } } }),
  response({ id: 77, kind: 'result', result: { kind: 'set', revision } }),
  response({ id: 77, kind: 'result', result: { kind: 'delete', deleted: true, revision: toRevision(1001) } }),
  response({ id: 77, kind: 'result', result: { kind: 'expired' } }),
  response({ id: 77, kind: 'value', value: bytes(''), revision, ageMsMax: Number.MAX_SAFE_INTEGER }),
  response({ id: 77, kind: 'missing', revision: toRevision(1002), ageMsMax: 0 }),
  response({ id: 77, kind: 'failed', code: 'not_master', master: toMemberId(2), reason: 'ask node2' })
]

export const origins: readonly OriginCommands[] = [
  {
    peer: peerA, generation: toGeneration(3), floor: 20,
    commands: [
      { sequence: 21, write: { op: 'set', key: bytes('k'), value: bytes('v') } },
      { sequence: 22, write: { op: 'delete', key: bytes('l') } }
    ]
  },
  { peer: peerB, generation: toGeneration(1), floor: 1, commands: [] }
]

export const map: ClusterMap = {
  clusterId, clusterName: 'küche', epoch: toEpoch(5),
  members: [
    { id: toMemberId(1), name: toNodeName('node1'), peer: peerA, leaving: false },
    { id: toMemberId(2), name: toNodeName('node2'), peer: undefined, leaving: false },
    { id: toMemberId(300), name: toNodeName('node3'), peer: peerB, leaving: true }
  ],
  memberIdMax: toMemberId(301),
  systemVoters: [toMemberId(1), toMemberId(300)],
  systemInitial: [toMemberId(1)],
  replicaCount: 3,
  partitions: [
    { replicas: [toMemberId(2), toMemberId(1), toMemberId(300)], initial: [toMemberId(1), toMemberId(301)] },
    { replicas: [toMemberId(1)], initial: [toMemberId(1)] }
  ]
}

export const mapCommands: readonly MapCommand[] = [
  { kind: 'bind', name: toNodeName('node2'), peer: peerB }, { kind: 'admit', name: toNodeName('node4'), peer: peerB },
  { kind: 'place', partition: toPartitionId(1), from: [toMemberId(1)], to: [toMemberId(300), toMemberId(1)] },
  { kind: 'leave', member: toMemberId(2) }, { kind: 'stay', member: toMemberId(2) }, { kind: 'remove', member: toMemberId(300) }
]

export const clusterSamples: readonly ClusterMessage[] = [
  {
    kind: 'hello', version: 1, clusterName: 'küche', clusterId, name: toNodeName('node1'), generation: toGeneration(3),
    multiaddrs: record.multiaddrs, http: record.http, epoch: toEpoch(5), durableBatch: toBatchNumber(70_000),
    heardBatch: toBatchNumber(69_000)
  },
  { kind: 'refuse', code: 'name_taken', reason: 'node1 is taken', clusterId: undefined },
  { kind: 'found-propose', clusterId, configuration: '{}' },
  { kind: 'found-accept', clusterId },
  { kind: 'map-request', epoch: toEpoch(4) },
  { kind: 'map', map },
  { kind: 'admit-request', name: toNodeName('node4') },
  {
    kind: 'placement-report',
    placements: [
      { partition: toPartitionId(1), term: toTerm(7), index: toLogIndex(300), voters: [toMemberId(1), toMemberId(300)], learners: [toMemberId(2)] },
      { partition: SYSTEM_PARTITION, term: toTerm(1), index: toLogIndex(0), voters: [toMemberId(1)], learners: [] }
    ]
  },
  { kind: 'change-request', id: 9, command: { kind: 'leave', member: toMemberId(300) } },
  { kind: 'change-reply', id: 9, outcome: { kind: 'refused', code: 'placement_impossible', reason: 'too few members' } }
]

export const header: Of<SnapshotFrame, 'header'> = {
  kind: 'header',
  header: { clusterId, partition, term, lastIndex: toLogIndex(303), lastTerm: toTerm(10), revision, keyCount: 2, configuration: { index: toLogIndex(17), voters: [toMemberId(1), toMemberId(300)], learners: [toMemberId(2)] } }
}
export const records: Of<SnapshotFrame, 'records'> = {
  kind: 'records', records: [{ key: bytes('a'), value: bytes('') }, { key: bytes('b'), value: bytes('xyz') }]
}
export const snapshotSamples: readonly SnapshotFrame[] = [
  header,
  records,
  { kind: 'end', recordCount: 2 }
]

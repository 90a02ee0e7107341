import fc from 'fast-check'
import {
  SYSTEM_PARTITION, toBatchNumber, toClusterId, toEpoch, toGeneration, toIncarnation, toLogIndex, toMemberId, toNodeName,
  toPartitionId, toPeerId, toRevision, toTerm
} from '../../src/base/index.js'
import type { LogIndex, MemberId, Multiaddr, Term } from '../../src/base/index.js'
import type {
  ChangeOutcome, ClusterMap, ClusterMessage, Command, Configuration, EntryKind, GroupPlacement, HardState, KvMessage, KvResponseMessage, LogEntry, MapCommand, MapMember,
  MemberRecord, MembershipMessage, MemberVersion, OriginCommands, ProbeHeader, ReplicationMessage, SnapshotFrame, SnapshotRecord
} from '../../protocols/index.js'

/** Counters with the edges of their varints, of 32 and of 53 bits made likely. */
const edges = [0, 1, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]
const count = fc.oneof(fc.nat(300), fc.constantFrom(...edges), fc.maxSafeNat())
const smallCount = fc.oneof(fc.nat(300), fc.nat(2 ** 40))

const characters = (from: string, sizes: { minLength: number, maxLength: number }): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...from), ...sizes })

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

const peer = characters(BASE58, { minLength: 46, maxLength: 52 }).map(toPeerId)
const nodeName = fc.tuple(characters(ALPHANUMERIC, { minLength: 1, maxLength: 1 }), characters(`${ALPHANUMERIC}._-`, { minLength: 0, maxLength: 63 }))
  .map(([first, rest]) => toNodeName(first + rest))
const clusterId = characters('0123456789abcdef', { minLength: 32, maxLength: 32 }).map(toClusterId)
const partition = fc.oneof(fc.nat(1023), fc.constantFrom(0, 1023, SYSTEM_PARTITION)).map(toPartitionId)
const member = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 2 ** 31, 2 ** 32 - 1)).map(toMemberId)
const memberOrNobody: fc.Arbitrary<MemberId | 0> = fc.oneof(fc.constant<0>(0), member)
const term = count.map(toTerm)
const index = count.map(toLogIndex)
const epoch = count.map(toEpoch)
const generation = count.map(toGeneration)
const batchNumber = count.map(toBatchNumber)
const revision = count.map(toRevision)

/** Base has no constructor for multiaddrs: the codec's door is the first to look at them. */
const multiaddr = fc.tuple(fc.ipV4(), fc.nat(65_535), fc.boolean())
  .map(([host, port, relative]) => `/ip4/${host}/tcp/${port}${relative ? '' : '/p2p/12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf'}` as Multiaddr)
const multiaddrs = fc.array(multiaddr, { maxLength: 16 })
const http = fc.oneof(fc.constant(''), fc.tuple(fc.ipV4(), fc.nat(65_535)).map(([host, port]) => `http://${host}:${port}`))

/** Every length of UTF-8 and its edges. fast-check's own unit of all characters takes seconds to build. */
const CHARACTERS = 'a B/%"\\\u0000\u001f\u007f\u0080äß\u07ff\u0800€\ud7ff\ue000\ufeff\uffff\u{10000}😀\u{10ffff}'
const text = (maxLength: number): fc.Arbitrary<string> => characters(CHARACTERS, { minLength: 0, maxLength })
const key = fc.oneof(
  characters(CHARACTERS, { minLength: 1, maxLength: 40 }), characters(ALPHANUMERIC, { minLength: 1023, maxLength: 1024 })
).map((characters) => new Uint8Array(Buffer.from(characters)))
const payload = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 3, arbitrary: fc.integer({ min: 120, max: 135 }).map((size) => new Uint8Array(size).fill(7)) },
  { weight: 1, arbitrary: fc.constantFrom(16_370, 16_384).map((size) => new Uint8Array(size).fill(size % 251)) }
)

const announcement: fc.Arbitrary<MemberRecord> = fc.record({
  peer, name: nodeName, generation, incarnation: count.map(toIncarnation),
  health: fc.constantFrom('alive', 'suspect', 'dead', 'left'), multiaddrs, http,
  signature: fc.uint8Array({ minLength: 64, maxLength: 64 })
})
const record: fc.Arbitrary<MemberRecord> = fc.tuple(announcement, fc.option(peer)).map(([each, accuser]) =>
  each.health === 'suspect' && accuser !== null ? { ...each, accuser } : each)
const version: fc.Arbitrary<MemberVersion> = fc.record({
  peer, generation, incarnation: count.map(toIncarnation), health: fc.constantFrom('alive', 'suspect', 'dead', 'left')
})
const probe: fc.Arbitrary<ProbeHeader> = fc.record({
  sequence: count, epoch, durableBatch: batchNumber, updates: fc.array(record, { maxLength: 6 })
})

export const membershipMessage: fc.Arbitrary<MembershipMessage> = fc.oneof(
  fc.tuple(fc.constantFrom('ping' as const, 'ack' as const), probe).map(([kind, header]) => ({ kind, ...header })),
  fc.tuple(fc.constantFrom('ping-request' as const, 'nack' as const), peer, probe).map(([kind, target, header]) => ({ kind, target, ...header })),
  fc.record({ kind: fc.constant('sync' as const), records: fc.array(record, { maxLength: 8 }) }),
  fc.record({ kind: fc.constant('digest' as const), reply: fc.boolean(), listed: fc.array(version, { maxLength: 8 }), remembered: fc.array(version, { maxLength: 3 }) })
)

const entryParts = fc.array(fc.record({
  rise: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2 ** 33) }),
  kind: fc.constantFrom<EntryKind>('noop', 'commands', 'map', 'configuration'),
  payload
}), { maxLength: 8 })

function entriesAfter (prevIndex: LogIndex, prevTerm: Term, parts: ReadonlyArray<{ rise: number, kind: EntryKind, payload: Uint8Array }>): LogEntry[] {
  let term: number = prevTerm
  return parts.map(({ rise, kind, payload }, place) => {
    term = Math.max(term + rise, 1)
    return { term: toTerm(term), index: toLogIndex(prevIndex + 1 + place), kind, payload }
  })
}

const append: fc.Arbitrary<ReplicationMessage> = fc.record({
  partition, commitIndex: index, round: count, rise: smallCount, prevIndex: smallCount.map(toLogIndex),
  prevTerm: smallCount.map(toTerm), parts: entryParts
}).map(({ rise, parts, ...rest }) => {
  const entries = entriesAfter(rest.prevIndex, rest.prevTerm, parts)
  return { kind: 'append', ...rest, term: toTerm((entries.at(-1)?.term ?? rest.prevTerm) + rise), entries }
})

export const replicationMessage: fc.Arbitrary<ReplicationMessage> = fc.oneof(
  { weight: 3, arbitrary: append },
  fc.record({
    kind: fc.constant('append-reply' as const), partition, term, accepted: fc.boolean(), index, hintTerm: term, round: count,
    snapshotWanted: fc.boolean()
  }),
  fc.record({
    kind: fc.constant('vote-request' as const), partition, term, preVote: fc.boolean(), transfer: fc.boolean(),
    lastIndex: index, lastTerm: term
  }),
  fc.record({ kind: fc.constant('vote-reply' as const), partition, term, preVote: fc.boolean(), granted: fc.boolean() }),
  fc.record({ kind: fc.constant('timeout-now' as const), partition, term }),
  fc.record({ kind: fc.constant('read-request' as const), partition, term, id: count }),
  fc.record({ kind: fc.constant('read-reply' as const), partition, term, id: count, index, accepted: fc.boolean() }),
  fc.record({ kind: fc.constant('retired' as const), partition, term, index })
)

export const logEntries: fc.Arbitrary<LogEntry[]> = fc.tuple(smallCount, smallCount, entryParts.filter((parts) => parts.length > 0))
  .map(([prevIndex, prevTerm, parts]) => entriesAfter(toLogIndex(prevIndex), toTerm(prevTerm), parts))

export const hardState: fc.Arbitrary<HardState> = fc.record({ term, vote: memberOrNobody, commitIndex: index })

const snapshotRecord: fc.Arbitrary<SnapshotRecord> = fc.record({ key: fc.uint8Array({ minLength: 1, maxLength: 60 }), value: payload })
/** Ascending, as they are written. */
export const configuration: fc.Arbitrary<Configuration> = fc.uniqueArray(member, { minLength: 1, maxLength: 14 }).chain((members) =>
  fc.integer({ min: 1, max: members.length }).map((count) => {
    const ascending = (some: readonly MemberId[]): MemberId[] => [...some].sort((a, b) => a - b)
    return { voters: ascending(members.slice(0, count)), learners: ascending(members.slice(count, count + 7)) }
  }))

export const snapshotFrame: fc.Arbitrary<SnapshotFrame> = fc.oneof(
  fc.record({
    kind: fc.constant('header' as const),
    header: fc.record({ clusterId, partition, term, lastIndex: index, lastTerm: term, revision, keyCount: count, configuration: fc.tuple(configuration, index).map(([members, at]) => ({ ...members, index: at })) })
  }),
  fc.record({ kind: fc.constant('records' as const), records: fc.array(snapshotRecord, { maxLength: 12 }) }),
  fc.record({ kind: fc.constant('end' as const), recordCount: count })
)

const command: fc.Arbitrary<Command> = fc.record({
  sequence: count,
  write: fc.oneof(
    fc.record({ op: fc.constant('set' as const), key, value: payload }), fc.record({ op: fc.constant('delete' as const), key })
  )
})

export const originCommands: fc.Arbitrary<OriginCommands[]> =
  fc.array(fc.record({ peer, generation, floor: count, commands: fc.array(command, { maxLength: 5 }) }), { maxLength: 4 })

const routed = { id: count, partition, epoch, timeoutMs: fc.nat(2 ** 32 - 1) }
const response: fc.Arbitrary<KvResponseMessage> = fc.oneof(
  fc.record({
    id: count, kind: fc.constant('result' as const),
    result: fc.oneof(
      fc.record({ kind: fc.constant('set' as const), revision }),
      fc.record({ kind: fc.constant('delete' as const), deleted: fc.boolean(), revision }),
      fc.record({ kind: fc.constant('expired' as const) })
    )
  }),
  fc.record({ id: count, kind: fc.constant('value' as const), value: payload, revision, ageMsMax: count }),
  fc.record({ id: count, kind: fc.constant('missing' as const), revision, ageMsMax: count }),
  fc.record({
    id: count, kind: fc.constant('failed' as const), master: memberOrNobody, reason: text(200),
    code: fc.constantFrom(
      'not_master', 'misrouted', 'mastership_lost', 'overloaded', 'disk_full', 'storage_failed', 'expired', 'read_timeout',
      'stopping'
    )
  })
)

export const kvMessage: fc.Arbitrary<KvMessage> = fc.oneof(
  fc.record({ ...routed, op: fc.constant('get' as const), key, consistency: fc.constantFrom('linearizable', 'local') })
    .map((request) => ({ kind: 'request' as const, request })),
  fc.record({ ...routed, op: fc.constant('write' as const), generation, floor: count, command })
    .map((request) => ({ kind: 'request' as const, request })),
  response.map((response) => ({ kind: 'response' as const, response }))
)

const mapMembers: fc.Arbitrary<MapMember[]> = fc.uniqueArray(
  fc.record({ id: member, name: nodeName, peer: fc.option(peer, { nil: undefined }), leaving: fc.boolean() }),
  { minLength: 1, maxLength: 9, selector: ({ id }) => id }
).map((members) => members.map((each, place) => ({ ...each, name: toNodeName(`n${place}-${each.name}`.slice(0, 64)) })))

export const clusterMap: fc.Arbitrary<ClusterMap> = mapMembers.chain((members) => {
  const group = (maxLength: number): fc.Arbitrary<MemberId[]> =>
    fc.shuffledSubarray(members.map(({ id }) => id), { minLength: 1, maxLength: Math.min(maxLength, members.length) })
  return fc.record({
    clusterId, clusterName: text(40), epoch: count.map((value) => toEpoch(Math.max(value, 1))), members: fc.constant(members),
    memberIdMax: fc.constant(toMemberId(0xffffffff)),
    systemVoters: group(5),
    systemInitial: group(5),
    replicaCount: fc.nat(7),
    partitions: fc.nat(5).chain((power) => fc.array(fc.record({ replicas: group(7), initial: group(7) }), { minLength: 2 ** power, maxLength: 2 ** power }))
  })
})

const someMembers = fc.uniqueArray(member, { minLength: 1, maxLength: 7 })
export const mapCommand: fc.Arbitrary<MapCommand> = fc.oneof(
  fc.record({ kind: fc.constantFrom('bind', 'admit'), name: nodeName, peer }),
  fc.record({ kind: fc.constant('place' as const), partition, from: someMembers, to: someMembers }),
  fc.record({ kind: fc.constantFrom('leave', 'stay', 'remove'), member })
)
const groupPlacement: fc.Arbitrary<GroupPlacement> = fc.record({
  partition, term, index, voters: someMembers, learners: fc.uniqueArray(member, { maxLength: 7 })
}).map((placement) => ({ ...placement, learners: placement.learners.filter((id) => !placement.voters.includes(id)) }))

const maybeClusterId = fc.option(clusterId, { nil: undefined })
const refusalCode = fc.constantFrom(
  'version', 'foreign_cluster', 'configuration_differs', 'founding_refused', 'name_taken', 'disk_rolled_back', 'cluster_full',
  'unknown_member', 'outdated', 'placement_impossible'
)
const changeOutcome: fc.Arbitrary<ChangeOutcome> = fc.oneof(
  fc.record({ kind: fc.constantFrom('done', 'not-coordinator') }),
  fc.record({ kind: fc.constant('refused' as const), code: refusalCode, reason: text(200) })
)
export const clusterMessage: fc.Arbitrary<ClusterMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('hello' as const), version: count, clusterName: text(60), clusterId: maybeClusterId, name: nodeName,
    generation, multiaddrs, http, epoch, durableBatch: batchNumber, heardBatch: batchNumber
  }),
  fc.record({
    kind: fc.constant('refuse' as const), reason: text(200), clusterId: maybeClusterId, code: refusalCode
  }),
  fc.record({ kind: fc.constant('found-propose' as const), clusterId, configuration: text(400) }),
  fc.record({ kind: fc.constant('found-accept' as const), clusterId }),
  fc.record({ kind: fc.constant('map-request' as const), epoch }),
  fc.record({ kind: fc.constant('map' as const), map: clusterMap }),
  fc.record({ kind: fc.constant('admit-request' as const), name: nodeName }),
  fc.record({ kind: fc.constant('placement-report' as const), placements: fc.array(groupPlacement, { maxLength: 5 }) }),
  fc.record({ kind: fc.constant('change-request' as const), id: count, command: mapCommand }),
  fc.record({ kind: fc.constant('change-reply' as const), id: count, outcome: changeOutcome })
)

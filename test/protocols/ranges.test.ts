import { DecodeError } from '../../src/base/index.js'
import {
  decodeClusterFrame, decodeHardState, decodeKvFrame, decodeLogEntries, decodeMapCommand, decodeMembershipFrame,
  decodeOriginCommands, decodeReplicationFrame, decodeSnapshotFrame
} from '../../protocols/index.js'
import { expect, suite } from '../harness.js'
import {
  clusterSamples, header, kvSamples, map, membershipSamples, origins, peerA, peerB, record, records, replicationSamples, sync
} from './samples.js'
import {
  clusterMapPlain, clusterPlain, kvPlain, membershipPlain, originCommandsPlain, replicationPlain, schemaEncode, schemaType,
  snapshotPlain
} from './schema.js'
import type { Plain } from './schema.js'

const TOO_LARGE = 2 ** 53
const bytes = (size: number): Uint8Array => new Uint8Array(size).fill(0x61)

/** `plain` with other values at dotted paths; a path of `undefined` is removed. */
function changed (plain: Plain, changes: Readonly<Record<string, unknown>>): Plain {
  const copy = structuredClone(plain)
  for (const [path, value] of Object.entries(changes)) {
    const steps = path.split('.')
    const last = steps.pop() ?? ''
    let at: object = copy
    for (const step of steps) {
      const inner: unknown = Reflect.get(at, step)
      if (typeof inner !== 'object' || inner === null) throw new Error(`no ${path} in ${JSON.stringify(plain)}`)
      at = inner
    }
    if (value === undefined) Reflect.deleteProperty(at, last)
    else Reflect.set(at, last, value)
  }
  return copy
}

type Changes = Readonly<Record<string, unknown>>

/** One message of a protocol, changed in ways that are all refused, or all still legal. */
function table (protocol: string, message: string, decode: (bytes: Uint8Array) => unknown) {
  const type = schemaType(protocol, message)
  return {
    refused: (plain: Plain, changes: readonly Changes[]): void => {
      decode(schemaEncode(type, plain))
      for (const change of changes) {
        expect.throws(() => decode(schemaEncode(type, changed(plain, change))), (error: unknown) => error instanceof DecodeError, `${Object.keys(change).join()}: ${String(Object.values(change)[0]).slice(0, 60)}`)
      }
    },
    legal: (plain: Plain, changes: readonly Changes[]): void => {
      for (const change of changes) decode(schemaEncode(type, changed(plain, change)))
    }
  }
}

/** Every value at one path. */
const each = (path: string, values: readonly unknown[]): Changes[] => values.map((value) => ({ [path]: value }))

suite('numbers and texts out of range', ({ test }) => {
  test('replication: partitions, votes and unsafe numbers', () => {
    const { refused, legal } = table('replication', 'ReplicationFrame', decodeReplicationFrame)
    for (const [place, kind] of ['append', 'appendReply', 'voteRequest', 'voteReply', 'timeoutNow', 'readRequest', 'readReply'].entries()) {
      const plain = replicationPlain(replicationSamples.slice(place, place + 1), false)
      refused(plain, each(`messages.0.${kind}.partition`, [1024, 65_534, 65_536, 2 ** 31]))
      legal(plain, each(`messages.0.${kind}.partition`, [0, 1023, 65_535]))
      refused(plain, each(`messages.0.${kind}.term`, [TOO_LARGE]))
    }
    const state = table('replication', 'HardState', decodeHardState)
    state.refused({ term: 1, vote: 1, commitIndex: 1 }, [...each('term', [TOO_LARGE]), ...each('commitIndex', [TOO_LARGE])])
    state.legal({ term: 1, vote: 1, commitIndex: 1 }, each('vote', [0, 1, 2 ** 32 - 1]))
    expect.throws(() => decodeHardState(Buffer.from('080110808080801018', 'hex')), (error: unknown) => error instanceof DecodeError)
    expect.throws(() => decodeHardState(Buffer.from('08011080808080101801', 'hex')), /member 4294967296/)
  })

  test('replication: terms fall never, are never 0 and never above the message; kinds are known; entries fit', () => {
    const { refused, legal } = table('replication', 'ReplicationFrame', decodeReplicationFrame)
    const plain = replicationPlain(replicationSamples.slice(0, 1), false)
    refused(plain, [
      { 'messages.0.append.entries.1.term': 8 }, { 'messages.0.append.entries.2.term': 9 }, { 'messages.0.append.entries.2.term': 12 },
      { 'messages.0.append.term': 9 }, { 'messages.0.append.prevTerm': 10 },
      { 'messages.0.append.prevTerm': 0, 'messages.0.append.entries.0.term': 0 },
      ...each('messages.0.append.entries.1.kind', [0, 5, 2 ** 32 - 1]),
      { 'messages.0.append.prevIndex': Number.MAX_SAFE_INTEGER - 2 }, { 'messages.0.append.prevIndex': Number.MAX_SAFE_INTEGER },
      { 'messages.0.append.entries.0.payload': bytes(5 * 1024 * 1024 + 1) }
    ])
    legal(plain, [
      { 'messages.0.append.prevIndex': Number.MAX_SAFE_INTEGER - 3 }, { 'messages.0.append.entries.2.term': 11 },
      { 'messages.0.append.entries.0.payload': bytes(5 * 1024 * 1024) }
    ])
    const run = table('replication', 'LogRun', decodeLogEntries)
    const runPlain = { firstIndex: 5, entries: [{ term: 3, kind: 2, payload: bytes(3) }, { kind: 1 }] }
    run.refused(runPlain, [
      { firstIndex: 0 }, { firstIndex: Number.MAX_SAFE_INTEGER }, { entries: [] }, { 'entries.0.term': undefined },
      { 'entries.0.term': 0 }, { 'entries.1.term': 2 }, { 'entries.0.kind': 5 }, { 'entries.0.kind': 0 }
    ])
    run.legal(runPlain, [{ firstIndex: Number.MAX_SAFE_INTEGER - 1 }, { 'entries.1.term': 4 }])
  })

  test('kv: keys, values, deadlines, masters and what belongs to an operation', () => {
    const { refused, legal } = table('kv', 'KvFrame', decodeKvFrame)
    const get = kvPlain(kvSamples.slice(0, 1))
    const badKeys = [bytes(0), bytes(1025), Uint8Array.of(0xff), Uint8Array.of(0xc3), Uint8Array.of(0xed, 0xa0, 0x80)]
    const goodKeys = [bytes(1), bytes(1024), new Uint8Array(Buffer.from('käse😀\u0000'))]
    refused(get, [
      ...each('messages.0.get.key', badKeys), ...each('messages.0.get.partition', [1024, 65_534, 65_536]), ...each('messages.0.get.id', [TOO_LARGE])
    ])
    legal(get, [...each('messages.0.get.key', goodKeys), ...each('messages.0.get.timeoutMs', [0, 2 ** 32 - 1])])
    const set = kvPlain(kvSamples.slice(1, 2))
    refused(set, [
      ...each('messages.0.write.command.key', badKeys), { 'messages.0.write.command.value': bytes(1024 * 1024 + 1) },
      { 'messages.0.write.command.value': undefined }, { 'messages.0.write.command.op': 2 }, { 'messages.0.write.partition': 1024 },
      { 'messages.0.write.command.sequence': TOO_LARGE }, { 'messages.0.write.floor': TOO_LARGE }, { 'messages.0.write.generation': TOO_LARGE }
    ])
    legal(set, [...each('messages.0.write.command.value', [bytes(0), bytes(1024 * 1024)]), ...each('messages.0.write.command.key', goodKeys)])
    refused(kvPlain(kvSamples.slice(3, 4)), [{ 'messages.0.setResult.revision': TOO_LARGE }])
    refused(kvPlain(kvSamples.slice(6, 7)), [{ 'messages.0.value.revision': TOO_LARGE }, { 'messages.0.value.value': bytes(1024 * 1024 + 1) }])
    const failed = kvPlain(kvSamples.slice(8, 9))
    refused(failed, [{ 'messages.0.failed.reason': 'x'.repeat(1025) }])
    legal(failed, [{ 'messages.0.failed.reason': 'x'.repeat(1024) }, ...each('messages.0.failed.master', [0, 2 ** 32 - 1])])
  })

  test('kv: the payload of a log entry knows every operation and origin', () => {
    const { refused, legal } = table('kv', 'CommandBatch', decodeOriginCommands)
    const plain = originCommandsPlain(origins)
    refused(plain, [
      ...each('origins.0.commands.0.op', [0, 2, 3, 77]), ...each('origins.0.commands.1.op', [0, 1, 3]),
      ...each('origins.0.commands.0.key', [bytes(0), bytes(1025), Uint8Array.of(0x80)]),
      ...each('origins.0.peer', ['', 'short', `${peerA}0`, 'x'.repeat(129), `${peerA}\u0000`])
    ])
    legal(plain, [{ origins: [] }, { 'origins.0.commands': [] }])
  })

  test('membership: peers, names, addresses', () => {
    const { refused, legal } = table('membership', 'MembershipFrame', decodeMembershipFrame)
    const plain = membershipPlain([sync])
    const at = 'messages.0.sync.records.0'
    refused(plain, [
      ...each(`${at}.peer`, ['', 'node1', `${peerA}l`, peerA.repeat(3)]),
      ...each(`${at}.name`, ['', '.hidden', 'a/b', 'a b', 'ä', 'x'.repeat(65), '../../etc']),
      ...each(`${at}.multiaddrs`, [[''], ['/'], ['ip4/1.2.3.4'], ['/ip4/1.2.3.4 /tcp/1'], ['/ä'], ['/a\n'], [`/${'a'.repeat(256)}`], Array(17).fill('/a')]),
      ...each(`${at}.http`, ['http://a b', 'http://ä', 'a\u0000', `http://${'a'.repeat(250)}`]),
      ...each(`${at}.generation`, [TOO_LARGE]), ...each(`${at}.incarnation`, [TOO_LARGE]),
      ...each(`${at}.signature`, [undefined, bytes(0), bytes(63), bytes(65)])
    ])
    legal(plain, [
      ...each(`${at}.name`, ['a', 'A-1_b.c', 'x'.repeat(64)]), ...each(`${at}.multiaddrs`, [[], [`/${'a'.repeat(255)}`], Array(16).fill('/a')]),
      ...each(`${at}.http`, ['', `http://${'a'.repeat(249)}`])
    ])
    const nack = membershipPlain(membershipSamples.slice(3, 4))
    refused(nack, [{ 'messages.0.nack.target': undefined }, { 'messages.0.nack.target': 'nobody' }, { 'messages.0.nack.sequence': TOO_LARGE }])
    const digest = membershipPlain(membershipSamples.filter(({ kind }) => kind === 'digest'))
    refused(digest, ['listed', 'remembered'].flatMap((list) => [
      ...each(`messages.0.digest.${list}.0.peer`, [undefined, '', 'nobody']), ...each(`messages.0.digest.${list}.0.generation`, [TOO_LARGE]),
      ...each(`messages.0.digest.${list}.0.incarnation`, [TOO_LARGE])
    ]))
  })

  test('snapshot: headers, record sizes', () => {
    const { refused, legal } = table('snapshot', 'SnapshotFrame', decodeSnapshotFrame)
    refused(snapshotPlain(header), [
      ...each('header.clusterId', ['', 'ABCDEF112233445566778899aabbccdd', '0'.repeat(31), '0'.repeat(33), 'g'.repeat(32)]),
      ...each('header.partition', [1024, 65_536]), ...each('header.revision', [TOO_LARGE]), ...each('header.keyCount', [TOO_LARGE])
    ])
    const chunk = snapshotPlain(records)
    refused(chunk, [...each('records.records.0.key', [bytes(0), bytes(2049)]), ...each('records.records.1.value', [bytes(1_114_113)])])
    legal(chunk, [...each('records.records.0.key', [bytes(1), bytes(2048)]), ...each('records.records.1.value', [bytes(0), bytes(1_114_112)])])
    expect.throws(() => decodeSnapshotFrame(Buffer.alloc(0)), (error: unknown) => error instanceof DecodeError)
    expect.throws(() => decodeSnapshotFrame(Buffer.from('2200', 'hex')), /no known kind/)
  })

  test('cluster: hello, refusals, foundings, map commands', () => {
    const { refused, legal } = table('cluster', 'ClusterFrame', decodeClusterFrame)
    const plain = (place: number): Plain => clusterPlain(clusterSamples.slice(place, place + 1))
    refused(plain(0), [
      ...each('messages.0.hello.clusterName', ['x'.repeat(257), 'ä'.repeat(129)]), ...each('messages.0.hello.clusterId', ['', 'nonsense']),
      ...each('messages.0.hello.name', ['', '-a']), ...each('messages.0.hello.multiaddrs', [['x'], Array(17).fill('/a')]),
      ...each('messages.0.hello.http', ['\u007f']), ...each('messages.0.hello.version', [TOO_LARGE])
    ])
    legal(plain(0), [...each('messages.0.hello.clusterName', ['', 'ä'.repeat(128)]), ...each('messages.0.hello.version', [2, Number.MAX_SAFE_INTEGER])])
    refused(plain(1), [...each('messages.0.refuse.reason', ['x'.repeat(1025)])])
    refused(plain(2), [...each('messages.0.foundPropose.configuration', ['x'.repeat(65_537), undefined])])
    legal(plain(2), [...each('messages.0.foundPropose.configuration', ['', 'x'.repeat(65_536)])])
    refused(plain(6), [...each('messages.0.admitRequest.name', ['', '/etc/passwd'])])
    const report = 'messages.0.placementReport.placements.0'
    refused(plain(7), [
      ...each(`${report}.partition`, [1024, 0xfffe]), ...each(`${report}.voters`, [[], [1, 1], [0], Array.from({ length: 15 }, (_, id) => id + 10)]),
      ...each(`${report}.learners`, [[1], [2, 2], Array.from({ length: 8 }, (_, id) => id + 10)]), ...each(`${report}.term`, [TOO_LARGE])
    ])
    refused(plain(8), [...each('messages.0.changeRequest.command', [undefined, {}]), ...each('messages.0.changeRequest.command.leave.member', [0, 2 ** 32])])
    refused(plain(9), [...each('messages.0.changeReply.refusal.reason', ['x'.repeat(1025)])])
    const command = table('cluster', 'MapCommand', decodeMapCommand)
    command.refused({ place: { partition: 1, from: [1], to: [2] } }, [{ 'place.from': [] }, { 'place.to': [0] }, { 'place.partition': 1024 }])
    command.refused({ bind: { name: 'a', peer: peerA } }, [{ 'bind.name': '' }, { 'bind.peer': 'x' }, { bind: undefined }])
    expect.throws(() => decodeMapCommand(Buffer.from('7a00', 'hex')), /no known kind/)
  })

  test('cluster: a map keeps its rules', () => {
    const { refused, legal } = table('cluster', 'ClusterFrame', decodeClusterFrame)
    const plain = { messages: [{ map: clusterMapPlain(map) }] }
    const at = 'messages.0.map'
    const partitionsOf = (count: number): Plain[] => Array.from({ length: count }, () => ({ replicas: [1] }))
    refused(plain, [
      ...each(`${at}.epoch`, [0, TOO_LARGE]), ...each(`${at}.clusterName`, ['x'.repeat(257)]),
      ...each(`${at}.members`, [[]]), ...each(`${at}.members.0.id`, [0, 2, 9]), ...each(`${at}.members.0.name`, ['node2', '']),
      { [`${at}.members.1.id`]: 0, [`${at}.partitions`]: partitionsOf(1) }, { [`${at}.members.1.id`]: 2 ** 32, [`${at}.partitions`]: partitionsOf(1) },
      ...each(`${at}.members.0.peer`, [peerB, 'x']),
      ...each(`${at}.systemVoters`, [[], [9], [1, 1], [0], [1, 2, 300, 1, 2, 300]]),
      ...each(`${at}.partitions`, [[], partitionsOf(3), partitionsOf(1025), partitionsOf(2048)]),
      ...each(`${at}.partitions.0.replicas`, [[], [9], [1, 1], [0], [1, 2, 300, 1, 2, 300, 1, 2]])
    ])
    legal(plain, [
      ...each(`${at}.partitions`, [[{ replicas: [300] }], partitionsOf(1024)]), { [`${at}.epoch`]: 1 },
      ...each(`${at}.members.1.peer`, [record.peer.replace('G', 'H')])
    ])
    const members = Array.from({ length: 513 }, (_, place) => ({ id: place + 1, name: `n${place}` }))
    refused(plain, [
      ...each(`${at}.memberIdMax`, [300, 2 ** 32]), ...each(`${at}.systemInitial`, [[302], [1, 1], [0]]), ...each(`${at}.replicaCount`, [8]),
      ...each(`${at}.partitions.0.initial`, [[302], [1, 1], [0], [1, 2, 3, 4, 5, 6, 7, 8]])
    ])
    legal(plain, [{ [`${at}.memberIdMax`]: 2 ** 32 - 1 }, ...each(`${at}.replicaCount`, [0, 7]), { [`${at}.partitions.0.initial`]: [299] }])
    const wide = changed(plain, { [`${at}.memberIdMax`]: 600, [`${at}.systemVoters`]: [1], [`${at}.partitions`]: [{ replicas: [1, 2, 3, 4, 5, 6, 7] }] })
    legal(wide, [{ [`${at}.members`]: members.slice(0, 512) }])
    refused(changed(wide, { [`${at}.members`]: members.slice(0, 512) }), [
      { [`${at}.members`]: members }, { [`${at}.partitions.0.replicas`]: [1, 2, 3, 4, 5, 6, 7, 8] },
      { [`${at}.systemVoters`]: [1, 2, 3, 4, 5, 6] }
    ])
  })
})

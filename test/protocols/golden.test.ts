import { toLogIndex, toMemberId, toTerm } from '../../src/base/index.js'
import {
  CLUSTER_PROTOCOL, decodeClusterFrame, decodeClusterMap, decodeHardState, decodeKvFrame, decodeLogEntries, decodeMapCommand,
  decodeMembershipFrame, decodeOriginCommands, decodeReplicationFrame, decodeSnapshotFrame, encodeClusterFrame,
  encodeClusterMap, encodeHardState, encodeKvFrame, encodeLogEntries, encodeMapCommand, encodeMembershipFrame,
  encodeOriginCommands, encodeReplicationFrame, encodeSnapshotFrame, KV_PROTOCOL, MEMBERSHIP_PROTOCOL, REPLICATION_PROTOCOL,
  SNAPSHOT_PROTOCOL
} from '../../protocols/index.js'
import type { KvMessage } from '../../protocols/index.js'
import { expect, suite } from '../harness.js'
import { goldenBytes } from './golden.js'
import { expectSame } from './same.js'
import {
  clusterSamples, entries, kvSamples, map, mapCommands, membershipSamples, origins, replicationSamples, snapshotSamples
} from './samples.js'

function kvName (message: KvMessage): string {
  if (message.kind === 'request') return message.request.op === 'get' ? 'get' : message.request.command.write.op
  const { response } = message
  return response.kind === 'result' ? `result of ${response.result.kind}` : response.kind
}

suite('the golden bytes', ({ test, after }) => {
  const seen = new Set<string>()

  function golden<Value> (name: string, value: Value, encode: (value: Value) => Buffer, decode: (bytes: Uint8Array) => Value): void {
    test(`${name} has the frozen bytes`, () => {
      seen.add(name)
      const frozen = goldenBytes[name]
      expect.is(encode(value).toString('hex'), frozen)
      expectSame(decode(Buffer.from(frozen ?? '', 'hex')), value)
    })
  }

  for (const message of membershipSamples) golden(`membership ${message.kind}`, [message], encodeMembershipFrame, decodeMembershipFrame)
  for (const message of replicationSamples) golden(`replication ${message.kind}`, [message], encodeReplicationFrame, decodeReplicationFrame)
  for (const message of kvSamples) golden(`kv ${kvName(message)}`, [message], encodeKvFrame, decodeKvFrame)
  for (const message of clusterSamples) golden(`cluster ${message.kind}`, [message], encodeClusterFrame, decodeClusterFrame)
  for (const frame of snapshotSamples) golden(`snapshot ${frame.kind}`, frame, encodeSnapshotFrame, decodeSnapshotFrame)
  for (const command of mapCommands) golden(`map command ${command.kind}`, command, encodeMapCommand, decodeMapCommand)
  golden('log run', entries, encodeLogEntries, decodeLogEntries)
  golden('hard state', { term: toTerm(11), vote: toMemberId(2), commitIndex: toLogIndex(303) }, encodeHardState, decodeHardState)
  golden('origin commands', origins, encodeOriginCommands, decodeOriginCommands)
  golden('cluster map record', map, encodeClusterMap, decodeClusterMap)

  test('a map of the version before placement is read as one whose groups are where they were born', () => {
    const name = 'cluster map record before placement'
    seen.add(name)
    const systemVoters = [toMemberId(1), toMemberId(300)]
    expectSame(decodeClusterMap(Buffer.from(goldenBytes[name] ?? '', 'hex')), {
      ...map, members: map.members.map((member) => ({ ...member, leaving: false })), memberIdMax: toMemberId(300), replicaCount: 0,
      systemVoters, systemInitial: systemVoters, partitions: map.partitions.map(({ replicas }) => ({ replicas, initial: replicas }))
    })
  })

  test('a frame of all kinds keeps their order', () => {
    expectSame(decodeMembershipFrame(encodeMembershipFrame(membershipSamples)), membershipSamples)
    expectSame(decodeReplicationFrame(encodeReplicationFrame(replicationSamples)), replicationSamples)
    expectSame(decodeKvFrame(encodeKvFrame(kvSamples)), kvSamples)
    expectSame(decodeClusterFrame(encodeClusterFrame(clusterSamples)), clusterSamples)
  })

  test('the protocol ids are frozen', () => {
    expect.equal([MEMBERSHIP_PROTOCOL, REPLICATION_PROTOCOL, SNAPSHOT_PROTOCOL, KV_PROTOCOL, CLUSTER_PROTOCOL], [
      '/gokeydb/membership/1.0.0', '/gokeydb/replication/1.0.0', '/gokeydb/snapshot/1.0.0', '/gokeydb/kv/1.0.0',
      '/gokeydb/cluster/1.0.0'
    ])
  })

  after(() => { expect.equal(Object.keys(goldenBytes).filter((name) => !seen.has(name)), [], 'golden bytes that nothing checks') })
})

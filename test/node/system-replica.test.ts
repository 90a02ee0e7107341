import { Prng, silentLogger, SYSTEM_PARTITION, toBatchNumber, toClusterId, toEpoch, toMemberId, toNodeName } from '../../src/base/index.js'
import { Overlay } from '../../src/kv/index.js'
import { foundMap } from '../../src/coordinator/index.js'
import { decodeReplicaState, installingKey, replicaStateKey, systemMapKey, openRecord } from '../../src/layout/index.js'
import { emptyPartition } from '../../src/node/boot.js'
import type { PartitionBoot } from '../../src/node/boot.js'
import { defaultTuning, GroupCommit } from '../../src/node/index.js'
import type { DiskOperation } from '../../src/node/index.js'
import { ReplicaSet } from '../../src/node/replica-set.js'
import type { ClusterMap } from '../../protocols/cluster/index.js'
import { decodeClusterMap } from '../../protocols/cluster/index.js'
import { expect, suite } from '../harness.js'

const SELF = toMemberId(1)
const NAMES = ['a', 'b', 'c'].map(toNodeName)
const FOUNDING: ClusterMap = foundMap({ clusterId: toClusterId('ab'.repeat(16)), clusterName: '', names: NAMES, bound: new Map(), partitionCount: 1, replicaSets: [[1]], replicaCount: 0 })
const NEWER: ClusterMap = { ...FOUNDING, epoch: toEpoch(3) }

/** Starts the system partition's replica on what a disk says of it. @returns it, and what is written at once */
function start (map: ClusterMap, boot: PartitionBoot | undefined) {
  const written = new Map<string, Uint8Array>()
  const disk = {
    get: () => undefined,
    write: (operations: readonly DiskOperation[]) => { for (const operation of operations) if (operation.kind === 'put') written.set(Buffer.from(operation.key).toString('hex'), operation.value) },
    clear () {}, snapshot: () => { throw new Error('not used') }, freeBytes: () => 1
  }
  const commit = new GroupCommit(disk, toBatchNumber(1), () => ({ kind: 'put', key: Buffer.from('stamp'), value: Buffer.from('1') }), () => {}, 0)
  const replicas = new ReplicaSet({
    commit, disk, overlay: new Overlay(), log: silentLogger, random: new Prng('system replica'), tuning: defaultTuning, send () {}, snapshotWanted () {}, applied () {}, mapApplied () {},
    later () {}, diskFailed () {}, cleared () {}
  })
  replicas.start(map, SELF, boot === undefined ? new Map() : new Map([[SYSTEM_PARTITION, boot]]), 0)
  commit.afterGathering(() => {})
  commit.flush(0)
  return { serves: replicas.get(SYSTEM_PARTITION)?.serves, at: (key: Buffer) => written.get(key.toString('hex')) }
}

suite('the replica of the system partition at its start', ({ test }) => {
  test('writes the founding map down at once: a newer map in the cache must not take its place', () => {
    const { serves, at } = start(FOUNDING, undefined)
    expect.is(serves, true)
    const record = at(systemMapKey())
    expect.is(record && decodeClusterMap(openRecord(systemMapKey(), record)).epoch, 1)
    const state = at(replicaStateKey(SYSTEM_PARTITION))
    expect.is(state && decodeReplicaState(SYSTEM_PARTITION, state).appliedIndex, 0)
    expect.is(at(installingKey(SYSTEM_PARTITION)), undefined)
  })

  test('has no state where the map it knows is newer than its log', () => {
    const { serves, at } = start(NEWER, undefined)
    expect.is(serves, false)
    expect.is(at(systemMapKey()), undefined)
    expect.ok(at(installingKey(SYSTEM_PARTITION)), 'and remembers that')
  })

  test('goes on with what its disk says, whatever the cached map is', () => {
    const { serves, at } = start(NEWER, { ...emptyPartition, map: FOUNDING })
    expect.is(serves, true)
    expect.is(at(systemMapKey()), undefined)
  })

  test('stays without state in the middle of a snapshot', () => {
    const { serves, at } = start(FOUNDING, { ...emptyPartition, group: { ...emptyPartition.group, installing: true } })
    expect.is(serves, false)
    expect.is(at(systemMapKey()), undefined)
  })

  test('writes nothing over damage', () => {
    const { serves, at } = start(FOUNDING, { ...emptyPartition, failure: 'a record is damaged' })
    expect.is(serves, false)
    expect.is(at(systemMapKey()), undefined)
  })
})

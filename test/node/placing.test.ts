import { silentLogger, toLogIndex, toMemberId, toPartitionId } from '../../src/base/index.js'
import type { NodeName, PeerId } from '../../src/base/index.js'
import { foundMap } from '../../src/coordinator/index.js'
import { Placing } from '../../src/node/placing.js'
import type { Replica } from '../../src/node/replica.js'
import { clusterIdOf, nodeName, peerOf } from '../coordinator/harness.js'
import { expect, suite } from '../harness.js'

const map = foundMap({
  clusterId: clusterIdOf(1), clusterName: 'test', names: [nodeName(1), nodeName(2)],
  bound: new Map([1, 2].map((number): [NodeName, PeerId] => [nodeName(number), peerOf(number)])), partitionCount: 1, replicaSets: [[0]], replicaCount: 1
})

/** A replica on member 2, where none is wished. */
function unwished (group: { readonly retiredIndex?: number, readonly isInstalling: boolean, readonly lastLeaderContactMs: number }, asked: Array<readonly [members: readonly number[], nowMs: number]> = []): Replica {
  const retiredIndex = group.retiredIndex === undefined ? undefined : toLogIndex(group.retiredIndex)
  const configuration = { index: toLogIndex(1), voters: [toMemberId(1)], learners: [] }
  return {
    partition: toPartitionId(0), failure: undefined, isMaster: false, group: { ...group, retiredIndex, configuration }, askAround: (members: readonly number[], nowMs: number) => { asked.push([members, nowMs]) }
  } as unknown as Replica
}

suite('a replica that is not wished here', ({ test }) => {
  let isReceiving = false
  const retired: number[] = []
  const placing = (): Placing => new Placing({
    log: silentLogger, silenceMsMax: 500, report: () => { throw new Error('it masters nothing') }, isReceiving: () => isReceiving, retire: (_, index) => { retired.push(index) }
  })

  test('waits while a snapshot stream writes to it, and goes when that is over, also if it broke', () => {
    const room = placing()
    const replica = unwished({ retiredIndex: 7, isInstalling: true, lastLeaderContactMs: 0 })
    isReceiving = true
    room.tick([replica], map, toMemberId(2), 1000)
    expect.equal(retired, [])
    isReceiving = false
    room.tick([replica], map, toMemberId(2), 1100)
    expect.equal(retired, [7])
  })

  test('asks whether it is still needed once nobody speaks to it, once a second', () => {
    const asked: Array<readonly [members: readonly number[], nowMs: number]> = []
    const room = placing()
    const replica = unwished({ isInstalling: false, lastLeaderContactMs: 600 }, asked)
    for (let nowMs = 1000; nowMs < 3000; nowMs += 100) room.tick([replica], map, toMemberId(2), nowMs)
    expect.equal(asked, [[[1], 1100], [[1], 2100]])
  })
})

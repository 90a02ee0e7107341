import fc from 'fast-check'
import { Prng, SYSTEM_PARTITION, toMemberId, toPartitionId, type NodeName, type PeerId } from '../../src/base/index.js'
import {
  applyMapCommand, foundMap, isReplica, isSystemVoter, memberById, memberByName, memberByPeer, type FoundingPlan, type MapOutcome
} from '../../src/coordinator/index.js'
import { MAP_MEMBER_COUNT_MAX, clusterMapProblem, type ClusterMap, type MapCommand } from '../../protocols/cluster/index.js'
import { expect, suite } from '../harness.js'
import { clusterIdOf, nodeName, peerOf } from './harness.js'

function plan (count: number, bound: readonly number[], more: Partial<FoundingPlan> = {}): FoundingPlan {
  return {
    clusterId: clusterIdOf(1),
    clusterName: 'test',
    names: Array.from({ length: count }, (_, position) => nodeName(position + 1)),
    bound: new Map(bound.map((number): [NodeName, PeerId] => [nodeName(number), peerOf(number)])),
    partitionCount: 2,
    replicaSets: undefined,
    replicaCount: 3,
    ...more
  }
}

const bind = (number: number, peer = peerOf(number)): MapCommand => ({ kind: 'bind', name: nodeName(number), peer })
const admit = (number: number, peer = peerOf(number)): MapCommand => ({ kind: 'admit', name: nodeName(number), peer })
const refusal = (outcome: MapOutcome): string => typeof outcome === 'string' ? outcome : `${outcome.refused}: ${outcome.reason}`

suite('the first map', ({ test }) => {
  test('numbers the members in the order of the names and binds who came forward', () => {
    const map = foundMap(plan(3, [1, 3]))
    expect.is(map.epoch, 1)
    expect.equal(map.members, [
      { id: 1, name: 'node1', peer: peerOf(1), leaving: false }, { id: 2, name: 'node2', peer: undefined, leaving: false }, { id: 3, name: 'node3', peer: peerOf(3), leaving: false }
    ])
  })

  for (const [count, bound, voters] of [
    [1, [1], [1]], [2, [1, 2], [1]], [3, [1, 2, 3], [1, 2, 3]], [4, [1, 3, 4], [1, 3, 4]], [4, [1, 2, 3, 4], [1, 2, 3]], [5, [1, 3, 4, 5], [1, 3, 4, 5, 2]],
    [6, [1, 4, 5, 6], [1, 4, 5, 6, 2]], [6, [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5]], [9, [1, 5, 6, 7, 8, 9], [1, 5, 6, 7, 8]]
  ] as const) {
    test(`of ${count} members, ${bound.length} of them bound, has the system voters ${voters.join(', ')}`, () => {
      expect.equal(foundMap(plan(count, bound)).systemVoters, voters)
    })
  }

  test('has a bound quorum of system voters whenever a majority of the others accepted', () => {
    for (let count = 1; count <= 12; count++) {
      const needed = count === 1 ? 0 : Math.floor((count - 1) / 2) + 1
      const map = foundMap(plan(count, [1, ...Array.from({ length: needed }, (_, at) => count - at)]))
      const boundVoters = map.systemVoters.filter((id) => memberById(map, id)?.peer !== undefined)
      expect.ok(boundVoters.length > map.systemVoters.length / 2, `${count} members`)
    }
  })

  test('places the partitions as it is told, or all on the founder', () => {
    expect.equal(foundMap(plan(4, [1], { replicaSets: [[2, 0], [3, 1]] })).partitions, [{ replicas: [3, 1], initial: [3, 1] }, { replicas: [4, 2], initial: [4, 2] }])
    expect.equal(foundMap(plan(4, [1])).partitions, [{ replicas: [1], initial: [1] }, { replicas: [1], initial: [1] }])
  })

  test('that no node would take is a bug', () => {
    for (const [wrong, pattern] of [
      [plan(2, [1, 3]), /not in the configuration/], [plan(2, [1], { replicaSets: [[0]] }), /one replica set per partition/],
      [plan(2, [1], { replicaSets: [[0], [2]] }), /not all members/], [plan(2, [1], { replicaSets: [[0], [0, 0]] }), /would be refused/],
      [plan(2, [1], { partitionCount: 3 }), /would be refused/], [plan(MAP_MEMBER_COUNT_MAX + 1, [1]), /would be refused/]
    ] as const) expect.throws(() => foundMap(wrong), pattern)
  })
})

suite('map commands', ({ test }) => {
  const map = foundMap(plan(3, [1]))

  test('bind a named member once, and say so when it is repeated', () => {
    const first = applyMapCommand(map, bind(2))
    expect.is(first.outcome, 'changed')
    expect.is(first.map.epoch, 2)
    expect.is(memberByName(first.map, nodeName(2))?.peer, peerOf(2))
    const second = applyMapCommand(first.map, bind(2))
    expect.is(second.outcome, 'unchanged')
    expect.is(second.map, first.map)
  })

  test('refuse a name that is bound to another peer', () => {
    for (const command of [bind(1, peerOf(2)), admit(1, peerOf(2))]) {
      const step = applyMapCommand(map, command)
      expect.is(refusal(step.outcome), `name_taken: node1 is the name of peer ${peerOf(1)}`)
      expect.is(step.map, map)
    }
  })

  test('refuse a second name for one peer', () => {
    for (const command of [bind(2, peerOf(1)), admit(9, peerOf(1))]) {
      expect.is(refusal(applyMapCommand(map, command).outcome), `name_taken: peer ${peerOf(1)} is member node1 already`)
    }
  })

  test('refuse to bind a name that nobody named', () => {
    expect.is(refusal(applyMapCommand(map, bind(9)).outcome), 'configuration_differs: the cluster has no member named node9')
  })

  test('admit a new name as the next member, without replicas', () => {
    const step = applyMapCommand(map, admit(9))
    expect.is(step.outcome, 'changed')
    expect.equal(step.map.members.at(-1), { id: 4, name: 'node9', peer: peerOf(9), leaving: false })
    expect.equal([step.map.partitions, step.map.systemVoters], [map.partitions, map.systemVoters])
    expect.is(applyMapCommand(step.map, admit(9)).outcome, 'unchanged')
  })

  test('bind, where a name to be admitted was named by the configuration', () => {
    const step = applyMapCommand(map, admit(3))
    expect.is(step.outcome, 'changed')
    expect.equal(memberByName(step.map, nodeName(3)), { id: 3, name: 'node3', peer: peerOf(3), leaving: false })
  })

  test('never give a member id twice: the next follows the highest ever given', () => {
    expect.is(applyMapCommand({ ...map, memberIdMax: toMemberId(77) }, admit(9)).map.members.at(-1)?.id, 78)
    const end: ClusterMap = { ...map, memberIdMax: toMemberId(0xffffffff) }
    expect.match(refusal(applyMapCommand(end, admit(9)).outcome), /every member id/)
  })

  test('admit up to 512 members', () => {
    let grown = map
    for (let number = 4; number <= MAP_MEMBER_COUNT_MAX; number++) grown = applyMapCommand(grown, admit(number)).map
    expect.is(grown.members.length, MAP_MEMBER_COUNT_MAX)
    expect.is(clusterMapProblem(grown), undefined)
    expect.match(refusal(applyMapCommand(grown, admit(600)).outcome), /512 members/)
    expect.is(applyMapCommand(grown, bind(2)).outcome, 'changed')
  })

  test('at random keep the map sound, count every change, and change nothing when they come again', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = new Prng(seed)
      let current = map
      for (let count = 0; count < 20; count++) {
        const command = (random.chance(1, 2) ? bind : admit)(random.between(1, 8), peerOf(random.between(1, 8)))
        const { map: next, outcome } = applyMapCommand(current, command)
        expect.is(next.epoch - current.epoch, outcome === 'changed' ? 1 : 0, `seed ${seed}`)
        expect.is(clusterMapProblem(next), undefined, `seed ${seed}`)
        expect.is.not(applyMapCommand(next, command).outcome, 'changed', `seed ${seed}`)
        for (const member of current.members) {
          const kept = memberById(next, member.id)
          expect.is(kept?.name, member.name, `seed ${seed}`)
          if (member.peer !== undefined) expect.is(kept?.peer, member.peer, `seed ${seed}: a binding is for ever`)
        }
        current = next
      }
    }
  })
})

suite('map lookups', ({ test }) => {
  const map = foundMap(plan(3, [1, 2], { replicaSets: [[0, 1], [2]] }))

  test('find members by id, name and peer, or nothing', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), (number) => {
      expect.is(memberById(map, toMemberId(number))?.name, number <= 3 ? nodeName(number) : undefined)
      expect.is(memberByName(map, nodeName(number))?.id, number <= 3 ? number : undefined)
      expect.is(memberByPeer(map, peerOf(number))?.id, number <= 2 ? number : undefined)
    }))
  })

  test('know replicas and system voters', () => {
    expect.ok(isReplica(map, toPartitionId(0), toMemberId(2)))
    expect.not(isReplica(map, toPartitionId(1), toMemberId(2)))
    expect.not(isReplica(map, toPartitionId(9), toMemberId(2)))
    expect.ok(isSystemVoter(map, toMemberId(3)))
    expect.not(isSystemVoter(map, toMemberId(4)))
  })
})

suite('map commands that place, and let members go', ({ test }) => {
  const member = toMemberId
  const map = foundMap(plan(4, [1, 2, 3, 4]))
  const place = (to: number[], from = [1]): MapCommand => ({ kind: 'place', partition: toPartitionId(0), from: from.map(member), to: to.map(member) })

  test('place replicas where they are still wished as the command supposes', () => {
    const step = applyMapCommand(map, place([2, 1, 3]))
    expect.equal([step.outcome, step.map.partitions[0]], ['changed', { replicas: [2, 1, 3], initial: [1] }])
    expect.is(applyMapCommand(step.map, place([2, 1, 3])).outcome, 'unchanged', 'said twice')
    expect.match(refusal(applyMapCommand(step.map, place([4])).outcome), /^outdated/)
  })

  test('place nothing on strangers, on the unbound, on leavers, twice, nowhere, or in partitions that are not there', () => {
    for (const to of [[9], [1, 1], [1, 9]]) expect.match(refusal(applyMapCommand(map, place(to)).outcome), /^placement_impossible/, to.join())
    const unbound = foundMap(plan(4, [1, 2, 3]))
    expect.match(refusal(applyMapCommand(unbound, place([4])).outcome), /^placement_impossible/)
    const leaving = applyMapCommand(map, { kind: 'leave', member: member(4) }).map
    expect.match(refusal(applyMapCommand(leaving, place([4])).outcome), /^placement_impossible/)
    expect.match(refusal(applyMapCommand(map, { ...place([2]), partition: toPartitionId(700) } as MapCommand).outcome), /^outdated/)
  })

  test('place the voters of the system partition', () => {
    const step = applyMapCommand(map, { kind: 'place', partition: SYSTEM_PARTITION, from: map.systemVoters, to: [2, 3, 4].map(member) })
    expect.equal([step.outcome, step.map.systemVoters, step.map.systemInitial], ['changed', [2, 3, 4], map.systemInitial])
  })

  test('a member leaves, may stay after all, and is gone only once nothing is wished on it', () => {
    const leaving = applyMapCommand(map, { kind: 'leave', member: member(4) }).map
    expect.ok(memberById(leaving, member(4))?.leaving)
    expect.is(applyMapCommand(leaving, { kind: 'leave', member: member(4) }).outcome, 'unchanged')
    expect.is(memberById(applyMapCommand(leaving, { kind: 'stay', member: member(4) }).map, member(4))?.leaving, false)
    expect.match(refusal(applyMapCommand(map, { kind: 'remove', member: member(4) }).outcome), /^outdated/, 'it is not leaving')
    const gone = applyMapCommand(leaving, { kind: 'remove', member: member(4) }).map
    expect.is(memberById(gone, member(4)), undefined)
    expect.is(applyMapCommand(gone, admit(4)).map.members.at(-1)?.id, 5, 'who returns is somebody else')
    const founder = applyMapCommand(map, { kind: 'leave', member: member(1) }).map
    expect.match(refusal(applyMapCommand(founder, { kind: 'remove', member: member(1) }).outcome), /replicas are wished on node1/)
  })

  test('nobody leaves where the copies could not be held, who holds what the configuration placed, or who is the last', () => {
    const three = foundMap(plan(3, [1, 2, 3]))
    expect.match(refusal(applyMapCommand(three, { kind: 'leave', member: member(3) }).outcome), /3 replicas of every partition are wished, and without node3 there would be 2 members/)
    const placed = foundMap(plan(3, [1, 2, 3], { replicaSets: [[0], [1]] }))
    expect.match(refusal(applyMapCommand(placed, { kind: 'leave', member: member(2) }).outcome), /the configuration places replicas on node2/)
    expect.is(applyMapCommand(placed, { kind: 'leave', member: member(3) }).outcome, 'changed')
    expect.match(refusal(applyMapCommand(foundMap(plan(1, [1])), { kind: 'leave', member: member(1) }).outcome), /the last member/)
    expect.match(refusal(applyMapCommand(map, { kind: 'leave', member: member(9) }).outcome), /^unknown_member/)
  })
})

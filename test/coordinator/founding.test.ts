import { describeFounding } from '../../src/coordinator/index.js'
import { expect, suite } from '../harness.js'
import { TestNode, X, Y, mapOf } from './founding-node.js'
import { inShort, nodeName, setupOf } from './harness.js'

suite('a named node', ({ test }) => {
  test('accepts one id, its promise persisted first, and the same again', () => {
    const node = new TestNode(setupOf(2))
    expect.equal(node.proposal(X), ['persist', 'found-accept Node1Disk1'])
    expect.is(node.state.record.accepted, X)
    expect.equal(node.proposal(X), ['persist', 'found-accept Node1Disk1'])
  })

  test('refuses any other id, for ever, and says which it accepted', () => {
    const node = new TestNode(setupOf(2))
    node.proposal(X)
    const again = new TestNode(setupOf(2), { record: node.state.record })
    for (const each of [node, again]) {
      expect.equal(each.proposal(Y), ['refuse founding_refused'])
      expect.is(each.reason, `this node accepted cluster ${X}, for ever`)
      expect.is(each.state.record.accepted, X)
    }
  })

  test('refuses a different configuration and says where it differs', () => {
    const node = new TestNode(setupOf(2))
    expect.equal(node.proposal(X, { configuration: 'nodes: 4' }), ['refuse configuration_differs'])
    expect.is(node.reason, 'the cluster sections differ: after "nodes: ", here "2", there "4"')
    node.proposal(X, { configuration: 'nodes: 2, replicas: 3' })
    expect.match(node.reason, /after "nodes: 2", here nothing more, there ", replicas: 3"/)
    expect.is(node.state.record.accepted, undefined)
  })

  test('accepts from nobody but the first-listed', () => {
    const node = new TestNode(setupOf(2))
    expect.equal(node.proposal(X, { name: nodeName(3) }), ['refuse founding_refused'])
    expect.match(node.reason, /only node1/)
  })

  test('that promised takes only that cluster’s map', () => {
    const node = new TestNode(setupOf(2))
    node.proposal(X)
    expect.equal(node.map(mapOf(Y)), ['refuse foreign_cluster'])
    expect.equal(node.map(mapOf(X)), ['adopt'])
    expect.is(node.phase, 'member')
    expect.equal(node.map(mapOf(X)), [])
  })

  test('that promised nothing takes a map that names it', () => {
    expect.equal(new TestNode(setupOf(4)).map(mapOf(X, 3)), ['refuse configuration_differs'])
    expect.equal(new TestNode(setupOf(3)).map(mapOf(X, 3)), ['adopt'])
  })

  test('takes no map that cannot be routed by', () => {
    const node = new TestNode(setupOf(2))
    expect.equal(node.map({ ...mapOf(X), partitions: [] }), ['refuse configuration_differs'])
    expect.match(node.reason, /^the map is wrong: /)
  })

  test('asks a member of its cluster for the map and refuses a foreign one', () => {
    const node = new TestNode(setupOf(2))
    expect.equal(node.hello(3, X), ['map-request Node3Disk1'])
    expect.equal(node.hello(3), [])
    node.proposal(X)
    expect.equal(node.hello(3, X), ['map-request Node3Disk1'])
    expect.equal(node.hello(3, Y), ['refuse foreign_cluster'])
    expect.is(node.reason, `this node belongs to cluster ${X}, not to ${Y}`)
  })

  test('ignores acceptances, refusals and the time', () => {
    const node = new TestNode(setupOf(2))
    expect.equal([node.acceptance(3, X), node.refusal(3, 'founding_refused', X), node.step({ kind: 'tick' }, 1e6)], [[], [], []])
    expect.is(node.phase, 'waiting')
  })

  test('says what it waits for', () => {
    const node = new TestNode(setupOf(2))
    expect.is(describeFounding(node.setup, node.state), 'waiting for node1, the first-listed node, to found the cluster')
    node.proposal(X)
    expect.is(describeFounding(node.setup, node.state), `accepted cluster ${X}; waiting for its map`)
    node.map(mapOf(X))
    expect.is(describeFounding(node.setup, node.state), '')
  })
})

suite('a member', ({ test }) => {
  test('is one after any restart, whatever its role is called now', () => {
    for (const role of ['named', 'joiner', 'lone'] as const) {
      const node = new TestNode(setupOf(2, { role }), { clusterId: X, record: { accepted: X } })
      expect.is(node.phase, 'member')
      expect.equal(node.effects, [])
    }
  })

  test('refuses every proposal and names its cluster, its own id too: a founder that asks has lost its disk', () => {
    const node = new TestNode(setupOf(2), { clusterId: X })
    for (const id of [X, Y]) {
      expect.equal(node.proposal(id), ['refuse founding_refused'])
      expect.is(node.reason, `this node belongs to cluster ${X}`)
    }
  })

  test('refuses foreign clusters, by id and by name', () => {
    const node = new TestNode(setupOf(2), { clusterId: X })
    expect.equal(node.hello(3, Y), ['refuse foreign_cluster'])
    expect.equal(node.hello(3, X, { clusterName: 'other' }), ['refuse foreign_cluster'])
    expect.match(node.reason, /configured for cluster "test", not "other"/)
    expect.equal(node.map(mapOf(Y)), ['refuse foreign_cluster'])
    expect.equal(node.hello(3, X), [])
  })
})

suite('a lone node', ({ test }) => {
  const lone = setupOf(1, { role: 'lone', count: 1, replicaSets: undefined, partitionCount: 16 })

  test('founds at once, with all partitions its own', () => {
    const node = new TestNode(lone)
    expect.equal(inShort(node.effects), ['found'])
    expect.equal(node.foundedMap?.systemVoters, [1])
    expect.ok(node.foundedMap?.partitions.every(({ replicas }) => replicas.length === 1 && replicas[0] === 1))
    expect.is(node.foundedMap?.partitions.length, 16)
  })

  test('does not found over older promises', () => {
    for (const [record, phase] of [[{ accepted: X }, 'promised'], [{ proposed: X }, 'joining'], [{ renounced: X }, 'joining']] as const) {
      const node = new TestNode(lone, { record })
      expect.equal([node.phase, node.effects], [phase, []])
    }
  })
})

suite('a joiner', ({ test }) => {
  const joiner = setupOf(7, { role: 'joiner', count: 0 })

  test('never founds nor accepts, and takes the map of whoever it reaches', () => {
    const node = new TestNode(joiner)
    expect.equal(node.effects, [])
    expect.equal(node.hello(2), [])
    expect.equal(node.proposal(X), ['refuse founding_refused'])
    expect.equal(node.hello(2, X), ['map-request Node2Disk1'])
    expect.equal(node.map(mapOf(X)), ['adopt'])
  })

  test('that renounced before takes only the map of that cluster', () => {
    const node = new TestNode(joiner, { record: { renounced: X } })
    expect.equal(node.map(mapOf(Y)), ['refuse foreign_cluster'])
    expect.equal(node.map(mapOf(X)), ['adopt'])
  })
})

suite('the limit of the promise', ({ test }) => {
  test('is one acceptor of four nodes that loses its disk together with the founder, before the others hear of the cluster', () => {
    const node3 = new TestNode(setupOf(3))
    const founder = new TestNode(setupOf(1))
    for (const number of [2, 3, 4]) founder.hello(number)
    node3.proposal(X)
    founder.acceptance(2, X)
    founder.acceptance(3, X)
    founder.step({ kind: 'tick' }, 10_000)
    expect.is(founder.foundedMap?.clusterId, X)
    // node1 and node2 lose their disks; node3 is not reachable; node4 never heard of anything.
    const wiped = new TestNode(setupOf(1, { wipes: 1, freshClusterId: Y }))
    for (const number of [2, 4]) {
      wiped.hello(number)
      wiped.acceptance(number, Y)
    }
    wiped.step({ kind: 'tick' }, 10_000)
    expect.is(wiped.foundedMap?.clusterId, Y)
    expect.equal(node3.hello(1, Y), ['refuse foreign_cluster'], 'and they never mix')
  })
})

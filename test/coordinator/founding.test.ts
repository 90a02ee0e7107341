import { type ClusterId, type NodeName, type PeerId } from '../../src/base/index.js'
import {
  FOUNDING_GRACE_MS, PROPOSAL_RETRY_MS, describeFounding, foundMap, startFounding, stepFounding, type FoundingEffect, type FoundingInput,
  type FoundingRecord, type FoundingSetup, type FoundingState
} from '../../src/coordinator/index.js'
import type { ClusterMap, RefusalCode } from '../../protocols/cluster/index.js'
import { expect, suite } from '../harness.js'
import { NO_PROMISES, clusterIdOf, inShort, nodeName, peerOf, setupOf } from './harness.js'

const X = clusterIdOf(1)
const Y = clusterIdOf(9)

/** One node, its steps one after another. */
class TestNode {
  readonly setup: FoundingSetup
  state: FoundingState
  effects: readonly FoundingEffect[]

  constructor (setup: FoundingSetup, stored: { record?: Partial<FoundingRecord>, clusterId?: ClusterId } = {}) {
    this.setup = setup
    const step = startFounding(setup, { record: { ...NO_PROMISES, ...stored.record }, clusterId: stored.clusterId }, 0)
    this.state = step.state
    this.effects = step.effects
  }

  step (input: FoundingInput, nowMs = 0): string[] {
    const step = stepFounding(this.setup, this.state, input, nowMs)
    this.state = step.state
    this.effects = step.effects
    return inShort(step.effects)
  }

  hello (number: number, clusterId?: ClusterId, more: { peer?: PeerId, clusterName?: string, name?: NodeName } = {}): string[] {
    return this.step({ kind: 'hello', peer: peerOf(number), name: nodeName(number), clusterName: 'test', clusterId, ...more })
  }

  proposal (clusterId: ClusterId, more: { name?: NodeName, configuration?: string } = {}): string[] {
    return this.step({ kind: 'proposal', peer: peerOf(1), name: nodeName(1), clusterId, configuration: 'nodes: 2', ...more })
  }

  acceptance (number: number, clusterId: ClusterId, nowMs = 0, more: { peer?: PeerId, name?: NodeName } = {}): string[] {
    return this.step({ kind: 'acceptance', peer: peerOf(number), name: nodeName(number), clusterId, ...more }, nowMs)
  }

  refusal (number: number, code: RefusalCode, clusterId?: ClusterId, more: { name?: NodeName } = {}): string[] {
    return this.step({ kind: 'refusal', peer: peerOf(number), name: nodeName(number), code, clusterId, ...more })
  }

  map (map: ClusterMap): string[] {
    return this.step({ kind: 'map', peer: peerOf(3), name: nodeName(3), map })
  }

  get phase (): string {
    return this.state.phase.kind
  }

  get reason (): string {
    const effect = this.effects.find((each) => each.kind === 'send')
    return effect?.kind === 'send' && effect.message.kind === 'refuse' ? effect.message.reason : ''
  }

  get foundedMap (): ClusterMap | undefined {
    const effect = this.effects.find((each) => each.kind === 'found')
    return effect?.kind === 'found' ? effect.map : undefined
  }
}

const mapOf = (clusterId: ClusterId, count = 4): ClusterMap => foundMap({ ...setupOf(1, { count }), clusterId, bound: new Map([[nodeName(1), peerOf(1)]]) })

suite('the first-listed node', ({ test }) => {
  test('proposes to every named node that comes forward, its promise persisted first', () => {
    const node = new TestNode(setupOf(1))
    expect.equal(node.effects, [])
    expect.equal(node.hello(2), ['persist', 'found-propose Node2Disk1', 'wake 1000'])
    expect.equal(node.state.record, { ...NO_PROMISES, proposed: X })
    expect.equal(node.hello(3), ['persist', 'found-propose Node3Disk1', 'wake 1000'])
  })

  test('does not propose to strangers', () => {
    const node = new TestNode(setupOf(1))
    expect.equal(node.hello(9), [])
    expect.equal(node.hello(1), [])
    expect.is(node.phase, 'waiting')
  })

  test('founds at once when all accepted, and binds them', () => {
    const node = new TestNode(setupOf(1, { count: 3 }))
    node.hello(2)
    node.hello(3)
    expect.equal(node.acceptance(2, X), ['wake 1000'])
    expect.equal(node.acceptance(3, X), ['found', 'offer-map Node2Disk1', 'offer-map Node3Disk1'])
    expect.equal(node.foundedMap?.members.map(({ peer }) => peer), [peerOf(1), peerOf(2), peerOf(3)])
    expect.equal([node.foundedMap?.clusterId, node.phase], [X, 'member'])
  })

  test('gives the rest a grace after a majority', () => {
    const node = new TestNode(setupOf(1))
    for (const number of [2, 3, 4]) node.hello(number)
    node.acceptance(2, X, 100)
    expect.equal(node.acceptance(4, X, 500), ['wake 1000'])
    expect.equal(node.acceptance(2, X, 900), ['wake 1000'], 'a repetition is no third, and starts no new grace')
    expect.equal(node.step({ kind: 'tick' }, 1000), ['persist', 'found-propose Node3Disk1', `wake ${500 + FOUNDING_GRACE_MS}`])
    expect.equal(node.step({ kind: 'tick' }, 500 + FOUNDING_GRACE_MS - 1), ['wake 2000'])
    expect.equal(node.step({ kind: 'tick' }, 500 + FOUNDING_GRACE_MS), ['found', 'offer-map Node4Disk1', 'offer-map Node2Disk1'])
    expect.is(node.foundedMap?.members[2]?.peer, undefined)
  })

  test('asks again who did not answer', () => {
    const node = new TestNode(setupOf(1))
    for (const number of [2, 3]) node.hello(number)
    node.acceptance(3, X)
    expect.equal(node.step({ kind: 'tick' }, PROPOSAL_RETRY_MS), ['persist', 'found-propose Node2Disk1', 'wake 2000'])
    expect.equal(node.step({ kind: 'tick' }, PROPOSAL_RETRY_MS + 1), ['wake 2000'])
  })

  test('counts a name once, for the peer that came last', () => {
    const node = new TestNode(setupOf(1))
    for (const number of [2, 3, 4]) node.hello(number)
    node.acceptance(2, X)
    node.acceptance(2, X, 0, { peer: peerOf(2, 1) })
    node.step({ kind: 'tick' }, 10_000)
    expect.is(node.phase, 'proposing')
    node.acceptance(4, X)
    node.step({ kind: 'tick' }, 20_000)
    expect.equal(node.foundedMap?.members.map(({ peer }) => peer), [peerOf(1), peerOf(2, 1), undefined, peerOf(4)])
  })

  test('counts a peer once, whatever it calls itself', () => {
    const node = new TestNode(setupOf(1))
    node.hello(2)
    node.acceptance(2, X)
    node.acceptance(3, X, 0, { peer: peerOf(2) })
    expect.equal(node.step({ kind: 'tick' }, 10_000).at(-1), 'wake 11000')
    expect.is(node.phase, 'proposing')
  })

  test('proposes the same id after a restart', () => {
    const node = new TestNode(setupOf(1, { freshClusterId: Y }), { record: { proposed: X } })
    node.hello(2)
    expect.is(node.state.record.proposed, X)
    node.acceptance(2, X)
    node.acceptance(3, X)
    node.acceptance(4, X)
    expect.is(node.foundedMap?.clusterId, X)
  })

  for (const [what, hear] of [
    ['a greeting from a member', (node: TestNode) => node.hello(3, X)],
    ['a refusal for an id accepted before', (node: TestNode) => node.refusal(3, 'founding_refused', X)],
    ['a refusal as foreign', (node: TestNode) => node.refusal(3, 'foreign_cluster', X)],
    ['an acceptance of another id', (node: TestNode) => node.acceptance(3, X)]
  ] as const) {
    test(`renounces for ever when it hears of a cluster by ${what}`, () => {
      for (const proposed of [false, true]) {
        const node = new TestNode(setupOf(1, { wipes: 1, freshClusterId: Y }))
        if (proposed) for (const number of [2, 3, 4]) node.hello(number)
        expect.equal(hear(node), ['persist', 'map-request Node3Disk1'])
        expect.equal(node.state.record, { proposed: proposed ? Y : undefined, accepted: undefined, renounced: X })
        for (const number of [2, 4]) node.acceptance(number, Y)
        expect.equal(node.step({ kind: 'tick' }, 10_000), [])
        expect.equal(node.hello(2), [])
        expect.is(node.phase, 'joining')
        const again = new TestNode(setupOf(1, { wipes: 1, freshClusterId: Y }), { record: node.state.record })
        expect.equal(again.hello(2), [])
        expect.match(describeFounding(again.setup, again.state), /founded or begun before with a disk this node does not have/)
      }
    })
  }

  test('does not take a stranger’s word for a cluster, but asks for its map', () => {
    const node = new TestNode(setupOf(1, { freshClusterId: Y }))
    node.hello(2)
    expect.equal(node.hello(9, X), ['map-request Node9Disk1'])
    expect.is(node.phase, 'proposing')
    expect.equal(node.map({ ...mapOf(X), members: mapOf(X).members.map((member) => member.id === 1 ? { ...member, name: nodeName(50) } : member) }), ['refuse configuration_differs'])
    expect.equal(node.map(mapOf(X)), ['adopt'])
    expect.is(node.phase, 'member')
  })

  test('is not stopped by refusals that name no cluster', () => {
    const node = new TestNode(setupOf(1))
    node.hello(2)
    expect.equal(node.refusal(2, 'configuration_differs'), [])
    expect.equal(node.refusal(2, 'founding_refused'), [])
    expect.equal(node.refusal(9, 'founding_refused', Y, { name: nodeName(9) }), [])
    expect.is(node.phase, 'proposing')
  })

  test('gives those that accept late the map', () => {
    const node = new TestNode(setupOf(1), { clusterId: X })
    expect.equal(node.acceptance(4, X), ['offer-map Node4Disk1'])
    expect.equal(node.acceptance(4, Y), [])
  })

  test('alone in the configuration founds at once', () => {
    const node = new TestNode(setupOf(1, { count: 1, replicaSets: undefined }))
    expect.equal(inShort(node.effects), ['found'])
  })

  test('says whom it waits for', () => {
    const node = new TestNode(setupOf(1))
    expect.is(describeFounding(node.setup, node.state), 'no other named node has come forward; 2 of 3 are needed to found the cluster')
    node.hello(2)
    node.acceptance(2, X)
    expect.is(describeFounding(node.setup, node.state), `founding cluster ${X}: 1 nodes accepted, 2 of 3 are needed; missing: node3, node4`)
  })
})

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

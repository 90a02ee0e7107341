import { FOUNDING_GRACE_MS, PROPOSAL_RETRY_MS, describeFounding } from '../../src/coordinator/index.js'
import { expect, suite } from '../harness.js'
import { TestNode, X, Y, mapOf } from './founding-node.js'
import { NO_PROMISES, inShort, nodeName, peerOf, setupOf } from './harness.js'

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

import { toMemberId } from '../../src/base/index.js'
import type { ReplicationMessage } from '../../protocols/replication/index.js'
import { expect, suite } from '../harness.js'
import { Cluster } from './cluster.js'
import type { Node } from './virtual-node.js'

/** The default longest election timeout. */
const TIMEOUT_MS = 2000

const others = (cluster: Cluster, ...nodes: Node[]): Node[] => cluster.nodes.filter((node) => !nodes.includes(node))

/** Makes this node the leader by asking for it. */
function lead (cluster: Cluster, number: number): Node {
  const node = cluster.node(number)
  const leader = cluster.elect()
  if (leader !== node) {
    leader.up.transferLeadership(node.member, cluster.nowMs)
    cluster.carryOut(leader)
    if (!cluster.runFor(5000, () => cluster.leader === node && node.up.isLeaderReady)) throw new Error(`member ${number} does not lead`)
  }
  return node
}

suite('scenarios of elections', ({ test }) => {
  for (const voters of [1, 2, 3, 4, 5]) {
    test(`a group of ${voters} elects one leader within two timeouts, and keeps it`, () => {
      const cluster = new Cluster({ voters, seed: `calm ${voters}` }).startAll()
      cluster.elect(2 * TIMEOUT_MS)
      cluster.runFor(20_000)
      expect.is(cluster.leaderChanges, 1)
      expect.ok(cluster.nodes.every(({ up }) => up.leader === cluster.leader?.member))
    })
  }

  test('the preferred voter is elected first', () => {
    const cluster = new Cluster({ voters: 5, seed: 'preferred', preferred: toMemberId(4) }).startAll()
    expect.is(cluster.elect(1000).member, 4)
    cluster.runFor(5000)
    expect.is(cluster.leaderChanges, 1)
  })

  test('mastership returns to the preferred voter once it is back, without a gap in office', () => {
    const cluster = new Cluster({ voters: 3, seed: 'return', preferred: toMemberId(2) }).startAll()
    cluster.elect(1000)
    cluster.crash(cluster.node(2))
    const deputy = cluster.elect()
    expect.is.not(deputy.member, 2)
    cluster.start(cluster.node(2))
    cluster.runFor(900)
    expect.is(cluster.leader?.member, deputy.member)
    expect.ok(cluster.runFor(1500, () => cluster.node(2).up.isLeaderReady))
    expect.ok(cluster.write(cluster.node(2)) !== undefined)
  })

  test('a leader that dies is replaced within two timeouts, and within a fraction where its connections close', () => {
    for (const isHinted of [false, true]) {
      const cluster = new Cluster({ voters: 3, seed: `death ${isHinted}` }).startAll()
      const leader = cluster.elect()
      cluster.runFor(3000)
      cluster.crash(leader)
      const fromMs = cluster.nowMs
      for (const node of isHinted ? others(cluster, leader) : []) {
        node.up.leaderLost(leader.member, cluster.nowMs)
        cluster.carryOut(node)
      }
      cluster.elect()
      const tookMs = cluster.nowMs - fromMs
      expect.ok(tookMs < (isHinted ? 200 : 2 * TIMEOUT_MS), `took ${tookMs} ms`)
    }
  })

  test('a false hint deposes nobody', () => {
    const cluster = new Cluster({ voters: 3, seed: 'false hint' }).startAll()
    const leader = cluster.elect()
    const [follower] = others(cluster, leader)
    for (let round = 0; round < 10; round++) {
      follower?.up.leaderLost(leader.member, cluster.nowMs)
      if (follower !== undefined) cluster.carryOut(follower)
      cluster.runFor(300)
    }
    expect.is(cluster.leaderChanges, 1)
    expect.is(leader.up.role, 'leader')
  })

  test('8. a member that was cut off returns without disturbing anybody', () => {
    const cluster = new Cluster({ voters: 3, seed: 'returning' }).startAll()
    const leader = cluster.elect()
    const term = leader.up.term
    const [away] = others(cluster, leader)
    if (away === undefined) throw new Error('three members')
    cluster.isolate(away)
    cluster.runFor(60_000)
    expect.is(away.up.term, term)
    cluster.network.heal()
    cluster.runFor(1000)
    expect.is(leader.up.role, 'leader')
    expect.is(leader.up.term, term)
    expect.is(away.up.leader, leader.member)
  })

  test('9. a leader that can only receive steps down within a timeout, and the others elect', () => {
    const cluster = new Cluster({ voters: 3, seed: 'receive only' }).startAll()
    const leader = cluster.elect()
    for (const node of others(cluster, leader)) cluster.network.cut(leader.member, node.member)
    cluster.runFor(1300)
    expect.is(leader.up.role === 'leader' && leader.up.term === cluster.leader?.up.term && cluster.leader === leader, false)
    expect.ok(cluster.runFor(2 * TIMEOUT_MS, () => cluster.leader !== undefined && cluster.leader !== leader && cluster.leader.up.isLeaderReady))
  })

  test('9. a leader that can only send steps down within a timeout, although its followers hear it', () => {
    const cluster = new Cluster({ voters: 3, seed: 'send only' }).startAll()
    const leader = cluster.elect()
    for (const node of others(cluster, leader)) cluster.network.cut(node.member, leader.member)
    cluster.runFor(1300)
    expect.is(leader.up.role === 'leader', false)
    expect.ok(cluster.runFor(2 * TIMEOUT_MS, () => cluster.leader !== undefined && cluster.leader !== leader && cluster.leader.up.isLeaderReady))
  })

  test('9. a member stranded in a higher term is taken back in, by one election at most', () => {
    const cluster = new Cluster({ voters: 3, seed: 'stranded' })
    cluster.preload(cluster.node(3), [], 50)
    cluster.start(cluster.node(1))
    cluster.start(cluster.node(2))
    cluster.elect()
    cluster.start(cluster.node(3))
    expect.ok(cluster.runFor(3 * TIMEOUT_MS, () => cluster.isLevel && cluster.nodes.every(({ up }) => up.term > 50 && up.leader !== 0)))
    expect.ok(cluster.leaderChanges <= 2)
  })

  test('9. followers that hear their leader refuse a candidate whatever its term', () => {
    const cluster = new Cluster({ voters: 5, seed: 'refusal' }).startAll()
    const leader = cluster.elect()
    const [deaf] = others(cluster, leader)
    if (deaf === undefined) throw new Error('five members')
    cluster.network.cut(leader.member, deaf.member)
    cluster.runFor(20_000)
    expect.is(cluster.leader?.member, leader.member)
    expect.is(cluster.leaderChanges, 1)
  })

  test('10. star: when everybody reaches only one member, that one leads', () => {
    const cluster = new Cluster({ voters: 5, seed: 'star' }).startAll()
    const leader = cluster.elect()
    const [hub, ...rest] = others(cluster, leader)
    if (hub === undefined) throw new Error('five members')
    cluster.connectOnly([...rest, leader].map((node) => [node.member, hub.member] as const))
    expect.ok(cluster.runFor(6 * TIMEOUT_MS, () => hub.up.isLeaderReady), 'the hub leads')
    const changes = cluster.leaderChanges
    cluster.runFor(30_000)
    expect.is(cluster.leaderChanges, changes)
    expect.is(cluster.leader?.member, hub.member)
  })

  test('10. constrained election: the only member that reaches a quorum leads, where its log is as new as theirs', () => {
    const cluster = new Cluster({ voters: 5, seed: 'constrained' }).startAll()
    const leader = cluster.elect()
    cluster.write(leader)
    cluster.runFor(500)
    const [hub, a, b] = others(cluster, leader)
    if (hub === undefined || a === undefined || b === undefined) throw new Error('five members')
    cluster.connectOnly([[hub.member, a.member], [hub.member, b.member]])
    expect.ok(cluster.runFor(8 * TIMEOUT_MS, () => hub.up.isLeaderReady))
    const changes = cluster.leaderChanges
    cluster.runFor(30_000)
    expect.is(cluster.leaderChanges, changes)
  })

  test('10. chain: with only neighbours connected, one leader stays', () => {
    for (const first of [1, 2, 3]) {
      const cluster = new Cluster({ voters: 3, seed: `chain ${first}` }).startAll()
      lead(cluster, first)
      cluster.connectOnly([[1, 2], [2, 3]])
      expect.ok(cluster.runFor(6 * TIMEOUT_MS, () => cluster.leader?.up.isLeaderReady === true))
      cluster.runFor(TIMEOUT_MS)
      const changes = cluster.leaderChanges
      cluster.runFor(30_000)
      expect.is(cluster.leaderChanges, changes, `chain led by ${first}`)
      expect.ok(cluster.leader?.up.isLeaderReady === true)
    }
  })

  test('10. two members hanging on one link each (etcd at Cloudflare, 2020) depose nobody', () => {
    for (const first of [1, 2, 3, 4, 5]) {
      const cluster = new Cluster({ voters: 5, seed: `hanging ${first}` }).startAll()
      lead(cluster, first)
      cluster.connectOnly([[1, 2], [1, 3], [2, 3], [4, 2], [5, 3]])
      cluster.runFor(4 * TIMEOUT_MS)
      expect.ok(cluster.leader?.up.isLeaderReady === true, `led by ${first}`)
      const changes = cluster.leaderChanges
      cluster.runFor(30_000)
      expect.is(cluster.leaderChanges, changes, `led by ${first}`)
      expect.ok(cluster.write(cluster.elect()) !== undefined)
    }
  })

  test('11. elections end although the timeouts are almost equal', () => {
    let slowestMs = 0
    for (let seed = 0; seed < 30; seed++) {
      const cluster = new Cluster({
        voters: 5, seed: `split ${seed}`, tuning: { electionTimeoutMsMin: 1000, electionTimeoutMsMax: 1010 },
        links: { delayMsMin: 1, delayMsMax: 10, lossPerMille: 0, duplicatePerMille: 0, tailPerMille: 0, tailMsMax: 0, isOrdered: true }
      }).startAll()
      cluster.elect(60_000)
      slowestMs = Math.max(slowestMs, cluster.nowMs)
    }
    expect.ok(slowestMs < 40_000, `the slowest took ${slowestMs} ms`)
  })

  test('12. handover to each member, under proposals, loses nothing and takes a few round trips', () => {
    const cluster = new Cluster({ voters: 3, seed: 'handover' }).startAll()
    for (const target of [1, 2, 3, 1, 3, 2]) {
      const leader = cluster.elect()
      if (leader.member === target) continue
      const fromMs = cluster.nowMs
      for (let count = 0; count < 10; count++) cluster.write(leader)
      leader.up.transferLeadership(toMemberId(target), cluster.nowMs)
      cluster.carryOut(leader)
      expect.is(cluster.write(leader), undefined)
      expect.ok(cluster.runFor(1000, () => cluster.node(target).up.isLeaderReady), `to ${target}`)
      expect.ok(cluster.nowMs - fromMs < 50, `took ${cluster.nowMs - fromMs} ms`)
    }
    cluster.runFor(500)
    expect.ok(cluster.isLevel)
  })

  test('12. handover to a dead member is given up, and the leader goes on', () => {
    const cluster = new Cluster({ voters: 3, seed: 'handover to the dead' }).startAll()
    const leader = cluster.elect()
    const [target] = others(cluster, leader)
    if (target === undefined) throw new Error('three members')
    cluster.crash(target)
    leader.up.transferLeadership(target.member, cluster.nowMs)
    cluster.carryOut(leader)
    cluster.runFor(1100)
    expect.ok(cluster.write(leader) !== undefined)
    cluster.runFor(100)
    expect.is(cluster.acknowledgedCount, 1)
  })

  test('12. a target that dies as it is told leaves the group with a leader soon', () => {
    const cluster = new Cluster({ voters: 3, seed: 'target dies' }).startAll()
    const leader = cluster.elect()
    const [target] = others(cluster, leader)
    if (target === undefined) throw new Error('three members')
    cluster.hooks.sent = (_from, _to, message: ReplicationMessage) => {
      if (message.kind === 'vote-request' && message.transfer) cluster.agenda.after(0, () => { cluster.crash(target) })
    }
    leader.up.transferLeadership(target.member, cluster.nowMs)
    cluster.carryOut(leader)
    cluster.runFor(100)
    expect.is(target.group, undefined)
    expect.ok(cluster.write(cluster.elect(3 * TIMEOUT_MS)) !== undefined)
  })
})

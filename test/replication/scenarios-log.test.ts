import type { MemberId } from '../../src/base/index.js'
import type { ReplicationMessage } from '../../protocols/replication/index.js'
import { toMemberId } from '../../src/base/index.js'
import { expect, suite } from '../harness.js'
import { Cluster } from './cluster.js'
import type { Node } from './virtual-node.js'

const others = (cluster: Cluster, ...nodes: Node[]): Node[] => cluster.nodes.filter((node) => !nodes.includes(node))

suite('scenarios of the log', ({ test }) => {
  for (const voters of [1, 2, 3, 5]) {
    test(`1. a group of ${voters} acknowledges what is durable on a majority, and everybody applies it`, () => {
      const cluster = new Cluster({ voters, seed: `happy ${voters}`, flushMs: [1, 5] }).startAll()
      const leader = cluster.elect()
      for (let count = 0; count < 50; count++) {
        cluster.write(leader)
        cluster.runFor(3)
      }
      cluster.runFor(300)
      expect.is(cluster.acknowledgedCount, 50)
      expect.ok(cluster.isLevel)
    })
  }

  test('1. a commit reaches the followers at once, not with the next heartbeat', () => {
    const cluster = new Cluster({ voters: 3, seed: 'commit spreads' }).startAll()
    const leader = cluster.elect()
    cluster.runFor(105 - cluster.nowMs % 100)
    cluster.write(leader)
    cluster.runFor(10)
    expect.ok(cluster.isLevel)
  })

  test('2. figure 8: an earlier term\'s entry on a majority is not reported committed, and may be overwritten', () => {
    const cluster = new Cluster({ voters: 5, seed: 'figure 8', preferred: toMemberId(1), tuning: { appendEntriesMax: 1 } })
    const [s1, s2, s3, s4, s5] = cluster.nodes as [Node, Node, Node, Node, Node]
    cluster.preload(s1, [1, 2], 3)
    cluster.preload(s2, [1, 2], 3)
    cluster.preload(s3, [1], 3)
    cluster.preload(s4, [1], 3)
    cluster.preload(s5, [1, 3], 3)
    // The entry of the new term reaches nobody; of the old ones, S3 gets its share.
    cluster.hooks.drops = (_from, _to, message) => message.kind === 'append' && message.entries.some(({ term }) => term === 4)
    for (const node of [s1, s2, s3, s4]) cluster.start(node)
    expect.ok(cluster.run(900, () => s1.up.role === 'leader'))
    expect.ok(cluster.runFor(500, () => cluster.termsOf(s3).length === 2))
    cluster.runFor(500)
    expect.equal([cluster.termsOf(s1), cluster.termsOf(s2), cluster.termsOf(s3)], [[1, 2, 4], [1, 2], [1, 2]])
    expect.is(cluster.invariants.committedCount, 0)
    cluster.crash(s1)
    cluster.crash(s4)
    cluster.start(s4)
    cluster.start(s5)
    cluster.isolate(s1)
    cluster.hooks.drops = (from, _to, message) => message.kind === 'append' && from !== s5
    for (const node of [s2, s3, s4]) {
      node.up.leaderLost(s1.member, cluster.nowMs)
      cluster.carryOut(node)
    }
    // S2 and S3 have the longer claim to term 2, S5 to term 3: only S5 can win against them all.
    expect.ok(cluster.runFor(60_000, () => s5.group?.role === 'leader' && s5.up.isLeaderReady))
    cluster.network.heal()
    delete cluster.hooks.drops
    cluster.start(s1)
    expect.ok(cluster.runFor(10_000, () => cluster.isLevel))
    expect.is(cluster.invariants.committedEntry(2)?.term, 3)
    expect.is(cluster.termsOf(s1)[1], 3)
  })

  test('3. figure 7: six divergent logs agree with the leader\'s after a bounded number of probes', () => {
    const logs = [
      [1, 1, 1, 4, 4, 5, 5, 6, 6, 6],
      [1, 1, 1, 4, 4, 5, 5, 6, 6],
      [1, 1, 1, 4],
      [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
      [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
      [1, 1, 1, 4, 4, 4, 4],
      [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]
    ]
    const cluster = new Cluster({ voters: 7, seed: 'figure 7', preferred: toMemberId(1) })
    cluster.nodes.forEach((node, at) => { cluster.preload(node, logs[at] ?? [], 7) })
    const refusals = new Map<MemberId, number>()
    cluster.hooks.sent = (from, _to, message) => {
      if (message.kind === 'append-reply' && !message.accepted) refusals.set(from.member, (refusals.get(from.member) ?? 0) + 1)
    }
    cluster.startAll()
    cluster.run(1000, () => cluster.node(1).up.role === 'leader')
    expect.is(cluster.node(1).up.role, 'leader')
    expect.ok(cluster.runFor(300, () => cluster.isLevel), 'level before the second heartbeat')
    for (const node of cluster.nodes) {
      cluster.runFor(10)
      expect.equal(cluster.termsOf(node), [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8])
    }
    expect.ok([...refusals.values()].every((count) => count <= 3), JSON.stringify([...refusals]))
  })

  test('4. a vote that was not durable when the voter died was never given', () => {
    const cluster = new Cluster({ voters: 3, seed: 'vote durability' })
    const [one, two, three] = cluster.nodes as [Node, Node, Node]
    three.slowFlushMs = 500
    cluster.start(one)
    cluster.start(three)
    cluster.run(3000, () => one.up.role === 'candidate' || three.up.role === 'candidate')
    const candidate = one.up.role === 'candidate' ? one : three
    if (candidate === one) {
      cluster.runFor(50)
      expect.is(three.up.term, one.up.term)
      cluster.crash(three)
      expect.is(three.disk.content.hardState.term, 0)
      three.slowFlushMs = undefined
      cluster.isolate(one)
      cluster.start(two)
      cluster.start(three)
    }
    cluster.elect()
    cluster.network.heal()
    cluster.start(two)
    expect.ok(cluster.runFor(20_000, () => cluster.isLevel && cluster.leader !== undefined))
  })

  test('5. power loss in the middle of everything, on all members at once, loses no acknowledged write', () => {
    for (let seed = 0; seed < 10; seed++) {
      const cluster = new Cluster({ voters: 3, seed: `power ${seed}`, flushMs: [1, 8] }).startAll()
      let leader = cluster.elect()
      for (let outage = 0; outage < 4; outage++) {
        for (let count = 0; count < 20; count++) {
          cluster.write(leader)
          cluster.runFor(1 + cluster.random.below(3))
        }
        const acknowledged = cluster.invariants.visibleIndex
        for (const node of cluster.nodes) cluster.crash(node, cluster.random.chance(1, 2))
        for (const node of cluster.random.shuffle([...cluster.nodes])) cluster.start(node)
        leader = cluster.elect()
        expect.ok(leader.machine.index >= acknowledged, `seed ${seed}`)
      }
    }
  })

  test('6. every message of earlier terms, delivered again twice and backwards, changes nothing', () => {
    const cluster = new Cluster({ voters: 3, seed: 'stale' }).startAll()
    const recorded: Array<{ from: MemberId, to: MemberId, message: ReplicationMessage }> = []
    cluster.hooks.sent = (from, to, message) => { recorded.push({ from: from.member, to, message }) }
    for (let term = 0; term < 4; term++) {
      const leader = cluster.elect()
      for (let count = 0; count < 5; count++) cluster.write(leader)
      cluster.read(leader)
      cluster.isolate(leader)
      cluster.write(leader)
      cluster.runFor(5000)
      cluster.network.heal()
      cluster.runFor(1000)
    }
    const leader = cluster.elect()
    const { term } = leader.up
    const old = recorded.filter(({ message }) => message.term < term)
    expect.ok(old.length > 200)
    delete cluster.hooks.sent
    const before = cluster.nodes.map(({ up }) => [up.term, up.commitIndex, up.lastIndex, up.role])
    for (const { from, to, message } of [...old].reverse()) {
      cluster.step(cluster.node(to), from, message)
      cluster.step(cluster.node(to), from, message)
    }
    expect.equal(cluster.nodes.map(({ up }) => [up.term, up.commitIndex, up.lastIndex, up.role]), before)
    cluster.write(leader)
    cluster.runFor(100)
    expect.ok(cluster.isLevel)
    expect.equal(cluster.anomalies, [])
  })

  test('6. the messages of this term, delivered again and backwards, break nothing either', () => {
    const cluster = new Cluster({ voters: 3, seed: 'again', tuning: { appendEntriesMax: 2 } }).startAll()
    const recorded: Array<{ from: MemberId, to: MemberId, message: ReplicationMessage }> = []
    cluster.hooks.sent = (from, to, message) => { recorded.push({ from: from.member, to, message }) }
    const leader = cluster.elect()
    for (let count = 0; count < 40; count++) {
      cluster.write(leader)
      cluster.read(cluster.node(1 + count % 3))
      cluster.runFor(2)
    }
    delete cluster.hooks.sent
    for (const { from, to, message } of [...recorded].reverse()) cluster.step(cluster.node(to), from, message)
    cluster.write(leader)
    cluster.runFor(500)
    expect.ok(cluster.isLevel)
    expect.is(leader.up.role, 'leader')
    expect.equal(cluster.anomalies, [])
  })

  test('17. a deposed leader in the minority answers no read while the majority writes', () => {
    const cluster = new Cluster({ voters: 5, seed: 'deposed' }).startAll()
    const old = cluster.elect()
    cluster.write(old)
    cluster.runFor(100)
    const [near, ...majority] = others(cluster, old)
    if (near === undefined) throw new Error('five members')
    cluster.split([old, near], majority)
    const early = cluster.read(old)
    const follower = cluster.read(near)
    expect.ok(cluster.runFor(8000, () => majority.some(({ up }) => up.isLeaderReady)))
    const leader = majority.find(({ up }) => up.role === 'leader')
    if (leader === undefined) throw new Error('the majority elected')
    cluster.write(leader)
    cluster.runFor(100)
    const late = old.up.role === 'leader' ? cluster.read(old) : undefined
    cluster.runFor(3000)
    expect.ok(!old.readsReady.includes(early) && (late === undefined || !old.readsReady.includes(late)))
    expect.ok(!near.readsReady.includes(follower))
    expect.is(cluster.acknowledgedCount, 2)
    cluster.network.heal()
    cluster.runFor(3000)
    expect.ok(cluster.isLevel)
  })

  test('18. reads at every member, in the middle of writes and handovers, see what was acknowledged before', () => {
    const cluster = new Cluster({
      voters: 3, seed: 'follower reads', flushMs: [0.5, 6],
      links: { delayMsMin: 0.5, delayMsMax: 6, lossPerMille: 20, duplicatePerMille: 50, tailPerMille: 20, tailMsMax: 100, isOrdered: false }
    }).startAll()
    cluster.elect()
    for (let turn = 0; turn < 400; turn++) {
      const { leader } = cluster
      if (leader !== undefined) cluster.write(leader)
      cluster.read(cluster.node(1 + turn % 3))
      if (turn % 50 === 49) {
        leader?.up.transferLeadership(toMemberId(1 + turn % 3), cluster.nowMs)
        if (leader !== undefined) cluster.carryOut(leader)
      }
      cluster.runFor(4)
    }
    cluster.runFor(1000)
    expect.ok(cluster.readsAnswered > 300, `${cluster.readsAnswered} reads answered`)
    expect.ok(cluster.acknowledgedCount > 200, `${cluster.acknowledgedCount} writes acknowledged`)
  })

  test('a follower\'s read does not wait for its disk', () => {
    const cluster = new Cluster({ voters: 3, seed: 'read and disk' }).startAll()
    const leader = cluster.elect()
    cluster.runFor(300)
    for (const node of others(cluster, leader)) node.slowFlushMs = 500
    cluster.write(leader)
    cluster.runFor(5)
    const [follower] = others(cluster, leader)
    if (follower === undefined) throw new Error('three members')
    const ids = [cluster.read(leader), cluster.read(follower)] as const
    cluster.runFor(10)
    expect.ok(leader.readsReady.includes(ids[0]) && follower.readsReady.includes(ids[1]))
    expect.is(cluster.acknowledgedCount, 0)
  })

  test('a stalled disk of one follower stalls nobody, and does not cost the leader its office', () => {
    const cluster = new Cluster({ voters: 3, seed: 'stalled disk' }).startAll()
    const leader = cluster.elect()
    for (const node of others(cluster, leader)) node.slowFlushMs = 4000
    cluster.write(leader)
    cluster.runFor(3500)
    expect.is(cluster.leader?.member, leader.member)
    expect.is(cluster.acknowledgedCount, 0)
    for (const node of others(cluster, leader)) node.slowFlushMs = undefined
    cluster.runFor(6000)
    expect.is(cluster.acknowledgedCount, 1)
    expect.is(cluster.leaderChanges, 1)
  })
})

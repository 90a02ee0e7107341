import { expect, suite } from '../harness.js'
import { toMemberId } from '../../src/base/index.js'
import { Cluster } from './cluster.js'
import type { ClusterOptions, Node } from './virtual-node.js'

/** A leader with a compacted log, and a follower that slept through it. */
function sleeper (seed: string, options: Partial<ClusterOptions> = {}): { cluster: Cluster, leader: Node, follower: Node } {
  const cluster = new Cluster({ voters: 3, seed, ...options }).startAll()
  const leader = cluster.elect()
  const follower = cluster.nodes.find((node) => node !== leader)
  if (follower === undefined) throw new Error('three members')
  for (let count = 0; count < 5; count++) cluster.write(leader)
  cluster.runFor(300)
  cluster.crash(follower)
  for (let count = 0; count < 40; count++) {
    cluster.write(leader)
    cluster.runFor(2)
  }
  cluster.runFor(300)
  compactAll(cluster)
  return { cluster, leader, follower }
}

function compactAll (cluster: Cluster): void {
  for (const node of cluster.nodes) cluster.compact(node, 3)
}

suite('scenarios of snapshots and slow followers', ({ test }) => {
  test('19. a follower behind the compacted position gets one snapshot, and the log from there', () => {
    const { cluster, leader, follower } = sleeper('behind')
    cluster.start(follower)
    expect.ok(cluster.runFor(1000, () => cluster.isLevel))
    expect.is(cluster.snapshotsInstalled, 1)
    cluster.write(leader)
    cluster.runFor(100)
    expect.ok(cluster.isLevel)
    expect.is(cluster.snapshotsInstalled, 1)
    cluster.invariants.checkMachine(follower.member, follower.machine)
  })

  test('19. a follower that dies at any moment of an installation ends up level', () => {
    for (let at = 0; at <= 24; at++) {
      const { cluster, follower } = sleeper(`dies ${at}`, { snapshotMs: [8, 8], flushMs: [1, 3] })
      cluster.start(follower)
      cluster.runFor(at)
      cluster.crash(follower, at % 2 === 0)
      cluster.runFor(50)
      cluster.start(follower)
      expect.ok(cluster.runFor(8000, () => cluster.isLevel), `after ${at} ms`)
      cluster.invariants.checkMachine(follower.member, follower.machine)
    }
  })

  test('19. a sender that dies at any moment is replaced by the next leader', () => {
    for (let at = 0; at <= 16; at += 2) {
      const { cluster, leader, follower } = sleeper(`sender ${at}`, { snapshotMs: [8, 8] })
      cluster.start(follower)
      cluster.runFor(at)
      cluster.crash(leader)
      expect.ok(cluster.runFor(12_000, () => cluster.isLevel && cluster.leader?.up.isLeaderReady === true), `after ${at} ms`)
    }
  })

  test('19. an installing follower does not hold up the group: it votes and acknowledges', () => {
    const { cluster, leader, follower } = sleeper('votes', { snapshotMs: [3000, 3000], flushMs: [0.1, 0.1] })
    cluster.start(follower)
    expect.ok(cluster.runFor(1000, () => follower.up.isInstalling))
    cluster.runFor(100)
    const third = cluster.nodes.find((node) => node !== leader && node !== follower)
    if (third === undefined) throw new Error('three members')
    cluster.crash(leader)
    expect.ok(cluster.runFor(4000, () => third.up.role === 'leader'), 'the third wins with the installing follower\'s vote')
  })

  test('19. two snapshots in short order: the leader compacts again while the first is on its way', () => {
    const { cluster, leader, follower } = sleeper('two in a row', { snapshotMs: [60, 60] })
    cluster.start(follower)
    cluster.runFor(20)
    for (let round = 0; round < 6; round++) {
      for (let count = 0; count < 10; count++) cluster.write(leader)
      cluster.runFor(20)
      compactAll(cluster)
    }
    expect.ok(cluster.runFor(5000, () => cluster.isLevel))
    expect.ok(cluster.snapshotsInstalled >= 2)
    cluster.invariants.checkMachine(follower.member, follower.machine)
  })

  test('19. a snapshot over a conflicting suffix replaces it', () => {
    const cluster = new Cluster({ voters: 3, seed: 'conflict' }).startAll()
    const old = cluster.elect()
    cluster.write(old)
    cluster.runFor(300)
    cluster.isolate(old)
    for (let count = 0; count < 20; count++) cluster.write(old)
    cluster.runFor(5000)
    const leader = cluster.elect()
    expect.ok(leader !== old)
    for (let count = 0; count < 50; count++) {
      cluster.write(leader)
      cluster.runFor(2)
    }
    for (const node of cluster.nodes) if (node !== old) cluster.compact(node, 2)
    cluster.network.heal()
    expect.ok(cluster.runFor(5000, () => cluster.isLevel))
    expect.is(cluster.snapshotsInstalled, 1)
    cluster.invariants.checkMachine(old.member, old.machine)
  })

  test('19. a lost stream is noticed and repeated', () => {
    const { cluster, leader, follower } = sleeper('lost stream', { snapshotMs: [50, 50] })
    cluster.start(follower)
    expect.ok(cluster.runFor(1000, () => follower.up.isInstalling))
    cluster.network.cut(leader.member, follower.member)
    cluster.runFor(100)
    cluster.network.heal()
    expect.ok(cluster.runFor(5000, () => cluster.isLevel))
  })

  test('20. with a window and batches of one, a follower far behind catches up, and nothing piles up', () => {
    const cluster = new Cluster({ voters: 3, seed: 'window one', tuning: { inflightAppendsMax: 1, appendEntriesMax: 1 } }).startAll()
    const leader = cluster.elect()
    const follower = cluster.nodes.find((node) => node !== leader)
    if (follower === undefined) throw new Error('three members')
    cluster.isolate(follower)
    for (let count = 0; count < 100; count++) {
      cluster.write(leader)
      cluster.runFor(5)
    }
    cluster.network.heal()
    let underWay = 0
    let most = 0
    cluster.hooks.sent = (_from, to, message) => {
      if (to !== follower.member || message.kind !== 'append' || message.entries.length === 0) return
      underWay++
      most = Math.max(most, underWay)
      cluster.agenda.after(1, () => { underWay-- })
    }
    expect.ok(cluster.runFor(2000, () => cluster.isLevel))
    expect.is(most, 1)
  })

  test('20. messages lost without a sign are sent again, in every state of the flow', () => {
    for (let seed = 0; seed < 20; seed++) {
      const cluster = new Cluster({
        voters: 3, seed: `lossy ${seed}`, tuning: { inflightAppendsMax: 1 + seed % 3, appendEntriesMax: 1 + seed % 4 },
        links: { delayMsMin: 1, delayMsMax: 4, lossPerMille: 150, duplicatePerMille: 50, tailPerMille: 0, tailMsMax: 0, isOrdered: seed % 2 === 0 }
      }).startAll()
      cluster.elect()
      for (let count = 0; count < 40; count++) {
        if (cluster.leader !== undefined) cluster.write(cluster.leader)
        cluster.runFor(10)
      }
      expect.ok(cluster.runFor(20_000, () => cluster.isLevel && cluster.leader?.up.isLeaderReady === true), `seed ${seed}`)
    }
  })

  test('20. a commit index that lags behind a follower\'s log is told to it without new proposals', () => {
    const cluster = new Cluster({ voters: 3, seed: 'lagging commit' }).startAll()
    const leader = cluster.elect()
    cluster.runFor(200)
    const [a, b] = cluster.nodes.filter((node) => node !== leader)
    if (a === undefined || b === undefined) throw new Error('three members')
    cluster.hooks.drops = (from, _to, message) => from !== leader && message.kind === 'append-reply'
    cluster.write(leader)
    cluster.runFor(50)
    expect.ok(a.up.lastIndex === leader.up.lastIndex && a.up.commitIndex < leader.up.lastIndex)
    delete cluster.hooks.drops
    cluster.runFor(150)
    expect.is(a.up.commitIndex, leader.up.lastIndex)
    expect.is(b.up.commitIndex, leader.up.lastIndex)
  })

  test('a group whose members start one after another comes to life with the second', () => {
    const cluster = new Cluster({ voters: 3, seed: 'one by one', preferred: toMemberId(1) })
    cluster.start(cluster.node(1))
    cluster.runFor(10_000)
    expect.is(cluster.leader, undefined)
    expect.is(cluster.node(1).up.term, 0)
    cluster.start(cluster.node(2))
    const fromMs = cluster.nowMs
    cluster.elect()
    expect.ok(cluster.nowMs - fromMs < 2500)
  })
})

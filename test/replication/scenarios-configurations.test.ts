import { toLogIndex, toMemberId } from '../../src/base/index.js'
import type { ConfigurationChange } from '../../src/replication/index.js'
import { expect, suite } from '../harness.js'
import { Cluster } from './cluster.js'
import type { ClusterOptions, Node } from './virtual-node.js'

type Kind = ConfigurationChange['kind']

const others = (cluster: Cluster, ...nodes: Node[]): Node[] => cluster.nodes.filter((node) => !nodes.includes(node))
const votersOf = (node: Node): number[] => [...node.up.configuration.voters].sort((a, b) => a - b)
const learnersOf = (node: Node): number[] => [...node.up.configuration.learners]

/** A cluster whose member 1 leads and has committed in its term. */
function ledByOne (options: Partial<ClusterOptions> & Pick<ClusterOptions, 'voters' | 'seed'>): Cluster {
  const cluster = new Cluster({ preferred: toMemberId(1), ...options }).startAll()
  cluster.elect()
  if (!cluster.runFor(5000, () => cluster.leader?.member === 1 && cluster.leader.up.isLeaderReady)) throw new Error('member 1 does not lead')
  cluster.runFor(200)
  return cluster
}

const lead = (cluster: Cluster): Node => {
  if (cluster.leader === undefined) throw new Error('nobody leads')
  return cluster.leader
}

/** Proposes a step at whoever leads until it is taken, and waits until that is committed: what a caller of the group does. */
function step (cluster: Cluster, kind: Kind, number: number, withinMs = 20_000): void {
  const member = toMemberId(number)
  const isDone = (): boolean => {
    const { leader } = cluster
    if (leader === undefined || !leader.up.isLeaderReady) return false
    const { voters, learners } = leader.up.configuration
    const isThere = kind === 'add-learner' ? voters.includes(member) || learners.includes(member) : kind === 'promote' ? voters.includes(member) : !voters.includes(member) && !learners.includes(member)
    if (isThere) return leader.up.isConfigurationCommitted
    const isReady = kind !== 'promote' || leader.up.followers.some((follower) => follower.member === member && follower.isCaughtUp)
    if (isReady) cluster.change(leader, { kind, member })
    return false
  }
  if (!cluster.runFor(withinMs, isDone)) throw new Error(`seed ${cluster.options.seed}: ${kind} ${number} did not end:\n${cluster.log.join('\n')}`)
}

/** Proposes a step at this node, whatever comes of it. */
const propose = (cluster: Cluster, node: Node, kind: Kind, number: number): string => {
  const proposal = cluster.change(node, { kind, member: toMemberId(number) })
  return proposal.kind === 'accepted' ? 'accepted' : proposal.reason
}

/** A write through whoever leads is committed, and everybody in the group has it. */
function settle (cluster: Cluster, withinMs = 20_000): void {
  let written: number | undefined
  const isWritten = (): boolean => {
    const { leader } = cluster
    if (written === undefined && leader?.up.isLeaderReady === true) {
      written = cluster.write(leader)
      return false
    }
    return written !== undefined && leader !== undefined && leader.up.commitIndex === leader.up.lastIndex &&
      cluster.members.every((node) => node.group === undefined || node.machine.index === leader.up.lastIndex)
  }
  if (!cluster.runFor(withinMs, isWritten)) throw new Error(`seed ${cluster.options.seed}: not level:\n${cluster.log.join('\n')}`)
  for (const node of cluster.members) cluster.invariants.checkMachine(node.member, node.machine)
}

/** Writes every ms through whoever leads, until the test ends. */
function load (cluster: Cluster): void {
  const { leader } = cluster
  if (leader !== undefined && leader.up.lastIndex - leader.up.commitIndex < 100) cluster.write(leader)
  cluster.agenda.after(1, () => { load(cluster) })
}

suite('scenarios of changing configurations', ({ test }) => {
  test('a newcomer learns, answers reads, votes, and may lead', () => {
    const cluster = ledByOne({ voters: 3, spares: 1, seed: 'newcomer' })
    const newcomer = cluster.node(4)
    step(cluster, 'add-learner', 4)
    settle(cluster)
    const id = cluster.read(newcomer)
    expect.ok(cluster.runFor(1000, () => newcomer.readsReady.includes(id)))
    step(cluster, 'promote', 4)
    expect.equal(votersOf(lead(cluster)), [1, 2, 3, 4])
    lead(cluster).up.transferLeadership(newcomer.member, cluster.nowMs)
    cluster.carryOut(lead(cluster))
    expect.ok(cluster.runFor(1000, () => cluster.leader === newcomer && newcomer.up.isLeaderReady))
    settle(cluster)
  })

  test('who is removed learns so at once, is deleted, and may come back with its term and vote', () => {
    const cluster = ledByOne({ voters: 3, seed: 'removed' })
    settle(cluster)
    const removed = cluster.node(3)
    const { term } = removed.up
    step(cluster, 'remove', 3)
    expect.ok(cluster.runFor(50, () => removed.up.retiredIndex !== undefined))
    cluster.wipe(removed)
    expect.equal([removed.up.term, removed.up.lastIndex], [term, 0])
    cluster.runFor(20_000)
    expect.is(cluster.leaderChanges, 1, 'it disturbs nobody')
    step(cluster, 'add-learner', 3)
    step(cluster, 'promote', 3)
    settle(cluster)
    expect.equal(votersOf(lead(cluster)), [1, 2, 3])
    expect.is(removed.up.retiredIndex, undefined)
  })

  test('a leader that removes itself is followed by another within a heartbeat, and none of its writes is lost', () => {
    const cluster = ledByOne({ voters: 3, seed: 'self-removal' })
    const [first] = cluster.nodes as [Node]
    expect.is(propose(cluster, first, 'remove', 1), 'accepted')
    for (let count = 0; count < 20; count++) cluster.write(first)
    const { lastIndex } = first.up
    expect.ok(cluster.runFor(100, () => cluster.leader !== undefined && cluster.leader !== first && cluster.leader.up.isLeaderReady))
    expect.is(cluster.leaderChanges, 2)
    expect.ok(lead(cluster).up.commitIndex > lastIndex)
    expect.equal(votersOf(lead(cluster)), [2, 3])
    expect.ok(first.up.retiredIndex !== undefined)
    cluster.runFor(20_000)
    expect.is(cluster.leaderChanges, 2)
  })

  test('a group of one grows to five and shrinks to another one, under load', () => {
    const cluster = ledByOne({ voters: 1, spares: 4, seed: 'grow and shrink', tuning: { transferBackAfterMs: 1e9 } })
    load(cluster)
    for (const number of [2, 3, 4, 5]) {
      step(cluster, 'add-learner', number)
      step(cluster, 'promote', number)
    }
    expect.equal(votersOf(lead(cluster)), [1, 2, 3, 4, 5])
    for (const number of [1, 2, 3, 4]) step(cluster, 'remove', number)
    expect.equal(votersOf(lead(cluster)), [5])
    expect.is(lead(cluster).member, 5)
    const { acknowledgedCount } = cluster
    expect.ok(acknowledgedCount > 20, `${acknowledgedCount} writes meanwhile`)
    expect.ok(cluster.runFor(500, () => cluster.acknowledgedCount > acknowledgedCount + 50))
    expect.ok([1, 2, 3, 4].every((number) => cluster.node(number).up.retiredIndex !== undefined || cluster.node(number).up.isMember))
  })

  test('of two voters one is dead: it is removed, the other goes on alone, and who returns learns that it is out', () => {
    const cluster = ledByOne({ voters: 2, seed: 'two' })
    cluster.crash(cluster.node(2))
    expect.is(propose(cluster, cluster.node(1), 'remove', 2), 'accepted')
    settle(cluster)
    cluster.start(cluster.node(2))
    expect.ok(cluster.runFor(5000, () => cluster.node(2).up.retiredIndex !== undefined))
    expect.is(cluster.leaderChanges, 1)
  })

  test('who was cut off while it was removed deposes nobody when it returns, and is told', () => {
    const cluster = ledByOne({ voters: 4, seed: 'disruptive' })
    const removed = cluster.node(4)
    cluster.isolate(removed)
    step(cluster, 'remove', 4)
    cluster.runFor(20_000)
    const { term } = lead(cluster).up
    cluster.network.heal()
    expect.ok(cluster.runFor(5000, () => removed.up.retiredIndex !== undefined))
    cluster.runFor(10_000)
    expect.equal([cluster.leaderChanges, lead(cluster).up.term], [1, term])
  })

  test('a voter that does not know what is committed still elects a newcomer, the only other one that is left', () => {
    const cluster = ledByOne({ voters: 2, spares: 1, seed: 'lagging voter' })
    const [one, two, three] = cluster.nodes as [Node, Node, Node]
    expect.is(propose(cluster, one, 'add-learner', 3), 'accepted')
    // From now on the second hears nothing of the first: it has the learner in its log, and does not know that for committed.
    cluster.hooks.drops = (from, to) => from === one && to === two.member
    expect.ok(cluster.runFor(500, () => one.up.isConfigurationCommitted && propose(cluster, one, 'promote', 3) === 'accepted'))
    expect.ok(cluster.runFor(500, () => one.up.isConfigurationCommitted), 'by the first and the third')
    expect.ok(two.up.commitIndex < two.up.configuration.index)
    cluster.crash(one)
    expect.ok(cluster.runFor(10_000, () => cluster.leader?.up.isLeaderReady === true), 'two of three voters are there')
    expect.is(lead(cluster), three)
    settle(cluster)
  })

  test('a learner far behind gets a snapshot, with it the configuration, and starts again with both', () => {
    const cluster = ledByOne({ voters: 3, spares: 1, seed: 'snapshot' })
    const [one, , , four] = cluster.nodes as [Node, Node, Node, Node]
    step(cluster, 'remove', 3)
    for (let count = 0; count < 200; count++) cluster.write(one)
    settle(cluster)
    for (const node of cluster.members) cluster.compact(node, 3)
    step(cluster, 'add-learner', 4)
    settle(cluster)
    expect.is(cluster.snapshotsInstalled, 1)
    cluster.runFor(100)
    for (const node of cluster.members) cluster.compact(node, 0)
    cluster.runFor(100)
    expect.is(four.disk.content.entries.length, 0, 'its log says nothing')
    for (const node of cluster.nodes) cluster.crash(node)
    cluster.startAll()
    expect.equal([votersOf(four), learnersOf(four)], [[1, 2], [4]])
    step(cluster, 'promote', 4)
    settle(cluster)
    expect.equal(votersOf(four), [1, 2, 4])
  })

  test('a configuration that a deposed leader proposed in vain is in force nowhere any more', () => {
    const cluster = ledByOne({ voters: 3, spares: 1, seed: 'truncated', preferred: toMemberId(1), tuning: { transferBackAfterMs: 1e9 } })
    const [one] = cluster.nodes as [Node]
    cluster.split([one], others(cluster, one))
    expect.is(propose(cluster, one, 'add-learner', 4), 'accepted')
    expect.equal(learnersOf(one), [4])
    expect.ok(cluster.runFor(10_000, () => cluster.leader !== one && cluster.leader?.up.isLeaderReady === true))
    cluster.network.heal()
    settle(cluster)
    expect.equal([votersOf(one), learnersOf(one)], [[1, 2, 3], []])
    expect.equal([...new Set(cluster.nodes.slice(0, 3).map(({ up }) => up.configuration.index))], [0])
    step(cluster, 'add-learner', 4)
    settle(cluster)
    expect.equal(learnersOf(one), [4])
  })

  test('a leader changes nothing before it has committed in its term: two changes of one configuration share no quorum (raft-dev, 2015)', () => {
    const cluster = ledByOne({ voters: 4, spares: 1, seed: '2015', tuning: { transferBackAfterMs: 1e9 } })
    const [one, two, three, four, five] = cluster.nodes as [Node, Node, Node, Node, Node]
    step(cluster, 'add-learner', 5)
    settle(cluster)
    // The first makes a voter of the fifth, and only the fifth hears of it: three of five are needed.
    cluster.split([one, five], [two, three, four])
    expect.is(propose(cluster, one, 'promote', 5), 'accepted')
    cluster.runFor(50)
    expect.equal(votersOf(five), [1, 2, 3, 4, 5])
    // The second or third leads by the vote of the fourth, which hears nothing of it but that it asks.
    cluster.hooks.drops = (from, to, { kind }) => (to === four.member && kind === 'append') || (from === four && kind === 'vote-request')
    expect.ok(cluster.runFor(20_000, () => cluster.leader === two || cluster.leader === three))
    const rival = lead(cluster)
    expect.is(propose(cluster, rival, 'remove', 1), 'not_ready')
    cluster.runFor(200)
    expect.not(rival.up.isLeaderReady, 'two of four have its entry')
    expect.is(propose(cluster, rival, 'remove', 1), 'not_ready')
    // The rival and its friend are gone; the first leads by the votes of the fourth and fifth, and commits.
    cluster.hooks.drops = () => false
    cluster.network.heal()
    for (const node of [two, three]) cluster.crash(node)
    expect.ok(cluster.runFor(20_000, () => cluster.leader?.up.isLeaderReady === true))
    settle(cluster)
    expect.equal(votersOf(lead(cluster)), [1, 2, 3, 4, 5])
    for (const node of [two, three]) cluster.start(node)
    settle(cluster)
  })

  test('a change survives the crash of anybody at any of its moments', () => {
    const moments = [0, 0.05, 0.15, 1, 1.2, 2, 2.2, 3, 4]
    for (const kind of ['add-learner', 'promote', 'remove'] as const) {
      for (const victim of kind === 'remove' ? [1, 2, 3] : [1, 2, 3, 4]) {
        for (const atMs of moments) {
          for (const keepsFlight of [false, true]) {
            const cluster = ledByOne({ voters: 3, spares: 1, seed: `${kind} while ${victim} crashes after ${atMs} ms${keepsFlight ? ', its batch written' : ''}` })
            const number = kind === 'remove' ? 1 : 4
            if (kind === 'promote') step(cluster, 'add-learner', 4)
            if (kind === 'promote') settle(cluster)
            expect.is(propose(cluster, cluster.node(1), kind, number), 'accepted', String(cluster.options.seed))
            cluster.runFor(atMs)
            cluster.crash(cluster.node(victim), keepsFlight)
            cluster.runFor(0.5)
            cluster.start(cluster.node(victim))
            step(cluster, kind, number)
            settle(cluster)
          }
        }
      }
    }
  })

  test('who waits for its own removal to be committed leads again after a restart of all, if only it has the newest log', () => {
    const cluster = ledByOne({ voters: 3, seed: 'eligible' })
    const [one, two, three] = cluster.nodes as [Node, Node, Node]
    cluster.hooks.drops = (from, to, message) => from === one && message.kind === 'append' && to !== two.member
    expect.is(propose(cluster, one, 'remove', 1), 'accepted')
    cluster.runFor(10)
    expect.equal([two.up.configuration.index, one.up.isConfigurationCommitted], [toLogIndex(one.up.lastIndex), false])
    cluster.crash(two)
    for (const node of [one, three]) cluster.crash(node)
    cluster.hooks.drops = () => false
    cluster.start(one)
    cluster.start(three)
    cluster.runFor(20_000)
    expect.is(cluster.leader, undefined, 'of the two that stay one is there')
    cluster.start(two)
    expect.ok(cluster.runFor(20_000, () => cluster.leader !== undefined && cluster.leader !== one && cluster.leader.up.isLeaderReady))
    settle(cluster)
    expect.equal(votersOf(lead(cluster)), [2, 3])
  })
})

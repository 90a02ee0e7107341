import { NEIGHBOURS_MAX } from '../../src/membership/index.js'
import { expect, suite } from '../harness.js'
import { acquainted, listen } from './overlay-worlds.js'
import type { Sent } from './overlay-worlds.js'
import type { Node, World } from './world.js'

const COUNT = 300

/** ms until all that run hold the member for `health`, or Infinity. */
const untilAllHold = (world: World, subject: Node, health: string, limitMs: number): number =>
  world.runUntil(() => world.running.every((node) => node === subject || node.stateOf(subject).startsWith(health)), limitMs)

function pingTimes (sent: readonly Sent[], by: (each: Sent) => string): Map<string, number[]> {
  const times = new Map<string, number[]>()
  for (const each of sent) {
    if (each.message.kind !== 'ping') continue
    const key = by(each)
    const list = times.get(key)
    if (list === undefined) times.set(key, [each.atMs])
    else list.push(each.atMs)
  }
  return times
}

const gapsOf = (times: readonly number[]): number[] => times.slice(1).map((at, i) => at - times[i]!)

suite('membership: 300 members in the overlay', ({ before, test }) => {
  let world: World
  let sent: Sent[] = []

  before(() => { world = acquainted(COUNT, 'overlay 300') })

  test('in two calm minutes nobody suspects anybody, only neighbours are probed, and nobody speaks to more than 30 members a minute', () => {
    sent = listen(world)
    for (let minute = 0; minute < 2; minute++) {
      const partners = new Map<Node, Set<Node>>()
      world.onSend = (from, to, message) => {
        sent.push({ atMs: world.nowMs, from, to, message })
        partners.set(from, (partners.get(from) ?? new Set()).add(to))
      }
      world.runFor(60_000)
      const counts = [...partners.values()].map(({ size }) => size)
      expect.is(counts.length, COUNT)
      expect.ok(Math.max(...counts) <= 30, `one node spoke to ${Math.max(...counts)} members in a minute`)
      expect.ok(counts.reduce((sum, count) => sum + count) / COUNT > 15, 'members are watched by too few')
    }
    for (const { from, to, message } of sent) {
      if (message.kind === 'ping') expect.ok(from.running.isNeighbour(to.peer), `${from.number} pings ${to.number}, no neighbour`)
    }
    expect.equal(world.nodes.flatMap(({ events }) => events), [])
  })

  test('[M1] each neighbour is probed in each round, with gaps of less than two rounds; a member is probed about once per period', () => {
    const byPair = pingTimes(sent, ({ from, to }) => `${from.number} ${to.number}`)
    expect.is(byPair.size, world.nodes.reduce((sum, { running }) => sum + running.neighbours().length, 0))
    const gapMs = Math.max(...[...byPair.values()].flatMap(gapsOf))
    expect.ok(gapMs <= (2 * NEIGHBOURS_MAX - 1) * 1000, `a gap of ${gapMs} ms`)
    // [W5] the wait from a random moment to the next probe of a member: 1.0 periods in a mesh
    const gaps = [...pingTimes(sent, ({ to }) => `${to.number}`).values()].flatMap(gapsOf)
    const meanWaitMs = gaps.reduce((sum, gap) => sum + gap * gap, 0) / 2 / gaps.reduce((sum, gap) => sum + gap, 0)
    expect.ok(meanWaitMs > 850 && meanWaitMs < 1100, `${meanWaitMs} ms until a probe begins`)
    sent = []
    world.onSend = () => {}
  })

  test('crashed hosts are suspected as soon as in a mesh, and dead for everybody within the usual time', () => {
    const crashes = Array.from({ length: 12 }, (_, i) => {
      const victim = world.nodes[i * 20]!
      world.runFor(world.random.between(200, 1200))
      world.crash(victim, 'host down')
      return { victim, crashedMs: world.nowMs }
    })
    world.runFor(5000)
    const suspectedMs = crashes.map(({ victim, crashedMs }) => Math.min(...world.running.flatMap(({ events }) =>
      events.filter(({ kind, record }) => kind === 'suspected' && record.peer === victim.peer).map(({ atMs }) => atMs))) - crashedMs)
    const mean = suspectedMs.reduce((sum, ms) => sum + ms) / suspectedMs.length
    expect.ok(mean > 1300 && mean < 2700, `suspected after ${mean} ms in the mean: ${suspectedMs.join(' ')}`) // [W5] one period and one interval
    // the shortest suspicion is 9.9 s; confirmations and gossip are on their way meanwhile
    for (const { victim } of crashes) untilAllHold(world, victim, 'dead', 20_000)
    const deadMs = world.nowMs - crashes.at(-1)!.crashedMs
    expect.ok(deadMs < 16_000, `the last is dead for everybody after ${deadMs} ms`)
    for (const { victim } of crashes) expect.ok(world.running.every((node) => node.stateOf(victim) === 'dead@1.0'), `not all hold node ${victim.number} dead`)
    const wrong = world.running.flatMap((node) => node.events.filter(({ kind, record }) => kind === 'died' && world.nodes.some(({ core, peer }) => peer === record.peer && core !== undefined)))
    expect.equal(wrong, [])
  })

  test('a joiner that knows one member is known to all within seconds, and watched by its neighbours', () => {
    const [joiner] = world.add(1)
    world.connect(joiner!, world.nodes[5]!)
    const knownMs = untilAllHold(world, joiner!, 'alive', 10_000)
    expect.ok(knownMs < 5000, `known to all after ${knownMs} ms`)
    world.runFor(2000)
    expect.ok(joiner!.running.isOverlaid)
    const watchers = world.running.filter((node) => node !== joiner && node.running.isNeighbour(joiner!.peer)).map(({ peer }) => peer)
    expect.equal(watchers.sort(), [...joiner!.running.neighbours()].sort())
  })
})

suite('membership: between mesh and overlay', ({ test }) => {
  const history = (count: number, meshMembersMax: number): unknown => {
    const world = acquainted(count, 'mesh or overlay', { meshMembersMax })
    const sent = listen(world)
    world.runFor(20_000)
    world.crash(world.nodes[3]!)
    world.runFor(20_000)
    return sent.map(({ atMs, from, to, message }) => `${atMs} ${from.number} ${to.number} ${message.kind}`)
  }

  test('as long as the members are no more than the limit, not one message differs from a world without overlay', () => {
    expect.equal(history(40, 40), history(40, 1023))
    expect.not.equal(history(41, 40), history(41, 1023))
  })

  test('at five percent loss nobody healthy is removed in two minutes, and strangers are pinged only on request', () => {
    const world = acquainted(80, 'lossy', { meshMembersMax: 40 }, 50)
    const sent = listen(world)
    world.runFor(120_000)
    const requests = sent.filter(({ message }) => message.kind === 'ping-request').length
    const strangers = sent.filter(({ message, from, to }) => message.kind === 'ping' && !from.running.isNeighbour(to.peer)).length
    expect.ok(requests > 100 && strangers > 0 && strangers <= requests, `${strangers} pings of strangers for ${requests} requests`)
    expect.equal(world.nodes.flatMap(({ events }) => events.filter(({ kind }) => kind === 'died')), [])
  })

  test('two halves that held each other dead are one view soon after the cut heals', () => {
    const world = acquainted(100, 'halves', { meshMembersMax: 40, syncIntervalMs: 10_000 })
    const side = new Set(world.nodes.filter(({ number }) => number % 2 === 0))
    world.cut(side)
    const apartMs = world.runUntil(() => world.running.every(({ running }) => running.aliveCount === 50), 120_000, 500)
    expect.ok(apartMs < 60_000, `the halves hold each other dead after ${apartMs} ms`)
    expect.ok(world.nodes.every(({ running }) => running.isOverlaid))
    world.cut()
    const healMs = world.runUntil(() => world.isOneView, 120_000, 500)
    expect.ok(healMs <= 20_000, `one view after ${healMs} ms`)
  })

  test('a cluster that grows past the limit by joins and shrinks by goodbyes is one view throughout', () => {
    const world = acquainted(20, 'growth', { meshMembersMax: 40 })
    for (let i = 0; i < 40; i++) {
      const [joiner] = world.add(1)
      world.connect(joiner!, world.nodes[world.random.below(20 + i)]!)
      world.runFor(500)
    }
    expect.ok(world.runUntil(() => world.isOneView, 20_000) < 10_000, 'sixty members have no common view')
    expect.ok(world.nodes.every(({ running }) => running.isOverlaid))
    for (const node of world.nodes.slice(0, 30)) {
      world.act(node, (core) => { core.leave(world.nowMs) })
      world.runFor(200)
      world.crash(node, 'exited')
    }
    expect.ok(world.runUntil(() => world.isOneView, 20_000) < 10_000, 'thirty members have no common view')
    expect.ok(world.running.every(({ running, events }) => !running.isOverlaid && running.neighbours().length === 29 && events.every(({ kind }) => kind !== 'died')))
  })
})

import { toBatchNumber, toEpoch } from '../../src/base/index.js'
import { suite, expect } from '../harness.js'
import { Solo, peerOf, probe, record } from './records.js'
import { World } from './world.js'
import type { Node } from './world.js'

suite('membership: hints and stalls', ({ test }) => {
  test('[M23] close is only a hint: (a) a pruned connection changes nothing', () => {
    const world = new World({ seed: 'pruned' })
    const nodes = world.cluster(5)
    for (const node of nodes) node.events.length = 0
    for (const a of nodes) {
      for (const b of nodes) if (a !== b) world.close(a, b)
    }
    let pings = 0
    world.onSend = (_from, _to, message) => { if (message.kind === 'ping') pings++ }
    world.runFor(100)
    expect.ok(pings >= 20, 'everybody is probed out of turn')
    world.runFor(60_000)
    expect.equal(nodes.flatMap(({ events }) => events), [])
    for (const node of nodes) expect.is(node.stateOf(node), 'alive@1.0')
  })

  test('[M23] [defect memberlist #242] close is only a hint: (b) a killed process is suspected within 1 s and dead no sooner than the suspicion ends', () => {
    const world = new World({ seed: 'refused' })
    const nodes = world.cluster(5)
    const killedMs = world.nowMs
    world.crash(nodes[4]!, 'killed')
    expect.ok(world.runUntil(() => world.running.every((node) => node.stateOf(nodes[4]!) === 'suspect@1.0'), 1000) < 1000)
    world.runFor(60_000)
    for (const node of world.running) {
      const death = node.events.find(({ kind }) => kind === 'died')
      expect.ok(death !== undefined && death.atMs >= killedMs + 4000)
    }
  })

  test('[M23] close is only a hint: (c) a black hole is suspected no faster than by a probe', () => {
    const world = new World({ seed: 'black hole' })
    const nodes = world.cluster(5)
    world.crash(nodes[4]!, 'host down')
    for (const node of nodes.slice(0, 4)) world.close(node, nodes[4]!)
    world.runFor(990)
    expect.not(nodes.slice(0, 4).some((node) => node.stateOf(nodes[4]!) !== 'alive@1.0'))
    world.runFor(100)
    expect.ok(nodes.slice(0, 4).every((node) => node.stateOf(nodes[4]!) === 'suspect@1.0'), 'but out of turn')
    const first = (): number => Math.min(...world.running.map((node) => node.events.find(({ kind }) => kind === 'died')?.atMs ?? Infinity))
    world.runFor(60_000)
    expect.ok(first() >= 8000 + 1000 + 4000)
  })

  test('[M23] close is only a hint: one bad link and its close suspect nobody', () => {
    const world = new World({ seed: 'bad link' })
    const [a, b] = world.cluster(5) as [Node, Node]
    world.isCut = (from, to) => (from === a && to === b) || (from === b && to === a)
    for (const node of world.nodes) node.events.length = 0
    world.close(a, b)
    world.close(b, a)
    world.runFor(30_000)
    expect.equal(world.nodes.flatMap(({ events }) => events), [])
  })

  test('[M23] close is only a hint: a new connection revives nobody and raises no incarnation', () => {
    const solo = new Solo(1)
    for (const number of [2, 3]) solo.hear(number, record(number, 'alive@1.0'))
    solo.bury(3, record(2, 'dead@1.0'))
    for (let i = 0; i < 5; i++) {
      solo.core.connectionClosed(peerOf(2), solo.nowMs + i)
      solo.core.meet(peerOf(2), solo.nowMs + i)
    }
    expect.equal([solo.core.takeEffects().events, solo.stateOf(2), solo.stateOf(1)], [[], 'dead@1.0', 'alive@1.0'])
  })

  test('hints are bounded to one probe per member and interval', () => {
    const solo = new Solo(1)
    solo.hear(2, record(2, 'alive@1.0'))
    solo.mute.add(peerOf(2))
    solo.run(1)
    for (let i = 0; i < 50; i++) solo.core.connectionClosed(peerOf(2), 1)
    solo.core.connectionClosed(peerOf(99), 1)
    expect.is(solo.core.takeEffects().sends.length, 1)

    const answered = new Solo(1)
    answered.hear(2, record(2, 'alive@1.0'))
    answered.run(8000)
    let pings = 0
    for (let ms = 8000; ms < 11_000; ms += 10) {
      answered.core.connectionClosed(peerOf(2), ms)
      pings += answered.run(ms).flatMap((effects) => effects.sends).filter(({ message }) => message.kind === 'ping').length
    }
    expect.ok(pings <= 3 + 3, `${pings} pings in 3 s, answered at once`)
  })

  test('[M23] a ping that is under way when its connection closes is sent again, a few times at most', () => {
    const solo = new Solo(1)
    solo.hear(2, record(2, 'alive@1.0'))
    solo.mute.add(peerOf(2))
    solo.core.takeEffects()
    let ms = 0
    const pingsTo2 = (): number[] => solo.core.takeEffects().sends.flatMap(({ message }) => message.kind === 'ping' ? [message.sequence] : [])
    let sequence: number | undefined
    while (sequence === undefined) {
      solo.core.tick(++ms)
      sequence = pingsTo2()[0]
    }
    const again: number[] = []
    for (let i = 0; i < 10; i++) {
      solo.core.connectionClosed(peerOf(2), ++ms)
      again.push(...pingsTo2())
    }
    expect.equal(again, [sequence, sequence, sequence])
    solo.core.step(peerOf(2), { kind: 'ack', sequence, epoch: toEpoch(0), durableBatch: toBatchNumber(0), updates: [] }, ++ms)
    const lastMs = ms + 900
    while (ms < lastMs) solo.core.tick(++ms)
    expect.is(solo.stateOf(2), 'alive@1.0')
  })

  test('[M23] a ping under way is sent again at once, however many other probes are', () => {
    const solo = new Solo(1)
    for (const number of [2, 3, 4, 5]) {
      solo.hear(number, record(number, 'alive@1.0'))
      solo.mute.add(peerOf(number))
    }
    solo.core.takeEffects()
    const pings = (): string[] => solo.core.takeEffects().sends.flatMap(({ to, message }) => message.kind === 'ping' ? [`${to} ${message.sequence}`] : [])
    for (const number of [2, 3, 4, 5]) solo.core.connectionClosed(peerOf(number), 0)
    const [toTwo] = pings()
    expect.ok(toTwo?.startsWith(peerOf(2)))
    solo.core.connectionClosed(peerOf(2), 1)
    expect.equal(pings(), [toTwo])
  })

  test('[M23] a hint that waited until its member was probed anyway causes no second ping', () => {
    let seen = 0
    for (let seed = 0; seed < 100 && seen < 5; seed++) {
      const solo = new Solo(1, { seed: `waits ${seed}` })
      for (const number of [2, 3, 4, 5]) {
        solo.hear(number, record(number, 'alive@1.0'))
        solo.mute.add(peerOf(number))
      }
      solo.core.takeEffects()
      const pings = (): Array<{ to: string, sequence: number }> =>
        solo.core.takeEffects().sends.flatMap(({ to, message }) => message.kind === 'ping' ? [{ to, sequence: message.sequence }] : [])
      for (const number of [2, 3, 4, 5]) solo.core.connectionClosed(peerOf(number), 0)
      const begun = pings()
      expect.equal(begun.map(({ to }) => to), [2, 3, 4].map(peerOf), `seed ${seed}`)
      let ring: ReturnType<typeof pings> = []
      let ms = 0
      while (ring.length === 0) {
        solo.core.tick(++ms)
        ring = pings()
      }
      if (ring[0]?.to !== peerOf(5)) continue
      seen++
      solo.core.step(peerOf(2), probe('ack', begun[0]!.sequence, []), ms + 1)
      solo.core.step(peerOf(3), probe('ack', begun[1]!.sequence, []), ms + 1)
      expect.equal(pings(), [], `seed ${seed}`)
    }
    expect.is(seen, 5, 'seeds in which the ring comes to member 5 first')
  })

  test('a refused connection never makes anybody dead or alive', () => {
    const solo = new Solo(1)
    for (const number of [2, 3, 4]) solo.hear(number, record(number, 'alive@1.0'))
    for (let i = 0; i < 10; i++) solo.core.connectionRefused(peerOf(2), i)
    expect.is(solo.stateOf(2), 'suspect@1.0')
    solo.bury(4, record(3, 'dead@1.0'))
    solo.core.connectionRefused(peerOf(3), solo.nowMs)
    solo.core.connectionRefused(peerOf(99), solo.nowMs)
    expect.equal([solo.stateOf(3), solo.stateOf(99)], ['dead@1.0', 'unknown'])
  })

  test('a process that was paused for a minute blames itself and kills nobody', () => {
    const world = new World({ seed: 'pause' })
    const nodes = world.cluster(6)
    world.pause(nodes[0]!)
    world.runFor(60_000)
    for (const node of nodes.slice(1)) expect.is(node.stateOf(nodes[0]!), 'dead@1.0')
    nodes[0]!.events.length = 0
    world.resume(nodes[0]!)
    const tookMs = world.runUntil(() => world.isOneView, 10_000)
    expect.ok(tookMs <= 3000, `took ${tookMs} ms`)
    world.runFor(30_000)
    expect.equal(nodes[0]!.events, [])
  })

  test('a clock that jumps ahead by a minute ends no suspicion and no probe', () => {
    const solo = new Solo(1)
    for (const number of [2, 3, 4]) solo.hear(number, record(number, 'alive@1.0'))
    solo.run(5000)
    solo.mute.add(peerOf(4))
    solo.hear(3, record(2, 'suspect@1.0'))
    solo.run(6000)
    solo.nowMs += 60_000
    solo.core.tick(solo.nowMs)
    const events = solo.core.takeEffects().events
    expect.equal([events.filter(({ kind }) => kind === 'died'), solo.stateOf(2)], [[], 'suspect@1.0'])
    expect.ok(solo.core.localHealth >= 1)
    solo.run(solo.nowMs + 60_000)
    expect.is(solo.stateOf(2), 'dead@1.0', 'the suspicion goes on from there')
  })

  test('a probe that was under way when this node stopped running says nothing', () => {
    const solo = new Solo(1)
    for (const number of [2, 3, 4]) solo.hear(number, record(number, 'alive@1.0'))
    for (const number of [2, 3, 4]) solo.mute.add(peerOf(number))
    while (!solo.run(solo.nowMs + 1).some(({ sends }) => sends.some(({ message }) => message.kind === 'ping'))) { /* until one is probed */ }
    solo.mute.clear()
    solo.nowMs += 30_000
    expect.equal(solo.run(solo.nowMs).flatMap(({ events }) => events), [])
  })

  test('after any input and a tick the next deadline lies ahead', () => {
    const solo = new Solo(1)
    for (const number of [2, 3, 4]) solo.hear(number, record(number, 'alive@1.0'))
    solo.mute.add(peerOf(3))
    solo.core.meet(peerOf(9), 0)
    for (let nowMs = 0; nowMs < 60_000; nowMs += 37) {
      solo.run(nowMs)
      solo.core.tick(nowMs)
      expect.ok(solo.core.nextDeadlineMs > nowMs)
    }
  })
})

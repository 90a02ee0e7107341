import { suite, expect } from '../harness.js'
import { Solo, peerOf, record } from './records.js'
import { World } from './world.js'
import type { Node } from './world.js'

suite('membership: healing and forgetting', ({ test }) => {
  test('[M19] given two sides of 8 that held each other dead for 120 s, with restarts, when the cut heals, then there is one view within two reconnect intervals and nobody dies after it', () => {
    for (let seed = 0; seed < 3; seed++) {
      const world = new World({ seed: `heal ${seed}` })
      const nodes = world.cluster(16)
      const [left, right] = [nodes.slice(0, 8), nodes.slice(8)]
      world.cut(new Set(left))
      world.runFor(60_000)
      world.restart(left[3]!)
      world.restart(right[3]!, 7000)
      world.runFor(60_000)
      for (const a of left) {
        // Who restarted meanwhile knows the others only from its disk.
        for (const b of right) if (a !== left[3] && b !== right[3]) expect.equal([a.stateOf(b), b.stateOf(a)], ['dead@1.0', 'dead@1.0'])
        expect.is(a.running.aliveCount, 8)
      }
      world.cut()
      for (const node of nodes) node.events.length = 0
      const tookMs = world.runUntil(() => world.isOneView, 60_000)
      expect.ok(tookMs <= 20_000, `seed ${seed}: took ${tookMs} ms`)
      world.runFor(60_000)
      expect.ok(world.isOneView, `seed ${seed}`)
      expect.equal(nodes.flatMap(({ events }) => events).filter(({ kind }) => kind === 'died'), [], `seed ${seed}`)
    }
  })

  test('a healed cut merges also where one side is a single node, and where there were three', () => {
    const world = new World({ seed: 'three sides' })
    const nodes = world.cluster(9)
    world.isCut = (from, to) => sideOf(from) !== sideOf(to)
    const sideOf = (node: Node): number => node === nodes[0] ? 0 : node.number % 2 + 1
    world.runFor(90_000)
    expect.equal(nodes.map((node) => node.running.aliveCount), [1, 4, 4, 4, 4, 4, 4, 4, 4])
    world.cut()
    const tookMs = world.runUntil(() => world.isOneView, 60_000)
    expect.ok(tookMs <= 20_000, `took ${tookMs} ms`)
  })

  test('[defect serf #333] [defect serf #605] [defect gravity #2100] a cut that outlasts the memory of the dead heals all the same', () => {
    const options = { syncIntervalMs: 1000, deadRememberedMs: 20_000, leftRememberedMs: 20_000 }
    const world = new World({ seed: 'long cut', options })
    const nodes = world.cluster(6)
    world.cut(new Set(nodes.slice(0, 3)))
    world.runFor(120_000)
    for (const node of nodes) expect.is(node.running.members().length, 3)
    world.cut()
    expect.ok(world.runUntil(() => world.isOneView, 40_000) < Infinity)
  })

  test('[M20] [defect foca #15] given a node cut from all until it holds everybody dead, when the cut ends, then it rejoins without a restart', () => {
    const world = new World({ seed: 'isolation' })
    const nodes = world.cluster(6)
    world.cut(new Set([nodes[0]!]))
    world.runFor(180_000)
    for (const other of nodes.slice(1)) expect.equal([nodes[0]!.stateOf(other), other.stateOf(nodes[0]!)], ['dead@1.0', 'dead@1.0'])
    world.cut()
    const tookMs = world.runUntil(() => world.isOneView, 60_000)
    expect.ok(tookMs <= 10_000, `took ${tookMs} ms`)
    expect.ok(nodes.every((node) => node.generation === 1))
  })

  test('[M22] [defect foca #19] [defect chitchat #155] given members that forget a dead one at different times, when they sync, then it never reappears, its time of death stays and the backlog drains', () => {
    const hourMs = 3_600_000
    const early = new Solo(1, { options: { deadRememberedMs: hourMs } })
    const late = new Solo(3, { options: { deadRememberedMs: hourMs } })
    for (const solo of [early, late]) {
      for (const number of [1, 2, 3]) solo.hear(number, record(number, 'alive@1.0'))
    }
    early.bury(3, record(2, 'dead@1.0'))
    early.run(600_000)
    late.run(600_000)
    late.bury(1, record(2, 'dead@1.0'))
    const [earlyMs, lateMs] = [early, late].map((solo) => solo.core.get(peerOf(2))!.sinceMs) as [number, number]
    const exchange = (): void => {
      for (const [from, to] of [[early, late], [late, early], [early, late]] as const) {
        to.sync(from === early ? 1 : 3, ...from.core.members().map((view) => view.record))
        to.hear(from === early ? 1 : 3, ...from.core.members().map((view) => view.record))
      }
    }
    exchange()
    for (const minute of [30, 60, 61, 65, 70, 71, 90, 120]) {
      for (const solo of [early, late]) solo.run(minute * 60_000)
      exchange()
      late.hear(4, record(2, 'alive@1.0'))
      early.sync(4, record(2, 'alive@1.0'))
      for (const [solo, diedMs] of [[early, earlyMs], [late, lateMs]] as const) {
        const view = solo.core.get(peerOf(2))
        const isForgotten = minute * 60_000 >= diedMs + hourMs + 10_000
        if (isForgotten) expect.is(view, undefined, `minute ${minute}`)
        else if (view !== undefined) expect.equal([view.record.health, view.sinceMs], ['dead', diedMs], `minute ${minute}`)
      }
    }
    expect.equal([early.stateOf(2), late.stateOf(2)], ['unknown', 'unknown'])
    for (const solo of [early, late]) {
      const sends = solo.run(130 * 60_000).flatMap((effects) => effects.sends)
      const news = sends.filter(({ to, message }) => message.kind === 'ping' && to !== peerOf(2) && message.updates.length > 0)
      expect.ok(sends.length > 0)
      expect.equal(news.slice(50), [], 'the backlog of updates drains')
    }
    late.hear(2, record(2, 'alive@1.1'))
    expect.is(late.stateOf(2), 'alive@1.1', 'only its own higher word brings it back')
  })

  test('[M22] [defect chitchat #123] given a dead member, when its death is told again or at a higher incarnation, then its time of death does not move', () => {
    const solo = new Solo(1)
    solo.hear(2, record(2, 'alive@1.0'))
    solo.run(1000)
    solo.hear(2, record(2, 'alive@1.1', { multiaddrs: [] }))
    expect.is(solo.core.get(peerOf(2))?.sinceMs, 0)
    solo.bury(3, record(2, 'dead@1.1'))
    solo.run(6000)
    solo.hear(3, record(2, 'dead@1.2'))
    solo.sync(3, record(2, 'dead@1.3'))
    expect.equal([solo.stateOf(2), solo.core.get(peerOf(2))?.sinceMs], ['dead@1.3', 3000])
    solo.hear(3, record(2, 'dead@2.0'))
    expect.is(solo.core.get(peerOf(2))?.sinceMs, 6000, 'that is another process')
  })

  test('a joiner that hears of a member only as dead knocks at it and lists it no sooner than it lives', () => {
    const solo = new Solo(1)
    solo.sync(3, record(3, 'alive@1.0'), record(2, 'dead@1.4'))
    expect.is(solo.stateOf(2), 'unknown')
    const effects = solo.run(40_000)
    expect.equal(effects.flatMap(({ remember }) => remember.map(({ peer }) => peer)).sort(), [peerOf(2), peerOf(3)])
    const knock = effects.flatMap(({ sends }) => sends).find(({ to }) => to === peerOf(2))
    expect.is(knock?.message.kind, 'ping')
    solo.hear(4, record(2, 'suspect@1.4'), record(2, 'alive@1.4'))
    expect.is(solo.stateOf(2), 'unknown')
    solo.hear(4, record(2, 'alive@1.5'))
    expect.is(solo.stateOf(2), 'alive@1.5')
  })

  test('when all dead members knocks cost about one per interval in the whole cluster, not one per member', () => {
    const world = new World({ seed: 'knocks' })
    const nodes = world.cluster(12)
    world.crash(nodes[11]!, 'host down')
    world.runFor(60_000)
    let knocks = 0
    world.onSend = (_from, to, message) => { if (to === nodes[11] && message.kind === 'ping') knocks++ }
    world.runFor(400_000)
    expect.ok(knocks >= 15 && knocks <= 90, `${knocks} knocks in 40 intervals`)
  })
})

import { suite, expect } from '../harness.js'
import { INCARNATION_LEAP_MAX } from '../../src/membership/limits.js'
import { Solo, addressOf, peerOf, record, statementOf, updatesOf } from './records.js'
import { World } from './world.js'
import type { Node } from './world.js'

suite('membership: refuting and restarting', ({ test }) => {
  test('[M7] given a member alive at 1.3, when suspect at 1.7 reaches it, then alive at 1.8 is everywhere, nobody dies and its local health rises by one', () => {
    const world = new World({ seed: 'refute' })
    const [a, b, c] = world.cluster(5) as [Node, Node, Node]
    for (const port of [1, 2, 3]) world.act(b, (core) => { core.updateSelf({ multiaddrs: [addressOf(2, port)] }, world.nowMs) })
    world.runFor(3000)
    expect.is(a.stateOf(b), 'alive@1.3')
    world.whisper(a, c, record(2, 'suspect@1.7'))
    expect.is(a.stateOf(b), 'suspect@1.7')
    expect.is(b.running.localHealth, 0)
    world.whisper(b, c, record(2, 'suspect@1.7'))
    expect.is(b.running.localHealth, 1)
    world.runFor(2000)
    for (const node of world.nodes) expect.is(node.stateOf(b), 'alive@1.8')
    world.runFor(60_000)
    expect.not(world.nodes.some((node) => node.told(b).includes('died')))
    expect.equal(a.told(b).slice(-2), ['suspected', 'recovered'])
  })

  test('an accusation below the own incarnation is answered without raising it', () => {
    const solo = new Solo(1)
    solo.hear(2, record(2, 'alive@1.0'))
    solo.hear(2, record(1, 'suspect@1.4'))
    expect.is(solo.stateOf(1), 'alive@1.5')
    solo.run(30_000)
    solo.hear(2, record(1, 'dead@1.3'))
    expect.is(solo.stateOf(1), 'alive@1.5')
    const told = solo.run(30_300).flatMap((effects) => effects.sends).filter(({ to }) => to === peerOf(2))
    expect.ok(told.some(({ message }) => updatesOf(message).some((update) => update.peer === peerOf(1) && statementOf(update) === 'alive@1.5')))
  })

  test('a refutation goes to the accuser and by gossip to the others', () => {
    const solo = new Solo(1)
    for (const number of [2, 3, 4, 5, 6]) solo.hear(number, record(number, 'alive@1.0'))
    solo.run(5000)
    solo.hear(2, record(1, 'suspect@1.0'))
    const told = solo.run(5700).flatMap((effects) => effects.sends)
      .filter(({ message }) => updatesOf(message).some((update) => update.peer === peerOf(1) && statementOf(update) === 'alive@1.1'))
    expect.ok(told.some(({ to }) => to === peerOf(2)))
    expect.ok(new Set(told.map(({ to }) => to)).size >= 3)
  })

  test('[M11] [defect memberlist #311] given a member believed or remembered dead at 1.100, when it speaks of itself at 1.1, then the accusation is echoed to it', () => {
    for (const isListed of [true, false]) {
      const solo = new Solo(1)
      solo.hear(3, record(3, 'alive@1.0'))
      if (isListed) solo.bury(3, record(2, 'alive@1.0'), record(2, 'dead@1.100'))
      else solo.core.remember([record(2, 'dead@1.100')], 0)
      solo.run(solo.nowMs + 1000)
      solo.hear(2, record(2, 'alive@1.1'))
      const sends = solo.run(solo.nowMs + 300).flatMap((effects) => effects.sends).filter(({ to, message }) => to === peerOf(2) && message.kind === 'ack')
      expect.ok(sends.some(({ message }) => updatesOf(message).some((update) => update.peer === peerOf(2) && statementOf(update) === 'dead@1.100')))
    }
  })

  test('[M10] [defect chitchat #161] given a member dead at 1.100 everywhere, when it restarts as 2.0 with one ignorant contact, then all see it alive, with the end of the old and the start of the new in order', () => {
    const world = new World({ seed: 'restart' })
    const nodes = world.cluster(6)
    const b = nodes[5]!
    for (const node of nodes) world.whisper(node, nodes[1]!, record(6, 'suspect@1.99'))
    world.runFor(2000)
    expect.is(nodes[0]!.stateOf(b), 'alive@1.100')
    world.crash(b, 'host down')
    expect.ok(world.runUntil(() => nodes.slice(0, 5).every((node) => node.stateOf(b) === 'dead@1.100'), 60_000) < Infinity)
    const [ignorant] = world.add(1) as [Node]
    world.connect(ignorant, nodes[0]!)
    world.runFor(3000)
    expect.is(ignorant.stateOf(b), 'unknown')
    b.disk.clear()
    world.start(b)
    world.connect(b, ignorant)
    const tookMs = world.runUntil(() => world.isOneView, 30_000)
    expect.ok(tookMs <= 30_000, `took ${tookMs} ms`)
    for (const node of nodes.slice(0, 5)) {
      expect.is(node.stateOf(b), 'alive@2.0')
      expect.equal(node.told(b).slice(-2), ['died', 'restarted'])
      const { record: now, previous } = node.events.filter(({ record: { peer } }) => peer === b.peer).at(-1)!
      expect.equal([statementOf(previous), statementOf(now)], ['dead@1.100', 'alive@2.0'])
    }
  })

  test('[M11] given a member that lost its generation, when somebody remembers a later one, then it learns of the conflict and does not take the other\'s word', () => {
    const world = new World({ seed: 'lost generation' })
    const nodes = world.cluster(4)
    const b = nodes[3]!
    world.crash(b)
    world.restart(b)
    world.runFor(10_000)
    expect.is(nodes[0]!.stateOf(b), 'alive@2.0')
    world.crash(b)
    b.generation = 0
    world.start(b)
    world.connect(b, nodes[0]!)
    world.runFor(2000)
    expect.is(b.conflict?.kind, 'later-generation')
    expect.is(statementOf(b.running.members()[0]!.record), 'alive@1.0', 'and it does not take the other\'s word')
    expect.not(nodes[0]!.stateOf(b).startsWith('alive@1'))
  })

  test('[M11] given no persistence and dead at 1.100 held by all, when the member speaks at 1.0, then it is told and all see it at 1.101 within 2 s', () => {
    const world = new World({ seed: 'no persistence' })
    const nodes = world.cluster(5)
    const b = nodes[4]!
    world.crash(b, 'host down')
    for (const node of nodes.slice(0, 4)) world.whisper(node, nodes[0] === node ? nodes[1]! : nodes[0]!, record(5, 'dead@1.100'))
    world.runFor(6000)
    expect.is(nodes[0]!.stateOf(b), 'dead@1.100')
    b.generation = 0
    b.disk.clear()
    world.start(b)
    world.connect(b, nodes[0]!)
    expect.ok(world.runUntil(() => nodes.every((node) => node.stateOf(b) === 'alive@1.101'), 2000) <= 2000)
    expect.is(b.conflict, undefined)
  })

  test('another process under the same identity and generation is a conflict', () => {
    const solo = new Solo(1)
    solo.hear(2, record(1, 'alive@1.0'))
    expect.is(solo.core.takeEffects().conflict, undefined, 'that is what we say')
    solo.hear(2, record(1, 'alive@1.0', { multiaddrs: [addressOf(77)] }))
    expect.is(solo.core.takeEffects().conflict?.kind, 'same-generation')
    solo.hear(2, record(1, 'alive@1.1'))
    const { conflict } = solo.core.takeEffects()
    expect.equal([conflict?.kind, conflict?.from, statementOf(conflict?.record)], ['same-generation', peerOf(2), 'alive@1.1'])
    expect.is(solo.stateOf(1), 'alive@1.0')
  })

  test('[defect memberlist #359] an absurd accusation is neither believed nor answered; the greatest allowed one is refuted', () => {
    const solo = new Solo(1)
    solo.hear(2, record(1, `dead@1.${INCARNATION_LEAP_MAX + 1}`), record(1, `dead@1.${Number.MAX_SAFE_INTEGER}`))
    expect.is(solo.stateOf(1), 'alive@1.0')
    solo.hear(2, record(1, `dead@1.${INCARNATION_LEAP_MAX}`))
    expect.is(solo.stateOf(1), `alive@1.${INCARNATION_LEAP_MAX + 1}`)
  })

  test('[M12] [defect camunda #61611] given a restart within 300 ms, when it is over, then nobody saw a death and every subscriber is told of the new process once', () => {
    for (const manner of ['host down', 'killed'] as const) {
      const world = new World({ seed: `fast restart ${manner}` })
      const nodes = world.cluster(5)
      const b = nodes[4]!
      world.crash(b, manner)
      world.runFor(300)
      world.start(b)
      world.runFor(40_000)
      expect.ok(world.isOneView)
      for (const node of nodes.slice(0, 4)) {
        const told = node.told(b)
        expect.not(told.includes('died'))
        expect.is(told.filter((kind) => kind === 'restarted').length, 1)
        if (manner === 'host down') expect.equal(told, ['joined', 'restarted'])
        const restarted = node.events.find(({ kind }) => kind === 'restarted')!
        expect.equal([restarted.previous?.generation, restarted.record.generation], [1, 2])
      }
    }
  })

  test('[defect memberlist 2595b7e] new addresses reach everybody with a raised incarnation, the same addresses nobody', () => {
    const world = new World({ seed: 'address' })
    const nodes = world.cluster(5)
    const b = nodes[4]!
    world.act(b, (core) => { core.updateSelf({ multiaddrs: [addressOf(5, 7777)], http: 'http://10.0.0.5:9999' }, world.nowMs) })
    world.act(b, (core) => { core.updateSelf({ multiaddrs: [addressOf(5, 7777)] }, world.nowMs) })
    world.runFor(3000)
    for (const node of nodes.slice(0, 4)) {
      expect.is(node.stateOf(b), 'alive@1.1')
      expect.equal(node.told(b), ['joined', 'changed'])
      expect.equal(node.disk.get(b.peer)?.multiaddrs, [addressOf(5, 7777)])
    }
  })
})

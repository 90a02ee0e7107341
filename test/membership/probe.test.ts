import { Prng } from '../../src/base/index.js'
import type { PeerId } from '../../src/base/index.js'
import { ProbeRing } from '../../src/membership/probe-ring.js'
import { suite, expect } from '../harness.js'
import type { MemberRecord } from '../../protocols/membership/index.js'
import { Solo, peerOf, probe, record, statementOf, updatesOf } from './records.js'
import { World } from './world.js'
import type { Node } from './world.js'

suite('membership: probing', ({ test }) => {
  test('[M1] given 20 nodes and no failures, when 10 N periods pass, then each pass probes every other once and no gap exceeds 2(N-1)-1 periods', () => {
    const world = new World({ seed: 'round robin' })
    const nodes = world.cluster(20)
    const pinged = new Map<Node, Node[]>(nodes.map((node) => [node, []]))
    world.onSend = (from, to, message) => { if (message.kind === 'ping') pinged.get(from)!.push(to) }
    world.runFor(10 * 20 * 1000)
    for (const [node, targets] of pinged) {
      expect.ok(targets.length >= 199 && targets.length <= 201, `${targets.length} probes in 200 periods`)
      const last = new Map<Node, number>()
      targets.forEach((target, period) => {
        expect.ok(period - (last.get(target) ?? period) <= 37, 'gap')
        last.set(target, period)
      })
      const isPass = (from: number): boolean => new Set(targets.slice(from, from + 19)).size === 19
      const offset = Array.from({ length: 19 }, (_, start) => start).find((start) => {
        for (let from = start; from + 19 <= targets.length; from += 19) if (!isPass(from)) return false
        return true
      })
      expect.ok(offset !== undefined, `node ${node.number} does not probe in passes`)
      expect.is(last.size, 19)
      const passOf = (number: number): string => targets.slice(offset + 19 * number, offset + 19 * (number + 1)).map((target) => target.number).join()
      expect.is.not(passOf(0), passOf(1), 'each pass has an order of its own')
    }
  })

  test('[M2] given 1000 joins in the middle of a pass, when the joiner is placed, then its position is uniform and its first probe comes within 2(N-1)-1 periods', () => {
    const counts = Array.from({ length: 20 }, () => 0)
    for (let seed = 0; seed < 1000; seed++) {
      const random = new Prng(`joiner ${seed}`)
      const ring = new ProbeRing(random)
      for (let number = 2; number <= 20; number++) ring.insert(peerOf(number))
      for (let step = random.below(40); step > 0; step--) ring.next()
      ring.insert(peerOf(21))
      counts[ring.peers.indexOf(peerOf(21))]!++
      let waits = 1
      while (ring.next() !== peerOf(21)) waits++
      expect.ok(waits <= 2 * 20 - 1, `seed ${seed}: waited ${waits} periods`)
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - 50) ** 2 / 50, 0)
    expect.ok(chiSquare < 36.19, `chi-square ${chiSquare} with 19 degrees of freedom, p > .01`)
  })

  test('nobody is skipped or probed twice in a pass because another joins or goes', () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = new Prng(`ring ${seed}`)
      const ring = new ProbeRing(random)
      for (let number = 2; number <= 11; number++) ring.insert(peerOf(number))
      ring.next()
      while (ring.next() !== ring.peers.at(-1)) { /* to the end of a pass */ }
      const probed: PeerId[] = []
      const before = random.between(1, 9)
      for (let i = 0; i < before; i++) probed.push(ring.next()!)
      if (seed % 2 === 0) ring.insert(peerOf(50))
      else ring.remove(peerOf(11))
      while (probed.length === 0 || ring.peers.at(-1) !== probed.at(-1)) probed.push(ring.next()!)
      expect.is(new Set(probed).size, probed.length, `seed ${seed}`)
      for (let number = 2; number <= 10; number++) expect.ok(probed.includes(peerOf(number)), `seed ${seed}: ${number} was skipped`)
    }
  })

  test('[M3] given one link cut one way, when a minute passes, then nobody is ever suspected and the helpers are distinct, alive and third parties', () => {
    const world = new World({ seed: 'rescue' })
    const [a, b] = world.cluster(5) as [Node, Node]
    world.isCut = (from, to) => from === a && to === b
    const helpers: Node[][] = []
    const asked = new Map<number, Node[]>()
    world.onSend = (from, to, message) => {
      if (message.kind !== 'ping-request' || from !== a) return
      if (!asked.has(message.sequence)) helpers.push([])
      asked.set(message.sequence, [...asked.get(message.sequence) ?? [], to])
      helpers.at(-1)!.push(to)
      expect.is(message.target, b.peer)
    }
    for (const node of world.nodes) node.events.length = 0
    world.runFor(60_000)
    expect.equal(world.nodes.flatMap(({ events }) => events), [])
    expect.ok(helpers.length >= 10, `${helpers.length} rounds of helpers`)
    for (const round of helpers) {
      expect.is(new Set(round).size, 3)
      expect.not(round.includes(a) || round.includes(b))
    }
  })

  test('[M4] [defect memberlist #350] given three nodes, when a direct probe fails, then the only possible helper is always asked', () => {
    for (let seed = 0; seed < 10_000; seed++) {
      const ring = new ProbeRing(new Prng(`helper ${seed}`))
      ring.insert(peerOf(2))
      ring.insert(peerOf(3))
      expect.equal(ring.pick(3, (peer) => peer !== peerOf(2)), [peerOf(3)], `seed ${seed}`)
    }
    for (let seed = 0; seed < 100; seed++) {
      const solo = new Solo(1, { seed: `three ${seed}` })
      for (const number of [2, 3]) solo.hear(number, record(number, 'alive@1.0'))
      solo.mute.add(peerOf(2))
      const sends = solo.run(3000).flatMap((effects) => effects.sends).filter(({ message }) => message.kind === 'ping-request')
      expect.ok(sends.length > 0 && sends.every(({ to }) => to === peerOf(3)), `seed ${seed}`)
    }
  })

  test('helpers and listeners are chosen uniformly', () => {
    const ring = new ProbeRing(new Prng('uniform'))
    for (let number = 2; number <= 6; number++) ring.insert(peerOf(number))
    const counts = new Map<string, number>()
    for (let draw = 0; draw < 10_000; draw++) {
      const pair = ring.pick(2, () => true).sort().join()
      counts.set(pair, (counts.get(pair) ?? 0) + 1)
    }
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
    expect.is(counts.size, 10)
    expect.ok(chiSquare < 21.67, `chi-square ${chiSquare} with 9 degrees of freedom, p > .01`)
  })

  test('[M13] given a suspect and no gossip, when its suspecter pings it, then the ping carries the suspicion and it refutes within one round trip', () => {
    const world = new World({ seed: 'buddy', delayMs: [5, 5] })
    const [a, b] = world.cluster(5) as [Node, Node]
    world.isLost = (_from, _to, message) => message.kind === 'ack' && message.sequence === 0
    world.whisper(a, world.nodes[2]!, record(b.number, 'suspect@1.0'))
    expect.is(a.stateOf(b), 'suspect@1.0')
    let pingedMs = Infinity
    world.onSend = (from, to, message) => {
      if (from !== a || to !== b || message.kind !== 'ping') return
      pingedMs = Math.min(pingedMs, world.nowMs)
      if (pingedMs === world.nowMs) expect.ok(message.updates.some((update) => statementOf(update) === 'suspect@1.0' && update.peer === b.peer))
    }
    world.isCut = (from, to) => (from === b) !== (to === b) && from !== a && to !== a
    world.runUntil(() => pingedMs < Infinity, 5000, 1)
    world.runFor(10)
    expect.is(a.stateOf(b), 'alive@1.1')
  })

  test('[M13] given a suspect, when a helper pings it for the suspecter, then request and ping carry the suspicion and the answer brings the refutation', () => {
    const isDoubt = (update: MemberRecord): boolean => update.peer === peerOf(2) && statementOf(update) === 'suspect@1.0'
    const prober = new Solo(1)
    for (const number of [2, 3]) prober.hear(number, record(number, 'alive@1.0'))
    prober.mute.add(peerOf(2))
    prober.core.connectionRefused(peerOf(2), 0)
    const request = prober.run(3500).flatMap((effects) => effects.sends).find(({ message }) => message.kind === 'ping-request')
    expect.is(request?.to, peerOf(3))
    expect.ok(updatesOf(request!.message).some(isDoubt))

    const helper = new Solo(3)
    for (const number of [1, 2]) helper.hear(number, record(number, 'alive@1.0'))
    helper.core.takeEffects()
    helper.core.step(peerOf(1), request!.message, 0)
    const [ping] = helper.core.takeEffects().sends
    expect.equal([ping?.to, ping?.message.kind], [peerOf(2), 'ping'])
    expect.ok(updatesOf(ping!.message).some(isDoubt))

    const suspect = new Solo(2)
    for (const number of [1, 3]) suspect.hear(number, record(number, 'alive@1.0'))
    suspect.core.takeEffects()
    suspect.core.step(peerOf(3), ping!.message, 0)
    helper.core.step(peerOf(2), suspect.core.takeEffects().sends[0]!.message, 0)
    const [answer] = helper.core.takeEffects().sends
    prober.core.step(peerOf(3), answer!.message, 3500)
    expect.is(prober.stateOf(2), 'alive@1.1', 'the helper\'s answer brings the refutation along')
  })

  // At 900 ms and the usual delay of 1–5 ms every ack still arrives within the interval and nothing at all happens.
  for (const [inboundDelayMs, delayMs] of [[900, [55, 65]], [1100, [1, 5]]] as const) test(`[M14] given inbound messages ${inboundDelayMs} ms late for a minute at one node, when it probes, then its local health rises, its probes get rarer and it kills nobody`, () => {
    const world = new World({ seed: 'slow', delayMs })
    const [a] = world.cluster(8) as [Node]
    a.inboundDelayMs = inboundDelayMs
    let healthMax = 0
    let probes = 0
    world.onSend = (from, _to, message) => { if (from === a && message.kind === 'ping') probes++ }
    for (let second = 0; second < 60; second++) {
      world.runFor(1000)
      healthMax = Math.max(healthMax, a.running.localHealth)
    }
    expect.ok(healthMax > 0 && healthMax <= 8, `health rose to ${healthMax}`)
    expect.ok(probes < 60, `${probes} probes in 60 s`)
    a.inboundDelayMs = 0
    const before = probes
    expect.ok(world.runUntil(() => a.running.localHealth === 0, 120_000) < Infinity)
    expect.ok(probes - before <= 20, `well again after ${probes - before} probes`)
    expect.equal(world.nodes.flatMap(({ events }) => events).filter(({ kind }) => kind === 'died'), [])
    expect.ok(world.isOneView)
  })

  test('[defect memberlist #45] a node that hears nothing accuses in vain: nobody else is dead to anybody else, it alone is, and stays so', () => {
    const world = new World({ seed: 'deaf' })
    const nodes = world.cluster(8)
    const deaf = nodes[0]!
    world.isCut = (_from, to) => to === deaf
    world.runFor(180_000)
    for (const node of nodes.slice(1)) {
      expect.equal(node.events.filter(({ kind }) => kind === 'died').map(({ record: { peer } }) => peer), [deaf.peer])
      expect.is(node.running.aliveCount, 7)
    }
    world.isCut = () => false
    expect.ok(world.runUntil(() => world.isOneView, 20_000) < Infinity)
  })

  test('[M15] given a dead member and healthy helpers, when it is probed, then all nacks arrive before the interval ends and the prober blames itself once', () => {
    for (let seed = 0; seed < 10; seed++) {
      const world = new World({ seed: `nacks ${seed}` })
      const nodes = world.cluster(5)
      const dead = nodes[4]!
      world.crash(dead, 'host down')
      const nacks = new Map<Node, number>()
      world.onSend = (_from, to, message) => { if (message.kind === 'nack') nacks.set(to, (nacks.get(to) ?? 0) + 1) }
      const suspecter = (): Node | undefined => nodes.find((node) => node !== dead && node.stateOf(dead) === 'suspect@1.0')
      world.runUntil(() => suspecter() !== undefined, 10_000, 1)
      expect.is(nacks.get(suspecter()!), 3, `seed ${seed}`)
      expect.is(suspecter()!.running.localHealth, 1, `seed ${seed}`)
    }
  })

  test('a missed nack costs the prober one more', () => {
    const solo = new Solo(1)
    for (const number of [2, 3, 4]) solo.hear(number, record(number, 'alive@1.0'))
    for (const number of [2, 3, 4]) solo.mute.add(peerOf(number))
    solo.run(2100)
    expect.is(solo.core.localHealth, 2)
  })

  test('silence of a process that has ended says nothing of the one that followed', () => {
    const solo = new Solo(1)
    solo.hear(2, record(2, 'alive@1.0'))
    solo.mute.add(peerOf(2))
    while (!solo.run(solo.nowMs + 1).some(({ sends }) => sends.some(({ message }) => message.kind === 'ping'))) { /* until it is probed */ }
    solo.hear(2, record(2, 'alive@2.0'))
    solo.mute.clear()
    solo.run(solo.nowMs + 1500)
    expect.equal([solo.stateOf(2), solo.core.localHealth], ['alive@2.0', 0])
  })

  test('an answer of the wrong peer, to no question or too late changes nothing', () => {
    const solo = new Solo(1)
    for (const number of [2, 3, 4]) solo.hear(number, record(number, 'alive@1.0'))
    for (const number of [2, 3, 4]) solo.mute.add(peerOf(number))
    let pinged: { to: PeerId, sequence: number } | undefined
    while (pinged === undefined) {
      for (const { to, message } of solo.run(solo.nowMs + 10).flatMap((effects) => effects.sends)) {
        if (message.kind === 'ping') pinged = { to, sequence: message.sequence }
      }
    }
    const stranger = [2, 3, 4].find((number) => peerOf(number) !== pinged.to)!
    solo.core.step(peerOf(stranger), probe('ack', pinged.sequence, []), solo.nowMs)
    solo.core.step(pinged.to, probe('ack', pinged.sequence + 100, []), solo.nowMs)
    solo.run(solo.nowMs + 1000)
    expect.is(solo.core.get(pinged.to)?.record.health, 'suspect')
    solo.core.step(pinged.to, probe('ack', pinged.sequence, []), solo.nowMs)
    expect.is(solo.core.get(pinged.to)?.record.health, 'suspect', 'only a higher incarnation clears it')
  })
})

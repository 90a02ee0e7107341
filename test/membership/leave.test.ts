import { suite, expect } from '../harness.js'
import { Solo, peerOf, probe, record, resigned, updatesOf } from './records.js'
import { World } from './world.js'

suite('membership: leaving', ({ test }) => {
  test('[M21] [defect consul #3706] [defect consul #8435] given 64 members, when one leaves and its process ends at once, then all report it left and none failed', () => {
    const world = new World({ seed: 'leave' })
    const nodes = world.cluster(64)
    const b = nodes[40]!
    world.act(b, (core) => { core.leave(world.nowMs) })
    world.crash(b, 'exited')
    const others = nodes.filter((node) => node !== b)
    const tookMs = world.runUntil(() => others.every((node) => node.stateOf(b) === 'left@1.0'), 10_000)
    expect.ok(tookMs <= 3000, `took ${tookMs} ms`)
    world.runFor(30_000)
    for (const node of others) {
      expect.is(node.stateOf(b), 'left@1.0')
      expect.equal(node.told(b).filter((kind) => kind !== 'suspected'), ['joined', 'left'])
      expect.is(node.disk.get(b.peer)?.health, 'left')
    }
    expect.is(others[0]!.running.aliveCount, 63)
    world.restart(b)
    expect.ok(world.runUntil(() => world.isOneView, 20_000) < Infinity)
    expect.is(others[0]!.told(b).at(-1), 'restarted')
  })

  test('[M21] [defect memberlist aadad4b] given a member that left and still runs, when it is probed or a queued alive of it arrives, then it answers and stays left', () => {
    const world = new World({ seed: 'leaving' })
    const nodes = world.cluster(8)
    const b = nodes[7]!
    world.act(b, (core) => { core.leave(world.nowMs) })
    world.act(b, (core) => { core.leave(world.nowMs) })
    world.act(b, (core) => { core.connectionRefused(nodes[0]!.peer, world.nowMs) })
    const acks: number[] = []
    world.onSend = (from, _to, message) => { if (from === b && message.kind === 'ack' && message.sequence === 4321) acks.push(message.sequence) }
    world.act(b, (core) => { core.step(nodes[0]!.peer, probe('ping', 4321, []), world.nowMs) })
    expect.is(acks.length, 1)
    world.runFor(1000)
    for (const node of nodes) world.whisper(node, nodes[0] === node ? nodes[1]! : nodes[0]!, record(8, 'alive@1.0'), record(8, 'suspect@1.0'), record(8, 'dead@1.0'))
    world.runFor(60_000)
    for (const node of nodes) expect.is(node.stateOf(b), 'left@1.0')
    expect.not(nodes.some((node) => node.told(b).includes('died')))
    expect.equal([b.running.aliveCount, nodes[0]!.running.aliveCount], [7, 7])
    expect.equal(b.events.filter(({ kind }) => kind !== 'joined'), [], 'it judges nobody any more')
  })

  test('[M21] [defect memberlist #254] given a member that left, when its time of remembrance is over, then it is forgotten, not told of and knocked at', () => {
    const options = { syncIntervalMs: 2000, leftRememberedMs: 60_000 }
    const solo = new Solo(1, { options })
    for (const number of [2, 3]) solo.hear(number, record(number, 'alive@1.0'))
    solo.hear(2, record(2, 'left@1.0'))
    solo.run(59_000)
    expect.is(solo.stateOf(2), 'left@1.0')
    const sends = solo.run(200_000).flatMap((effects) => effects.sends)
    expect.is(solo.stateOf(2), 'unknown')
    expect.ok(sends.some(({ to, message }) => to === peerOf(2) && message.kind === 'ping'))
    const lists = sends.flatMap(({ message }) => message.kind === 'digest' ? [message.listed] : []).slice(10)
    expect.ok(lists.length > 10 && lists.every((listed) => listed.every(({ peer }) => peer !== peerOf(2))))
    solo.run(solo.nowMs)
    solo.core.step(peerOf(3), { kind: 'digest', reply: true, listed: [], remembered: [] }, solo.nowMs)
    const told = solo.core.takeEffects().sends.flatMap(({ message }) => updatesOf(message).map(({ peer }) => peer))
    expect.equal(told, [peerOf(1), peerOf(3)])
  })

  test('[M21] given a goodbye that its subject never said, when it is passed on, then nobody believes it, also where it carries another signature of the subject', () => {
    const world = new World({ seed: 'forged' })
    const nodes = world.cluster(5)
    const forgeries = [
      resigned(record(5, 'left@1.0'), 1), { ...record(5, 'left@1.0'), signature: record(5, 'alive@1.0').signature }, { ...record(5, 'left@1.0'), signature: new Uint8Array(64) }
    ]
    for (const node of nodes) node.events.length = 0
    for (const node of nodes) world.whisper(node, node === nodes[0] ? nodes[1]! : nodes[0]!, ...forgeries)
    for (const node of nodes) expect.equal([node.stateOf(nodes[4]!), node.running.unprovenCount], ['alive@1.0', 3])
    world.runFor(20_000)
    expect.equal(nodes.flatMap(({ events }) => events), [])
    for (const node of nodes.slice(0, 4)) world.whisper(node, node === nodes[0] ? nodes[1]! : nodes[0]!, record(5, 'left@1.0'))
    expect.is(nodes[0]!.stateOf(nodes[4]!), 'left@1.0', 'its own word is believed')
  })

  test('all leave and all come back', () => {
    const world = new World({ seed: 'all leave' })
    const nodes = world.cluster(6)
    for (const node of nodes) {
      world.act(node, (core) => { core.leave(world.nowMs) })
      world.runFor(500)
      world.crash(node, 'exited')
    }
    world.runFor(60_000)
    for (const node of nodes) world.restart(node)
    expect.ok(world.runUntil(() => world.isOneView, 20_000) < Infinity)
  })
})

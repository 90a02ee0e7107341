import { suite, expect } from '../harness.js'
import { Solo, peerOf, probe, record } from './records.js'
import { World } from './world.js'

suite('membership: leaving', ({ test }) => {
  test('MEMBERSHIP test 21: graceful leave: 64 members report left and none failed, though the process ends at once', () => {
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

  test('MEMBERSHIP test 21: graceful leave: it answers while it still runs, and no queued alive undoes it', () => {
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

  test('MEMBERSHIP test 21: graceful leave: left members are forgotten on time, not told of and knocked at', () => {
    const options = { syncIntervalMs: 2000, leftRememberedMs: 60_000 }
    const solo = new Solo(1, { options })
    for (const number of [2, 3]) solo.hear(number, record(number, 'alive@1.0'))
    solo.hear(2, record(2, 'left@1.0'))
    solo.run(59_000)
    expect.is(solo.stateOf(2), 'left@1.0')
    const sends = solo.run(200_000).flatMap((effects) => effects.sends)
    expect.is(solo.stateOf(2), 'unknown')
    expect.ok(sends.some(({ to, message }) => to === peerOf(2) && message.kind === 'ping'))
    const syncs = sends.filter(({ message }) => message.kind === 'sync').slice(10)
    expect.ok(syncs.length > 10 && syncs.every(({ message }) => message.kind === 'sync' && message.records.every(({ peer }) => peer !== peerOf(2))))
  })

  test('a forged goodbye is refuted by its subject', () => {
    const world = new World({ seed: 'forged' })
    const nodes = world.cluster(5)
    for (const node of nodes) world.whisper(node, node === nodes[0] ? nodes[1]! : nodes[0]!, record(5, 'left@1.0'))
    expect.ok(world.runUntil(() => world.isOneView, 3000) < Infinity)
    expect.is(nodes[0]!.stateOf(nodes[4]!), 'alive@1.1')
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

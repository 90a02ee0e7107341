import { DecodeError, toGeneration, toNodeName } from '../../src/base/index.js'
import { encodeNodeRecord, nodeKey } from '../../src/layout/index.js'
import { DiskError, loadBoot } from '../../src/node/index.js'
import { decodeMembershipFrame } from '../../protocols/membership/index.js'
import { suite, expect } from '../harness.js'
import { Solo, addressOf, peerOf, record, updatesOf } from './records.js'
import { World } from './world.js'
import type { Node } from './world.js'

suite('membership: defects of others', ({ test }) => {
  test('[M11] given a generation that cannot be read, when the node starts, then it refuses and says what to do, and nothing falls back to zero', () => {
    const value = encodeNodeRecord({ name: toNodeName('node1'), peer: peerOf(1), generation: toGeneration(41), clusterId: undefined, memberId: undefined, configuration: '' })
    expect.is(loadBoot([{ key: nodeKey(), value }]).generation, 42)
    for (let place = 0; place < value.length; place++) {
      const damaged = Buffer.from(value)
      damaged[place] = (damaged[place] as number) ^ 0x10
      expect.throws(() => loadBoot([{ key: nodeKey(), value: damaged }]), (error: unknown) =>
        error instanceof DiskError && error.code === 'corrupt' && /let the node join as a new one/.test(error.message), `byte ${place}`)
    }
  })

  test('[defect memberlist #311] given all members restarted at once and a dead one at a high incarnation, when it returns, then it is seen alive at once', () => {
    const world = new World({ seed: 'mass restart' })
    const nodes = world.cluster(6)
    const b = nodes[5]!
    for (const node of nodes) world.whisper(node, node === nodes[0] ? nodes[1]! : nodes[0]!, record(6, 'suspect@1.99'))
    world.runFor(2000)
    expect.is(nodes[0]!.stateOf(b), 'alive@1.100')
    world.crash(b)
    world.runFor(30_000)
    for (const node of nodes.slice(0, 5)) world.restart(node)
    world.runFor(10_000)
    world.start(b)
    const tookMs = world.runUntil(() => world.isOneView, 30_000)
    expect.ok(tookMs <= 5000, `took ${tookMs} ms`)
    expect.is(nodes[0]!.stateOf(b), 'alive@2.0')
  })

  test('[defect memberlist 073be6d] given a member that died, came back and died again, when time passes, then it is remembered from its last death on', () => {
    const hourMs = 3_600_000
    const solo = new Solo(1, { options: { deadRememberedMs: hourMs } })
    for (const number of [2, 3]) solo.hear(number, record(number, 'alive@1.0'))
    solo.hear(3, record(2, 'dead@1.0'))
    solo.run(0.9 * hourMs)
    solo.hear(2, record(2, 'alive@1.1'))
    solo.run(0.95 * hourMs)
    solo.hear(3, record(2, 'dead@1.1'))
    solo.run(1.9 * hourMs)
    expect.is(solo.stateOf(2), 'dead@1.1')
    solo.run(1.96 * hourMs)
    expect.is(solo.stateOf(2), 'unknown')
  })

  test('[defect memberlist 2595b7e] given a hard restart with other addresses, when nobody noticed the end, then everybody has the new ones', () => {
    const world = new World({ seed: 'hard restart' })
    const nodes = world.cluster(5)
    world.crash(nodes[4]!, 'host down')
    world.restart(nodes[4]!, 4321)
    expect.ok(world.runUntil(() => world.isOneView, 10_000) < Infinity)
    for (const node of nodes) expect.equal(node.running.get(nodes[4]!.peer)?.record.multiaddrs, [addressOf(5, 4321)])
  })

  test('[defect memberlist #242] given a member to which nothing can be sent, when it is probed, then it is suspected like one that is silent', () => {
    const world = new World({ seed: 'unsendable' })
    const nodes = world.cluster(5)
    world.isLost = (_from, to) => to === nodes[4]
    const tookMs = world.runUntil(() => nodes.slice(0, 4).every((node) => node.stateOf(nodes[4]!).startsWith('dead')), 60_000)
    expect.ok(tookMs < 20_000, `took ${tookMs} ms`)
  })

  test('[defect memberlist #357] given hostile frames, when they are decoded, then they are refused before anything is built', () => {
    const frames = ['0aff', '0a06320408011201', '0a082a060a04aaaaaaaa', `0a04${'ff'.repeat(4)}`]
    for (const frame of frames) expect.throws(() => decodeMembershipFrame(Buffer.from(frame, 'hex')), (error: unknown) => error instanceof DecodeError, frame)
    const solo = new Solo(1)
    solo.core.step(peerOf(2), { kind: 'digest', reply: true, listed: Array.from({ length: 5000 }, () => record(2, 'alive@1.0')), remembered: [] }, 0)
    for (const { message } of solo.core.takeEffects().sends) if (message.kind === 'digest') expect.ok(message.listed.length <= 1024)
  })

  test('[defect serf #333] given a member that is dead when a node restarts, when it returns on its old address, then the restarted node finds it by itself', () => {
    const world = new World({ seed: 'failed are kept' })
    const nodes = world.cluster(3) as [Node, Node, Node]
    world.crash(nodes[2], 'host down')
    world.runFor(60_000)
    expect.is(nodes[0].disk.get(nodes[2].peer)?.health, 'dead')
    world.crash(nodes[1], 'host down')
    world.restart(nodes[0])
    world.runFor(60_000)
    nodes[2].disk.clear()
    world.start(nodes[2])
    expect.ok(world.runUntil(() => world.isOneView, 20_000) < Infinity)
  })

  test('[defect foca #25] given two that hold each other dead, when they meet, then the matter is settled in a handful of messages', () => {
    const world = new World({ seed: 'ping-pong' })
    const [a, b] = world.cluster(2) as [Node, Node]
    world.cut(new Set([a]))
    expect.ok(world.runUntil(() => a.stateOf(b) === 'dead@1.0' && b.stateOf(a) === 'dead@1.0', 60_000) < Infinity)
    world.cut()
    const before = world.sentCount
    world.runFor(3000)
    expect.ok(world.isOneView)
    const sent = world.sentCount - before
    expect.ok(sent < 60, `${sent} messages`)
    world.runFor(5000)
    const quiet = world.sentCount
    world.runFor(10_000)
    expect.ok(world.sentCount - quiet <= 50, 'afterwards there are only probes and their answers')
  })

  test('[defect chitchat #161] a member that has restarted many times is one member', () => {
    const world = new World({ seed: 'generations' })
    const nodes = world.cluster(4)
    for (let time = 0; time < 8; time++) {
      world.restart(nodes[3]!)
      world.runFor(1000)
    }
    world.runFor(10_000)
    for (const node of nodes) expect.is(node.running.members().length, 4)
    expect.is(nodes[0]!.stateOf(nodes[3]!), 'alive@9.0')
  })

  test('[defect ringpop-node #59] given helpers that cannot be reached, when one that can has an ack of the target, then the target is not suspected', () => {
    const world = new World({ seed: 'unreachable helpers' })
    const [a, b, c] = world.cluster(5) as [Node, Node, Node]
    for (const node of world.nodes) node.events.length = 0
    world.isCut = (from, to) => (from === a && to !== c) || (to === a && from !== c && from !== b)
    world.runFor(60_000)
    expect.not(a.told(b).some((kind) => kind === 'died'))
    expect.not(world.nodes.some((node) => node !== a && node.events.some(({ kind }) => kind === 'died')))
    world.isCut = () => false
    world.runFor(10_000)
    expect.ok(world.isOneView)
  })

  test('[defect scylla #8488] given a dead member, when others go on calling it alive and well, then it dies as soon as without', () => {
    const diedMs = (isMasked: boolean): number => {
      const solo = new Solo(1)
      for (const number of [2, 3, 4, 5]) solo.hear(number, record(number, 'alive@1.0'))
      solo.mute.add(peerOf(2))
      while (solo.nowMs < 60_000) {
        if (isMasked) {
          for (const number of [3, 4, 5]) {
            solo.hear(number, record(2, 'alive@1.0'))
            solo.sync(number, record(2, 'alive@1.0'))
          }
        }
        if (solo.run(solo.nowMs + 100).some(({ events }) => events.some(({ kind }) => kind === 'died'))) return solo.nowMs
      }
      return Infinity
    }
    expect.is(diedMs(true), diedMs(false))
    expect.ok(diedMs(true) < 40_000)
  })

  test('a node that only ever hears of a member by hearsay neither counts nor tells its death before the suspicion is over', () => {
    const solo = new Solo(1)
    for (const number of [2, 3, 4, 5]) solo.hear(number, record(number, 'alive@1.0'))
    solo.run(3000)
    solo.sync(3, record(2, 'dead@1.0'))
    const told = solo.run(5000).flatMap(({ sends }) => sends.flatMap(({ message }) => updatesOf(message))).filter(({ peer }) => peer === peerOf(2))
    expect.ok(told.length > 0 && told.every(({ health }) => health === 'suspect'))
  })
})

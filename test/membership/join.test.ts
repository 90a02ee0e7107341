import { suite, expect } from '../harness.js'
import { peerOf, probe, record, Solo } from './records.js'
import { World } from './world.js'
import type { Node } from './world.js'

suite('membership: joining and dying', ({ test }) => {
  test('64 nodes join through one seed and all see all', () => {
    const world = new World({ seed: 'join 64' })
    const nodes = world.add(64)
    for (const node of nodes.slice(1)) world.connect(node, nodes[0]!)
    const tookMs = world.runUntil(() => world.isOneView, 10_000)
    expect.ok(tookMs <= 5000, `took ${tookMs} ms`)
    const sentCount = world.sentCount
    world.runFor(30_000)
    expect.ok(world.isOneView)
    const idlePerPeriod = (world.sentCount - sentCount) / 64 / 30
    expect.ok(idlePerPeriod < 3, `${idlePerPeriod} messages per member and period when idle`)
    for (const node of nodes) {
      expect.is(node.events.length, 63)
      expect.ok(node.events.every(({ kind, previous }) => kind === 'joined' && previous === undefined))
      expect.is(node.disk.size, 63)
    }
  })

  test('17 of 17 join one after another although every tenth message is lost', () => {
    for (let seed = 0; seed < 5; seed++) {
      const world = new World({ seed: `lossy join ${seed}`, lossPerMille: 100 })
      const nodes = world.add(17)
      nodes.slice(1).forEach((node, position) => { world.at(position * 500, () => { world.connect(node, nodes[0]!) }) })
      world.runFor(9000)
      expect.ok(world.runUntil(() => world.isOneView, 60_000) < Infinity, `seed ${seed}`)
    }
  })

  test('a crash is seen as dead by all, after a suspicion and never before its time', () => {
    for (const manner of ['killed', 'host down'] as const) {
      const world = new World({ seed: `crash ${manner}` })
      const nodes = world.cluster(16)
      const dead = nodes[7]!
      const crashMs = world.nowMs
      world.crash(dead, manner)
      const tookMs = world.runUntil(() => world.running.every((node) => node.stateOf(dead) === 'dead@1.0'), 60_000)
      expect.ok(tookMs < 15_000, `${manner}: took ${tookMs} ms`)
      for (const node of world.running) {
        expect.equal(node.told(dead), ['joined', 'suspected', 'died'])
        expect.is(node.disk.get(dead.peer)?.health, 'dead')
      }
      const first = Math.min(...world.running.map((node) => node.events.at(-1)!.atMs))
      expect.ok(first >= crashMs + 4800, `${manner}: the first verdict fell after ${first - crashMs} ms`)
      expect.is(world.running[0]!.running.aliveCount, 15)
    }
  })

  test('a living member of whose death all are told is only suspected, is told and refutes', () => {
    const world = new World({ seed: 'wrong verdict' })
    const nodes = world.cluster(6)
    for (const node of nodes.slice(0, 5)) world.whisper(node, node === nodes[0] ? nodes[1]! : nodes[0]!, record(6, 'dead@1.0'))
    expect.is(nodes[0]!.stateOf(nodes[5]!), 'suspect@1.0')
    expect.ok(world.runUntil(() => world.isOneView, 3000) < Infinity)
    expect.is(nodes[0]!.stateOf(nodes[5]!), 'alive@1.1')
    for (const node of nodes) expect.not(node.events.some(({ kind }) => kind === 'died'))
  })

  test('[defect memberlist #157] [defect consul #733] a restart on a new address is found by all, through its own remembered peers alone', () => {
    const world = new World({ seed: 'moved' })
    const nodes = world.cluster(8)
    const moved = nodes[3]!
    world.crash(moved)
    world.runFor(20_000)
    world.restart(moved, 12_345)
    const tookMs = world.runUntil(() => world.isOneView, 20_000)
    expect.ok(tookMs < 5000, `took ${tookMs} ms`)
    for (const node of nodes) {
      const view = node.running.get(moved.peer)!.record
      expect.equal(view.multiaddrs, ['/ip4/10.0.0.4/tcp/12345'])
      if (node !== moved) expect.equal(node.disk.get(moved.peer), view)
    }
  })

  test('all nodes restart at once on new addresses and find each other where one old address still works', () => {
    const world = new World({ seed: 'all restart' })
    const nodes = world.cluster(6)
    for (const node of nodes) world.crash(node)
    for (const node of nodes) world.restart(node, node.port + 1000)
    expect.ok(world.runUntil(() => world.isOneView, 20_000) < Infinity)
    for (const node of nodes) expect.ok(node.running.members().every(({ record: { generation } }) => generation === 2))
  })

  test('[defect chitchat #132] a remembered peer is no member until it is heard of', () => {
    const solo = new Solo(1)
    solo.core.remember([record(2, 'alive@1.5'), record(3, 'dead@1.0'), record(1, 'alive@9.0')], 0)
    expect.is(solo.core.members().length, 1)
    expect.is(solo.core.aliveCount, 1)
    solo.mute.add(peerOf(3))
    const sends = solo.run(3500).flatMap((effects) => effects.sends)
    const knocked = sends.filter(({ message }) => message.kind === 'ping').map(({ to }) => to)
    expect.equal(knocked.sort(), [2, 2, 2, 2, 3, 3, 3, 3].map(peerOf), 'once a second while we are alone')
    const synced = sends.filter(({ message }) => message.kind === 'digest' && message.reply).map(({ to }) => to)
    expect.ok(synced.length >= 3 && synced.every((peer) => peer === peerOf(2)), 'with whoever answers')
    solo.hear(4, record(2, 'alive@1.4'))
    expect.is(solo.stateOf(2), 'unknown', 'older than what we remember of it')
    solo.hear(4, record(2, 'alive@1.5'))
    expect.is(solo.stateOf(2), 'alive@1.5')
    solo.hear(3, record(3, 'alive@1.1'))
    solo.run(3501)
    const syncs = solo.run(123_000).flatMap((effects) => effects.sends).filter(({ message }) => message.kind === 'sync')
    expect.ok(syncs.length <= 5, 'once heard of, it is not knocked at any more')
  })

  test('a joiner is sent everything by its seed, not by everybody it meets', () => {
    const world = new World({ seed: 'one sync' })
    const nodes = world.cluster(16)
    const [joiner] = world.add(1) as [Node]
    let syncs = 0
    world.onSend = (_from, to, message) => { if (message.kind === 'sync' && to === joiner) syncs++ }
    world.connect(joiner, nodes[0]!)
    world.runFor(12)
    for (const node of nodes.slice(1)) world.connect(joiner, node)
    world.runFor(2000)
    expect.ok(world.isOneView)
    expect.ok(syncs <= 2, `${syncs} syncs`)
  })

  test('a stranger that asks is answered, and greeted unless gossip introduces it first', () => {
    for (const isIntroduced of [true, false]) {
      const solo = new Solo(1)
      solo.hear(3, record(3, 'alive@1.0'))
      solo.run(100)
      solo.core.step(peerOf(9), probe('ping', 7, []), 100)
      if (isIntroduced) solo.hear(3, record(9, 'alive@1.0'))
      const kinds = solo.run(1200).flatMap((effects) => effects.sends).filter(({ to }) => to === peerOf(9)).map(({ message }) => message.kind)
      expect.equal([kinds[0], kinds.includes('sync')], ['ack', !isIntroduced])
    }
  })

  test('two clusters that meet at one pair of nodes become one', () => {
    const world = new World({ seed: 'two clusters' })
    const left = world.cluster(5)
    const right = world.add(5)
    for (const node of right.slice(1)) world.connect(node, right[0]!)
    world.runFor(3000)
    const asked: number[] = []
    const pair = [left[2]!, right[2]!] as const
    world.onSend = (from, to, message) => {
      if (message.kind === 'digest' && !message.reply && pair.includes(from) && pair.includes(to)) asked.push(message.listed.length)
    }
    world.connect(...pair)
    expect.ok(world.runUntil(() => world.isOneView, 10_000) <= 5000)
    expect.equal(asked, [0, 0], 'both greet, so neither asks for what is under way')
  })

  test('those who join together tell each other of themselves and ask for nothing that is under way already', () => {
    const world = new World({ seed: 'two greet' })
    const [a, b] = world.add(2) as [Node, Node]
    const asked: number[] = []
    let records = 0
    world.onSend = (_from, _to, message) => {
      if (message.kind === 'sync') records += message.records.length
      if (message.kind === 'digest' && !message.reply) asked.push(message.listed.length)
    }
    world.connect(a, b)
    world.runFor(500)
    expect.ok(world.isOneView)
    expect.equal([records, asked], [4, [0, 0]])
  })

  test('the death of one of two and the return of both is seen by both', () => {
    const world = new World({ seed: 'two' })
    const [a, b] = world.add(2) as [Node, Node]
    world.connect(a, b)
    world.runFor(2000)
    world.crash(b)
    world.runFor(20_000)
    expect.is(a.stateOf(b), 'dead@1.0')
    world.restart(b)
    expect.ok(world.runUntil(() => world.isOneView, 5000) < Infinity)
  })
})

import { silentLogger, toNodeName } from '../../src/base/index.js'
import type { Logger, Multiaddr } from '../../src/base/index.js'
import { NEIGHBOURS_MAX } from '../../src/membership/index.js'
import type { NodeOrigin } from '../../src/node/index.js'
import { EarlyFrames } from '../../src/node/early-frames.js'
import { IdleConnections, idleConnectionMs } from '../../src/node/idle-connections.js'
import { peerOf } from '../membership/records.js'
import { World } from '../../sim/world/world.js'
import type { VirtualNode } from '../../sim/world/world.js'
import { expect, suite } from '../harness.js'

const NAMED = ['a', 'b', 'c']
const COUNT = 60
/** Neighbours, the other replicas, and whoever compared its beliefs with us, or was asked by us, within the last minute. */
const CONNECTIONS_MAX = NEIGHBOURS_MAX + 2 + 6

function namedOrigin (names: readonly string[]): NodeOrigin {
  return {
    kind: 'named',
    peers: names.map((name, i) => ({ name: toNodeName(name), multiaddr: `/ip4/10.0.0.${i + 1}/tcp/9080` as Multiaddr })),
    partitions: 2,
    groups: [{ master: toNodeName('a'), slaves: ['b', 'c'].map(toNodeName) }],
    replicas: 3, configuration: 'one'
  }
}

const connectionsOf = (world: World, node: VirtualNode): VirtualNode[] =>
  world.running().filter((other) => other !== node && node.transport?.isConnected(other.peer) === true)

suite('nodes in the overlay', ({ before, test }) => {
  const told: string[] = []
  const log = (node: string): Logger => ({
    ...silentLogger,
    info: (message, fields) => { if (/^a member (?!joined)/.test(message)) told.push(`${node}: ${message} ${String(fields?.['name'])}`) }
  })
  const world = new World({ seed: 'nodes in the overlay', tuning: { meshMembersMax: 40 }, log })
  let dialCount = 0
  /** Nodes that are connected with no replica and no voter. */
  const strangers = (): VirtualNode[] =>
    world.running().filter((node) => NAMED.every((name) => node.transport?.isConnected(world.node(name).peer) === false))

  before(async () => {
    const { network } = world
    const connect = network.connect.bind(network)
    network.connect = (...all) => {
      if (!all[0].isConnected(all[1].self)) dialCount++
      connect(...all)
    }
    for (const name of NAMED) world.add(name, namedOrigin(NAMED))
    for (const name of NAMED) world.start(name)
    await world.run(3000)
    for (let i = 1; i <= COUNT - NAMED.length; i++) {
      world.add(`j${i}`, { kind: 'joiner' }, ['/ip4/10.0.0.1/tcp/9080' as Multiaddr])
      world.start(`j${i}`)
      await world.run(100)
    }
    await world.run(20_000)
  })

  test('all know and have admitted each other, also those that no voter watches', () => {
    for (const node of world.running()) {
      const members = node.driver?.members() ?? []
      expect.is(members.filter(({ health }) => health === 'alive').length, COUNT, node.name)
      expect.ok(members.every(({ memberId }) => memberId !== undefined), `${node.name} knows members without a number`)
    }
    expect.ok(told.every((line) => / (suspected|recovered) /.test(line)), told.join('\n'))
    told.length = 0
  })

  test('connections that nobody needs are given up, and nobody dials them again', async () => {
    await world.run(150_000)
    const counts = world.running().map((node) => connectionsOf(world, node).length)
    expect.ok(Math.max(...counts) <= CONNECTIONS_MAX, `connections: ${counts.join(' ')}`)
    expect.ok(counts.reduce((sum, count) => sum + count) / COUNT > NEIGHBOURS_MAX / 2, `connections: ${counts.join(' ')}`)
    for (const name of NAMED) for (const other of NAMED) expect.ok(name === other || world.node(name).transport?.isConnected(world.node(other).peer), `${name} and ${other} hold the same partitions`)
    dialCount = 0
    await world.run(120_000)
    // one comparison of beliefs per node and sync interval (60 s among 60) may dial; nothing else is said to strangers
    expect.ok(dialCount <= 2 * COUNT, `${dialCount} dials in two quiet minutes`)
    expect.equal(told, [])
  })

  test('a first request over a new connection is not lost behind the greeting', async () => {
    expect.ok(strangers().length > 0, 'everybody is connected with a replica')
    for (const { name } of strangers().slice(0, 5)) {
      const begunMs = world.nowMs
      expect.is((await world.set(name, `of ${name}`, 'v')).kind, 'set')
      expect.ok(world.nowMs - begunMs < 300, `${name} waited ${world.nowMs - begunMs} ms`)
    }
  })

  test('a connection that is used now and then is kept', async () => {
    const node = strangers()[0]
    expect.ok(node, 'everybody is connected with a replica')
    await world.set(node.name, 'again and again', '0')
    const [used] = NAMED.filter((name) => node.transport?.isConnected(world.node(name).peer))
    expect.ok(used, `${node.name} asked nobody`)
    for (let i = 1; i <= 6; i++) {
      await world.run(20_000)
      expect.ok(node.transport?.isConnected(world.node(used).peer), `${node.name} and ${used} are not connected any more, ${i * 20} s later`)
      expect.is((await world.set(node.name, 'again and again', `${i}`)).kind, 'set')
    }
  })

  test('a crashed node is dead for all within seconds, and back for all once it is started again', async () => {
    world.crash('j7')
    const stateAt = (node: VirtualNode): string | undefined => node.driver?.members().find(({ name }) => name === 'j7')?.health
    const isDead = await world.until(() => world.running().every((node) => stateAt(node) === 'dead'), 20_000)
    expect.ok(isDead, 'not everybody has heard that j7 is dead')
    told.length = 0
    world.start('j7')
    await world.run(1500)
    const count = connectionsOf(world, world.node('j7')).length
    expect.ok(count > 0 && count <= 2 * NEIGHBOURS_MAX, `${count} connections at once, of ${COUNT - 1} remembered addresses`)
    expect.ok(await world.until(() => world.running().every((node) => stateAt(node) === 'alive'), 20_000), 'not everybody has heard that j7 is back')
    await world.run(10_000)
    expect.equal(told.filter((line) => !line.endsWith(' j7')), [])
    expect.ok((world.node('j7').driver?.members() ?? []).every(({ health }) => health === 'alive'))
  })

  test('a joiner that knows only a node without a say finds those who can admit it', async () => {
    const door = strangers()[0]
    expect.ok(door, 'everybody is connected with a voter')
    world.add('late', { kind: 'joiner' }, [door.address])
    world.start('late')
    const isAdmitted = await world.until(() => world.node('late').driver?.status().admitted === true, 10_000)
    expect.ok(isAdmitted, `${world.node('late').driver?.status().reasons.join('; ')}`)
  })
})

suite('a configuration that names more nodes than a mesh has', ({ test }) => {
  const names = [...NAMED, ...Array.from({ length: 42 }, (_, i) => `n${i}`)]
  const world = new World({ seed: 'many named nodes', tuning: { meshMembersMax: 20 } })

  test('connects all of them to be founded, but not for ever', async () => {
    for (const name of names) world.add(name, namedOrigin(names))
    for (const name of names) world.start(name)
    const isFounded = await world.until(() => world.running().length === names.length && world.running().every(({ driver }) => driver?.status().admitted === true), 20_000)
    expect.ok(isFounded, 'the cluster is not founded')
    await world.run(120_000)
    const counts = world.running().map((node) => connectionsOf(world, node).length)
    expect.ok(Math.max(...counts) <= CONNECTIONS_MAX, `connections: ${counts.join(' ')}`)
    for (const { driver } of world.running()) expect.ok(driver?.members().every(({ health }) => health === 'alive'))
  })

  test('starts again all at once without everybody dialling everybody', async () => {
    for (const name of names) world.crash(name, 'nothing')
    for (const name of names) world.start(name)
    const isWhole = await world.until(() => world.running().length === names.length && world.running().every(({ driver }) => driver?.members().filter(({ health }) => health === 'alive').length === names.length), 20_000)
    expect.ok(isWhole, 'not everybody knows everybody')
    expect.is((await world.set('n17', 'k', 'v')).kind, 'set')
    await world.run(10_000)
    const counts = world.running().map((node) => connectionsOf(world, node).length)
    expect.ok(counts.reduce((sum, count) => sum + count) / names.length < 40, `connections: ${counts.join(' ')}`)
  })
})

suite('idle connections', ({ test }) => {
  const [one, two] = [peerOf(1), peerOf(2)]
  const nobody = (): boolean => false

  test('are a minute old at least, and three rounds of slow probes', () => {
    expect.equal([200, 1000, 2000].map(idleConnectionMs), [60_000, 60_000, 120_000])
    const idle = new IdleConnections(1000)
    idle.connected(one)
    idle.connected(two)
    for (let look = 0; look < 6; look++) {
      expect.equal(idle.look(nobody), [], `look ${look}`)
      idle.used(two)
    }
    expect.equal(idle.look(nobody), [one])
  })

  test('are kept where they are needed, and given up few at a time', () => {
    const idle = new IdleConnections(1000)
    const peers = Array.from({ length: 20 }, (_, i) => peerOf(i + 1))
    for (const peer of peers) idle.connected(peer)
    for (let look = 0; look < 6; look++) idle.look(nobody)
    const first = idle.look((peer) => peer === one)
    expect.equal(first, peers.slice(1, 9))
    for (const peer of first) idle.disconnected(peer)
    expect.equal(idle.look((peer) => peer === one), peers.slice(9, 17))
  })

  test('of a peer that was connected again count from there', () => {
    const idle = new IdleConnections(1000)
    idle.connected(one)
    for (let look = 0; look < 6; look++) idle.look(nobody)
    idle.connected(one) // a dial found the connection that stands
    expect.equal(idle.look(nobody), [one])
    idle.disconnected(one)
    idle.connected(one)
    expect.equal(idle.look(nobody), [])
  })
})

suite('frames that overtake a greeting', ({ test }) => {
  const frame = (sizeBytes: number) => ({ channel: 'membership', payload: new Uint8Array(sizeBytes) }) as const

  test('are kept in order, eight of a peer, and taken once', () => {
    const early = new EarlyFrames()
    for (let size = 1; size <= 10; size++) early.keep(peerOf(1), frame(size))
    expect.equal(early.take(peerOf(1)).map(({ payload }) => payload.length), [1, 2, 3, 4, 5, 6, 7, 8])
    expect.equal(early.take(peerOf(1)), [])
  })

  test('are bounded in bytes, of a peer and of all', () => {
    const early = new EarlyFrames()
    early.keep(peerOf(1), frame(256 * 1024 + 1))
    expect.equal(early.take(peerOf(1)), [])
    for (let number = 1; number <= 20; number++) early.keep(peerOf(number), frame(256 * 1024))
    const kept = Array.from({ length: 20 }, (_, i) => early.take(peerOf(i + 1)).length)
    expect.is(kept.reduce((sum, count) => sum + count), 16)
    early.keep(peerOf(1), frame(256 * 1024))
    expect.is(early.take(peerOf(1)).length, 1)
  })
})

import { channelTable } from '../../src/transport/index.js'
import type { ChannelName } from '../../src/node/index.js'
import { expect, suite } from '../harness.js'
import { bytes, connect, framesOf, residentMb, startTestNode, stopTestNodes, until } from './transport-helpers.js'

const channels: readonly ChannelName[] = ['cluster', 'membership', 'replication', 'kv']

suite('transport channels', ({ test, afterEach }) => {
  afterEach(async () => { await stopTestNodes() })

  test('three nodes exchange frames on every channel in every direction', async () => {
    const nodes = await Promise.all([startTestNode(), startTestNode(), startTestNode()])
    for (const from of nodes) {
      for (const to of nodes) {
        if (from !== to) from.transport.learn(to.peer, to.transport.multiaddrs())
      }
    }
    for (const from of nodes) {
      for (const to of nodes) {
        if (from === to) continue
        for (const channel of channels) from.transport.send(to.peer, channel, bytes(`${channel} of ${from.peer}`))
      }
    }
    await until('8 frames each', () => nodes.every((node) => node.of('frame').length === 8))
    for (const node of nodes) {
      const expected = nodes.filter((other) => other !== node).flatMap(({ peer }) => channels.map((channel) => `${channel} of ${peer}`))
      expect.equal(framesOf(node).sort(), expected.sort())
      for (const frame of node.of('frame')) expect.is(Buffer.from(frame.payload).toString(), `${frame.channel} of ${frame.peer}`)
    }
  })

  test('a peer is connected before its first frame comes, and told of once', async () => {
    const [a, b] = await Promise.all([startTestNode(), startTestNode()])
    a.transport.learn(b.peer, b.transport.multiaddrs())
    b.transport.learn(a.peer, a.transport.multiaddrs())
    for (let i = 0; i < 10; i++) { // both dial at once
      a.transport.send(b.peer, 'membership', bytes(`a${i}`))
      b.transport.send(a.peer, 'membership', bytes(`b${i}`))
    }
    await until('frames arrive at both', () => a.of('frame').length > 0 && b.of('frame').length > 0)
    for (const node of [a, b]) {
      expect.is(node.inputs[0]?.kind, 'peer-connected')
      expect.is(node.of('peer-connected').length, 1)
      expect.is(node.of('dial-failed').length, 0)
    }
  })

  test('joined frames of mixed sizes stay whole and in order', async () => {
    const [a, b] = await Promise.all([startTestNode(), startTestNode()])
    await connect(a, b)
    const sizes = [0, 1, 3, 4, 5, 100, 65_503, 65_504, 65_505, 70_000, 0, 300_000, 12, channelTable.kv.frameBytesMax, 7]
    const frames = sizes.map((size, i) => Buffer.alloc(size, i + 1))
    for (const frame of frames) a.transport.send(b.peer, 'kv', frame)
    await until('all frames', () => b.of('frame').length === frames.length)
    b.of('frame').forEach(({ payload }, i) => { expect.ok(frames[i]?.equals(payload), `frame ${i} of ${sizes[i]} bytes differs`) })
  })

  test('50,000 frames reach a slow consumer in order and complete, in bounded memory', async () => {
    const [a, b] = await Promise.all([startTestNode(), startTestNode()])
    await connect(a, b)
    const count = 50_000
    let next = 0
    let wrong = 0
    b.onInput = (input) => {
      if (input.kind !== 'frame') return
      if (Buffer.from(input.payload).readUInt32LE(0) !== next++) wrong++
      if (next % 100 === 0) for (const end = performance.now() + 1; performance.now() < end;); // half a second in all
      b.inputs.length = 0
    }
    const before = residentMb()
    for (let i = 0; i < count; i++) {
      const frame = Buffer.alloc(256, i)
      frame.writeUInt32LE(i)
      a.transport.send(b.peer, 'replication', frame)
    }
    await until('all frames', () => next === count, 15_000)
    expect.is(wrong, 0)
    expect.is(a.transport.counters().framesDropped, 0)
    expect.ok(residentMb() - before < 120, `memory grew by ${Math.round(residentMb() - before)} MB`)
  })

  test('a frame longer than its channel allows is our own bug and refused at once', async () => {
    const [a, b] = await Promise.all([startTestNode(), startTestNode()])
    const long = Buffer.alloc(channelTable.membership.frameBytesMax + 1)
    expect.throws(() => { a.transport.send(b.peer, 'membership', long) }, /at most \d+ are allowed/)
  })

  test('while a peer is dialled membership keeps the newest frames and cluster the oldest', async () => {
    const [a, b] = await Promise.all([startTestNode(), startTestNode()])
    a.transport.learn(b.peer, b.transport.multiaddrs())
    for (let i = 0; i < 100; i++) {
      a.transport.send(b.peer, 'membership', bytes(String(i)))
      a.transport.send(b.peer, 'cluster', bytes(String(i)))
    }
    await until('what was kept', () => b.of('frame').length === channelTable.membership.waitingFramesMax + channelTable.cluster.waitingFramesMax)
    expect.is(framesOf(b, 'membership').at(0), '92')
    expect.is(framesOf(b, 'membership').at(-1), '99')
    expect.is(framesOf(b, 'cluster').at(0), '0')
    expect.is(framesOf(b, 'cluster').at(-1), '63')
    expect.is(a.transport.counters().framesDropped, 92 + 36)
  })

  test('a replication queue that overflows starts over, and later frames arrive', async () => {
    const [a, b] = await Promise.all([startTestNode(), startTestNode()])
    await connect(a, b)
    a.transport.send(b.peer, 'replication', bytes('first'))
    await until('the stream stands', () => framesOf(b).includes('first'))
    const frame = Buffer.alloc(4_000_000)
    for (let i = 0; i < 6; i++) a.transport.send(b.peer, 'replication', frame)
    expect.ok(a.transport.counters().framesDropped >= 5)
    await until('a later frame', () => {
      a.transport.send(b.peer, 'replication', bytes('later'))
      return framesOf(b).includes('later')
    })
    expect.is(b.of('peer-disconnected').length, 0)
  })
})

import { connect as connectSocket } from 'node:net'
import type { Socket } from 'node:net'
import { randomBytes } from 'node:crypto'
import type { MessageStream, Stream } from '@libp2p/interface'
import { channelTable } from '../../src/transport/index.js'
import { SNAPSHOT_PROTOCOL } from '../../protocols/index.js'
import { silentLogger } from '../../src/base/index.js'
import type { Multiaddr } from '../../src/base/index.js'
import { FrameDecoder } from '../../src/transport/frame-decoder.js'
import { expect, suite } from '../harness.js'
import { rawMuxer, startHostileNode, stopHostileNodes } from './hostile-node.js'
import { addressOf, bytes, connect, framesOf, pause, residentMb, startTestNode, stopTestNodes, text, until } from './transport-helpers.js'
import type { TestNode } from './transport-helpers.js'

const KV = channelTable.kv.protocol

const framed = (content: string): Buffer => {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(Buffer.byteLength(content))
  return Buffer.concat([head, Buffer.from(content)])
}

const lengthOf = (count: number): Buffer => {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(count)
  return head
}

async function socketTo (node: TestNode): Promise<{ socket: Socket, closed: () => boolean }> {
  const port = Number(/tcp\/(\d+)/.exec(addressOf(node))?.[1])
  const socket = connectSocket(port, '127.0.0.1')
  let isClosed = false
  socket.on('close', () => { isClosed = true })
  socket.on('error', () => {})
  socket.resume()
  await new Promise<void>((resolve) => { socket.once('connect', () => { resolve() }) })
  return { socket, closed: () => isClosed }
}

/** The node still does its work. */
async function works (node: TestNode): Promise<void> {
  const other = await startTestNode()
  await connect(other, node)
  other.transport.send(node.peer, 'kv', bytes(`from ${other.peer}`))
  await until('a frame of an honest peer', () => framesOf(node).includes(`from ${other.peer}`))
  await stopTestNodes(other)
}

suite('transport robustness', ({ test, afterEach }) => {
  afterEach(async () => {
    await stopHostileNodes()
    await stopTestNodes()
  })

  test('garbage on the port closes the socket and costs nothing', async () => {
    const node = await startTestNode({ limits: { handshakeTimeoutMs: 500 } })
    const before = residentMb()
    const opening = Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n')
    const kinds = [
      randomBytes(1_000_000),
      Buffer.alloc(1_000_000),
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      Buffer.alloc(1_000_000, 0xff),
      Buffer.concat([opening.subarray(0, 20), Buffer.alloc(1_000_000, 0xff)]),
      Buffer.concat([opening, Buffer.alloc(1_000_000, 0xff)]),
      Buffer.concat([opening, randomBytes(1_000_000)])
    ]
    let slowestMs = 0
    let lastMs = performance.now()
    const clock = setInterval(() => {
      slowestMs = Math.max(slowestMs, performance.now() - lastMs)
      lastMs = performance.now()
    }, 5)
    const sockets = await Promise.all(kinds.flatMap((kind) => [kind, kind, kind]).map(async (kind) => {
      const socket = await socketTo(node)
      socket.socket.write(kind)
      return socket
    }))
    await until('all are closed', () => sockets.every(({ closed }) => closed()))
    clearInterval(clock)
    expect.ok(slowestMs < 1000, `the event loop stood still for ${Math.round(slowestMs)} ms`)
    expect.ok(residentMb() - before < 80, `memory grew by ${Math.round(residentMb() - before)} MB`)
    expect.is(node.inputs.length, 0)
    await works(node)
  })

  test('sockets that say nothing, or hang up in the middle, are let go of', async () => {
    const node = await startTestNode({ limits: { handshakeTimeoutMs: 400, inboundPendingMax: 20 } })
    const silent = await Promise.all(Array.from({ length: 40 }, async () => await socketTo(node)))
    const hangers = await Promise.all(Array.from({ length: 5 }, async () => await socketTo(node)))
    for (const { socket } of hangers) socket.end('\x13/multistream')
    await until('all are closed', () => [...silent, ...hangers].every(({ closed }) => closed()), 3000)
    await works(node)
  })

  test('a hostile length resets its stream; the connection and the other channels go on', async () => {
    const warnings: string[] = []
    const node = await startTestNode({ logger: { ...silentLogger, warn: (message) => { warnings.push(message) } } })
    const hostile = await startHostileNode()
    const connection = await hostile.connect(addressOf(node))
    for (let i = 1; i <= 3; i++) {
      const stream = await connection.newStream(KV)
      stream.send(framed('fine'))
      stream.send(lengthOf(100_000_000))
      await until('the stream is reset', () => stream.status === 'reset')
      expect.is(node.transport.counters().framesTooLong, i)
    }
    expect.equal(framesOf(node), ['fine', 'fine', 'fine'])
    expect.is(warnings.length, 1, 'the log is not filled')
    const stream = await connection.newStream(channelTable.membership.protocol)
    stream.send(framed('still here'))
    await until('a frame', () => framesOf(node, 'membership').includes('still here'))
    expect.is(node.of('peer-disconnected').length, 0)
  })

  test('long frames that never end keep no more than what arrived', async () => {
    const node = await startTestNode()
    const hostile = await startHostileNode()
    const before = residentMb()
    const connection = await hostile.connect(addressOf(node))
    for (const { protocol, frameBytesMax } of Object.values(channelTable)) {
      const stream = await connection.newStream(protocol)
      stream.send(lengthOf(frameBytesMax))
      stream.send(Buffer.alloc(1000))
    }
    await pause(100)
    expect.ok(residentMb() - before < 60, `memory grew by ${Math.round(residentMb() - before)} MB`)
    expect.is(node.of('frame').length, 0)
  })

  test('the newest stream of a channel replaces the older one', async () => {
    const node = await startTestNode()
    const hostile = await startHostileNode()
    const connection = await hostile.connect(addressOf(node))
    const streams: Stream[] = []
    for (let i = 0; i < 10; i++) {
      const stream = await connection.newStream(KV)
      streams.push(stream)
      stream.send(framed(`stream ${i}`))
      await until('its frame', () => framesOf(node).includes(`stream ${i}`))
    }
    await until('the older ones are reset', () => streams.slice(0, -1).every(({ status }) => status === 'reset'))
    streams.at(-1)?.send(framed('the last'))
    await until('the last', () => framesOf(node).includes('the last'))
    expect.is(node.of('frame').length, 11)
  })

  test('a peer that stops reading costs a bounded queue, and its stream after a while', async () => {
    let streams = 0
    const later: number[] = []
    const node = await startTestNode({ limits: { drainTimeoutMs: 1500 } })
    const hostile = await startHostileNode({
      [KV]: (stream) => {
        if (++streams === 1) {
          stream.pause()
          return
        }
        const decoder = new FrameDecoder(100_000)
        stream.addEventListener('message', (event) => { decoder.push(event.data, (payload) => { later.push(payload.length) }) })
      }
    })
    await hostile.connect(addressOf(node))
    await until('it is connected', () => node.transport.isConnected(hostile.peer))
    const before = residentMb()
    const frame = Buffer.alloc(100_000)
    for (let i = 0; i < 20; i++) { // 100 MB
      for (let j = 0; j < 50; j++) node.transport.send(hostile.peer, 'kv', Buffer.from(frame))
      await pause(1)
    }
    expect.ok(residentMb() - before < 90, `memory grew by ${Math.round(residentMb() - before)} MB`)
    const { framesDropped, framesSent } = node.transport.counters()
    expect.ok(framesDropped > 700, `${framesDropped} frames were dropped`)
    expect.ok(framesSent < 100, `${framesSent} frames were sent`)
    await until('the stream is reset, and the next one starts with a whole frame', () => node.transport.counters().streamsLost === 1 && later.length > 10)
    expect.ok(later.every((size) => size === 100_000), later.join())
    expect.is(node.of('peer-disconnected').length, 0)
    await works(node)
  })

  test('a peer that hangs up on every connection is not dialled in a tight loop', async () => {
    const node = await startTestNode()
    const hostile = await startHostileNode()
    hostile.node.addEventListener('connection:open', ({ detail }) => { detail.abort(new Error('go away')) })
    const [address] = hostile.node.getMultiaddrs()
    node.transport.learn(hostile.peer, [String(address) as Multiaddr])
    const end = Date.now() + 700
    while (Date.now() < end) {
      node.transport.send(hostile.peer, 'membership', bytes('hello'))
      await pause(2)
    }
    const { dials } = node.transport.counters()
    expect.ok(dials >= 2 && dials <= 6, `${dials} dials in 0.7 s`)
  })

  test('a peer that answers on a one-way stream loses it', async () => {
    const node = await startTestNode()
    const hostile = await startHostileNode({ [KV]: (stream) => { stream.addEventListener('message', () => { stream.send(Buffer.alloc(1000)) }) } })
    await hostile.connect(addressOf(node))
    await until('it is connected', () => node.transport.isConnected(hostile.peer))
    node.transport.send(hostile.peer, 'kv', bytes('hello'))
    await until('the stream is reset', () => node.transport.counters().streamsLost === 1)
    expect.is(node.of('frame').length, 0)
  })

  test('a yamux frame that announces gigabytes ends the connection', async () => {
    let raw: MessageStream | undefined
    const node = await startTestNode()
    const hostile = await startHostileNode({}, rawMuxer((connection) => { raw = connection }))
    await hostile.connect(addressOf(node))
    await until('it is connected', () => node.transport.isConnected(hostile.peer))
    const header = Buffer.alloc(12)
    header.writeUInt32BE(1, 4)
    header.writeUInt32BE(0xf0000000, 8)
    const before = residentMb()
    raw?.send(header)
    for (let i = 0; i < 1000 && node.transport.isConnected(hostile.peer); i++) {
      if (raw?.status === 'open') raw.send(Buffer.alloc(100_000))
      await pause(1)
    }
    await until('the connection is closed', () => !node.transport.isConnected(hostile.peer))
    expect.ok(residentMb() - before < 60, `memory grew by ${Math.round(residentMb() - before)} MB`)
    expect.is(node.of('peer-disconnected').length, 1)
    await works(node)
  })

  test('a snapshot with a hostile length, or cut short, is an error and nothing more', async () => {
    const node = await startTestNode()
    const hostile = await startHostileNode()
    const connection = await hostile.connect(addressOf(node))
    node.onInput = (input) => { if (input.kind === 'snapshot-opened' || input.kind === 'snapshot-frame') node.transport.snapshotNext(input.stream) }
    const long = await connection.newStream(SNAPSHOT_PROTOCOL)
    long.send(framed('header'))
    long.send(lengthOf(100_000_000))
    await until('it is closed', () => node.of('snapshot-closed').length === 1)
    const cut = await connection.newStream(SNAPSHOT_PROTOCOL)
    cut.send(framed('header').subarray(0, 7))
    await cut.close()
    await until('it is closed too', () => node.of('snapshot-closed').length === 2)
    expect.equal(node.of('snapshot-frame').map(({ payload }) => text(payload)), ['header'])
    expect.match(node.of('snapshot-closed')[0]?.error ?? '', /at most 1572864/)
    expect.match(node.of('snapshot-closed')[1]?.error ?? '', /inside a frame/)
    expect.is(node.of('peer-disconnected').length, 0)
  })

  test('a snapshot nobody asks for is not read ahead', async () => {
    const node = await startTestNode()
    const hostile = await startHostileNode()
    const connection = await hostile.connect(addressOf(node))
    const before = residentMb()
    const stream = await connection.newStream(SNAPSHOT_PROTOCOL)
    const piece = Buffer.concat([lengthOf(50_000), Buffer.alloc(50_000)])
    for (let i = 0; i < 1000 && !stream.writableNeedsDrain; i++) {
      stream.send(piece)
      await pause(1)
    }
    await pause(300)
    expect.is(stream.status, 'open')
    expect.ok(stream.writableNeedsDrain, 'the receiver stopped taking')
    expect.ok(residentMb() - before < 80, `memory grew by ${Math.round(residentMb() - before)} MB`)
    expect.is(node.of('snapshot-opened').length, 1)
  })
})

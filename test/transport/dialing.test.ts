import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { createIdentity, TransportError } from '../../src/transport/index.js'
import type { Multiaddr } from '../../src/base/index.js'
import { expect, suite } from '../harness.js'
import { addressOf, bare, bytes, connect, framesOf, pause, startTestNode, stopTestNodes, until } from './transport-helpers.js'
import type { TestNode } from './transport-helpers.js'

const NOWHERE = '/ip4/127.0.0.1/tcp/1' as Multiaddr

suite('transport dialling', ({ test, afterEach }) => {
  afterEach(async () => { await stopTestNodes() })

  test('a node that restarts on a new port is reached once its address is learnt', async () => {
    const { privateKey } = await createIdentity()
    const [a, b] = await Promise.all([startTestNode(), startTestNode({ privateKey })])
    a.transport.learn(b.peer, b.transport.multiaddrs())
    a.transport.send(b.peer, 'kv', bytes('one'))
    await until('the first frame', () => framesOf(b).includes('one'))
    await stopTestNodes(b)
    await until('a hears of it', () => a.of('peer-disconnected').length === 1)
    a.transport.send(b.peer, 'kv', bytes('lost'))
    await until('the dial fails', () => a.of('dial-failed').length > 0)
    expect.match(a.of('dial-failed')[0]?.reason ?? '', /^nothing listens at 127\.0\.0\.1:\d+$/)
    expect.is(a.of('dial-failed')[0]?.target, b.peer)
    expect.is(a.of('dial-failed')[0]?.refused, true)
    const again = await startTestNode({ privateKey })
    a.transport.learn(again.peer, again.transport.multiaddrs())
    a.transport.send(again.peer, 'kv', bytes('two'))
    await until('the second frame', () => framesOf(again).includes('two'), 4000)
    expect.equal(a.inputs.map(({ kind }) => kind).filter((kind) => kind !== 'dial-failed'), ['peer-connected', 'peer-disconnected', 'peer-connected'])
  })

  test('a new address is dialled at once, however often the old one failed', async () => {
    const [a, b] = await Promise.all([startTestNode({ limits: { backoffMsMin: 60_000, backoffMsMax: 60_000 } }), startTestNode()])
    a.transport.learn(b.peer, [NOWHERE])
    a.transport.send(b.peer, 'kv', bytes('lost'))
    await until('the dial fails', () => a.of('dial-failed').length === 1)
    a.transport.send(b.peer, 'kv', bytes('waiting'))
    a.transport.learn(b.peer, [NOWHERE])
    await pause(100)
    expect.is(a.transport.counters().dials, 1, 'nothing new was learnt')
    a.transport.learn(b.peer, [NOWHERE, ...b.transport.multiaddrs()])
    await until('the frame', () => framesOf(b).includes('waiting'))
  })

  test('a frame for a peer that is away waits for the next dial and brings it back', async () => {
    const { privateKey } = await createIdentity()
    const [a, b] = await Promise.all([startTestNode(), startTestNode({ privateKey })])
    const address = addressOf(b)
    await stopTestNodes(b)
    a.transport.learn(b.peer, [address])
    for (let i = 0; i < 3; i++) {
      a.transport.send(b.peer, 'kv', bytes('lost'))
      await until('another failure', () => a.of('dial-failed').length > i)
    }
    await startTestNode({ privateKey, listen: [bare(address)] }).then(async (again) => {
      a.transport.send(b.peer, 'kv', bytes('kept')) // in the pause between two dials
      await until('the frame', () => framesOf(again).includes('kept'), 2000)
    })
  })

  test('a peer that is not there is dialled less and less often', async () => {
    const a = await startTestNode()
    const { peer } = await createIdentity()
    a.transport.learn(peer, [NOWHERE])
    const end = Date.now() + 700
    while (Date.now() < end) {
      a.transport.send(peer, 'membership', bytes('?'))
      await pause(5)
    }
    const { length } = a.of('dial-failed')
    expect.ok(length >= 3 && length <= 6, `${length} dials in 0.7 s`)
  })

  test('a frame for a peer without an address is dropped, and said so', async () => {
    const a = await startTestNode()
    const { peer } = await createIdentity()
    a.transport.send(peer, 'kv', bytes('?'))
    expect.is(a.inputs.length, 0, 'the answer never comes inside the call')
    await until('an answer', () => a.of('dial-failed').length === 1)
    expect.equal(a.of('dial-failed'), [{ kind: 'dial-failed', target: peer, reason: 'no address of this peer is known', refused: false }])
    expect.is(a.transport.counters().framesDropped, 1)
  })

  test('an address is dialled with and without the peer id, and each dial is answered', async () => {
    const [a, b, c] = await Promise.all([startTestNode(), startTestNode(), startTestNode()])
    a.transport.dial(bare(addressOf(b)))
    a.transport.dial(addressOf(c))
    await until('both', () => a.of('peer-connected').length === 2)
    expect.equal(a.of('peer-connected').map(({ peer }) => peer).sort(), [b.peer, c.peer].sort())
    expect.is(a.of('peer-connected').find(({ peer }) => peer === b.peer)?.remote, addressOf(b))
    a.transport.dial(addressOf(b))
    await until('a third answer', () => a.of('peer-connected').length === 3)
    expect.is(a.of('peer-connected')[2]?.peer, b.peer)
    a.transport.dial(bare(addressOf(b)))
    await until('a fourth answer', () => a.of('peer-connected').length === 4)
    expect.is(a.of('peer-disconnected').length, 0)
    expect.is(b.of('peer-connected').length, 1)
    expect.is(a.transport.counters().dials, 2, 'who is connected is not dialled again')
  })

  test('a node that dials itself is told so, and never connects to itself', async () => {
    const a = await startTestNode()
    a.transport.dial(addressOf(a))
    await until('the first answer', () => a.of('dial-failed').length === 1)
    a.transport.dial(bare(addressOf(a)))
    await until('the second answer', () => a.of('dial-failed').length === 2)
    expect.equal(a.of('dial-failed').map(({ reason }) => reason), ['self', 'self'])
    expect.is(a.of('peer-connected').length, 0)
    a.transport.learn(a.peer, a.transport.multiaddrs())
    a.transport.send(a.peer, 'kv', bytes('?'))
    await pause(50)
    expect.is(a.inputs.length, 2)
  })

  test('a text that is no address, and an address where another node lives, fail with the reason', async () => {
    const [a, b] = await Promise.all([startTestNode(), startTestNode()])
    const { peer } = await createIdentity()
    a.transport.dial('localhost:9080' as Multiaddr)
    a.transport.dial(`${bare(addressOf(b))}/p2p/${peer}` as Multiaddr)
    await until('both answers', () => a.of('dial-failed').length === 2)
    const reasons = a.of('dial-failed').map(({ reason }) => reason).join(' | ')
    expect.match(reasons, /localhost:9080 is no multiaddr/)
    expect.match(reasons, /another node answers at this address/)
  })

  test('a lost connection is told of, and the next frame brings a new one', async () => {
    const [a, b] = await Promise.all([startTestNode(), startTestNode()])
    a.transport.learn(b.peer, b.transport.multiaddrs())
    await connect(a, b)
    b.transport.hangUp(a.peer)
    await until('both hear of it', () => a.of('peer-disconnected').length === 1 && b.of('peer-disconnected').length === 1)
    expect.match(a.of('peer-disconnected')[0]?.reason ?? '', /closed by the other side|lost/)
    expect.is(a.transport.isConnected(b.peer), false)
    a.transport.send(b.peer, 'membership', bytes('again'))
    await until('the frame', () => framesOf(b).includes('again'))
    expect.equal(b.inputs.map(({ kind }) => kind), ['peer-connected', 'peer-disconnected', 'peer-connected', 'frame'])
  })

  test('twenty nodes join one at the same moment', async () => {
    const limits = { dialTimeoutMs: 15_000, addressDialTimeoutMs: 15_000, handshakeTimeoutMs: 15_000, streamOpenTimeoutMs: 15_000 } // 21 nodes share one thread here
    const seed = await startTestNode({ limits })
    const joiners = await Promise.all(Array.from({ length: 20 }, async () => await startTestNode({ limits })))
    for (const joiner of joiners) {
      joiner.transport.dial(bare(addressOf(seed)))
      joiner.transport.learn(seed.peer, seed.transport.multiaddrs())
      joiner.transport.send(seed.peer, 'cluster', bytes(joiner.peer))
    }
    await until('a frame of each', () => seed.of('frame').length === 20, 15_000)
    expect.is(joiners.flatMap((joiner) => joiner.of('dial-failed')).length, 0)
    expect.is(seed.of('peer-connected').length, 20)
    expect.ok(joiners.every(({ transport }) => transport.counters().dials === 1), 'the dial and the frame shared one connection')
    expect.equal(framesOf(seed).sort(), joiners.map(({ peer }) => String(peer)).sort())
  })

  test('a host that accepts and says nothing fails the dial within its deadline', async () => {
    const silent = await listen()
    const a = await startTestNode({ limits: { dialTimeoutMs: 500, addressDialTimeoutMs: 400 } })
    a.transport.dial(`/ip4/127.0.0.1/tcp/${silent.port}` as Multiaddr)
    await until('an answer', () => a.of('dial-failed').length === 1, 1500)
    expect.match(a.of('dial-failed')[0]?.reason ?? '', /no answer within/)
    expect.is(a.of('dial-failed')[0]?.refused, false)
    silent.server.close()
  })

  test('a node stops within 1.5 s though it is dialling and a peer is silent, and says nothing afterwards', async () => {
    const silent = await listen()
    const [a, b] = await Promise.all([startTestNode(), startTestNode()])
    await connect(a, b)
    a.transport.dial(`/ip4/127.0.0.1/tcp/${silent.port}` as Multiaddr)
    await pause(20)
    const before = Date.now()
    const told = a.inputs.length
    await stopTestNodes(a)
    expect.ok(Date.now() - before < 1500, `${Date.now() - before} ms`)
    await until('b hears of it', () => b.of('peer-disconnected').length === 1)
    expect.is(a.inputs.length, told)
    silent.server.close()
  })

  test('what was sent last arrives though the node stops at once', async () => {
    const [a, b] = await Promise.all([startTestNode(), startTestNode()])
    await connect(a, b)
    b.transport.send(a.peer, 'membership', bytes('hello'))
    await until('the stream stands', () => framesOf(a).includes('hello'))
    b.transport.send(a.peer, 'membership', bytes('goodbye'))
    for (let i = 0; i < 8; i++) b.transport.send(a.peer, 'kv', Buffer.alloc(50_000)) // more than a window takes at once
    await stopTestNodes(b)
    await until('the last words', () => a.of('peer-disconnected').length === 1)
    expect.equal(framesOf(a, 'membership'), ['hello', 'goodbye'])
    expect.is(a.of('frame').filter(({ channel }) => channel === 'kv').length, 8)
  })

  test('a port in use is an error that names the address', async () => {
    const a = await startTestNode()
    const taken = bare(addressOf(a))
    const error = await failureOf(startTestNode({ listen: ['/ip4/127.0.0.1/tcp/0', taken] }))
    expect.ok(error instanceof TransportError)
    expect.is(error.code, 'address_in_use')
    expect.is(error.message, `${taken} is in use by another process; stop it or choose another port`)
    const invalid = await failureOf(startTestNode({ listen: ['127.0.0.1:9080'] }))
    expect.ok(invalid instanceof TransportError && invalid.code === 'address_invalid')
    const foreign = await failureOf(startTestNode({ listen: ['/ip4/192.0.2.1/tcp/0'] }))
    expect.ok(foreign instanceof TransportError && foreign.code === 'address_invalid')
    expect.match(foreign.message, /192\.0\.2\.1.*EADDRNOTAVAIL/)
  })

  test('0.0.0.0 is told as dialable addresses, loopback first; announce replaces them', async () => {
    const a = await startTestNode({ listen: ['/ip4/0.0.0.0/tcp/0'] })
    expect.match(addressOf(a), /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3/)
    expect.not.match(a.transport.multiaddrs().join(), /0\.0\.0\.0|tcp\/0/)
    const b = await startTestNode({ announce: ['/ip4/203.0.113.7/tcp/9080'] })
    expect.equal(b.transport.multiaddrs(), [`/ip4/203.0.113.7/tcp/9080/p2p/${b.peer}`])
  })
})

suite('transport secret', ({ test, afterEach }) => {
  afterEach(async () => { await stopTestNodes() })

  const reason = "the other side refused the handshake: this node's cluster.secret is missing or different"

  async function refused (from: TestNode, to: TestNode): Promise<void> {
    from.transport.dial(bare(addressOf(to)))
    await until('an answer', () => from.of('dial-failed').length > 0)
    expect.equal(from.of('dial-failed').map((input) => input.reason), [reason])
    expect.is(from.of('peer-connected').length + to.of('peer-connected').length, 0)
  }

  test('an outsider is refused and told why, whoever of the two has a secret', async () => {
    const [open, secret, other] = await Promise.all([startTestNode(), startTestNode({ secret: 'one' }), startTestNode({ secret: 'two' })])
    await refused(open, secret)
    await refused(other, secret)
    await refused(secret, open)
  })

  test('a frame for a peer with another secret fails with the same reason', async () => {
    const [a, b] = await Promise.all([startTestNode({ secret: 'one' }), startTestNode({ secret: 'two' })])
    a.transport.learn(b.peer, [...b.transport.multiaddrs(), NOWHERE])
    a.transport.send(b.peer, 'kv', bytes('?'))
    await until('an answer', () => a.of('dial-failed').length > 0)
    expect.is(a.of('dial-failed')[0]?.reason, reason)
  })

  test('nodes with the same secret talk', async () => {
    const [a, b] = await Promise.all([startTestNode({ secret: 'same' }), startTestNode({ secret: 'same' })])
    await connect(a, b)
    a.transport.send(b.peer, 'kv', bytes('hello'))
    await until('the frame', () => framesOf(b).includes('hello'))
  })
})

async function listen (): Promise<{ server: Server, port: number }> {
  const server = createServer()
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address() as AddressInfo
  return { server, port: address.port }
}

async function failureOf (work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}

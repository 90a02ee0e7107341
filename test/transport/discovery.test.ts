import { createIdentity } from '../../src/transport/index.js'
import { expect, suite } from '../harness.js'
import { addressOf, bytes, connect, framesOf, startTestNode, stopTestNodes, until } from './transport-helpers.js'

const RENDEZVOUS = 'gokeydb/cluster/0123456789abcdef0123456789abcdef'
const limits = { discoveryDelayMs: 100, discoveryRetryMs: 250, lookupSpacingMs: 50 }

suite('transport discovery', ({ test, afterEach }) => {
  afterEach(async () => { await stopTestNodes() })

  test('two nodes that know only a third find each other by the rendezvous', async () => {
    const [a, b, c] = await Promise.all([startTestNode({ limits }), startTestNode({ limits }), startTestNode({ limits })])
    for (const node of [a, b, c]) node.transport.discover(RENDEZVOUS)
    await Promise.all([connect(a, c), connect(b, c)])
    await until('each has found another, which it did not know', () => [[a, b], [b, a]].some(([from, to]) => from?.of('peer-found').some(({ peer }) => peer === to?.peer)), 10_000)
    const [finder, found] = a.of('peer-found').some(({ peer }) => peer === b.peer) ? [a, b] : [b, a]
    const multiaddrs = finder.of('peer-found').find(({ peer }) => peer === found.peer)?.multiaddrs ?? []
    expect.ok(multiaddrs.includes(addressOf(found)), multiaddrs.join())
    for (const node of [a, b, c]) expect.ok(node.of('peer-found').every(({ peer }) => peer !== node.peer), 'nobody finds itself')
  })

  test('another rendezvous is another cluster', async () => {
    const [a, b] = await Promise.all([startTestNode({ limits }), startTestNode({ limits })])
    a.transport.discover(RENDEZVOUS)
    b.transport.discover(`${RENDEZVOUS} of others`)
    await connect(a, b)
    a.transport.discover(RENDEZVOUS)
    await new Promise((resolve) => { setTimeout(resolve, 800) })
    expect.is(a.of('peer-found').length + b.of('peer-found').length, 0)
  })

  test('a peer that moved is found through a third that it has told', async () => {
    const { privateKey } = await createIdentity()
    const [a, b, c] = await Promise.all([startTestNode({ limits, listen: [] }), startTestNode({ limits, privateKey }), startTestNode({ limits })]) // nobody can dial a
    await Promise.all([connect(a, c), connect(b, c), connect(a, b)])
    a.transport.learn(b.peer, b.transport.multiaddrs())
    const old = addressOf(b)
    await stopTestNodes(b)
    await until('a has lost b', () => !a.transport.isConnected(b.peer))
    const moved = await startTestNode({ limits, privateKey })
    expect.is.not(addressOf(moved), old)
    await connect(moved, c)
    await until('a has found where b is', () => {
      a.transport.find(b.peer)
      return a.of('peer-found').some(({ peer, multiaddrs }) => peer === b.peer && multiaddrs.includes(addressOf(moved)))
    }, 10_000)
    const multiaddrs = a.of('peer-found').findLast(({ peer }) => peer === b.peer)?.multiaddrs ?? []
    a.transport.learn(b.peer, multiaddrs)
    a.transport.send(b.peer, 'kv', bytes('there you are'))
    await until('a frame arrives', () => framesOf(moved).includes('there you are'))
  })

  test('a peer that nobody knows is not found, and a lone node may ask', async () => {
    const a = await startTestNode({ limits })
    const { peer } = await createIdentity()
    a.transport.discover(RENDEZVOUS)
    a.transport.find(peer)
    const b = await startTestNode({ limits })
    await connect(a, b)
    a.transport.find(peer)
    await new Promise((resolve) => { setTimeout(resolve, 300) })
    expect.is(a.of('peer-found').filter((input) => input.peer === peer).length, 0)
  })
})

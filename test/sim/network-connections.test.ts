import { Prng } from '../../src/base/index.js'
import type { Multiaddr } from '../../src/base/index.js'
import { expect, suite } from '../harness.js'
import { A, addressOf, B, Bench, connect, numbered, pair, peerOf } from './network-bench.js'
import type { Host } from './network-bench.js'

suite('connections of the virtual network', ({ test }) => {
  test('sending dials, frames wait for the connection, and both sides are told once', () => {
    const bench = new Bench()
    const a = bench.host('a')
    const b = bench.host('b')
    a.transport.learn(peerOf('b'), [`${B}/p2p/${peerOf('b')}` as Multiaddr])
    for (const text of numbered(3)) a.send('b', text)
    expect.not(a.transport.isConnected(peerOf('b')))
    bench.run(1_000_000)
    expect.equal(b.told.map(({ input }) => input.kind), ['peer-connected', 'frame', 'frame', 'frame'])
    expect.equal(a.news, ['peer-connected'])
    expect.ok(a.transport.isConnected(peerOf('b')))
  })

  test('a dial that both sides begin ends in one connection', () => {
    const bench = new Bench()
    const a = bench.host('a')
    const b = bench.host('b')
    a.transport.dial(B)
    b.transport.dial(A)
    bench.run(1_000_000)
    expect.is(a.transport.ends().length, 1)
    expect.is(b.transport.ends().length, 1)
    a.send('b', 'x')
    bench.run(10_000)
    expect.equal(b.texts, ['x'])
  })

  test('a dial fails as it does in the world: nobody there, somebody else, a cut, no address', () => {
    const bench = new Bench()
    const a = bench.host('a')
    const failure = (begin: () => void): string => {
      a.told.length = 0
      begin()
      bench.run(5_000_000)
      return a.told.map(({ input }) => input.kind === 'dial-failed' ? `${input.reason} ${input.refused}` : input.kind).join()
    }
    expect.is(failure(() => { a.transport.dial(B) }), 'refused true')
    bench.network.cut(A, B)
    expect.is(failure(() => { a.transport.dial(B) }), 'timeout false', 'a cut hides that the process is gone')
    bench.network.heal()
    bench.host('b', 'another')
    expect.is(failure(() => { a.transport.dial(`${B}/p2p/${peerOf('b')}` as Multiaddr) }), 'another node answers at this address false')
    expect.is(failure(() => { a.send('c', 'x') }), 'no address is known false')
    expect.is(failure(() => { a.transport.dial(A) }), 'self false')
    expect.is(failure(() => { a.transport.dial(B) }), 'peer-connected')
    expect.is(failure(() => { a.transport.dial(B) }), 'peer-connected', 'asking again is answered again')
  })

  test('a process that dies has said what it said: its frames arrive, then its end', () => {
    const { bench, a, b } = pair({ jitterUs: 5000 })
    for (const text of numbered(20)) a.send('b', text)
    a.transport.kill()
    a.send('b', 'from beyond')
    bench.run(1_000_000)
    expect.equal(b.texts, numbered(20))
    expect.is(b.told.at(-1)?.input.kind, 'peer-disconnected')
    expect.equal(a.told, [])
    expect.not(b.transport.isConnected(peerOf('a')))
  })

  test('behind a cut the death of a peer is noticed late, or when the cut heals', () => {
    const late = pair({ cutNoticedUs: 400_000 })
    late.bench.network.cut(A, B)
    late.a.transport.kill()
    late.bench.run(399_000)
    expect.equal(late.b.news, [])
    late.bench.run(2000)
    expect.equal(late.b.news, ['peer-disconnected'])
    const healed = pair({ cutNoticedUs: 400_000 })
    healed.bench.network.cut(A, B)
    healed.a.transport.kill()
    healed.bench.run(100_000)
    healed.bench.network.heal()
    healed.bench.run(10_000)
    expect.equal(healed.b.news, ['peer-disconnected'])
  })

  test('what is sent or under way when a cut begins is lost; healing resets what lost frames, and nothing else', () => {
    const { bench, a, b } = pair({ delayUs: 1000, jitterUs: 0 })
    const c = bench.host('c')
    connect(bench, a, c)
    a.send('b', 'under way')
    bench.run(500)
    for (const [from, to] of [[A, B], [B, A], [A, addressOf('c')]] as const) bench.network.cut(from, to)
    a.send('b', 'sent')
    bench.run(100_000)
    expect.equal(b.texts, [])
    expect.ok(a.transport.isConnected(peerOf('b')), 'nobody has noticed yet')
    bench.network.heal()
    bench.run(100_000)
    expect.equal([a.news, b.news, c.news], [['peer-disconnected'], ['peer-disconnected'], []])
    a.send('c', 'still there')
    bench.run(100_000)
    expect.equal(c.texts, ['still there'])
  })

  test('a one-way cut lets the other way through, and its sender gives up in time', () => {
    const { bench, a, b } = pair({ cutNoticedUs: 300_000 })
    bench.network.cut(A, B)
    expect.ok(bench.network.isCut(A, B) && !bench.network.isCut(B, A))
    a.send('b', 'nothing')
    b.send('a', 'through')
    bench.run(100_000)
    expect.equal([a.texts, b.texts], [['through'], []])
    bench.run(250_000)
    expect.equal(a.news, ['peer-disconnected'])
    expect.ok(b.transport.isConnected(peerOf('a')), 'b cannot hear that')
    b.send('a', 'into nothing')
    bench.run(1_000_000)
    expect.equal([a.texts, b.news], [['through'], ['peer-disconnected']])
  })

  test('hanging up lets what was sent arrive and tells both sides', () => {
    const { bench, a, b } = pair()
    a.send('b', 'goodbye')
    a.transport.hangUp(peerOf('b'))
    expect.equal(a.told, [], 'the answer never comes inside the call')
    expect.not(a.transport.isConnected(peerOf('b')))
    bench.run(100_000)
    expect.equal(b.texts, ['goodbye'])
    expect.equal([a.news, b.news], [['peer-disconnected'], ['peer-disconnected']])
  })

  test('a reset loses what is under way both ways and tells both', () => {
    const { bench, a, b } = pair({ delayUs: 1000, jitterUs: 0 })
    a.send('b', 'x')
    b.send('a', 'x')
    bench.network.reset(A, B)
    bench.run(100_000)
    expect.equal([a.texts, b.texts], [[], []])
    expect.equal([a.news, b.news], [['peer-disconnected'], ['peer-disconnected']])
    connect(bench, a, b)
    a.send('b', 'anew')
    bench.run(100_000)
    expect.equal(b.texts, ['anew'])
  })

  test('half-open: one side sends into nothing for a while, also beside a new connection', () => {
    const { bench, a, b } = pair()
    bench.network.halfOpen(A, B, 500_000)
    bench.run(10_000)
    expect.equal([a.news, b.news], [[], ['peer-disconnected']])
    expect.ok(a.transport.isConnected(peerOf('b')) && !b.transport.isConnected(peerOf('a')))
    a.send('b', 'into nothing')
    b.transport.dial(A)
    bench.run(100_000)
    b.send('a', 'anew')
    a.send('b', 'still into nothing')
    bench.run(100_000)
    expect.equal([a.texts, b.texts], [['anew'], []])
    bench.run(500_000)
    expect.equal(a.news, [], 'the new connection stands: no news')
    a.send('b', 'heard again')
    bench.run(100_000)
    expect.equal(b.texts, ['heard again'])
  })

  test('a new connection does not wait for the frames of the old one, and they do not come after its own', () => {
    const { bench, a, b } = pair({ jitterUs: 0 })
    bench.network.setLink(B, A, { delayUs: 500_000 })
    b.send('a', 'old', 'kv')
    b.send('a', 'old', 'replication')
    b.transport.hangUp(peerOf('a'))
    bench.network.setLink(B, A, { delayUs: 100 })
    b.transport.dial(A)
    bench.run(10_000)
    b.send('a', 'new', 'kv')
    bench.run(10_000)
    expect.equal(a.frames.map(({ text }) => text), ['new'])
    bench.run(1_000_000)
    expect.equal(a.texts, ['new', 'old'], 'on the other channel the old stream is still the newest')
    expect.equal(a.news, [], 'one connection always stood')
  })

  test('healing ends half-open connections', () => {
    const { bench, a } = pair()
    bench.network.halfOpen(A, B, 500_000_000)
    bench.run(1000)
    bench.network.heal()
    bench.run(10_000)
    expect.equal(a.news, ['peer-disconnected'])
  })

  test('a restarted peer that dials again is believed, and its old connection forgotten', () => {
    const { bench, a } = pair({ tailOneIn: 0 })
    const again = bench.host('b')
    again.transport.dial(A)
    bench.run(100_000)
    expect.is(a.transport.ends().length, 1)
    a.send('b', 'hello')
    bench.run(100_000)
    expect.equal(again.texts, ['hello'])
  })

  test('recorded frames come again later, after a reconnection too, but not to another peer at the address', () => {
    const { bench, a, b } = pair()
    bench.network.replay(A, B, 'replication', 50_000, 1_000_000)
    a.send('b', 'old', 'replication')
    a.send('b', 'other channel', 'kv')
    bench.run(60_000)
    a.send('b', 'too late', 'replication')
    bench.network.reset(A, B)
    bench.run(10_000)
    connectLater(bench, a)
    bench.run(2_000_000)
    expect.equal(b.texts, ['old', 'other channel', 'old'])
    const other = pair()
    other.bench.network.replay(A, B, 'replication', 50_000, 20_000_000)
    other.a.send('b', 'old', 'replication')
    other.bench.run(10_000)
    const stranger = other.bench.host('b', 'stranger')
    connect(other.bench, other.a, stranger)
    other.bench.run(30_000_000)
    expect.equal(stranger.texts, [])
  })

  test('a garbled frame is random bytes on the channel, only while connected', () => {
    const { bench, b } = pair()
    bench.network.garble(A, B, 'cluster', new Prng('garble'))
    bench.run(10_000)
    const [got] = b.told
    expect.ok(got?.input.kind === 'frame' && got.input.channel === 'cluster' && got.input.peer === peerOf('a') && got.input.payload.length > 0)
    bench.network.reset(A, B)
    bench.run(10_000)
    b.told.length = 0
    bench.network.garble(A, B, 'cluster', new Prng('garble'))
    bench.run(10_000)
    expect.equal(b.told, [])
  })

  test('hooks see every frame that is handed over and every one that arrives', () => {
    const { bench, a, b } = pair()
    const seen: string[] = []
    bench.network.onSent = (from, to, channel, payload) => { seen.push(`${from === a.transport ? 'a' : 'b'} sends ${to === peerOf('b') ? 'b' : 'a'} ${channel} ${String(payload)}`) }
    bench.network.onDelivered = (to, from, channel, payload) => { seen.push(`${to === b.transport ? 'b' : 'a'} gets from ${from === peerOf('a') ? 'a' : 'b'} ${channel} ${String(payload)}`) }
    let lost = 0
    bench.network.isLost = () => lost++ === 0
    a.send('b', '1')
    a.send('b', '2')
    bench.run(10_000)
    expect.equal(seen, ['a sends b kv 1', 'a sends b kv 2', 'b gets from a kv 2'])
  })

  test('a peer is found by name as long as its process lives', () => {
    const { bench, a, b } = pair()
    a.transport.find(peerOf('b'))
    a.transport.find(peerOf('c'))
    bench.run(100_000)
    expect.equal(a.told.map(({ input }) => input), [{ kind: 'peer-found', peer: peerOf('b'), multiaddrs: [b.transport.address] }])
  })
})

function connectLater (bench: Bench, a: Host): void {
  a.transport.dial(B)
  bench.run(10_000)
}

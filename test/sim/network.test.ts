import { Prng, toPeerId } from '../../src/base/index.js'
import type { Multiaddr, PeerId } from '../../src/base/index.js'
import type { ChannelName, TransportInput } from '../../src/node/index.js'
import { exponential, heavyTail, KeyedChance } from '../../sim/kernel/chance.js'
import { EventQueue } from '../../sim/kernel/event-queue.js'
import { channelLimits } from '../../sim/network/channel-limits.js'
import type { ChannelLimits } from '../../sim/network/channel-limits.js'
import { calmLink } from '../../sim/network/link-options.js'
import type { LinkOptions } from '../../sim/network/link-options.js'
import { bridge, chain, isolate, ring, split, star } from '../../sim/network/topology.js'
import type { DirectedCut } from '../../sim/network/topology.js'
import { VirtualNetwork, VirtualTransport } from '../../sim/network/virtual-network.js'
import { expect, suite } from '../harness.js'

const addressOf = (name: string): Multiaddr => `/ip4/10.0.0.${name.charCodeAt(0)}/tcp/9080` as Multiaddr
const ids = new Map<string, PeerId>()
/** Any well-formed peer id, another for each name. */
function peerOf (name: string): PeerId {
  const known = ids.get(name)
  if (known !== undefined) return known
  const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789'
  const random = new Prng(name)
  const id = toPeerId(`12D3KooW${Array.from({ length: 44 }, () => letters[random.below(letters.length)]).join('')}`)
  ids.set(name, id)
  return id
}

interface Told {
  readonly atUs: number
  readonly input: TransportInput
}

class Host {
  readonly told: Told[] = []
  readonly transport: VirtualTransport
  readonly #events: EventQueue

  constructor (bench: Bench, name: string, identity = name) {
    this.#events = bench.events
    this.transport = new VirtualTransport(bench.network, peerOf(identity), addressOf(name), (input) => { this.told.push({ atUs: this.#events.nowUs, input }) })
  }

  /** Texts of the frames that came. */
  get texts (): string[] {
    return this.frames.map(({ text }) => text)
  }

  get frames (): Array<{ readonly atUs: number, readonly text: string }> {
    return this.told.flatMap(({ atUs, input }) => input.kind === 'frame' ? [{ atUs, text: Buffer.from(input.payload).toString('latin1') }] : [])
  }

  /** Everything but frames, with its time. */
  get news (): string[] {
    return this.told.flatMap(({ input }) => input.kind === 'frame' ? [] : [input.kind])
  }

  first (kind: TransportInput['kind']): Told | undefined {
    return this.told.find(({ input }) => input.kind === kind)
  }

  send (to: string, text: string, channel: ChannelName = 'kv'): void {
    this.transport.send(peerOf(to), channel, Buffer.from(text, 'latin1'))
  }
}

/** A network and the hosts on it. */
class Bench {
  readonly events = new EventQueue()
  readonly network: VirtualNetwork
  readonly hosts = new Map<string, Host>()

  constructor (options: Partial<LinkOptions> = {}, seed = 'network', limits: ChannelLimits = channelLimits) {
    this.network = new VirtualNetwork(this.events, seed, { ...calmLink, ...options }, limits)
  }

  /** A process at the name's address, in the place of the one before. */
  host (name: string, identity = name): Host {
    this.hosts.get(name)?.transport.kill()
    const host = new Host(this, name, identity)
    this.hosts.set(name, host)
    return host
  }

  run (forUs: number): void {
    const endUs = this.events.nowUs + forUs
    while (this.events.step(endUs));
  }

  /** Lets promises settle as the world does: before the next event, and only while there are some. */
  async runSettling (forUs: number): Promise<number> {
    const endUs = this.events.nowUs + forUs
    let yields = 0
    for (;;) {
      while (this.network.unsettledCount > 0) {
        yields++
        await new Promise((resolve) => { setImmediate(resolve) })
      }
      if (!this.events.step(endUs)) return yields
    }
  }
}

/** Two connected hosts, and the news of that taken away. */
function pair (options: Partial<LinkOptions> = {}, seed = 'network', limits: ChannelLimits = channelLimits): { bench: Bench, a: Host, b: Host } {
  const bench = new Bench(options, seed, limits)
  const a = bench.host('a')
  const b = bench.host('b')
  connect(bench, a, b)
  return { bench, a, b }
}

function connect (bench: Bench, a: Host, b: Host): void {
  a.transport.dial(`${b.transport.address}/p2p/${b.transport.self}` as Multiaddr)
  bench.run(10_000_000)
  expect.ok(a.transport.isConnected(b.transport.self) && b.transport.isConnected(a.transport.self), 'both are connected')
  a.told.length = 0
  b.told.length = 0
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`)
const A = addressOf('a')
const B = addressOf('b')

suite('chance in integers', ({ test }) => {
  test('the exponential table has the mean and the tail of the distribution', () => {
    const chance = new KeyedChance('exponential')
    const count = 200_000
    let sum = 0
    let beyond = 0
    let far = 0
    for (let i = 0; i < count; i++) {
      const drawn = exponential(10_000, chance.uint32(i, 0))
      expect.ok(Number.isInteger(drawn) && drawn >= 0)
      sum += drawn
      if (drawn > 10_000) beyond++
      if (drawn > 60_000) far++
    }
    expect.ok(Math.abs(sum / count - 10_000) < 100, `mean ${sum / count}`)
    expect.ok(Math.abs(beyond / count - 0.3679) < 0.005, `${beyond / count} above the mean, e^-1 expected`)
    expect.ok(Math.abs(far / count - 0.00248) < 0.0005, `${far / count} above six means, e^-6 expected`)
  })

  test('quantiles are those of -ln(1 - u), at the ends of the table too', () => {
    for (const u of [0, 1, 0.25, 0.5, 0.9, 0.99, 0.996, 0.9999, 0.99999]) {
      const random = Math.min(0xffffffff, Math.floor(u * 2 ** 32))
      const exact = -Math.log(1 - random / 2 ** 32) * 1_000_000
      const drawn = exponential(1_000_000, random)
      expect.ok(Math.abs(drawn - exact) <= Math.max(2, exact * 0.02), `at ${u}: ${drawn}, ${exact} expected`)
    }
    expect.is(exponential(0, 0xffffffff), 0)
  })

  test('the heavy tail stays below its maximum and reaches it', () => {
    expect.is(heavyTail(6_400_000, 0), 100_000)
    const chance = new KeyedChance('tail')
    let most = 0
    let upperHalf = 0
    for (let i = 0; i < 100_000; i++) {
      const drawn = heavyTail(4_000_000, chance.uint32(i, 0))
      expect.ok(Number.isInteger(drawn) && drawn >= 62_500 && drawn <= 4_000_000)
      most = Math.max(most, drawn)
      if (drawn > 2_000_000) upperHalf++
    }
    expect.ok(most > 3_900_000, `${most}`)
    expect.ok(Math.abs(upperHalf / 100_000 - 0.059) < 0.004, `${upperHalf}`)
  })

  test('draws depend on seed, event and purpose, and are the same on every engine', () => {
    const chance = new KeyedChance('fixed')
    expect.equal([chance.uint32(0, 0), chance.uint32(1, 0), chance.uint32(0, 1), chance.uint32(2 ** 31, 0)], [3680654311, 3955957977, 2980866447, 1533891600])
    expect.is.not(new KeyedChance('other').uint32(0, 0), chance.uint32(0, 0))
    let hits = 0
    for (let i = 0; i < 100_000; i++) if (chance.oneIn(50, i, 3)) hits++
    expect.ok(Math.abs(hits - 2000) < 200, `${hits} of 100,000 one in 50`)
    expect.not(chance.oneIn(0, 1, 1))
  })
})

suite('links of the virtual network', ({ test }) => {
  test('frames arrive whole, in order, after the floor, and the bytes are not copied', () => {
    const { bench, a, b } = pair({ delayUs: 300, jitterUs: 2000 })
    const payload = Buffer.from('first')
    const begunUs = bench.events.nowUs
    let arrived: Uint8Array | undefined
    bench.network.onDelivered = (_to, _from, _channel, bytes) => { arrived ??= bytes }
    a.transport.send(peerOf('b'), 'kv', payload)
    for (const text of numbered(200)) a.send('b', text)
    bench.run(1_000_000)
    expect.equal(b.texts, ['first', ...numbered(200)])
    expect.ok(b.frames.every(({ atUs }) => atUs >= begunUs + 300))
    expect.is(arrived, payload)
  })

  test('a frame less on one link shifts nothing on another, and a fault more shifts no delay', () => {
    const times = (isSilent: boolean, options: Partial<LinkOptions> = {}): number[] => {
      const { bench, a, b } = pair({ jitterUs: 5000, tailOneIn: 10, tailUs: 100_000 })
      bench.network.setLink(B, A, options)
      const received: number[] = []
      for (const text of numbered(50)) {
        if (!isSilent) a.send('b', text)
        b.send('a', text)
        bench.run(200_000)
      }
      for (const { atUs } of a.frames) received.push(atUs)
      return received
    }
    const usual = times(false)
    expect.is(usual.length, 50)
    expect.equal(times(true), usual)
    const withDrops = times(false, { dropOneIn: 5 })
    expect.ok(withDrops.length < 50)
    expect.ok(withDrops.every((atUs) => usual.includes(atUs)))
  })

  test('the seed decides all: the same goes the same way, another goes another', () => {
    const history = (seed: string): string => {
      const { bench, a, b } = pair({ jitterUs: 3000, dropOneIn: 20, duplicateOneIn: 10, reorderOneIn: 10, tailOneIn: 20, tailUs: 50_000 }, seed)
      for (const text of numbered(100)) { a.send('b', text); b.send('a', text); bench.run(1000) }
      bench.run(1_000_000)
      return JSON.stringify([a.frames, b.frames])
    }
    expect.is(history('one'), history('one'))
    expect.is.not(history('one'), history('two'))
  })

  test('each direction has its own options, and common ones where it has none', () => {
    const { bench, a, b } = pair({ delayUs: 100, jitterUs: 0 })
    bench.network.setLink(A, B, { delayUs: 50_000 })
    bench.network.setDefault({ ...calmLink, delayUs: 200, jitterUs: 0 })
    const measure = (): number[] => {
      const begunUs = bench.events.nowUs
      a.told.length = 0
      b.told.length = 0
      a.send('b', 'x')
      b.send('a', 'y')
      bench.run(100_000)
      return [b.frames[0]?.atUs ?? 0, a.frames[0]?.atUs ?? 0].map((atUs) => atUs - begunUs)
    }
    expect.equal(measure(), [50_000, 200])
    bench.network.setLink(A, B, { jitterUs: 0 })
    expect.equal(measure(), [50_000, 200], 'settings add up')
    bench.network.setLink(A, B, undefined)
    expect.equal(measure(), [200, 200])
    bench.network.setLink(B, A, { delayUs: 7000 })
    bench.network.resetLinks()
    expect.equal(measure(), [200, 200])
  })

  test('a slow link makes frames wait for each other by their size', () => {
    const { bench, a, b } = pair({ delayUs: 0, jitterUs: 0 })
    bench.network.setLink(A, B, { bandwidth: 1_000_000 })
    const begunUs = bench.events.nowUs
    for (const size of [968, 9968, 68]) a.send('b', 'x'.repeat(size))
    b.send('a', 'x'.repeat(100_000))
    bench.run(1_000_000)
    expect.equal(b.frames.map(({ atUs }) => atUs - begunUs), [1000, 11_000, 11_100])
    expect.equal(a.frames.map(({ atUs }) => atUs - begunUs), [0])
  })

  test('a dropped frame vanishes alone', () => {
    const { bench, a, b } = pair({ dropOneIn: 10 })
    for (const text of numbered(1000)) a.send('b', text)
    bench.run(1_000_000)
    expect.ok(b.texts.length > 850 && b.texts.length < 950, `${b.texts.length}`)
    expect.equal(b.texts, [...b.texts].sort((x, y) => Number(x) - Number(y)))
    expect.equal(b.news, [])
  })

  test('a duplicated frame comes twice, the second time later', () => {
    const { bench, a, b } = pair({ duplicateOneIn: 5 })
    for (const text of numbered(500)) a.send('b', text)
    bench.run(2_000_000)
    expect.is(new Set(b.texts).size, 500)
    expect.ok(b.texts.length > 560 && b.texts.length < 640, `${b.texts.length}`)
  })

  test('without reordering everything is in order, with it some is not and nothing is missing', () => {
    const { bench, a, b } = pair({ reorderOneIn: 10 })
    for (const text of numbered(300)) { a.send('b', text); bench.run(500) }
    bench.run(2_000_000)
    expect.is.not(b.texts.join(), numbered(300).join())
    expect.equal([...b.texts].sort((x, y) => Number(x) - Number(y)), numbered(300))
  })

  test('after a lost frame nothing comes any more, and both sides lose the connection', () => {
    const { bench, a, b } = pair({ lossOneIn: 50, cutNoticedUs: 150_000 })
    const begunUs = bench.events.nowUs
    for (const text of numbered(300)) a.send('b', text)
    bench.run(10_000_000)
    const { length } = b.texts
    expect.ok(length < 300)
    expect.equal(b.texts, numbered(length))
    expect.equal([a.news, b.news], [['peer-disconnected'], ['peer-disconnected']])
    const noticedUs = (a.first('peer-disconnected')?.atUs ?? 0) - begunUs
    expect.ok(noticedUs >= 150_000 && noticedUs < 200_000, `${noticedUs}`)
  })

  test('a corrupt frame is never delivered and breaks the connection on arrival', () => {
    const { bench, a, b } = pair({ corruptOneIn: 50 })
    for (const text of numbered(300)) a.send('b', text)
    bench.run(1_000_000)
    const { length } = b.texts
    expect.ok(length < 300)
    expect.equal(b.texts, numbered(length))
    expect.equal([a.news, b.news], [['peer-disconnected'], ['peer-disconnected']])
    expect.ok((b.first('peer-disconnected')?.atUs ?? 0) <= (a.first('peer-disconnected')?.atUs ?? 0))
  })

  test('a full queue does what the channel does: drop the oldest, refuse the newest, or all', () => {
    const small = { frameBytesMax: 1000, queueBytesMax: 500, waitingBytesMax: 500, waitingFramesMax: 4 }
    const limits: ChannelLimits = {
      cluster: { ...small, overflow: 'drop-newest' }, membership: { ...small, overflow: 'drop-oldest' },
      replication: { ...small, overflow: 'restart' }, kv: { ...small, overflow: 'drop-newest' }
    }
    const arrivals = (channel: ChannelName): string => {
      const { bench, a, b } = pair({}, 'overflow', limits)
      bench.network.setLink(A, B, { bandwidth: 1000 })
      for (let i = 0; i < 6; i++) a.send('b', `${i}`.repeat(100), channel)
      bench.run(10_000_000)
      return b.texts.map((text) => text[0]).join('')
    }
    // The first is on the line already; three of 132 bytes fit into the queue behind it.
    expect.is(arrivals('cluster'), '0123')
    expect.is(arrivals('membership'), '0345')
    expect.is(arrivals('replication'), '05')
    const dialled = (channel: ChannelName): string => {
      const bench = new Bench({}, 'overflow', limits)
      const a = bench.host('a')
      const b = bench.host('b')
      a.transport.learn(peerOf('b'), [B])
      for (let i = 0; i < 6; i++) a.send('b', `${i}`, channel)
      bench.run(1_000_000)
      return b.texts.join('')
    }
    expect.is(dialled('cluster'), '0123')
    expect.is(dialled('membership'), '2345')
    expect.is(dialled('replication'), '5')
  })
})

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

async function * frames (count: number, sizeBytes: number, closed: () => void): AsyncGenerator<Uint8Array> {
  try {
    for (let i = 0; i < count; i++) {
      await Promise.resolve()
      yield Buffer.alloc(sizeBytes, i)
    }
  } finally {
    closed()
  }
}

interface Sent {
  errors: Array<string | undefined>
  closed: number
}

/** `a` sends a snapshot, and `b` asks for one frame after the other; `answer` says when it has enough. */
function transfer (a: Host, b: Host, count: number, sizeBytes = 1000): Sent {
  const sent: Sent = { errors: [], closed: 0 }
  a.transport.sendSnapshot(peerOf('b'), frames(count, sizeBytes, () => { sent.closed++ }), (error) => { sent.errors.push(error) })
  let got = 0
  const { told } = b
  told.push = (...items: Told[]): number => {
    for (const { input } of items) {
      if (input.kind === 'snapshot-opened') b.transport.snapshotNext(input.stream)
      if (input.kind === 'snapshot-frame') {
        if (++got === count) b.transport.snapshotClose(input.stream, undefined)
        else b.transport.snapshotNext(input.stream)
      }
    }
    return Array.prototype.push.apply(told, items)
  }
  return sent
}

suite('snapshot streams of the virtual network', ({ test }) => {
  test('every frame arrives in order, the sender hears that all was kept, and promises are waited for only while some are open', async () => {
    const { bench, a, b } = pair()
    const sent = transfer(a, b, 5)
    const yields = await bench.runSettling(1_000_000)
    expect.equal(b.news, ['snapshot-opened', ...Array.from({ length: 5 }, () => 'snapshot-frame')])
    expect.equal(sent, { errors: [undefined], closed: 1 })
    expect.ok(yields >= 5 && yields <= 7, `${yields}`)
    expect.is(bench.network.unsettledCount, 0)
  })

  test('frames take the link\'s time', async () => {
    const { bench, a, b } = pair({ delayUs: 1000, jitterUs: 0 })
    bench.network.setLink(A, B, { bandwidth: 1_000_000 })
    const begunUs = bench.events.nowUs
    transfer(a, b, 3, 9968)
    await bench.runSettling(1_000_000)
    // 16 + 32 bytes to open, then 10,000 bytes three times, each 1 ms under way
    expect.equal(b.told.map(({ atUs }) => atUs - begunUs), [1048, 12_048, 23_048, 34_048])
  })

  test('the receiver refuses: the sender is told why, and its source is closed', async () => {
    const { bench, a, b } = pair()
    const sent: Sent = { errors: [], closed: 0 }
    a.transport.sendSnapshot(peerOf('b'), frames(5, 10, () => { sent.closed++ }), (error) => { sent.errors.push(error) })
    bench.run(10_000)
    const opened = b.first('snapshot-opened')?.input
    if (opened?.kind === 'snapshot-opened') {
      b.transport.snapshotNext(opened.stream)
      await bench.runSettling(10_000)
      b.transport.snapshotClose(opened.stream, 'too many')
    }
    await bench.runSettling(10_000)
    expect.equal(sent, { errors: ['the receiver gave up: too many'], closed: 1 })
    expect.equal(b.news, ['snapshot-opened', 'snapshot-frame'], 'who closed it is told nothing')
  })

  for (const [what, breakIt] of Object.entries<(bench: Bench, a: Host, b: Host) => void>({
    'a reset': (bench) => { bench.network.reset(A, B) },
    'a cut that is noticed': (bench) => { bench.network.cut(A, B); bench.network.cut(B, A) },
    'the death of the receiver': (_bench, _a, b) => { b.transport.kill() },
    'the death of the sender': (_bench, a) => { a.transport.kill() }
  })) {
    test(`${what} ends the stream for whoever lives, once`, async () => {
      const { bench, a, b } = pair({ delayUs: 1000, jitterUs: 0, cutNoticedUs: 200_000 })
      const sent = transfer(a, b, 50)
      await bench.runSettling(10_000)
      breakIt(bench, a, b)
      await bench.runSettling(40_000_000)
      expect.is(sent.closed, 1)
      expect.is(sent.errors.filter((error) => error !== undefined).length, a.transport.isAlive ? 1 : 0, JSON.stringify(sent.errors))
      const ends = b.told.filter(({ input }) => input.kind === 'snapshot-closed' && input.error !== undefined)
      expect.is(ends.length, b.transport.isAlive ? 1 : 0, JSON.stringify(ends))
      expect.is(bench.network.unsettledCount, 0)
    })
  }

  test('a source that fails ends the stream with its reason', async () => {
    const { bench, a, b } = pair()
    const errors: Array<string | undefined> = []
    async function * failing (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one')
      throw new Error('the disk cannot be read')
    }
    a.transport.sendSnapshot(peerOf('b'), failing(), (error) => { errors.push(error) })
    bench.run(10_000)
    const opened = b.first('snapshot-opened')?.input
    if (opened?.kind === 'snapshot-opened') {
      b.transport.snapshotNext(opened.stream)
      b.transport.snapshotNext(opened.stream)
    }
    await bench.runSettling(10_000)
    expect.equal(errors, ['Error: the disk cannot be read'])
    expect.equal(b.news, ['snapshot-opened', 'snapshot-frame', 'snapshot-closed'])
  })

  test('a stream without progress is given up, and one to nobody never begins', async () => {
    const { bench, a, b } = pair()
    const errors: Array<string | undefined> = []
    a.transport.sendSnapshot(peerOf('b'), frames(5, 10, () => {}), (error) => { errors.push(error) })
    await bench.runSettling(29_000_000)
    expect.equal(errors, [])
    await bench.runSettling(2_000_000)
    expect.equal(errors, ['no progress for 30000 ms'])
    expect.equal(b.news, ['snapshot-opened', 'snapshot-closed'])
    a.transport.sendSnapshot(peerOf('c'), frames(5, 10, () => {}), (error) => { errors.push(error) })
    await bench.runSettling(1000)
    expect.is(errors[1], 'the peer is not connected')
  })
})

const FIVE = ['1', '2', '3', '4', '5']
/** Who sees whom, for each address, itself left out; one-way links count for who sends. */
function sees (addresses: readonly string[], cuts: readonly DirectedCut[]): string[] {
  expect.is(new Set(cuts.map(String)).size, cuts.length, 'no cut is named twice')
  const isCut = new Set(cuts.map(([from, to]) => `${from}>${to}`))
  return addresses.map((from) => addresses.filter((to) => to !== from && !isCut.has(`${from}>${to}`)).join(''))
}

suite('cuts by their shape', ({ test }) => {
  test('groups do not see each other; who is in none sees all', () => {
    expect.equal(sees(FIVE, split([['1', '2'], ['3', '4']])), ['25', '15', '45', '35', '1234'])
    expect.equal(sees(FIVE, split([['1'], ['2', '3'], ['4', '5']])), ['', '3', '2', '5', '4'])
    expect.equal(split([['1'], ['1']]), [], 'nobody is cut off from itself')
  })

  test('one is isolated both ways, or only hears nothing, or only is not heard', () => {
    expect.equal(sees(FIVE, isolate(FIVE, '3', 'both')), ['245', '145', '', '125', '124'])
    expect.equal(sees(FIVE, isolate(FIVE, '3', 'in')), ['245', '145', '1245', '125', '124'])
    expect.equal(sees(FIVE, isolate(FIVE, '3', 'out')), ['2345', '1345', '', '1235', '1234'])
  })

  test('a bridge sees both halves', () => {
    expect.equal(sees(FIVE, bridge(FIVE, '3')), ['23', '13', '1245', '35', '34'])
    expect.equal(sees(['1', '2', '3'], bridge(['1', '2', '3'], '2')), ['2', '13', '2'])
  })

  test('in a ring everybody sees a majority, each another', () => {
    expect.equal(sees(FIVE, ring(FIVE)), ['25', '13', '24', '35', '14'])
    for (let size = 2; size <= 9; size++) {
      const addresses = FIVE.concat('6', '7', '8', '9').slice(0, size)
      for (const seen of sees(addresses, ring(addresses))) expect.ok((seen.length + 1) * 2 > size, `${size}: ${seen}`)
    }
  })

  test('a chain has neighbours only, a star its centre only', () => {
    expect.equal(sees(FIVE, chain(FIVE)), ['2', '13', '24', '35', '4'])
    expect.equal(sees(FIVE, star(FIVE, '2')), ['2', '1345', '2', '2', '2'])
  })
})

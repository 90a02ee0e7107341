import type { ChannelName } from '../../src/node/index.js'
import type { ChannelLimits } from '../../sim/network/channel-limits.js'
import { calmLink } from '../../sim/network/link-options.js'
import type { LinkOptions } from '../../sim/network/link-options.js'
import { expect, suite } from '../harness.js'
import { A, B, Bench, numbered, pair, peerOf } from './network-bench.js'

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

  test('a dial or a search shifts no frame', () => {
    const times = (isSearching: boolean): number[] => {
      const { bench, a, b } = pair({ jitterUs: 5000 })
      for (const text of numbered(20)) {
        if (isSearching) a.transport.find(peerOf('b'))
        a.send('b', text)
        bench.run(100_000)
      }
      return b.frames.map(({ atUs }) => atUs)
    }
    expect.equal(times(true), times(false))
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
    for (const text of numbered(500)) a.send('b', text, 'replication')
    bench.run(2_000_000)
    expect.is(new Set(b.texts).size, 500)
    expect.ok(b.texts.length > 560 && b.texts.length < 640, `${b.texts.length}`)
  })

  test('without reordering everything is in order, with it some is not and nothing is missing', () => {
    const { bench, a, b } = pair({ reorderOneIn: 10 })
    for (const text of numbered(300)) { a.send('b', text, 'replication'); bench.run(500) }
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

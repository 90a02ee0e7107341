import { expect, suite } from '../harness.js'
import { A, B, pair, peerOf } from './network-bench.js'
import type { Bench, Host, Told } from './network-bench.js'

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
    bench.network.reset(A, B)
    await bench.runSettling(10_000)
    expect.equal(b.news, ['snapshot-opened', 'snapshot-frame', 'peer-disconnected'], 'who closed it is told nothing of it')
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
      await bench.runSettling(1_000_000)
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

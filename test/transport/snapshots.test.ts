import { SNAPSHOT_FRAME_SIZE_BYTES_MAX } from '../../protocols/index.js'
import { expect, suite } from '../harness.js'
import { bytes, connect, pause, startTestNode, stopTestNodes, text, until } from './transport-helpers.js'
import type { Input, TestNode } from './transport-helpers.js'

/** How a snapshot ended at its sender; undefined while it runs. */
interface Outcome { error?: string, ok?: boolean }

function send (from: TestNode, to: TestNode, frames: AsyncIterable<Uint8Array>): Outcome {
  const outcome: Outcome = {}
  from.transport.sendSnapshot(to.peer, frames, (error) => {
    if (outcome.ok !== undefined) throw new Error('done was called twice')
    outcome.ok = error === undefined
    if (error !== undefined) outcome.error = error
  })
  return outcome
}

/** Frames of these texts; `onEnd` is called where the reader stops, early or not. */
async function * sourceOf (texts: readonly string[], onEnd: () => void = () => {}): AsyncGenerator<Uint8Array> {
  try {
    for (const each of texts) yield bytes(each)
  } finally {
    onEnd()
  }
}

async function opened (node: TestNode, count = 1): Promise<number> {
  await until('a snapshot is opened', () => node.of('snapshot-opened').length >= count)
  return node.of('snapshot-opened')[count - 1]?.stream ?? 0
}

async function nextInput (node: TestNode, stream: number): Promise<Input<'snapshot-frame'> | Input<'snapshot-closed'>> {
  const mine = (): Array<Input<'snapshot-frame'> | Input<'snapshot-closed'>> => [...node.of('snapshot-frame'), ...node.of('snapshot-closed')].filter((input) => input.stream === stream)
  const before = mine().length
  node.transport.snapshotNext(stream)
  expect.is(mine().length, before, 'the answer never comes inside the call')
  await until('an answer to snapshotNext', () => mine().length > before)
  return mine().at(-1) as Input<'snapshot-frame'> | Input<'snapshot-closed'>
}

async function pair (limits = {}): Promise<[TestNode, TestNode]> {
  const [a, b] = await Promise.all([startTestNode({ limits }), startTestNode({ limits })])
  await connect(a, b)
  return [a, b]
}

suite('transport snapshots', ({ test, afterEach }) => {
  afterEach(async () => { await stopTestNodes() })

  test('frames come one by one as they are asked for, and the end is confirmed to the sender', async () => {
    const [a, b] = await pair()
    let ended = false
    const outcome = send(a, b, sourceOf(['header', 'records', '', 'end'], () => { ended = true }))
    const stream = await opened(b)
    expect.is(b.of('snapshot-opened')[0]?.peer, a.peer)
    await pause(50)
    expect.is(b.of('snapshot-frame').length, 0, 'nobody asked')
    for (const expected of ['header', 'records', '', 'end']) {
      const input = await nextInput(b, stream)
      expect.is(input.kind === 'snapshot-frame' ? text(input.payload) : input.kind, expected)
    }
    expect.is(outcome.ok, undefined, 'read is not kept: only the confirmation counts')
    expect.equal(await nextInput(b, stream), { kind: 'snapshot-closed', stream, error: undefined })
    expect.is(outcome.ok, undefined)
    b.transport.snapshotClose(stream, undefined)
    await until('the sender hears of it', () => outcome.ok === true)
    expect.ok(ended)
    expect.is(a.transport.counters().snapshotsSent, 1)
    expect.is(b.transport.counters().snapshotsReceived, 1)
    b.transport.snapshotNext(stream) // the number is spent
    b.transport.snapshotClose(stream, 'too late')
    await pause(20)
    expect.is(b.of('snapshot-closed').length, 1)
  })

  test('the receiver may confirm after the last frame without asking for more', async () => {
    const [a, b] = await pair()
    const outcome = send(a, b, sourceOf(['only']))
    const stream = await opened(b)
    await nextInput(b, stream)
    b.transport.snapshotClose(stream, undefined)
    await until('the sender hears of it', () => outcome.ok === true)
    await pause(20)
    expect.is(b.of('snapshot-closed').length, 0)
  })

  test('50 MB reach a slow receiver whole, in bounded memory on both sides, while other frames pass', async () => {
    const [a, b] = await pair()
    const chunk = 250_000
    const count = 200
    let produced = 0
    const outcome = send(a, b, (async function * () {
      for (let i = 0; i < count; i++) {
        produced++
        yield Buffer.alloc(chunk, i)
      }
    })())
    const stream = await opened(b)
    await pause(300)
    expect.ok(produced * chunk < 4_000_000, `${produced * chunk} bytes were read ahead`)
    let aheadMax = 0
    let slowest = 0
    for (let i = 0; i < count; i++) {
      const input = await nextInput(b, stream)
      expect.ok(input.kind === 'snapshot-frame' && Buffer.alloc(chunk, i).equals(input.payload), `frame ${i} differs`)
      b.inputs.length = 0
      aheadMax = Math.max(aheadMax, (produced - i) * chunk)
      if (i % 10 === 0) {
        await pause(10)
        const asked = performance.now()
        a.transport.send(b.peer, 'membership', bytes('ping'))
        await until('a probe', () => b.of('frame').length > 0)
        slowest = Math.max(slowest, performance.now() - asked)
      }
    }
    expect.is((await nextInput(b, stream)).kind, 'snapshot-closed')
    b.transport.snapshotClose(stream, undefined)
    await until('the sender hears of it', () => outcome.ok === true)
    // All that both sides hold; resident memory would say more about the garbage collector.
    expect.ok(aheadMax < 6_000_000, `${aheadMax} bytes were under way at once`)
    expect.ok(slowest < 1000, `a probe took ${Math.round(slowest)} ms`)
  })

  test('the longest frame passes, a longer one fails at the sender', async () => {
    const [a, b] = await pair()
    const long = send(a, b, (async function * () { yield Buffer.alloc(SNAPSHOT_FRAME_SIZE_BYTES_MAX, 1) })())
    const stream = await opened(b)
    const input = await nextInput(b, stream)
    expect.is(input.kind === 'snapshot-frame' ? input.payload.length : 0, SNAPSHOT_FRAME_SIZE_BYTES_MAX)
    b.transport.snapshotClose(stream, undefined)
    await until('the sender hears of it', () => long.ok === true)
    const tooLong = send(a, b, (async function * () { yield Buffer.alloc(SNAPSHOT_FRAME_SIZE_BYTES_MAX + 1) })())
    await until('the sender fails', () => tooLong.ok === false)
    expect.match(tooLong.error ?? '', /1572865 bytes was produced, at most 1572864/)
  })

  test('a receiver that gives up tells the sender why, and the source is closed', async () => {
    const [a, b] = await pair()
    let ended = false
    const endless = (async function * () {
      try {
        for (;;) yield Buffer.alloc(100_000)
      } finally {
        ended = true
      }
    })()
    const outcome = send(a, b, endless)
    const stream = await opened(b)
    for (let i = 0; i < 10; i++) await nextInput(b, stream)
    b.transport.snapshotClose(stream, 'the disk is full')
    await until('the sender hears of it', () => outcome.ok === false)
    expect.is(outcome.error, 'the receiver gave up: the disk is full')
    await until('the source is closed', () => ended)
    await pause(20)
    expect.is(b.of('snapshot-closed').length, 0, 'the receiver knows already')
  })

  test('a sender whose source fails tells the receiver', async () => {
    const [a, b] = await pair()
    const outcome = send(a, b, (async function * () {
      yield bytes('first')
      await pause(50)
      throw new Error('the checksum is wrong')
    })())
    const stream = await opened(b)
    await until('the receiver hears of it', () => b.of('snapshot-closed').length === 1)
    expect.is(b.of('snapshot-closed')[0]?.stream, stream)
    expect.ok(b.of('snapshot-closed')[0]?.error !== undefined)
    expect.equal(outcome, { ok: false, error: 'the checksum is wrong' })
  })

  test('a lost connection fails both sides, whole frames in the buffer or not', async () => {
    const [a, b] = await pair()
    const outcome = send(a, b, sourceOf(['one', 'two']))
    const stream = await opened(b)
    await nextInput(b, stream)
    await stopTestNodes(a)
    await until('the receiver hears of it', () => b.of('snapshot-closed').length === 1)
    expect.ok(b.of('snapshot-closed')[0]?.error !== undefined)
    expect.is(outcome.ok, undefined, 'a stopped node says nothing')
  })

  test('a receiver that never asks is given up on', async () => {
    const [a, b] = await pair({ snapshotStallMs: 300 })
    const outcome = send(a, b, sourceOf(['never asked for']))
    await opened(b)
    await until('both sides give up', () => outcome.ok === false && b.of('snapshot-closed').length === 1, 2000)
    expect.match(b.of('snapshot-closed')[0]?.error ?? '', /no progress for 300 ms|reset/)
  })

  test('a peer takes a bounded number of snapshots at once', async () => {
    const [a, b] = await pair({ snapshotsPerPeerMax: 2 })
    const outcomes = Array.from({ length: 4 }, () => send(a, b, sourceOf(['x'])))
    await until('two are refused', () => outcomes.filter(({ ok }) => ok === false).length === 2)
    await opened(b, 2)
    for (const { stream } of b.of('snapshot-opened')) b.transport.snapshotClose(stream, undefined)
    await until('two pass', () => outcomes.filter(({ ok }) => ok === true).length === 2)
    expect.is(b.of('snapshot-opened').length, 2)
  })

  test('a snapshot for a peer that is not connected fails', async () => {
    const [a, b] = await Promise.all([startTestNode(), startTestNode()])
    const outcome = send(a, b, sourceOf(['x']))
    expect.is(outcome.ok, undefined, 'the answer never comes inside the call')
    await until('it fails', () => outcome.ok === false)
    expect.is(outcome.error, 'the peer is not connected')
  })
})

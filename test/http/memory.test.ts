import { expect, suite } from '../harness.js'
import { type Fixture, RawClient, errorOf, post, until, withFixture } from './fixture.js'

const get = 'GET /get?key=a HTTP/1.1\r\nHost: x\r\n\r\n'
/** A set whose body has this many bytes. */
const setOf = (size: number): Buffer => post('/set', `key=a&value=${'x'.repeat(size - 12)}`)

/** The status of one set on a connection of its own. */
async function trySet ({ port }: Fixture, size: number): Promise<number> {
  const client = new RawClient(port).send(setOf(size))
  const { status, headers, body } = await client.answer()
  client.close()
  if (status === 429) {
    expect.is(errorOf(body).code, 'overloaded')
    expect.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  }
  return status
}

async function untilStatus (fixture: Fixture, size: number, status: number): Promise<void> {
  const endMs = performance.now() + 5000
  for (;;) {
    const found = await trySet(fixture, size)
    if (found === status) return
    if (performance.now() > endMs) throw new Error(`a set of ${size} bytes is still ${found}, not ${status}`)
  }
}

suite('bytes of request bodies', ({ test }) => {
  test('beyond the budget are 429, until the client that holds them is done or gone', () => withFixture({ bodiesBytesMax: 10_000 }, async (fixture) => {
    const request = setOf(6000)
    const first = new RawClient(fixture.port).send(request.subarray(0, request.length - 1))
    await untilStatus(fixture, 6000, 429)
    expect.is(await trySet(fixture, 1000), 200)
    first.send(request.subarray(request.length - 1))
    expect.is((await first.answer()).status, 200)
    expect.is(await trySet(fixture, 9000), 200)

    first.send(request.subarray(0, request.length - 1))
    await untilStatus(fixture, 6000, 429)
    first.close()
    await untilStatus(fixture, 9000, 200)
    expect.is(await trySet(fixture, 10_001), 429)
    expect.is(await trySet(fixture, 10_000), 200)
  }))

  test('count until their answer, also where the client is gone before', () => withFixture({ bodiesBytesMax: 10_000 }, async (fixture) => {
    const { node, port } = fixture
    node.mode = { kind: 'never' }
    const clients = [new RawClient(port).send(setOf(4000)), new RawClient(port).send(setOf(4000))]
    await until('both are with the node', () => node.calls.length === 2)
    node.mode = { kind: 'at-once' }
    expect.is(await trySet(fixture, 4000), 429)
    clients[0]?.close()
    await clients[0]?.closed
    expect.is(await trySet(fixture, 4000), 429)
    node.answerAll()
    expect.is((await clients[1]?.answer())?.status, 200)
    expect.is(await trySet(fixture, 10_000), 200)
    clients[1]?.close()
  }))

  test('are given back by a crowd of clients that break off anywhere', () => withFixture({ bodiesBytesMax: 100_000 }, async (fixture) => {
    const request = setOf(3000)
    for (let round = 0; round < 60; round++) {
      fixture.node.mode = { kind: (['at-once', 'later', 'never'] as const)[round % 3] ?? 'later' }
      const client = new RawClient(fixture.port)
      client.send(request, request, request.subarray(0, 1 + round * 53 % (request.length - 1)))
      if (round % 2 === 0) await new Promise((resolve) => { setImmediate(resolve) })
      if (round % 5 === 0) client.socket.resetAndDestroy()
      else client.close()
      await client.closed
      fixture.node.answerAll()
    }
    fixture.node.mode = { kind: 'at-once' }
    fixture.node.answerAll()
    await untilStatus(fixture, 100_000, 200)
    expect.equal(fixture.log, [])
  }))
})

suite('bytes of large answers', ({ test }) => {
  const SIZE = 1024 * 1024

  test('beyond the budget are 429, until the readers that hold them are gone', () => withFixture({ answersBytesMax: SIZE * 2 }, async (fixture) => {
    const { port } = fixture
    const setter = new RawClient(port).send(post('/set', `key=a&value=${'v'.repeat(SIZE)}`))
    expect.is((await setter.answer()).status, 200)
    const stalled = new RawClient(port)
    stalled.socket.pause()
    const read = async (): Promise<number> => {
      const client = new RawClient(port).send(get)
      const { status } = await client.answer()
      client.close()
      return status
    }
    const endMs = performance.now() + 5000
    while (await read() !== 429) {
      stalled.send(get) // the kernel takes some megabytes; what it does not take waits, and answers behind it too
      if (performance.now() > endMs) throw new Error('no reader is refused')
    }
    stalled.close()
    while (await read() !== 200) if (performance.now() > endMs) throw new Error('the budget was not given back')
    setter.close()
  }))

  test('are given back where their client goes away while they wait behind another answer', () => withFixture({ answersBytesMax: SIZE * 2 }, async ({ port, node }) => {
    const other = new RawClient(port).send(post('/set', `key=a&value=${'v'.repeat(SIZE)}`))
    expect.is((await other.answer()).status, 200)
    node.mode = { kind: 'never' }
    const client = new RawClient(port).send(get)
    await until('the first waits', () => node.unanswered.length === 1)
    node.mode = { kind: 'at-once' }
    client.send(get, get)
    await until('the others are answered', () => node.calls.length === 4)
    other.send(get)
    expect.is((await other.answer()).status, 429)
    client.socket.resetAndDestroy()
    await client.closed
    node.answerAll() // node reads nothing from a connection with this much to say, so that only writing shows its end
    node.mode = { kind: 'never' }
    const readers = [other, new RawClient(port)]
    for (const reader of readers) {
      reader.socket.pause()
      reader.send(get)
    }
    await until('both wait', () => node.unanswered.length === 2)
    node.answerAll()
    for (const reader of readers) {
      reader.socket.resume()
      expect.is((await reader.answer()).status, 200)
      reader.close()
    }
  }))

  test('are cut off where the client does not take them in time', () => withFixture({ answerTimeoutMs: 200 }, async ({ port }) => {
    const setter = new RawClient(port).send(post('/set', `key=a&value=${'v'.repeat(SIZE)}`))
    expect.is((await setter.answer()).status, 200)
    const stalled = new RawClient(port)
    stalled.socket.pause()
    stalled.send(...Array.from({ length: 16 }, () => get))
    const startMs = performance.now()
    await new Promise((resolve) => { setTimeout(resolve, 400) })
    stalled.socket.resume()
    await stalled.closed
    expect.ok(stalled.rest.length < SIZE * 16)
    expect.ok(performance.now() - startMs < 5000)
    setter.send(get)
    expect.is((await setter.answer()).body.length, SIZE)
    setter.close()
  }))
})

import { AssertionError, silentLogger } from '../../src/base/index.js'
import { HttpListenError, createHttpServer, httpOptionsDefault } from '../../src/http/index.js'
import { expect, suite } from '../harness.js'
import { FakeNode } from './fake-node.js'
import { RawClient, post, startFixture, until, withFixture } from './fixture.js'

const get = (key: string): string => `GET /get?key=${key} HTTP/1.1\r\nHost: x\r\n\r\n`

async function listenError (host: string, port: number): Promise<HttpListenError> {
  const server = createHttpServer(new FakeNode(), httpOptionsDefault, silentLogger)
  try {
    await server.listen(host, port)
  } catch (error) {
    await server.stop(0)
    if (error instanceof HttpListenError) return error
    throw error
  }
  await server.stop(0)
  throw new Error('it listens')
}

suite('listening', ({ test }) => {
  test('port 0 gives a free port, and the address says which', async () => {
    const server = createHttpServer(new FakeNode(), httpOptionsDefault, silentLogger)
    const address = await server.listen('127.0.0.1', 0)
    expect.is(address.host, '127.0.0.1')
    expect.ok(address.port > 0)
    expect.is((await fetch(`http://127.0.0.1:${address.port}/livez`)).status, 200)
    await server.stop(0)
  })

  test('an address that is taken or not ours is an error that names it', () => withFixture({}, async ({ port }) => {
    const taken = await listenError('127.0.0.1', port)
    expect.is(taken.code, 'EADDRINUSE')
    expect.match(taken.message, `127.0.0.1:${port}`)
    expect.match(taken.message, 'another process')
    const foreign = await listenError('192.0.2.1', 0)
    expect.is(foreign.code, 'EADDRNOTAVAIL')
    expect.match(foreign.message, '192.0.2.1:0')
    expect.match((await listenError('2001:db8::1', 80)).message, '[2001:db8::1]:80')
  }))

  test('options that contradict each other are refused', () => {
    const create = (options: object) => () => createHttpServer(new FakeNode(), { ...httpOptionsDefault, ...options }, silentLogger)
    const refused = (error: Error): boolean => error instanceof AssertionError
    expect.throws(create({ headersTimeoutMs: 40_000 }), refused)
    expect.throws(create({ checkIntervalMs: 20_000 }), refused)
    expect.throws(create({ connectionsMax: 0 }), refused)
    expect.throws(create({ bodiesBytesMax: Number.NaN }), refused)
  })

  test('connections beyond the maximum are closed, with one line in the log', () => withFixture({ connectionsMax: 2 }, async ({ port, log }) => {
    const [first, second] = [new RawClient(port), new RawClient(port)]
    for (const client of [first, second]) {
      client.send(get('a'))
      await client.answer()
    }
    await Promise.all([new RawClient(port).closed, new RawClient(port).closed])
    expect.is(log.length, 1)
    expect.is(log[0]?.level, 'warn')
    first.close()
    await first.closed
    const served = async (): Promise<boolean> => {
      const client = new RawClient(port).send(get('a'))
      const answered = await client.answer().then(() => true, () => false)
      client.close()
      return answered
    }
    while (!await served()) await new Promise((resolve) => { setTimeout(resolve, 5) })
    second.close()
  }))
})

suite('stopping', ({ test }) => {
  test('a server that never listened stops, and stopping twice is stopping once', async () => {
    const server = createHttpServer(new FakeNode(), httpOptionsDefault, silentLogger)
    const stopped = server.stop(1000)
    expect.is(server.stop(1000), stopped)
    await stopped
  })

  test('idle connections are closed at once, whether they were used or not', async () => {
    const { server, port } = await startFixture()
    const [used, fresh] = [new RawClient(port).send(get('a')), new RawClient(port)]
    await used.answer()
    const startMs = performance.now()
    await server.stop(10_000)
    await Promise.all([used.closed, fresh.closed])
    expect.ok(performance.now() - startMs < 2000)
    expect.is(await fetch(`http://127.0.0.1:${port}/livez`).then(() => 'answered', () => 'refused'), 'refused')
  })

  test('requests that are here are answered, and their connections end then', async () => {
    const { server, port, node } = await startFixture()
    node.mode = { kind: 'never' }
    const [setting, reading] = [new RawClient(port).send(post('/set', 'key=a&value=b')), new RawClient(port).send(get('a'))]
    const half = post('/set', 'key=half&value=1')
    const sending = new RawClient(port).send(half.subarray(0, half.length - 1))
    await until('two requests wait', () => node.calls.length === 2)
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    const stopped = server.stop(10_000)
    sending.send(half.subarray(half.length - 1))
    await until('three requests wait', () => node.calls.length === 3)
    node.answerAll()
    for (const client of [setting, reading, sending]) {
      const answer = await client.answer()
      expect.is(answer.status, 200)
      expect.is(answer.headers.get('connection'), 'close')
      await client.closed
    }
    await stopped
  })

  test('requests sent ahead are all answered, though the node answers the last one first', async () => {
    const { server, port, node } = await startFixture()
    node.mode = { kind: 'never' }
    const client = new RawClient(port).send(post('/set', 'key=a&value=b'), get('z'), post('/set', 'key=c&value=d'))
    await until('all wait', () => node.calls.length === 3)
    const stopped = server.stop(10_000)
    for (const answer of node.unanswered.splice(0).toReversed()) answer()
    expect.match((await client.answer()).body.toString(), '"revision":2')
    expect.is((await client.answer()).status, 404)
    expect.match((await client.answer()).body.toString(), '"revision":1')
    await client.closed
    await stopped
  })

  test('a slow reader gets all of its large answers, and its connection ends then', async () => {
    const size = 1024 * 1024
    const { server, port } = await startFixture()
    const client = new RawClient(port).send(post('/set', `key=a&value=${'v'.repeat(size)}`))
    await client.answer()
    client.socket.pause()
    client.send(...Array.from({ length: 8 }, () => get('a')))
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    const stopped = server.stop(10_000)
    await new Promise((resolve) => { setTimeout(resolve, 200) })
    client.socket.resume()
    const startMs = performance.now()
    for (let answers = 0; answers < 8; answers++) expect.is((await client.answer()).body.length, size)
    await client.closed
    await stopped
    expect.ok(performance.now() - startMs < 5000)
  })

  test('what is not over after the grace is cut', async () => {
    const { server, port, node } = await startFixture()
    node.mode = { kind: 'never' }
    const waiting = new RawClient(port).send(get('a'))
    const sending = new RawClient(port).send('POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nkey')
    await until('one waits', () => node.calls.length === 1)
    const startMs = performance.now()
    await server.stop(200)
    const tookMs = performance.now() - startMs
    expect.ok(tookMs >= 190 && tookMs < 2000, `${tookMs} ms`)
    await Promise.all([waiting.closed, sending.closed])
    node.answerAll()
  })

  test('an answer for a client that is gone does nothing', () => withFixture({}, async ({ port, url, node, log }) => {
    node.mode = { kind: 'never' }
    const clients = [new RawClient(port).send(get('a')), new RawClient(port).send(post('/set', 'key=a&value=b')), new RawClient(port).send(get('a'), get('b'))]
    await until('all wait', () => node.calls.length === 4)
    for (const client of clients) client.close()
    await Promise.all(clients.map((client) => client.closed))
    node.answerAll()
    node.mode = { kind: 'at-once' }
    expect.is((await fetch(`${url}/livez`)).status, 200)
    node.answerAll()
    expect.equal(log, [])
  }))
})

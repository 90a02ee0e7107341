import fc from 'fast-check'
import { expect, suite } from '../harness.js'
import { RawClient, errorOf, post, until, withFixture } from './fixture.js'

const SEED = 20261102
const MIB = 1024 * 1024
const livez = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'

/** Expects one JSON error and then the end of the connection. */
async function expectRefused (client: RawClient, status: number, code = 'bad_request'): Promise<string> {
  const answer = await client.answer()
  expect.is(answer.status, status)
  expect.is(answer.headers.get('connection'), 'close')
  expect.is(answer.headers.get('content-type'), 'application/json')
  const error = errorOf(answer.body)
  expect.is(error.code, code)
  expect.is(error.outcome, 'unchanged')
  await client.closed
  expect.is(client.rest.length, 0)
  return error.message
}

suite('what is no request', ({ test }) => {
  test('is answered with 400, 405, 417 or 431 in JSON, and the connection ends', () => withFixture({}, async ({ port, url }) => {
    const table: Array<[string | Buffer, number]> = [
      ['hello\r\n\r\n', 400],
      ['\u0000\u0001\u0002\u0003', 400],
      [Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]), 400],
      ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
      ['GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
      ['GET /get?key=\u00e4 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
      ['GET /livez HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n', 400],
      ['POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
      ['POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc', 400],
      ['POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\nabc', 400],
      ['POST /set HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
      ['POST /set HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 3\r\n\r\n', 417],
      ['CONNECT somewhere:443 HTTP/1.1\r\nHost: somewhere:443\r\n\r\n', 405],
      [`GET /livez HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      [`GET /get?key=${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
      [`GET /livez HTTP/1.1\r\nHost: x\r\n${'X: 1\r\n'.repeat(200_000)}\r\n`, 431],
      [`GET /livez HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(MIB)}\r\n\r\n`, 431]
    ]
    for (const [bytes, status] of table) await expectRefused(new RawClient(port).send(bytes), status)
    expect.is((await fetch(`${url}/livez`)).status, 200)
  }))

  test('is answered also where the client sends all of it before it looks', () => withFixture({}, async ({ port }) => {
    const client = new RawClient(port)
    client.socket.pause()
    client.send('GET /livez HTTP/1.1\r\nHost: x\r\nX: ', Buffer.alloc(16 * MIB, 'x'))
    await until('all is sent', () => client.socket.writableLength === 0 || client.socket.destroyed)
    client.socket.resume()
    await expectRefused(client, 431)
  }))

  test('an HTTP/1.1 request without Host is 400', () => withFixture({}, async ({ port }) => {
    const client = new RawClient(port).send('GET /livez HTTP/1.1\r\n\r\n')
    const answer = await client.answer()
    expect.is(answer.status, 400)
    expect.match(errorOf(answer.body).message, 'Host')
    client.close()
  }))

  test('a header beyond the thousandth still counts', () => withFixture({}, async ({ port }) => {
    const client = new RawClient(port)
    client.send(`POST /set HTTP/1.1\r\nHost: x\r\n${'a:b\r\n'.repeat(2500)}Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc`)
    expect.is((await client.answer()).status, 415)
    client.close()
  }))

  test('random bytes and mutilated requests harm nobody', () => withFixture({ lingerMs: 20 }, async ({ port, url, log }) => {
    const valid = [post('/set', 'key=a&value=b'), Buffer.from('GET /get?key=a HTTP/1.1\r\nHost: x\r\n\r\n'),
      Buffer.from('POST /set HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nkey\r\n0\r\n\r\n')]
    const mutilated = fc.tuple(fc.constantFrom(...valid), fc.nat(), fc.uint8Array({ maxLength: 4 })).map(([bytes, at, piece]) =>
      Buffer.concat([bytes.subarray(0, at % bytes.length), piece, bytes.subarray(at % bytes.length + piece.length)]))
    const arbitrary = fc.array(fc.oneof(mutilated, fc.uint8Array({ maxLength: 40 })), { minLength: 1, maxLength: 4 })
    await fc.assert(fc.asyncProperty(arbitrary, async (pieces) => {
      const client = new RawClient(port)
      client.send(...pieces)
      client.socket.end()
      await client.closed
    }), { seed: SEED, numRuns: 300 })
    expect.is((await fetch(`${url}/livez`)).status, 200)
    expect.equal(log.filter((line) => line.level === 'error'), [])
  }))

  test('headers and bodies that do not arrive in time are 408, and what came is forgotten', () => withFixture({
    headersTimeoutMs: 150, requestTimeoutMs: 300, checkIntervalMs: 30, bodiesBytesMax: 1000
  }, async ({ port, url, node }) => {
    const slowHeaders = new RawClient(port).send('GET /livez HTTP/1.1\r\nHost')
    const slowBody = new RawClient(port).send('POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 990\r\n\r\nkey=', 'x'.repeat(900))
    await Promise.all([expectRefused(slowHeaders, 408), expectRefused(slowBody, 408)])
    expect.is((await fetch(`${url}/set`, { method: 'POST', body: new URLSearchParams({ key: 'a', value: 'x'.repeat(900) }) })).status, 200)
    expect.is(node.calls.length, 1)
  }))

  test('a malformed request behind one that waits cuts the connection, since its answer would be taken for the other', () => withFixture({}, async ({ port, node }) => {
    node.mode = { kind: 'never' }
    const client = new RawClient(port).send(post('/set', 'key=a&value=b'))
    await until('the set is with the node', () => node.calls.length === 1)
    client.send('garbage\r\n\r\n')
    await client.closed
    expect.is(client.rest.length, 0)
    node.answerAll()
  }))

  test('a malformed request behind an answered one is 400', () => withFixture({}, async ({ port }) => {
    const client = new RawClient(port).send(post('/set', 'key=a&value=b'))
    expect.is((await client.answer()).status, 200)
    client.send('garbage\r\n\r\n')
    await expectRefused(client, 400)
  }))
})

suite('bodies that are too large', ({ test }) => {
  test('are refused by their announced length, before anything is read', () => withFixture({ lingerMs: 50 }, async ({ port, node }) => {
    const client = new RawClient(port).send(`POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: ${4 * MIB}\r\n\r\n`)
    expect.match(await expectRefused(client, 413, 'body_too_large'), String((MIB + 1024) * 3 + 1024))
    const huge = new RawClient(port).send('POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 9007199254740993\r\n\r\n')
    await expectRefused(huge, 413, 'body_too_large')
    const small = new RawClient(port).send('POST /delete HTTP/1.1\r\nHost: x\r\nContent-Length: 4200\r\n\r\n')
    await expectRefused(small, 413, 'body_too_large')
    expect.is(node.calls.length, 0)
  }))

  test('a client that sends all of its body before it looks still gets the answer', () => withFixture({}, async ({ port }) => {
    const client = new RawClient(port)
    client.socket.pause()
    client.send(`POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: ${16 * MIB}\r\n\r\n`, Buffer.alloc(16 * MIB, 'x'))
    await until('all is sent', () => client.socket.writableLength === 0 || client.socket.destroyed)
    client.socket.resume()
    await expectRefused(client, 413, 'body_too_large')
  }))

  test('end the connection: what was sent behind them is not carried out', () => withFixture({ lingerMs: 50 }, async ({ port, node }) => {
    const client = new RawClient(port)
    client.send('POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n', post('/set', 'key=a&value=b'))
    await expectRefused(client, 404, 'route_unknown')
    expect.is(node.calls.length, 0)
  }))

  test('are refused by counting where they come in chunks', () => withFixture({ lingerMs: 50 }, async ({ port, node }) => {
    const client = new RawClient(port).send('POST /set HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MIB, 'x'), Buffer.from('\r\n')])
    client.send(chunk, chunk, chunk, chunk)
    await expectRefused(client, 413, 'body_too_large')
    expect.is(node.calls.length, 0)
  }))

  test('a client that never stops sending is cut off', () => withFixture({ lingerMs: 100 }, async ({ port }) => {
    const client = new RawClient(port).send('POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    const chunk = Buffer.concat([Buffer.from('1000\r\n'), Buffer.alloc(4096, 'x'), Buffer.from('\r\n')])
    const timer = setInterval(() => { client.send(chunk) }, 1)
    await expectRefused(client, 404, 'route_unknown')
    clearInterval(timer)
  }))

  test('one-byte chunks cost no more than their bytes', () => withFixture({}, async ({ port }) => {
    const size = 200_000
    const heapBefore = process.memoryUsage().heapUsed
    const client = new RawClient(port).send('POST /set HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    client.send('c\r\nkey=a&value=\r\n', '1\r\nx\r\n'.repeat(size), '0\r\n\r\n')
    expect.is((await client.answer()).status, 200)
    expect.ok(process.memoryUsage().heapUsed - heapBefore < 200 * MIB)
    client.send('GET /get?key=a HTTP/1.1\r\nHost: x\r\n\r\n')
    expect.is((await client.answer()).body.length, size)
    client.close()
  }))
})

suite('Expect: 100-continue', ({ test }) => {
  const expecting = (path: string, length: number): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`

  test('is told to go on where the body is wanted', () => withFixture({}, async ({ port }) => {
    const client = new RawClient(port).send(expecting('/set', 13))
    expect.is((await client.answer()).status, 100)
    client.send('key=a&value=b')
    expect.is((await client.answer()).status, 200)
    client.send(livez)
    expect.is((await client.answer()).status, 200)
    client.close()
  }))

  test('is refused at once where it is not, and the connection ends since the body may come or not', () => withFixture({ lingerMs: 50 }, async ({ port }) => {
    await expectRefused(new RawClient(port).send(expecting('/set', 4 * MIB)), 413, 'body_too_large')
    await expectRefused(new RawClient(port).send(expecting('/nowhere', 13)), 404, 'route_unknown')
    await expectRefused(new RawClient(port).send(expecting('/get', 13)), 405, 'method_not_allowed')
  }))
})

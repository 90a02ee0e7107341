import { AssertionError, type KvErrorDetail, describeKvError, outcomeByCode } from '../../src/base/index.js'
import { statusByCode } from '../../src/http/index.js'
import { expect, suite } from '../harness.js'
import { type Fixture, RawClient, errorOf, post, startFixture, withFixture } from './fixture.js'

/** One of each; a new code does not compile without its line. */
const details: { readonly [Code in KvErrorDetail['code']]: Extract<KvErrorDetail, { code: Code }> } = {
  bad_request: { code: 'bad_request', field: 'key', reason: 'is odd' },
  key_missing: { code: 'key_missing' },
  key_too_large: { code: 'key_too_large', sizeBytes: 2000, sizeBytesMax: 1024 },
  value_too_large: { code: 'value_too_large', sizeBytes: 2000000, sizeBytesMax: 1048576 },
  body_too_large: { code: 'body_too_large', sizeBytesMax: 4096 },
  unsupported_media_type: { code: 'unsupported_media_type', mediaType: 'text/plain', expected: 'a form' },
  route_unknown: { code: 'route_unknown', method: 'GET', path: '/x' },
  method_not_allowed: { code: 'method_not_allowed', method: 'PUT', allowed: ['GET', 'HEAD'] },
  not_implemented: { code: 'not_implemented', feature: 'ttl' },
  overloaded: { code: 'overloaded', reason: 'queue', retryAfterSeconds: 2.5 },
  no_quorum: { code: 'no_quorum', partition: 3, reason: 'no master' },
  not_ready: { code: 'not_ready', reason: 'no map' },
  stopping: { code: 'stopping' },
  write_unknown: { code: 'write_unknown', reason: 'the master changed' },
  read_timeout: { code: 'read_timeout', reason: 'deadline' },
  disk_full: { code: 'disk_full', reason: '1 byte is free' },
  member_unknown: { code: 'member_unknown', name: 'node9' },
  change_refused: { code: 'change_refused', reason: 'it is the last member' },
  change_unknown: { code: 'change_unknown', reason: 'no coordinator' },
  storage_failed: { code: 'storage_failed', reason: 'checksum' },
  internal: { code: 'internal', reason: 'a "bug" ä\r\n' }
}

suite('errors', ({ test, before, after, beforeEach }) => {
  let fixture: Fixture
  before(async () => { fixture = await startFixture() })
  after(() => fixture.server.stop(0))
  beforeEach(() => {
    fixture.node.mode = { kind: 'at-once' }
    fixture.node.calls.length = 0
  })

  const ask = async (method: string, path: string, init: RequestInit = {}): Promise<{ status: number, code: string, message: string, headers: Headers }> => {
    const response = await fetch(`${fixture.url}${path}`, { method, ...init })
    expect.is(response.headers.get('content-type'), 'application/json', path)
    return { status: response.status, headers: response.headers, ...errorOf(await response.text()) }
  }
  const formOf = (body: string): RequestInit => ({ body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })

  for (const detail of Object.values(details)) {
    test(`a node's ${detail.code} is ${statusByCode[detail.code]}, for a get, a set and a delete`, async () => {
      fixture.node.mode = { kind: 'fails', detail }
      for (const response of [
        await fetch(`${fixture.url}/get?key=a`),
        await fetch(`${fixture.url}/set`, { method: 'POST', ...formOf('key=a&value=b') }),
        await fetch(`${fixture.url}/delete?key=a`, { method: 'DELETE' })
      ]) {
        expect.is(response.status, statusByCode[detail.code])
        expect.is(response.headers.get('cache-control'), 'no-store')
        expect.equal(errorOf(await response.text()), {
          code: detail.code, message: describeKvError(detail), outcome: outcomeByCode[detail.code]
        })
        const retryAfter = response.headers.get('retry-after')
        if (response.status === 429) expect.is(retryAfter, '3')
        else if (response.status === 503) expect.match(retryAfter ?? '', /^[1-9]\d*$/)
        else expect.is(retryAfter, null)
        if (response.status === 405) expect.is(response.headers.get('allow'), 'GET, HEAD')
      }
    })
  }

  test('an unknown route is not a missing key', async () => {
    for (const path of ['/', '/nothing', '/set/', '/Set', '//set', '/v1', '/v1/kvx', '/v1/clusters', '/get/key', `/${'x'.repeat(8000)}`]) {
      const { status, code, message } = await ask('GET', path)
      expect.is(status, 404, path)
      expect.is(code, 'route_unknown', path)
      expect.ok(message.length < 200)
    }
    expect.is((await ask('GET', '/get?key=missing')).code, 'key_missing')
  })

  test('a wrong method is told the right ones', async () => {
    const table: Array<[string, string, string]> = [
      ['GET', '/set', 'POST'],
      ['PUT', '/set', 'POST'],
      ['DELETE', '/get?key=a', 'GET, HEAD'],
      ['POST', '/get?key=a', 'GET, HEAD'],
      ['GET', '/delete', 'POST, DELETE'],
      ['POST', '/status', 'GET, HEAD'],
      ['OPTIONS', '/v1/members', 'GET, HEAD'],
      ['PATCH', '/v1/partitions', 'GET, HEAD'],
      ['POST', '/livez', 'GET, HEAD'],
      ['DELETE', '/readyz', 'GET, HEAD']
    ]
    for (const [method, path, allow] of table) {
      const { status, code, headers } = await ask(method, path)
      expect.is(status, 405, path)
      expect.is(code, 'method_not_allowed', path)
      expect.is(headers.get('allow'), allow, path)
    }
    expect.equal(fixture.node.calls, [])
  })

  test('what is not built yet is 501 and named', async () => {
    const table: Array<[string, string, string]> = [
      ['GET', '/v1/kv', '/v1/kv'],
      ['GET', '/v1/kv?prefix=a', '/v1/kv'],
      ['PUT', '/v1/kv/a%2Fb', '/v1/kv'],
      ['DELETE', '/v1/kv/a/b', '/v1/kv'],
      ['POST', '/v1/batch', '/v1/batch'],
      ['GET', '/metrics', '/metrics'],
      ['POST', '/v1/cluster/scale', '/v1/cluster/scale'],
      ['POST', '/set?ttl=5', 'ttl']
    ]
    for (const [method, path, feature] of table) {
      const { status, code, message } = await ask(method, path)
      expect.is(status, 501, path)
      expect.is(code, 'not_implemented', path)
      expect.is(message, `${feature} is not implemented yet`)
    }
    expect.is((await ask('POST', '/set', formOf('key=a&value=b&ttl=5'))).status, 501)
    expect.is((await ask('POST', '/set', { body: '{"key":"a","value":"b","ttl":5}', headers: { 'content-type': 'application/json' } })).status, 501)
    expect.equal(fixture.node.calls, [])
  })

  test('what is wrong with a field is 400 and names it, and nothing reaches the node', async () => {
    const table: Array<[string, string, RequestInit, string]> = [
      ['GET', '/get', {}, 'key'],
      ['GET', '/get?', {}, 'key'],
      ['GET', '/get?key=', {}, 'key'],
      ['GET', '/get?key', {}, 'key'],
      ['GET', '/get?key=%FF', {}, 'key'],
      ['GET', '/get?key=%ZZ', {}, 'key'],
      ['GET', '/get?key=a&key=b', {}, 'key'],
      ['GET', '/get?key=a&timeout=0', {}, 'timeout'],
      ['GET', '/get?key=a&timeout=60001', {}, 'timeout'],
      ['GET', '/get?key=a&consistency=strong', {}, 'consistency'],
      ['GET', '/get?key=a&consistancy=local', {}, 'consistancy'],
      ['GET', '/get?key=a&ttl=5', {}, 'ttl'],
      ['POST', '/set', {}, 'key'],
      ['POST', '/set', formOf('value=b'), 'key'],
      ['POST', '/set', formOf('key=a'), 'value'],
      ['POST', '/set', formOf('key=&value=b'), 'key'],
      ['POST', '/set', formOf('key=%C0%80&value=b'), 'key'],
      ['POST', '/set', formOf('key=a&value=%4'), 'value'],
      ['POST', '/set', formOf('key=a&value=b&value=c'), 'value'],
      ['POST', '/set', formOf('key=a&value=b&tll=5'), 'tll'],
      ['POST', '/set?timeout=x', formOf('key=a&value=b'), 'timeout'],
      ['POST', '/set?key=a&value=b', formOf('key=a&value=b'), 'key'],
      ['POST', '/set?consistency=local', formOf('key=a&value=b'), 'consistency'],
      ['POST', '/delete', formOf('key=a&value=b'), 'value'],
      ['POST', '/delete', {}, 'key'],
      ['DELETE', '/delete', {}, 'key'],
      ['DELETE', '/delete?key=%', {}, 'key'],
      ['DELETE', '/delete?key=a&timeout=1.5', {}, 'timeout']
    ]
    for (const [method, path, init, field] of table) {
      const { status, code, message } = await ask(method, path, init)
      const name = `${method} ${path} ${String(init.body)}: ${message}`
      expect.is(status, 400, name)
      expect.is(code, 'bad_request', name)
      expect.ok(message.startsWith(`${field}: `), name)
    }
    expect.equal(fixture.node.calls, [])
  })

  test('keys beyond 1024 bytes are 413 with the limit, everywhere', async () => {
    const key = 'k'.repeat(1025)
    for (const [method, path, init] of [
      ['GET', `/get?key=${key}`, {}],
      ['DELETE', `/delete?key=${key}`, {}],
      ['POST', '/delete', formOf(`key=${key}`)],
      ['POST', '/set', formOf(`value=&key=${key}`)]
    ] as const) {
      const { status, code, message } = await ask(method, path, init)
      expect.is(status, 413, path)
      expect.is(code, 'key_too_large')
      expect.match(message, '1024')
    }
    expect.is((await fetch(`${fixture.url}/set`, { method: 'POST', ...formOf(`value=&key=${'k'.repeat(1024)}`) })).status, 200)
  })

  test('other content types are 415', async () => {
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/json; charset=latin1']) {
      const { status, message } = await ask('POST', '/set', { body: 'key=a&value=b', headers: { 'content-type': type } })
      expect.is(status, 415)
      expect.match(message, 'application/json')
    }
    expect.is((await ask('POST', '/delete', { body: 'x', headers: { 'content-encoding': 'gzip' } })).status, 415)
  })

  test('a connection goes on after an error', async () => {
    const client = new RawClient(fixture.port)
    for (const [request, status] of [
      [post('/set', 'key=%ZZ&value=1'), 400],
      [post('/set', 'key=a&value=1', { 'Content-Type': 'text/plain' }), 415],
      [post('/nowhere', 'key=a&value=1'), 404],
      [post('/get?key=a', 'key=a&value=1'), 405],
      [post('/metrics', 'x'), 501],
      [post('/set', `key=a&value=${'x'.repeat(1024 * 1024 + 1)}`), 413],
      ['GET /get?key=%ZZ HTTP/1.1\r\nHost: x\r\n\r\n', 400],
      ['GET /get?key=zz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody', 404],
      [post('/set', 'key=a&value=1'), 200]
    ] as const) {
      client.send(request)
      const answer = await client.answer()
      expect.is(answer.status, status)
      expect.is(answer.headers.get('connection'), 'keep-alive')
    }
    client.close()
  })

  test('what the node throws is 500, logged, and the next request is served', async () => {
    fixture.node.mode = { kind: 'throws', error: new Error('secret inner state') }
    for (const [method, path, init] of [['GET', '/get?key=a', {}], ['POST', '/set', formOf('key=a&value=b')]] as const) {
      const { status, code, message } = await ask(method, path, init)
      expect.is(status, 500)
      expect.is(code, 'internal')
      expect.not.match(message, 'secret')
    }
    const lines = fixture.log.filter((line) => line.level === 'error')
    expect.is(lines.length, 2)
    expect.match(String(lines[0]?.fields?.['error']), 'secret inner state')
    fixture.node.mode = { kind: 'at-once' }
    expect.is((await fetch(`${fixture.url}/set`, { method: 'POST', ...formOf('key=a&value=b') })).status, 200)
  })

  test('a second answer to one request is not sent', () => withFixture({}, async ({ port, node }) => {
    node.mode = { kind: 'twice' }
    const client = new RawClient(port).send(post('/set', 'key=a&value=b'), post('/set', 'key=c&value=d'))
    for (const key of ['a', 'c']) expect.match((await client.answer()).body.toString(), `"key":"${key}"`)
    client.send('GET /get?key=z HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')
    expect.is((await client.answer()).status, 404)
    expect.match((await client.answer()).body.toString(), 'live')
    client.close()
  }))

  test('a broken assertion is answered with 500 and then stops the process', () => withFixture({}, async ({ url, node }) => {
    const broken = new AssertionError('two masters')
    const uncaught = new Promise((resolve) => { process.once('uncaughtException', resolve) })
    node.mode = { kind: 'throws', error: broken }
    expect.is((await fetch(`${url}/get?key=a`)).status, 500)
    expect.is(await uncaught, broken)
  }))
})

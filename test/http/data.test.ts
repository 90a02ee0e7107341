import { expect, suite } from '../harness.js'
import { type Fixture, RawClient, errorOf, post, startFixture } from './fixture.js'

suite('set, get and delete', ({ test, before, after, beforeEach }) => {
  let fixture: Fixture
  before(async () => { fixture = await startFixture() })
  after(() => fixture.server.stop(0))
  beforeEach(() => { fixture.node.mode = { kind: 'at-once' } })

  const set = (body: BodyInit, headers: Record<string, string> = {}, query = ''): Promise<Response> =>
    fetch(`${fixture.url}/set${query}`, { method: 'POST', body, headers })
  const form = (key: string, value: string): Promise<Response> => set(new URLSearchParams({ key, value }))
  const get = (query: string, headers: Record<string, string> = {}): Promise<Response> => fetch(`${fixture.url}/get?${query}`, { headers })
  const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer())

  test('a set answers the key as given and its revision, a get the bytes', async () => {
    for (const kind of ['at-once', 'later'] as const) {
      fixture.node.mode = { kind }
      const key = `ä "q" \\ ${kind}`
      const answer = await form(key, 'x + y & z')
      expect.is(answer.status, 200)
      expect.is(answer.headers.get('content-type'), 'application/json')
      const { key: given, revision } = await answer.json() as { key: string, revision: number }
      expect.is(given, key)
      const read = await get(new URLSearchParams({ key }).toString())
      expect.is(read.status, 200)
      expect.is(read.headers.get('content-type'), 'application/octet-stream')
      expect.is(read.headers.get('x-content-type-options'), 'nosniff')
      expect.is(read.headers.get('etag'), `"${revision}"`)
      expect.is(read.headers.get('cache-control'), 'no-store')
      expect.is(read.headers.get('x-max-age-ms'), null)
      expect.is(await read.text(), 'x + y & z')
    }
  })

  test('every byte goes through a form and back', async () => {
    const value = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    const escaped = Array.from(value, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
    await set(`key=bytes&value=${escaped}`, { 'content-type': 'application/x-www-form-urlencoded' })
    expect.equal(await bytesOf(await get('key=bytes')), value)
    const raw = value.filter((byte) => byte !== 0x25 && byte !== 0x26 && byte !== 0x2b)
    await set(Buffer.concat([Buffer.from('key=bytes&value='), raw]), { 'content-type': 'application/x-www-form-urlencoded' })
    expect.equal(await bytesOf(await get('key=bytes')), Buffer.from(raw))
  })

  test('an empty value is stored and is not a missing one', async () => {
    expect.is((await form('empty', '')).status, 200)
    const read = await get('key=empty')
    expect.is(read.status, 200)
    expect.is(read.headers.get('content-length'), '0')
    expect.is((await get('key=absent')).status, 404)
  })

  test('a body without a content type is a form', async () => {
    const answer = await set(Buffer.from('key=bare&value=1'))
    expect.is(answer.status, 200)
  })

  test('a value of 1 MiB fits, fully escaped too, and one byte more does not', async () => {
    const largest = 1024 * 1024
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const key = '%6b'.repeat(1024)
    expect.is((await set(`key=${key}&value=${'%FF'.repeat(largest)}`, type)).status, 200)
    const read = await bytesOf(await get(`key=${key}`))
    expect.is(read.length, largest)
    expect.ok(read.equals(Buffer.alloc(largest, 0xff)))
    expect.is((await set(`key=raw&value=${'x'.repeat(largest)}`, type)).status, 200)
    const json = JSON.stringify({ key: 'json', value: '\u0000'.repeat(largest) })
    expect.is((await set(json, { 'content-type': 'application/json' })).status, 200)
    const tooLarge = await set(`key=raw&value=${'x'.repeat(largest + 1)}`, type)
    expect.is(tooLarge.status, 413)
    const error = errorOf(await tooLarge.text())
    expect.is(error.code, 'value_too_large')
    expect.match(error.message, '1048576')
  })

  test('JSON sets text and base64, and reads say which it is', async () => {
    const json = { 'content-type': 'application/json; charset=utf-8' }
    expect.is((await set(JSON.stringify({ key: 'j', value: 'täxt' }), json)).status, 200)
    const text = await get('key=j', { accept: 'application/json' })
    expect.is(text.headers.get('content-type'), 'application/json')
    expect.match(text.headers.get('etag') ?? '', /^"\d+"$/)
    const { revision, ...rest } = await text.json() as Record<string, unknown>
    expect.type(revision, 'number')
    expect.equal(rest, { key: 'j', value: 'täxt' })
    expect.is((await set(JSON.stringify({ key: 'j', value: '/wA=', encoding: 'base64' }), json)).status, 200)
    expect.equal(await bytesOf(await get('key=j')), Buffer.from([0xff, 0]))
    const { revision: _, ...binary } = await (await get('key=j', { accept: 'application/json' })).json() as Record<string, unknown>
    expect.equal(binary, { key: 'j', value: '/wA=', encoding: 'base64' })
  })

  test('a local read says how old it may be, and only a local one', async () => {
    await form('local', '1')
    const read = await get('key=local&consistency=local')
    expect.is(read.headers.get('x-max-age-ms'), '17')
    const missing = await get('key=missing&consistency=local')
    expect.equal([missing.status, missing.headers.get('x-max-age-ms')], [404, '17'])
    expect.is((await get('key=local&consistency=linearizable')).headers.get('x-max-age-ms'), null)
  })

  test('a delete says whether there was something', async () => {
    await form('d', '1')
    const byForm = await fetch(`${fixture.url}/delete`, { method: 'POST', body: new URLSearchParams({ key: 'd' }) })
    const { deleted, revision } = await byForm.json() as { deleted: boolean, revision: number }
    expect.is(deleted, true)
    expect.type(revision, 'number')
    const byQuery = await fetch(`${fixture.url}/delete?key=d`, { method: 'DELETE' })
    expect.is((await byQuery.json() as { deleted: boolean }).deleted, false)
    await form('d', '1')
    const byJson = await fetch(`${fixture.url}/delete`, { method: 'POST', body: '{"key":"d"}', headers: { 'content-type': 'application/json' } })
    expect.is((await byJson.json() as { deleted: boolean }).deleted, true)
  })

  test('a timeout and a consistency reach the node, with their defaults', async () => {
    const { calls } = fixture.node
    calls.length = 0
    await get('key=o')
    await get('key=o&timeout=250&consistency=local')
    await set(new URLSearchParams({ key: 'o', value: '' }))
    await set(new URLSearchParams({ key: 'o', value: '' }), {}, '?timeout=60000')
    await fetch(`${fixture.url}/delete?key=o&timeout=1`, { method: 'DELETE' })
    await fetch(`${fixture.url}/delete?timeout=2`, { method: 'POST', body: new URLSearchParams({ key: 'o' }) })
    expect.equal(calls, [
      { kind: 'get', key: 'o', consistency: 'linearizable', timeoutMs: 5000 },
      { kind: 'get', key: 'o', consistency: 'local', timeoutMs: 250 },
      { kind: 'set', key: 'o', value: Buffer.alloc(0), timeoutMs: 5000 },
      { kind: 'set', key: 'o', value: Buffer.alloc(0), timeoutMs: 60_000 },
      { kind: 'delete', key: 'o', timeoutMs: 1 },
      { kind: 'delete', key: 'o', timeoutMs: 2 }
    ])
  })

  test('a HEAD has the headers of a GET and no body', async () => {
    await form('head', 'x'.repeat(100_000))
    const client = new RawClient(fixture.port)
    client.send('HEAD /get?key=head HTTP/1.1\r\nHost: x\r\n\r\nGET /get?key=head HTTP/1.1\r\nHost: x\r\n\r\n')
    const head = await client.answer({ head: true })
    expect.is(head.status, 200)
    expect.is(head.headers.get('content-length'), '100000')
    const read = await client.answer()
    expect.is(read.body.length, 100_000)
    expect.is(read.headers.get('etag'), head.headers.get('etag'))
    client.send('HEAD /get?key=nothing HTTP/1.1\r\nHost: x\r\n\r\nHEAD /livez HTTP/1.1\r\nHost: x\r\n\r\n')
    expect.is((await client.answer({ head: true })).status, 404)
    expect.is((await client.answer({ head: true })).status, 200)
    client.close()
  })

  test('a body in many small pieces is put together', async () => {
    const client = new RawClient(fixture.port)
    const bytes = post('/set', 'key=pieces&value=0123456789')
    for (const byte of bytes) {
      client.send(Buffer.from([byte]))
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    expect.is((await client.answer()).status, 200)
    const chunks = [...'key=chunks&value=abc'].map((character) => `1\r\n${character}\r\n`).join('')
    client.send(`POST /set HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`)
    expect.is((await client.answer()).status, 200)
    expect.is(await (await get('key=pieces')).text(), '0123456789')
    expect.is(await (await get('key=chunks')).text(), 'abc')
    client.close()
  })

  test('requests sent ahead are answered in their order', async () => {
    fixture.node.mode = { kind: 'later' }
    await form('p', '0')
    const client = new RawClient(fixture.port)
    client.send(post('/set', 'key=p&value=1'), 'GET /get?key=p HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')
    expect.match((await client.answer()).body.toString(), '"key":"p"')
    expect.is((await client.answer()).headers.get('content-type'), 'application/octet-stream')
    expect.match((await client.answer()).body.toString(), 'live')
    client.close()
  })

  test('a request target in absolute form is understood', async () => {
    const client = new RawClient(fixture.port)
    client.send('GET http://somewhere:80/livez HTTP/1.1\r\nHost: somewhere\r\n\r\n')
    expect.is((await client.answer()).status, 200)
    client.close()
  })

  test('an HTTP/1.0 client without Host is served', async () => {
    const client = new RawClient(fixture.port)
    client.send('GET /livez HTTP/1.0\r\n\r\n')
    expect.is((await client.answer()).status, 200)
    await client.closed
  })
})

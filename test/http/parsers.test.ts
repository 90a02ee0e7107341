import { type KvErrorCode, outcomeByCode } from '../../src/base/index.js'
import { checkConsistency, checkKey, checkTimeout, checkValue } from '../../src/http/fields.js'
import { statusByCode } from '../../src/http/index.js'
import { parseJsonDelete, parseJsonSet } from '../../src/http/json-body.js'
import { bodyFormat, wantsJson } from '../../src/http/media.js'
import { Refusal } from '../../src/http/refusal.js'
import { expect, suite } from '../harness.js'

function refusal (result: unknown): Record<string, unknown> {
  if (!(result instanceof Refusal)) throw new Error(`accepted: ${JSON.stringify(result)}`)
  return { ...result.detail }
}

function setOf (body: string): { key: string, value: string } {
  const result = parseJsonSet(Buffer.from(body))
  if (result instanceof Refusal) throw new Error(JSON.stringify(result.detail))
  return { key: result.key.toString(), value: result.value.toString('latin1') }
}

suite('content types', ({ test }) => {
  test('forms and JSON are told apart, in any case and with a UTF-8 charset', () => {
    const table: Array<[string | undefined, 'form' | 'json']> = [
      [undefined, 'form'],
      ['', 'form'],
      ['application/x-www-form-urlencoded', 'form'],
      ['Application/X-WWW-Form-Urlencoded; charset=UTF-8', 'form'],
      ['application/x-www-form-urlencoded;charset="utf-8"', 'form'],
      ['application/json', 'json'],
      ['application/JSON ; charset=utf-8', 'json'],
      ['application/json; profile=x', 'json']
    ]
    for (const [contentType, format] of table) expect.is(bodyFormat(contentType, undefined), format, String(contentType))
    expect.is(bodyFormat(undefined, 'identity'), 'form')
  })

  test('other types, other charsets and compressed bodies are refused', () => {
    for (const contentType of ['text/plain', 'multipart/form-data; boundary=x', 'application/jsonx', 'application/json; charset=latin1']) {
      expect.is(refusal(bodyFormat(contentType, undefined))['code'], 'unsupported_media_type', contentType)
    }
    expect.is(refusal(bodyFormat('application/json', 'gzip'))['code'], 'unsupported_media_type')
  })

  test('JSON is answered only where it is asked for by name', () => {
    const table: Array<[string | undefined, boolean]> = [
      [undefined, false],
      ['*/*', false],
      ['application/json', true],
      ['Application/Json; charset=utf-8', true],
      ['application/json, text/plain, */*', true],
      ['text/html,application/xhtml+xml,*/*;q=0.8', false],
      ['application/json;q=0', false],
      ['application/json;q=0.5, application/octet-stream', false],
      ['application/octet-stream;q=0.5, application/json;q=0.9', true],
      ['application/octet-stream', false],
      ['application/json-seq', false],
      [',;,q=1', false]
    ]
    for (const [accept, json] of table) expect.is(wantsJson(accept), json, String(accept))
  })
})

suite('fields', ({ test }) => {
  test('a key has 1 to 1024 bytes of UTF-8', () => {
    expect.instance(checkKey(Buffer.alloc(1024, 'k')), Buffer)
    expect.instance(checkKey(Buffer.from('\u0000')), Buffer)
    expect.is(refusal(checkKey(undefined))['reason'], 'is absent')
    expect.is(refusal(checkKey(Buffer.alloc(0)))['reason'], 'is empty')
    expect.equal(refusal(checkKey(Buffer.alloc(1025, 'k'))), { code: 'key_too_large', sizeBytes: 1025, sizeBytesMax: 1024 })
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xc3], [0xf4, 0x90, 0x80, 0x80]]) {
      expect.is(refusal(checkKey(Buffer.from(bytes)))['reason'], 'is not UTF-8')
    }
  })

  test('a value has 0 to 1 MiB of anything', () => {
    expect.instance(checkValue(Buffer.alloc(0)), Buffer)
    expect.instance(checkValue(Buffer.alloc(1024 * 1024, 0xff)), Buffer)
    expect.is(refusal(checkValue(undefined))['field'], 'value')
    expect.equal(refusal(checkValue(Buffer.alloc(1024 * 1024 + 1))), { code: 'value_too_large', sizeBytes: 1048577, sizeBytesMax: 1048576 })
  })

  test('a timeout is a whole number of milliseconds from 1 to 60000', () => {
    expect.is(checkTimeout(undefined, 4321), 4321)
    expect.is(checkTimeout(Buffer.from('1'), 5000), 1)
    expect.is(checkTimeout(Buffer.from('60000'), 5000), 60_000)
    for (const text of ['', '0', '60001', '99999', '100000', '-1', '1.5', '1e3', ' 5', '0x10', '５', 'abc', '5000x', '1'.repeat(40)]) {
      expect.is(refusal(checkTimeout(Buffer.from(text), 5000))['field'], 'timeout', text)
    }
  })

  test('a consistency is one of two words', () => {
    expect.is(checkConsistency(undefined), 'linearizable')
    expect.is(checkConsistency(Buffer.from('linearizable')), 'linearizable')
    expect.is(checkConsistency(Buffer.from('local')), 'local')
    for (const text of ['', 'Local', 'eventual', 'linearizable '.repeat(3)]) {
      expect.is(refusal(checkConsistency(Buffer.from(text)))['field'], 'consistency', text)
    }
  })
})

suite('JSON bodies', ({ test }) => {
  test('key and value are text, or the value is base64', () => {
    expect.equal(setOf('{"key":"a","value":""}'), { key: 'a', value: '' })
    expect.equal(setOf(' {"value":"\\u0000 \\n","key":"\\u00e4"}\n'), { key: 'ä', value: '\u0000 \n' })
    expect.equal(setOf('{"key":"a","value":"/wA=","encoding":"base64"}'), { key: 'a', value: '\u00ff\u0000' })
    expect.equal(setOf('{"key":"a","value":"","encoding":"base64"}'), { key: 'a', value: '' })
    expect.equal(parseJsonDelete(Buffer.from('{"key":"a"}')), Buffer.from('a'))
  })

  test('what is wrong is refused with its field', () => {
    const table: Array<[string, string]> = [
      ['', 'body'], ['{', 'body'], ['nope', 'body'], ['[]', 'body'], ['null', 'body'], ['"x"', 'body'], ['1', 'body'],
      ['{"key":"a","value":"b"}x', 'body'], ['\ufeff{"key":"a","value":"b"}', 'body'],
      ['{"value":"b"}', 'key'], ['{"key":"","value":"b"}', 'key'], ['{"key":1,"value":"b"}', 'key'],
      ['{"key":null,"value":"b"}', 'key'], ['{"key":"\\ud800","value":"b"}', 'key'],
      ['{"key":"a"}', 'value'], ['{"key":"a","value":1}', 'value'], ['{"key":"a","value":null}', 'value'],
      ['{"key":"a","value":{}}', 'value'], ['{"key":"a","value":"\\udfff"}', 'value'],
      ['{"key":"a","value":"b","Ttl":5}', 'Ttl'], ['{"key":"a","value":"b","__proto__":{}}', '__proto__'],
      ['{"key":"a","value":"b","encoding":"hex"}', 'encoding'], ['{"key":"a","value":"b","encoding":null}', 'encoding']
    ]
    for (const base64 of ['a', 'YQ', 'YR==', 'Y Q==', 'YQ==\\n', '-_-_', 'YQ=', '====', '\\u0100']) {
      table.push([`{"key":"a","value":"${base64}","encoding":"base64"}`, 'value'])
    }
    for (const [body, field] of table) {
      const detail = refusal(parseJsonSet(Buffer.from(body)))
      expect.is(detail['code'], 'bad_request', body)
      expect.is(detail['field'], field, body)
    }
    expect.is(refusal(parseJsonSet(Buffer.from([0x7b, 0xff, 0x7d])))['field'], 'body')
    expect.is(refusal(parseJsonDelete(Buffer.from('{"key":"a","value":"b"}')))['field'], 'value')
  })

  test('a ttl is not silently dropped, whatever it holds', () => {
    for (const ttl of ['5', '"5"', 'null', '{}']) {
      expect.equal(refusal(parseJsonSet(Buffer.from(`{"key":"a","value":"b","ttl":${ttl}}`))), { code: 'not_implemented', feature: 'ttl' })
    }
  })

  test('quotes and backslashes in strings do not end them', () => {
    const nested = JSON.stringify({ list: ['"', '\\', '\\"', '\\\\'], more: '{}[]'.repeat(1000) })
    expect.equal(setOf(JSON.stringify({ key: '\\"\\\\', value: nested })), { key: '\\"\\\\', value: nested })
    const long = `"${'x'.repeat(5000)}"${'\\\\'.repeat(5000)}"`
    expect.is(setOf(JSON.stringify({ key: 'a', value: long })).value, long)
    expect.is(refusal(parseJsonSet(Buffer.from('{"key":"a\\"')))['field'], 'body')
  })

  test('megabytes of brackets, fields, strings or escapes are refused or read in a moment', () => {
    const size = 6 * 1024 * 1024
    const fields = Array.from({ length: 400_000 }, (_, index) => `"f${index}":0`).join()
    const bodies = ['['.repeat(size), '{"a":'.repeat(size / 5), `{${fields}}`, '"'.repeat(size), `"${'\\"'.repeat(size / 2)}`,
      `{"key":"${'\\'.repeat(size)}`, ' '.repeat(size), `{"key":[${'1,'.repeat(size / 2)}1]}`]
    for (const body of bodies) {
      const bytes = Buffer.from(body)
      const start = process.cpuUsage()
      expect.is(refusal(parseJsonSet(bytes))['field'], 'body')
      const tookMs = process.cpuUsage(start).user / 1000
      expect.ok(tookMs < 1000, `${body.slice(0, 10)}… took ${tookMs} ms`)
    }
  })
})

suite('error statuses', ({ test }) => {
  test('every code has the status of the contract', () => {
    const expected: Record<KvErrorCode, number> = {
      bad_request: 400,
      key_missing: 404,
      route_unknown: 404,
      method_not_allowed: 405,
      key_too_large: 413,
      value_too_large: 413,
      body_too_large: 413,
      unsupported_media_type: 415,
      overloaded: 429,
      internal: 500,
      not_implemented: 501,
      no_quorum: 503,
      not_ready: 503,
      stopping: 503,
      storage_failed: 503,
      write_unknown: 504,
      read_timeout: 504,
      disk_full: 507,
      member_unknown: 404,
      change_refused: 409,
      change_unknown: 504
    }
    expect.equal({ ...statusByCode }, expected)
    expect.equal(Object.keys(statusByCode).sort(), Object.keys(outcomeByCode).sort())
  })
})

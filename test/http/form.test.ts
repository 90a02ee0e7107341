import fc from 'fast-check'
import { formFields, parseForm } from '../../src/http/form.js'
import { Refusal } from '../../src/http/refusal.js'
import { expect, suite } from '../harness.js'

const fields = formFields('key', 'value', 'ttl')
const SEED = 20261101

/** Encodes bytes as a form value; `choose` says for each byte whether it is escaped though it need not be. */
function encode (bytes: Uint8Array, choose: (at: number) => number): Buffer {
  const parts: number[] = []
  bytes.forEach((byte, at) => {
    const choice = choose(at)
    const mustEscape = byte === 0x25 || byte === 0x2b || byte === 0x26 || (byte === 0x3d && choice === 3)
    if (byte === 0x20 && choice !== 1) {
      parts.push(0x2b)
    } else if (mustEscape || choice === 1 || choice === 2) {
      const hex = byte.toString(16).padStart(2, '0')
      parts.push(0x25, ...Buffer.from(choice === 1 ? hex.toUpperCase() : hex))
    } else {
      parts.push(byte)
    }
  })
  return Buffer.from(parts)
}

function parsed (form: string | Buffer): Array<string | undefined> {
  const values = parseForm(Buffer.from(form), fields)
  if (values instanceof Refusal) throw new Error(`refused: ${JSON.stringify(values.detail)}`)
  return values.map((value) => value?.toString('latin1'))
}

function refused (form: string | Buffer): { field: string, reason: string } {
  const refusal = parseForm(Buffer.from(form), fields)
  if (!(refusal instanceof Refusal) || refusal.detail.code !== 'bad_request') throw new Error(`not refused: ${form.toString('latin1')}`)
  return refusal.detail
}

suite('form parser', ({ test }) => {
  test('any bytes come back as they were encoded', () => {
    const arbitrary = fc.tuple(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(3), { minLength: 1, maxLength: 50 }))
    fc.assert(fc.property(arbitrary, ([key, value, choices]) => {
      const choose = (at: number): number => choices[at % choices.length] as number
      const form = Buffer.concat([Buffer.from('value='), encode(value, choose), Buffer.from('&key='), encode(key, choose)])
      const values = parseForm(form, fields)
      if (values instanceof Refusal) throw new Error(JSON.stringify(values.detail))
      expect.equal(values[0]?.toString('hex'), Buffer.from(key).toString('hex'))
      expect.equal(values[1]?.toString('hex'), Buffer.from(value).toString('hex'))
    }), { seed: SEED, numRuns: 400 })
  })

  test('text encoded by URLSearchParams comes back as the same text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((value) => value.isWellFormed())
    fc.assert(fc.property(text, text, (key, value) => {
      const values = parseForm(Buffer.from(new URLSearchParams({ key, value }).toString()), fields)
      if (values instanceof Refusal) throw new Error(JSON.stringify(values.detail))
      expect.equal(values.map((bytes) => bytes?.toString()), [key, value, undefined])
    }), { seed: SEED, numRuns: 200 })
  })

  test('whatever is accepted URLSearchParams reads alike, and hostile bytes never throw', () => {
    const piece = fc.constantFrom('key', 'value', 'ttl', '=', '=', '&', '%', '%4', '%41', '%zz', '%C3%A9', '+', 'a', 'é', '\u0000', ' ', 'k%65y')
    fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const form = pieces.join('')
      const values = parseForm(Buffer.from(form), fields)
      if (values instanceof Refusal) return
      const oracle = new URLSearchParams(form)
      const expected = fields.names.map((name) => oracle.get(name) ?? undefined)
      expect.equal(values.map((bytes) => bytes?.toString()), expected, form)
    }), { seed: SEED, numRuns: 1500 })
  })

  test('an empty value is there, an absent one is not', () => {
    expect.equal(parsed('key=a&value='), ['a', '', undefined])
    expect.equal(parsed('key=a'), ['a', undefined, undefined])
    expect.equal(parsed(''), [undefined, undefined, undefined])
  })

  test('the first = of a pair separates, further ones belong to the value', () => {
    expect.equal(parsed('value=a=b==&key=='), ['=', 'a=b==', undefined])
  })

  test('empty pairs are skipped', () => {
    expect.equal(parsed('&&key=a&&value=b&'), ['a', 'b', undefined])
  })

  test('a field name may be escaped too', () => {
    expect.equal(parsed('%6Bey=a&v%61lue=b'), ['a', 'b', undefined])
  })

  test('a semicolon, a NUL and a byte order mark are bytes like any other', () => {
    expect.equal(parsed(Buffer.from('key=\ufeffa;b\u0000')), [Buffer.from('\ufeffa;b\u0000').toString('latin1'), undefined, undefined])
  })

  test('a malformed escape is refused wherever it stands', () => {
    for (const escape of ['%', '%4', '%ZZ', '%4g', '%g4', '%%41', '% 41', '%+1', '%\u00e9']) {
      for (const form of [`key=${escape}`, `value=ab${escape}&key=a`, `key=${escape}&value=b`, `key=%41${escape}`, `${escape}=a`]) {
        expect.match(refused(form).reason, 'malformed escape')
      }
    }
    expect.equal(refused('key=ab%ZZc'), { code: 'bad_request', field: 'key', reason: 'malformed escape "%ZZ" at byte 2' })
  })

  test('a field that comes twice is refused, under an escaped name too', () => {
    expect.equal(refused('key=a&key=a'), { code: 'bad_request', field: 'key', reason: 'comes twice' })
    expect.is(refused('value=&k%65y=a&key=').field, 'key')
    expect.is(refused('value=&value=').field, 'value')
  })

  test('an unknown field is refused by name, so that a typo is not lost', () => {
    expect.is(refused('key=a&value=b&tll=5').field, 'tll')
    expect.is(refused('Key=a').field, 'Key')
    expect.is(refused('=a').field, '')
    expect.match(refused('key=a&keyy=b').reason, 'key, value, ttl')
  })

  test('a pair without = is refused', () => {
    expect.equal(refused('value&key=a'), { code: 'bad_request', field: 'value', reason: 'has no "="' })
    expect.equal(refused('key=a&value'), { code: 'bad_request', field: 'value', reason: 'has no "="' })
  })

  test('a long name is cut short in the message', () => {
    expect.ok(refused(`${'x'.repeat(100_000)}=1`).field.length < 100)
    expect.ok(refused('x'.repeat(100_000)).field.length < 100)
  })

  test('a value without escapes is a view of the form, an escaped one keeps no more than itself', () => {
    const form = Buffer.from(`key=a%62&value=${'v'.repeat(10_000)}`)
    const values = parseForm(form, fields)
    if (values instanceof Refusal) throw new Error('refused')
    expect.is(values[1]?.buffer, form.buffer)
    expect.is(values[1]?.byteOffset, form.byteOffset + form.indexOf('v', 8) + 6)
    const escaped = parseForm(Buffer.from(`value=${'%41'.repeat(100_000)}`), fields)
    if (escaped instanceof Refusal) throw new Error('refused')
    expect.is(escaped[1]?.buffer.byteLength, 100_000)
  })

  test('megabytes without a separator, of separators or of escapes take no more than linear time', () => {
    const size = 999_999
    const start = process.cpuUsage()
    parseForm(Buffer.alloc(size, '&'), fields)
    parseForm(Buffer.alloc(size, 'a&'), fields)
    parseForm(Buffer.alloc(size, '='), fields)
    parseForm(Buffer.alloc(size, '%'), fields)
    parseForm(Buffer.from(`value=${'%41'.repeat(size / 3)}`), fields)
    parseForm(Buffer.alloc(size, '+'), fields)
    expect.ok(process.cpuUsage(start).user < 3_000_000)
  })
})

import { Refusal, badRequest } from './refusal.js'

/**
 * `application/x-www-form-urlencoded` to bytes (WHATWG URL standard, "application/x-www-form-urlencoded parsing",
 * without its decoding to text and without its leniency): `+` is a space, `%XX` a byte, any other byte is itself. A
 * malformed escape, a name that is not asked for, one that comes twice and a pair without `=` are refused; empty
 * pairs (`a=1&&b=2&`) are skipped.
 */

const AMPERSAND = 0x26
const EQUALS = 0x3d
const PERCENT = 0x25
const PLUS = 0x2b
const SPACE = 0x20

const NO_DIGIT = 0xff

/** The value of each byte as a hex digit. */
const hexDigits = new Uint8Array(256).fill(NO_DIGIT)
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16)
  hexDigits[text.charCodeAt(0)] = digit
  hexDigits[text.toUpperCase().charCodeAt(0)] = digit
}

/** The fields a form may have. */
export interface FormFields {
  readonly names: readonly string[]
  readonly nameBytes: readonly Buffer[]
}

export function formFields (...names: string[]): FormFields {
  return { names, nameBytes: names.map((name) => Buffer.from(name)) }
}

/**
 * The value of each of `fields`, by position; undefined where it is absent. Values without escapes are views of
 * `form`. Linear in the size of `form`.
 */
export function parseForm (form: Buffer, fields: FormFields): Array<Buffer | undefined> | Refusal {
  const values: Array<Buffer | undefined> = []
  for (let index = 0; index < fields.names.length; index++) values.push(undefined)
  let end = 0
  for (let start = 0; start < form.length; start = end + 1) {
    end = form.indexOf(AMPERSAND, start)
    if (end < 0) end = form.length
    if (end === start) continue
    const equals = form.indexOf(EQUALS, start)
    if (equals < 0 || equals >= end) return badRequest(form.toString('utf8', start, Math.min(end, start + 256)), 'has no "="')
    const index = findField(form, start, equals, fields)
    if (index instanceof Refusal) return index
    const name = fields.names[index] as string
    if (values[index] !== undefined) return badRequest(name, 'comes twice')
    const value = unescapeForm(form.subarray(equals + 1, end), name)
    if (value instanceof Refusal) return value
    values[index] = value
  }
  return values
}

function findField (form: Buffer, start: number, end: number, fields: FormFields): number | Refusal {
  const plain = indexOfName(form, start, end, fields)
  if (plain >= 0) return plain
  const decoded = unescapeForm(form.subarray(start, end), 'field name')
  if (decoded instanceof Refusal) return decoded
  const index = indexOfName(decoded, 0, decoded.length, fields)
  if (index >= 0) return index
  return badRequest(decoded.toString('utf8', 0, 256), `is not a field of this request; known here: ${fields.names.join(', ')}`)
}

function indexOfName (bytes: Buffer, start: number, end: number, fields: FormFields): number {
  for (let index = 0; index < fields.nameBytes.length; index++) {
    if (isAt(bytes, start, end, fields.nameBytes[index] as Buffer)) return index
  }
  return -1
}

function isAt (bytes: Buffer, start: number, end: number, name: Buffer): boolean {
  if (end - start !== name.length) return false
  for (let at = 0; at < name.length; at++) if (bytes[start + at] !== name[at]) return false
  return true
}

/** Bytes of one escaped name or value: `raw` itself where nothing is escaped, otherwise a buffer of its own. */
export function unescapeForm (raw: Buffer, field: string): Buffer | Refusal {
  const firstPercent = raw.indexOf(PERCENT)
  if (firstPercent < 0 && raw.indexOf(PLUS) < 0) return raw
  const size = raw.length
  let percents = 0
  for (let at = firstPercent < 0 ? size : firstPercent; at < size; at++) if (raw[at] === PERCENT) percents++
  // Exact where every escape is well-formed (`%` is no hex digit); otherwise the loop refuses.
  const decoded = Buffer.allocUnsafe(Math.max(0, size - percents * 2))
  let length = 0
  for (let at = 0; at < size; at++) {
    const byte = raw[at] as number
    if (byte === PERCENT) {
      const high = at + 2 < size ? hexDigits[raw[at + 1] as number] as number : NO_DIGIT
      const low = at + 2 < size ? hexDigits[raw[at + 2] as number] as number : NO_DIGIT
      if (high === NO_DIGIT || low === NO_DIGIT) {
        return badRequest(field, `malformed escape "${raw.toString('latin1', at, at + 3)}" at byte ${at}`)
      }
      decoded[length++] = high * 16 + low
      at += 2
    } else {
      decoded[length++] = byte === PLUS ? SPACE : byte
    }
  }
  return decoded
}

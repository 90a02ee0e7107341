import { DecodeError, decodeUtf8 } from '../base/index.js'
import { checkKey, checkValue, refuseTtl } from './fields.js'
import { Refusal, badRequest } from './refusal.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * What a body may have outside its strings, in bytes, and how many strings: braces, names' colons, white space, a
 * number. Six megabytes of brackets keep `JSON.parse` busy for three seconds (measured), and so the whole node.
 */
const OUTSIDE_STRINGS_BYTES_MAX = 1024

/** What a JSON body may hold: text, since JSON has no bytes; `encoding: "base64"` says that `value` stands for bytes. */
export interface JsonSet {
  readonly key: Buffer
  readonly value: Buffer
}

/** `{"key":…,"value":…[,"encoding":"base64"]}`, nothing else. */
export function parseJsonSet (body: Buffer): JsonSet | Refusal {
  const fields = parseObject(body, ['key', 'value', 'encoding', 'ttl'])
  if (fields instanceof Refusal) return fields
  const key = jsonKey(fields)
  if (key instanceof Refusal) return key
  const text = fields.get('value')
  const encoding = fields.get('encoding')
  const bytes = encoding === undefined ? textBytes('value', text)
    : encoding === 'base64' ? base64Bytes(text)
      : badRequest('encoding', 'must be "base64" or absent')
  if (bytes instanceof Refusal) return bytes
  const value = checkValue(bytes)
  if (value instanceof Refusal) return value
  return fields.has('ttl') ? refuseTtl() : { key, value }
}

/** `{"key":…}`, nothing else. */
export function parseJsonDelete (body: Buffer): Buffer | Refusal {
  const fields = parseObject(body, ['key'])
  return fields instanceof Refusal ? fields : jsonKey(fields)
}

function jsonKey (fields: ReadonlyMap<string, unknown>): Buffer | Refusal {
  const bytes = textBytes('key', fields.get('key'))
  return bytes instanceof Refusal ? bytes : checkKey(bytes)
}

function parseObject (body: Buffer, known: readonly string[]): ReadonlyMap<string, unknown> | Refusal {
  if (!isFlat(body)) return badRequest('body', `has more than ${OUTSIDE_STRINGS_BYTES_MAX} bytes outside its strings; it must be one flat JSON object`)
  let parsed: unknown
  try {
    parsed = JSON.parse(decodeUtf8(body))
  } catch (error) {
    const reason = error instanceof DecodeError || error instanceof SyntaxError ? error.message : String(error)
    return badRequest('body', `is not JSON: ${reason}`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return badRequest('body', 'must be one JSON object')
  }
  const fields = new Map<string, unknown>(Object.entries(parsed))
  for (const name of fields.keys()) {
    if (!known.includes(name)) return badRequest(name, `is not a field of this request; known here: ${known.join(', ')}`)
  }
  return fields
}

/** Whether little stands outside the strings; says nothing about the syntax. Linear. */
function isFlat (body: Buffer): boolean {
  let outside = 0
  for (let at = 0; at < body.length;) {
    const open = body.indexOf(QUOTE, at)
    outside += (open < 0 ? body.length : open + 1) - at
    if (outside > OUTSIDE_STRINGS_BYTES_MAX) return false
    if (open < 0) return true
    at = endOfString(body, open + 1)
  }
  return true
}

/** Where the string ends that is open at `start`: behind its closing quote, or at the body's end. */
function endOfString (body: Buffer, start: number): number {
  for (let from = start; ;) {
    const quote = body.indexOf(QUOTE, from)
    if (quote < 0) return body.length
    let backslashes = 0
    while (quote - 1 - backslashes >= from && body[quote - 1 - backslashes] === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return quote + 1
    from = quote + 1
  }
}

/** A lone surrogate has no UTF-8; encoding it would silently store something else. */
function textBytes (field: string, text: unknown): Buffer | undefined | Refusal {
  if (text === undefined) return undefined
  if (typeof text !== 'string') return badRequest(field, 'must be a string')
  return text.isWellFormed() ? Buffer.from(text) : badRequest(field, 'has a lone surrogate, which is no text')
}

function base64Bytes (text: unknown): Buffer | undefined | Refusal {
  if (text === undefined) return undefined
  if (typeof text !== 'string') return badRequest('value', 'must be a string')
  const bytes = Buffer.from(text, 'base64')
  // Buffer skips what is not base64; only exact text comes back the same.
  return bytes.toString('base64') === text ? bytes : badRequest('value', 'is not base64 (RFC 4648 section 4, with padding)')
}

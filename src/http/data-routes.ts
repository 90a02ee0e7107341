import { answerDelete, answerGet, answerSet } from './answers.js'
import { keyBodyBytesMax, readBody, setBodyBytesMax } from './body.js'
import type { Exchange } from './exchange.js'
import { checkConsistency, checkKey, checkTimeout, checkValue, refuseTtl } from './fields.js'
import { type FormFields, formFields, parseForm } from './form.js'
import { parseJsonDelete, parseJsonSet } from './json-body.js'
import { type BodyFormat, bodyFormat, wantsJson } from './media.js'
import { Refusal } from './refusal.js'

/** Every route gets the exchange and its query, without the `?`, as it came. */
export type Route = (exchange: Exchange, query: string) => void

const setFields = formFields('key', 'value', 'ttl')
const deleteFields = formFields('key')
const setQueryFields = formFields('timeout', 'ttl')
const deleteQueryFields = formFields('timeout')
const getQueryFields = formFields('key', 'timeout', 'consistency')
const deleteKeyQueryFields = formFields('key', 'timeout')

/** `POST /set` */
export function set (exchange: Exchange, query: string): void {
  const timeoutMs = writeTimeout(query, setQueryFields, exchange.shared.options.timeoutMsDefault)
  if (timeoutMs instanceof Refusal) return exchange.fail(timeoutMs.detail)
  const format = formatOf(exchange)
  if (format instanceof Refusal) return exchange.fail(format.detail)
  readBody(exchange, setBodyBytesMax(format), (body) => {
    const parsed = format === 'form' ? parseFormSet(body) : parseJsonSet(body)
    if (parsed instanceof Refusal) return exchange.fail(parsed.detail)
    const { key, value } = parsed
    exchange.shared.api.write({ op: 'set', key, value }, { timeoutMs }, exchange.awaitAnswer((answer) => {
      answerSet(exchange, key, answer)
    }))
  })
}

function parseFormSet (body: Buffer): { key: Buffer, value: Buffer } | Refusal {
  const fields = parseForm(body, setFields)
  if (fields instanceof Refusal) return fields
  const key = checkKey(fields[0])
  if (key instanceof Refusal) return key
  const value = checkValue(fields[1])
  if (value instanceof Refusal) return value
  return fields[2] === undefined ? { key, value } : refuseTtl()
}

/** `GET` and `HEAD /get` */
export function get (exchange: Exchange, query: string): void {
  const fields = parseQuery(query, getQueryFields)
  if (fields instanceof Refusal) return exchange.fail(fields.detail)
  const key = checkKey(fields[0])
  if (key instanceof Refusal) return exchange.fail(key.detail)
  const timeoutMs = checkTimeout(fields[1], exchange.shared.options.timeoutMsDefault)
  if (timeoutMs instanceof Refusal) return exchange.fail(timeoutMs.detail)
  const consistency = checkConsistency(fields[2])
  if (consistency instanceof Refusal) return exchange.fail(consistency.detail)
  const form = { key, json: wantsJson(exchange.request.headers.accept), local: consistency === 'local' }
  exchange.shared.api.get(key, { consistency, timeoutMs }, exchange.awaitAnswer((answer) => {
    answerGet(exchange, form, answer)
  }))
}

/** `POST /delete` */
export function deleteByBody (exchange: Exchange, query: string): void {
  const timeoutMs = writeTimeout(query, deleteQueryFields, exchange.shared.options.timeoutMsDefault)
  if (timeoutMs instanceof Refusal) return exchange.fail(timeoutMs.detail)
  const format = formatOf(exchange)
  if (format instanceof Refusal) return exchange.fail(format.detail)
  readBody(exchange, keyBodyBytesMax(format), (body) => {
    const key = format === 'form' ? parseFormDelete(body) : parseJsonDelete(body)
    if (key instanceof Refusal) return exchange.fail(key.detail)
    writeDelete(exchange, key, timeoutMs)
  })
}

function parseFormDelete (body: Buffer): Buffer | Refusal {
  const fields = parseForm(body, deleteFields)
  return fields instanceof Refusal ? fields : checkKey(fields[0])
}

/** `DELETE /delete` */
export function deleteByQuery (exchange: Exchange, query: string): void {
  const fields = parseQuery(query, deleteKeyQueryFields)
  if (fields instanceof Refusal) return exchange.fail(fields.detail)
  const key = checkKey(fields[0])
  if (key instanceof Refusal) return exchange.fail(key.detail)
  const timeoutMs = checkTimeout(fields[1], exchange.shared.options.timeoutMsDefault)
  if (timeoutMs instanceof Refusal) return exchange.fail(timeoutMs.detail)
  writeDelete(exchange, key, timeoutMs)
}

function writeDelete (exchange: Exchange, key: Buffer, timeoutMs: number): void {
  exchange.shared.api.write({ op: 'delete', key }, { timeoutMs }, exchange.awaitAnswer((answer) => {
    answerDelete(exchange, answer)
  }))
}

/** The deadline of a write whose fields are in its body; `timeout` is the first of `known`. */
function writeTimeout (query: string, known: FormFields, timeoutMsDefault: number): number | Refusal {
  if (query === '') return timeoutMsDefault
  const fields = parseQuery(query, known)
  if (fields instanceof Refusal) return fields
  return fields[1] === undefined ? checkTimeout(fields[0], timeoutMsDefault) : refuseTtl()
}

/** Node lets only bytes below 0x80 through, so that characters and bytes are the same. */
export function parseQuery (query: string, known: FormFields): Array<Buffer | undefined> | Refusal {
  return parseForm(Buffer.from(query, 'latin1'), known)
}

function formatOf (exchange: Exchange): BodyFormat | Refusal {
  const { headers } = exchange.request
  return bodyFormat(headers['content-type'], headers['content-encoding'])
}

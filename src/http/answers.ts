import { isUtf8 } from 'node:buffer'
import { assert } from '../base/index.js'
import type { KvAnswer } from '../node/index.js'
import type { Exchange, Header } from './exchange.js'

/** The node's answer to a set. */
export function answerSet (exchange: Exchange, key: Buffer, answer: KvAnswer): void {
  if (answer.kind === 'failed') return exchange.fail(answer.detail)
  assert(answer.kind === 'set', `the node answered a set with "${answer.kind}"`)
  exchange.succeedJson(`{"key":${JSON.stringify(key.toString())},"revision":${answer.revision}}`)
}

/** The node's answer to a delete; deleting what is not there succeeds with `false`. */
export function answerDelete (exchange: Exchange, answer: KvAnswer): void {
  if (answer.kind === 'failed') return exchange.fail(answer.detail)
  assert(answer.kind === 'delete', `the node answered a delete with "${answer.kind}"`)
  exchange.succeedJson(`{"deleted":${answer.deleted},"revision":${answer.revision}}`)
}

/** How a client wants a value. */
export interface ReadForm {
  readonly key: Buffer
  readonly json: boolean
  /** The read may be old: say how old. */
  readonly local: boolean
}

/**
 * The node's answer to a get. `no-store` because a cache between the client and here would make a linearizable read
 * stale without anyone noticing.
 */
export function answerGet (exchange: Exchange, form: ReadForm, answer: KvAnswer): void {
  if (answer.kind === 'failed') return exchange.fail(answer.detail)
  if (answer.kind === 'missing') return exchange.fail({ code: 'key_missing' }, form.local ? { more: ['X-Max-Age-Ms', answer.ageMsMax] } : {})
  assert(answer.kind === 'value', `the node answered a get with "${answer.kind}"`)
  const bytes = form.json ? jsonValue(form.key, answer.value, answer.revision) : answer.value
  const headers: Header[] = form.json
    ? ['Content-Type', 'application/json']
    : ['Content-Type', 'application/octet-stream', 'X-Content-Type-Options', 'nosniff']
  headers.push('ETag', `"${answer.revision}"`, 'Cache-Control', 'no-store')
  if (form.local) headers.push('X-Max-Age-Ms', answer.ageMsMax)
  exchange.succeed(bytes, headers)
}

/** JSON has no bytes: what is not UTF-8 comes as base64 and says so. */
function jsonValue (key: Buffer, value: Uint8Array, revision: number): Buffer {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const fields = isUtf8(bytes)
    ? { key: key.toString(), value: bytes.toString(), revision }
    : { key: key.toString(), value: bytes.toString('base64'), revision, encoding: 'base64' }
  return Buffer.from(JSON.stringify(fields))
}

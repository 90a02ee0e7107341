import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../node/index.js'
import type { Exchange } from './exchange.js'
import type { BodyFormat } from './media.js'

/** Bytes of a body around its key and value: names, separators, quotes, an encoding, a ttl. */
const OVERHEAD_BYTES_MAX = 1024
/** What one byte of a key or value can grow to: `%XX` in a form, `\u00XX` in JSON. */
const ESCAPED_BYTES_MAX: Readonly<Record<BodyFormat, number>> = { form: 3, json: 6 }

/** Bytes of a body that sets one key: fully escaped, the largest key and value still fit. */
export function setBodyBytesMax (format: BodyFormat): number {
  return (KEY_BYTES_MAX + VALUE_BYTES_MAX) * ESCAPED_BYTES_MAX[format] + OVERHEAD_BYTES_MAX
}

/** Bytes of a body that names one key. */
export function keyBodyBytesMax (format: BodyFormat): number {
  return KEY_BYTES_MAX * ESCAPED_BYTES_MAX[format] + OVERHEAD_BYTES_MAX
}

/**
 * Reads the body and calls `done` with all of it, once. A body beyond `sizeBytesMax` or beyond the server's budget is
 * answered here instead, as early as that is known: by its announced length before anything is read, otherwise by
 * counting. A client that goes away ends the exchange.
 */
export function readBody (exchange: Exchange, sizeBytesMax: number, done: (body: Buffer) => void): void {
  const { request } = exchange
  // An absent length gives NaN, which is not greater than anything.
  if (Number(request.headers['content-length']) > sizeBytesMax) {
    exchange.fail({ code: 'body_too_large', sizeBytesMax })
    return
  }
  exchange.continueBody()
  let body: Buffer | undefined
  let length = 0
  let ended = false
  request.on('data', (chunk: Buffer) => {
    if (exchange.settled) return
    if (length + chunk.length > sizeBytesMax) {
      exchange.fail({ code: 'body_too_large', sizeBytesMax })
      return
    }
    if (!exchange.hold(chunk.length)) {
      exchange.fail({ code: 'overloaded', reason: 'too many bytes of request bodies at once', retryAfterSeconds: 1 })
      return
    }
    body = body === undefined ? chunk : append(body, length, chunk)
    length += chunk.length
  })
  request.on('end', () => {
    ended = true
    if (exchange.settled) return
    exchange.run(() => { done(body === undefined ? Buffer.alloc(0) : body.subarray(0, length)) })
  })
  request.on('close', () => { if (!ended) exchange.abandon() })
}

/**
 * Copies into a buffer that doubles: keeping the chunks would cost a hundred bytes for each, and a hostile client can
 * send a body in chunks of one byte.
 */
function append (body: Buffer, length: number, chunk: Buffer): Buffer {
  const needed = length + chunk.length
  if (needed <= body.length) {
    chunk.copy(body, length)
    return body
  }
  const grown = Buffer.allocUnsafe(needed * 2)
  body.copy(grown, 0, 0, length)
  chunk.copy(grown, length)
  return grown
}

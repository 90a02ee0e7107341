import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorText } from './error-status.js'
import type { HttpShared } from './exchange.js'

/** An answer to what is no request: the `bad_request` of the contract under the status that HTTP has for it. */
export interface SocketError {
  readonly status: number
  readonly field: string
  readonly reason: string
}

/** What node refuses before there is a request to answer, by its error code; the rest is not HTTP. */
const errorByCode: ReadonlyMap<unknown, SocketError> = new Map([
  ['HPE_HEADER_OVERFLOW', { status: 431, field: 'headers', reason: 'are larger than this node allows' }],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', { status: 413, field: 'body', reason: 'has chunk extensions larger than this node allows' }],
  ['ERR_HTTP_REQUEST_TIMEOUT', { status: 408, field: 'request', reason: 'did not arrive in time' }],
  ['HPE_INVALID_URL', { status: 400, field: 'url', reason: 'has characters that must be escaped as %XX' }]
])

/** Answers a malformed, too large or too slow request. */
export function answerSocketError (error: Error & { readonly code?: unknown }, socket: Duplex, shared: HttpShared): void {
  if (error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const known = errorByCode.get(error.code)
  endWithError(socket, known ?? { status: 400, field: 'request', reason: `is not HTTP: ${error.message}` }, shared)
}

/**
 * Writes an error past node's HTTP, ends the connection and for a moment throws away what still comes. Nothing of the
 * request was handed to the node, so the outcome is `unchanged`; where an earlier request of the same connection still
 * waits, or its answer is still under way, the connection is cut without a word, since the client would take this for
 * that answer.
 */
export function endWithError (socket: Duplex, { status, field, reason }: SocketError, shared: HttpShared): void {
  const connection = shared.connections.of(socket)
  if (connection?.closing === true) return
  if (connection === undefined || !socket.writable || connection.waiting > 0 || socket.writableLength > 0) {
    socket.destroy()
    return
  }
  connection.closing = true
  const body = errorText({ code: 'bad_request', field, reason })
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
  const timer = setTimeout(() => { socket.destroy() }, shared.options.lingerMs)
  socket.once('close', () => { clearTimeout(timer) })
}

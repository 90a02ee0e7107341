import type { IncomingMessage, ServerResponse } from 'node:http'
import { AssertionError, type KvErrorDetail, type Logger } from '../base/index.js'
import type { NodeApi } from '../node/index.js'
import type { ByteBudget } from './budget.js'
import type { Connection, Connections } from './connections.js'
import { errorText, retryAfterSeconds, statusByCode } from './error-status.js'
import type { HttpOptions } from './options.js'
import { quote } from './refusal.js'

/** What all exchanges of one server share. */
export interface HttpShared {
  readonly api: NodeApi
  readonly options: HttpOptions
  readonly log: Logger
  /** What request bodies may take. */
  readonly bodies: ByteBudget
  /** What large answers may take. */
  readonly answers: ByteBudget
  readonly connections: Connections
  /** From now on every answer closes its connection. */
  stopping: boolean
}

/** Names and values of headers in turn, as `writeHead` takes them fastest. */
export type Header = string | number

/** What is left of an unread body is read and thrown away to keep the connection, where it is announced to be this small. */
const DISCARD_BYTES_MAX = 64 * 1024

/**
 * An answer this large counts against the budget and is ended only when the kernel has it: node takes a connection
 * whose answer is ended for idle and cuts it off when stopping. Smaller ones fit into a socket's buffers.
 */
export const LARGE_ANSWER_BYTES_MIN = 16 * 1024

/**
 * One request and its answer, which is given once: whatever would answer again, or after the client went away, does
 * nothing. Holds its part of the server's budget for bodies until then.
 */
export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly shared: HttpShared
  readonly #connection: Connection
  readonly #number: number
  #heldBytes = 0
  #waiting = false
  #settled = false

  constructor (request: IncomingMessage, response: ServerResponse, connection: Connection, shared: HttpShared) {
    this.request = request
    this.response = response
    this.shared = shared
    this.#connection = connection
    this.#number = ++connection.exchanges
  }

  /** True once the exchange is answered or given up. */
  get settled (): boolean {
    return this.#settled
  }

  /** Takes bytes of the body's budget until the exchange is settled; false where it is spent. */
  hold (sizeBytes: number): boolean {
    if (!this.shared.bodies.take(sizeBytes)) return false
    this.#heldBytes += sizeBytes
    return true
  }

  /** Tells a client that waits for it (`Expect: 100-continue`) to send its body. */
  continueBody (): void {
    if (this.request.headers.expect !== undefined && this.request.httpVersion === '1.1') this.response.writeContinue()
  }

  /**
   * The callback for the node, which answers through `give`. Until then the connection counts as waiting: a client
   * must not take the answer to a later, malformed request for the answer to this one.
   */
  awaitAnswer<Answer> (give: (answer: Answer) => void): (answer: Answer) => void {
    this.#waiting = true
    this.#connection.waiting++
    return (answer) => { this.run(() => { give(answer) }) }
  }

  /** Ends the exchange without an answer: the client is gone. */
  abandon (): void {
    this.#settle()
  }

  /**
   * Runs one step of the exchange. What it throws is our bug, never the client's: it is logged and answered with 500;
   * a broken assertion then goes on to stop the process (STYLE.md section 4).
   */
  run (step: () => void): void {
    try {
      step()
    } catch (thrown) {
      const { request, shared } = this
      const error = thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown)
      shared.log.error('an http request failed', { method: request.method, url: quote(request.url ?? ''), error })
      if (this.#settled) request.socket.destroy()
      else this.fail({ code: 'internal', reason: 'unexpected; the log of this node says more' })
      if (thrown instanceof AssertionError) throw thrown
    }
  }

  /** Answers 200 with JSON. */
  succeedJson (text: string): void {
    this.succeed(text, ['Content-Type', 'application/json'])
  }

  /** Answers 200; `headers` say what `body` is. */
  succeed (body: string | Uint8Array, headers: Header[]): void {
    if (this.#settled) return
    const sizeBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    const large = sizeBytes >= LARGE_ANSWER_BYTES_MIN && this.request.method !== 'HEAD'
    if (large && !this.shared.answers.take(sizeBytes)) {
      this.fail({ code: 'overloaded', reason: 'too many bytes of answers at once', retryAfterSeconds: 1 })
      return
    }
    if (!this.#settle()) {
      if (large) this.shared.answers.give(sizeBytes)
      return
    }
    headers.push('Content-Length', sizeBytes)
    this.response.writeHead(200, headers)
    if (large) this.#flush(body, sizeBytes)
    else this.response.end(body)
  }

  /** Answers with an error; `text` replaces its usual body, `more` are headers beside the usual ones. */
  fail (detail: KvErrorDetail, { text = errorText(detail), more = [] }: { readonly text?: string, readonly more?: readonly Header[] } = {}): void {
    const closing = this.#mustClose(detail)
    if (!this.#settle()) return
    const { response } = this
    const headers: Header[] = ['Content-Type', 'application/json', 'Content-Length', Buffer.byteLength(text), 'Cache-Control', 'no-store']
    const seconds = retryAfterSeconds(detail)
    if (seconds !== undefined) headers.push('Retry-After', seconds)
    headers.push(...more)
    if (detail.code === 'method_not_allowed') headers.push('Allow', detail.allowed.join(', '))
    if (closing) this.#closeAfterwards()
    response.writeHead(statusByCode[detail.code], headers)
    if (closing && this.request.method !== 'HEAD') this.#linger(text)
    else response.end(text)
  }

  /**
   * Whether what is left of the request is not worth reading to keep the connection. (Node itself ends the connection
   * of a client that was not told to continue.)
   */
  #mustClose (detail: KvErrorDetail): boolean {
    const { complete, headers } = this.request
    if (complete) return false
    const small = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= DISCARD_BYTES_MAX
    return !small || detail.code === 'body_too_large'
  }

  /** Sends the answer at once, but ends it only when the client has stopped sending or had time to see it. */
  #linger (text: string): void {
    const { request, response, shared } = this
    response.write(text)
    const timer = setTimeout(end, shared.options.lingerMs)
    function end (): void {
      clearTimeout(timer)
      if (!request.socket.destroyed) response.end()
    }
    request.once('end', end)
    request.once('close', end)
    request.resume()
  }

  /** Sends a large body within `answerTimeoutMs`. */
  #flush (body: string | Uint8Array, sizeBytes: number): void {
    const { response, shared } = this
    const { socket } = this.request
    const onClose = this.#connection.onClose
    const timer = setTimeout(() => { socket.destroy() }, shared.options.answerTimeoutMs)
    function release (): void {
      clearTimeout(timer)
      response.off('close', release)
      onClose.delete(release)
      shared.answers.give(sizeBytes)
    }
    response.once('close', release)
    onClose.add(release)
    response.write(body, () => { if (!socket.destroyed) response.end() })
  }

  /** True where an answer may be written now. */
  #settle (): boolean {
    if (this.#settled) return false
    this.#settled = true
    if (this.#heldBytes > 0) this.shared.bodies.give(this.#heldBytes)
    if (this.#waiting) this.#connection.waiting--
    // An earlier answer that closed the connection would swallow the later ones.
    if (this.shared.stopping && this.#number === this.#connection.exchanges) this.#closeAfterwards()
    return !this.request.socket.destroyed
  }

  #closeAfterwards (): void {
    this.response.shouldKeepAlive = false
    this.#connection.closing = true
  }
}

import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { Logger } from '../base/index.js'
import type { NodeApi } from '../node/index.js'
import { ByteBudget } from './budget.js'
import { Connections } from './connections.js'
import { Exchange, type HttpShared } from './exchange.js'
import { type HttpOptions, assertHttpOptions } from './options.js'
import { route } from './router.js'
import { answerSocketError, endWithError } from './socket-errors.js'

/** Where an HTTP server listens, with the port it really got. */
export interface HttpAddress {
  readonly host: string
  readonly port: number
}

/** The HTTP server cannot listen where it was told to: the address is taken, not ours, or not permitted. */
export class HttpListenError extends Error {
  override readonly name = 'HttpListenError'
  readonly host: string
  readonly port: number
  /** The system's code, such as `EADDRINUSE`; empty where it gave none. */
  readonly code: string

  constructor ({ host, port }: HttpAddress, cause: Error & { readonly code?: unknown }) {
    const at = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    const code = typeof cause.code === 'string' ? cause.code : ''
    super(`cannot listen for HTTP on ${at}: ${reasonByCode.get(code) ?? cause.message}`, { cause })
    this.host = host
    this.port = port
    this.code = code
  }
}

const reasonByCode: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'another process listens there (EADDRINUSE)'],
  ['EADDRNOTAVAIL', 'this machine does not have that address (EADDRNOTAVAIL)'],
  ['EACCES', 'this user may not listen there (EACCES)'],
  ['ENOTFOUND', 'that host name is not known (ENOTFOUND)']
])

/** At most one line about refused connections in this time. */
const DROP_LOG_INTERVAL_MS = 10_000
/** How often a stopping server looks for connections that have become idle. */
const IDLE_CHECK_INTERVAL_MS = 50

/** The HTTP front end of a node (DESIGN.md section 3). Listens once, stops once. */
export class HttpServer {
  readonly #server: Server
  readonly #shared: HttpShared
  #stopped: Promise<void> | undefined
  #dropped = 0
  #dropLoggedAtMs = -Infinity

  constructor (api: NodeApi, options: HttpOptions, log: Logger) {
    assertHttpOptions(options)
    const shared: HttpShared = {
      api,
      options,
      log,
      bodies: new ByteBudget(options.bodiesBytesMax),
      answers: new ByteBudget(options.answersBytesMax),
      connections: new Connections(),
      stopping: false
    }
    this.#shared = shared
    const server = createServer({
      headersTimeout: options.headersTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      keepAliveTimeout: options.keepAliveTimeoutMs,
      connectionsCheckingInterval: options.checkIntervalMs,
      maxHeaderSize: options.headersBytesMax,
      requireHostHeader: false // the router refuses it in JSON
    })
    this.#server = server
    server.maxConnections = options.connectionsMax
    server.maxHeadersCount = 0 // their size is limited; beyond a count node drops headers silently
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      const connection = shared.connections.of(request.socket)
      if (connection === undefined || connection.closing) return
      const exchange = new Exchange(request, response, connection, shared)
      exchange.run(() => { route(exchange) })
    }
    server.on('connection', (socket) => { shared.connections.open(socket) })
    server.on('request', handle)
    server.on('checkContinue', handle) // the body's reader says whether to go on
    server.on('checkExpectation', (request) => {
      endWithError(request.socket, { status: 417, field: 'Expect', reason: 'must be 100-continue' }, shared)
    })
    server.on('connect', (_request, socket) => {
      endWithError(socket, { status: 405, field: 'request', reason: 'CONNECT is for proxies' }, shared)
    })
    server.on('clientError', (error, socket) => { answerSocketError(error, socket, shared) })
    server.on('drop', () => { this.#logDrop() })
  }

  /** Resolves once requests are answered. @throws {HttpListenError} */
  listen (host: string, port: number): Promise<HttpAddress> {
    const server = this.#server
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => { reject(new HttpListenError({ host, port }, error)) }
      server.once('error', fail)
      server.listen({ host, port }, () => {
        server.off('error', fail)
        server.on('error', (error) => { this.#shared.log.error('the http server failed to accept', { error: error.message }) })
        const address = server.address()
        resolve(address === null || typeof address === 'string' ? { host, port } : { host: address.address, port: address.port })
      })
    })
  }

  /**
   * Accepts nothing more, answers the requests that are here, closes idle connections, and after `graceMs` all others.
   * Resolves when none is left; stopping again gives the same promise.
   */
  stop (graceMs: number): Promise<void> {
    this.#stopped ??= new Promise((resolve) => {
      this.#shared.stopping = true
      const server = this.#server
      const grace = setTimeout(() => { server.closeAllConnections() }, graceMs)
      const idle = setInterval(() => { server.closeIdleConnections() }, IDLE_CHECK_INTERVAL_MS)
      this.#shared.connections.closeUnused()
      server.close(() => {
        clearTimeout(grace)
        clearInterval(idle)
        resolve()
      })
    })
    return this.#stopped
  }

  #logDrop (): void {
    this.#dropped++
    const nowMs = performance.now()
    if (nowMs - this.#dropLoggedAtMs < DROP_LOG_INTERVAL_MS) return
    this.#dropLoggedAtMs = nowMs
    this.#shared.log.warn('too many http connections; new ones are closed', {
      connectionsMax: this.#shared.options.connectionsMax, refusedSinceStart: this.#dropped
    })
  }
}

/** An HTTP server for one node; it does not listen yet. */
export function createHttpServer (api: NodeApi, options: HttpOptions, log: Logger): HttpServer {
  return new HttpServer(api, options, log)
}

import { type Socket, connect } from 'node:net'
import type { LogFields, Logger } from '../../src/base/index.js'
import { type HttpOptions, type HttpServer, createHttpServer, httpOptionsDefault } from '../../src/http/index.js'
import { FakeNode } from './fake-node.js'

export interface LogLine {
  readonly level: keyof Logger
  readonly message: string
  readonly fields: LogFields | undefined
}

/** An HTTP server over a fake node on a free port of loopback. */
export interface Fixture {
  readonly node: FakeNode
  readonly server: HttpServer
  readonly port: number
  readonly url: string
  readonly log: readonly LogLine[]
}

export async function startFixture (options: Partial<HttpOptions> = {}): Promise<Fixture> {
  const node = new FakeNode()
  const log: LogLine[] = []
  const line = (level: keyof Logger) => (message: string, fields?: LogFields): void => { log.push({ level, message, fields }) }
  const logger: Logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  const server = createHttpServer(node, { ...httpOptionsDefault, ...options }, logger)
  const { port } = await server.listen('127.0.0.1', 0)
  return { node, server, port, url: `http://127.0.0.1:${port}`, log }
}

/** Runs `body` with a server of its own, which is stopped whatever happens. */
export async function withFixture (options: Partial<HttpOptions>, body: (fixture: Fixture) => Promise<void>): Promise<void> {
  const fixture = await startFixture(options)
  try {
    await body(fixture)
  } finally {
    await fixture.server.stop(0)
  }
}

export interface RawAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** The JSON of an error's body, checked for its three fields. */
export function errorOf (body: Buffer | string): { code: string, message: string, outcome: string } {
  const { error } = JSON.parse(body.toString()) as { error: { code: string, message: string, outcome: string } }
  if (Object.keys(error).sort().join() !== 'code,message,outcome') throw new Error(`not an error body: ${body.toString()}`)
  return error
}

/** A client that says exactly what it is told, and reads answers one by one. */
export class RawClient {
  readonly socket: Socket
  /** Resolves when the connection is over, for whatever reason. */
  readonly closed: Promise<void>
  #received = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => {}

  constructor (port: number) {
    this.socket = connect({ port, host: '127.0.0.1' })
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    this.socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.#ended = true
        this.#wake()
        resolve()
      })
    })
  }

  send (...parts: Array<string | Uint8Array>): this {
    for (const part of parts) this.socket.write(part)
    return this
  }

  /** Bytes that came and were not read as an answer. */
  get rest (): Buffer {
    return this.#received
  }

  /** The next answer; `head` where it has no body because the request was a HEAD. */
  async answer (options: { readonly head?: boolean } = {}): Promise<RawAnswer> {
    for (;;) {
      const answer = this.#parse(options.head ?? false)
      if (answer !== undefined) return answer
      if (this.#ended) throw new Error(`the connection closed without an answer, after ${JSON.stringify(this.#received.toString('latin1', 0, 200))}`)
      await new Promise<void>((resolve) => { this.#wake = resolve })
    }
  }

  #parse (head: boolean): RawAnswer | undefined {
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd < 0) return undefined
    const [statusLine = '', ...lines] = this.#received.toString('latin1', 0, headEnd).split('\r\n')
    const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
    const end = headEnd + 4 + (head ? 0 : Number(headers.get('content-length') ?? 0))
    if (this.#received.length < end) return undefined
    const body = this.#received.subarray(headEnd + 4, end)
    this.#received = this.#received.subarray(end)
    return { status: Number(statusLine.split(' ')[1]), headers, body }
  }

  close (): void {
    this.socket.destroy()
  }
}

/** A POST as bytes. */
export function post (path: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Buffer {
  const bytes = Buffer.from(body)
  const all = { Host: 'x', 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': String(bytes.length), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines}\r\n`), bytes])
}

/** Waits until `holds`, looking every few milliseconds. */
export async function until (what: string, holds: () => boolean, limitMs = 5000): Promise<void> {
  const endMs = performance.now() + limitMs
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`)
    await new Promise((resolve) => { setTimeout(resolve, 2) })
  }
}

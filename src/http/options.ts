import { assert } from '../base/index.js'
import { TIMEOUT_MS_DEFAULT } from '../node/index.js'

/** Limits and times of the HTTP front end. Start from `httpOptionsDefault`. */
export interface HttpOptions {
  /** Open connections; one more is closed at once. Default 4096. Raising: more idle clients, about 20 KiB each. Lowering: bounds descriptors. */
  readonly connectionsMax: number
  /**
   * Bytes of request bodies held at once, from their first byte until their answer; beyond it 429. Default 64 MiB.
   * Raising: more large writes in flight. Lowering: less memory, which is at most three times this while bodies grow.
   */
  readonly bodiesBytesMax: number
  /**
   * Bytes of large answers (from 16 KiB) held at once for clients that have not taken them yet; beyond it 429. Default
   * 64 MiB. Raising: more slow readers of large values. Lowering: less memory.
   */
  readonly answersBytesMax: number
  /** Milliseconds for a client to take a large answer; then its connection is cut. Default 30 000: 1 MiB needs 280 kbit/s. */
  readonly answerTimeoutMs: number
  /** Milliseconds for a request's headers to arrive; then 408. Default 10 000. Lowering cuts off slow clients earlier. */
  readonly headersTimeoutMs: number
  /** Milliseconds for a whole request to arrive; then 408. Default 30 000. A 3 MiB body needs 840 kbit/s to make it. */
  readonly requestTimeoutMs: number
  /** Milliseconds a connection may idle between requests. Default 30 000. Raising: fewer handshakes. Lowering: fewer open descriptors. */
  readonly keepAliveTimeoutMs: number
  /** Milliseconds between looks at the two limits above. Default 1000 (node's own 30 s would make them that coarse). */
  readonly checkIntervalMs: number
  /** Bytes of a request line with its headers; beyond it 431. Default 16 KiB: a 1024-byte key fully escaped and 13 KiB of headers. */
  readonly headersBytesMax: number
  /**
   * Milliseconds for which what a refused client still sends is read and thrown away. Default 1000. Closing at once
   * would reset the connection and often destroy the answer on its way (RFC 9112 section 9.6).
   */
  readonly lingerMs: number
  /** The deadline in milliseconds of a request without `?timeout=`. Default 5000. Raising: more patience with failovers. Lowering: earlier 503 and 504. */
  readonly timeoutMsDefault: number
}

export const httpOptionsDefault: HttpOptions = {
  connectionsMax: 4096,
  bodiesBytesMax: 64 * 1024 * 1024,
  answersBytesMax: 64 * 1024 * 1024,
  answerTimeoutMs: 30_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 30_000,
  checkIntervalMs: 1000,
  headersBytesMax: 16 * 1024,
  lingerMs: 1000,
  timeoutMsDefault: TIMEOUT_MS_DEFAULT
}

/** Relations that must hold between the options; a violation is a bug of the caller, which checks what people configure. */
export function assertHttpOptions (options: HttpOptions): void {
  for (const [name, value] of Object.entries(options)) {
    assert(Number.isSafeInteger(value) && value > 0, `http option ${name} must be a positive integer, got ${value}`)
  }
  assert(options.headersTimeoutMs <= options.requestTimeoutMs, 'headersTimeoutMs is part of requestTimeoutMs')
  assert(options.checkIntervalMs <= options.headersTimeoutMs, 'checkIntervalMs decides how exact headersTimeoutMs is')
}

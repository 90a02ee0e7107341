import type { Stream } from '@libp2p/interface'
import type { Chunks } from './frame-decoder.js'

/**
 * js-libp2p 3's own back-pressure is half-built (LIBP2P.md section 1.5): `stream.onDrain()` is settled for ever after its
 * first use, async iteration buffers without bound, and `pause()` inside `resume()` un-pauses the muxer. These helpers use
 * only the `drain` events and `pause`/`resume` outside `resume`; they were stress-tested there.
 */

/** What one send hands the muxer at most: with its 12-byte header and noise's tag, one noise message. */
export const PIECE_BYTES = 65_519 - 12
/** Unsent bytes a stream may hold before a writer waits. */
export const UNSENT_BYTES_MAX = 64 * 1024
/** A reader that holds more than this pauses its stream … */
const READ_HIGH_BYTES = 256 * 1024
/** … and resumes it below this. */
const READ_LOW_BYTES = 64 * 1024

/** True where a writer should wait for `drain`. */
export const isFull = (stream: Stream): boolean => stream.writableNeedsDrain || stream.writeBufferLength > UNSENT_BYTES_MAX

/** Resolves once the stream takes bytes again. @throws {Error} where it closes, or drains nothing for `timeoutMs` */
export async function drained (stream: Stream, timeoutMs: number): Promise<void> {
  while (isFull(stream)) {
    if (stream.writeStatus !== 'writable') throw new Error('the stream closed')
    await nextDrain(stream, timeoutMs)
  }
}

async function nextDrain (stream: Stream, timeoutMs: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const finish = (error: Error | undefined): void => {
      clearTimeout(timer)
      stream.removeEventListener('drain', onDrain)
      stream.removeEventListener('idle', onDrain)
      stream.removeEventListener('close', onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onDrain = (): void => { finish(undefined) }
    const onClose = (event: { readonly error?: Error }): void => { finish(event.error ?? new Error('the stream closed')) }
    const timer = setTimeout(() => { finish(new Error(`the other side has read nothing for ${timeoutMs} ms`)) }, timeoutMs)
    timer.unref()
    stream.addEventListener('drain', onDrain)
    stream.addEventListener('idle', onDrain)
    stream.addEventListener('close', onClose)
  })
}

/** An it-pipe sink that writes to a stream no faster than it drains, then closes its writing end; an error resets it. */
export function toSink (stream: Stream, timeoutMs: number): (source: AsyncIterable<Uint8Array>) => Promise<void> {
  return async (source) => {
    try {
      for await (const bytes of source) {
        for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
          if (!stream.send(bytes.subarray(at, Math.min(at + PIECE_BYTES, bytes.length)))) await drained(stream, timeoutMs)
        }
      }
      await drained(stream, timeoutMs)
      await stream.close({ signal: AbortSignal.timeout(timeoutMs) })
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }
}

/**
 * An it-pipe source that reads a stream no faster than it is asked, holding at most about `READ_HIGH_BYTES` plus the
 * stream's window. It listens from its construction, so that nothing piles up unseen; `detach` when done.
 */
export class StreamSource implements AsyncIterable<Chunks> {
  readonly #stream: Stream
  readonly #chunks: Array<Chunks & { readonly byteLength: number }> = []
  #bytes = 0
  /** The writer closed its end: what is here is all there is. */
  #ended = false
  #error: Error | undefined
  #resuming = false
  #wake: (() => void) | undefined

  constructor (stream: Stream) {
    this.#stream = stream
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('remoteCloseWrite', this.#onEnd)
    stream.addEventListener('close', this.#onClose)
    if (stream.status !== 'open') this.#error = new Error('the stream closed')
    else if (stream.remoteWriteStatus === 'closed') this.#ended = true
  }

  detach (): void {
    this.#stream.removeEventListener('message', this.#onMessage)
    this.#stream.removeEventListener('remoteCloseWrite', this.#onEnd)
    this.#stream.removeEventListener('close', this.#onClose)
  }

  async * [Symbol.asyncIterator] (): AsyncGenerator<Chunks, void, undefined> {
    const stream = this.#stream
    for (;;) {
      for (let chunk = this.#chunks.shift(); chunk !== undefined; chunk = this.#chunks.shift()) {
        this.#bytes -= chunk.byteLength
        yield chunk
        if (this.#bytes <= READ_LOW_BYTES && stream.readStatus === 'paused') this.#resume()
      }
      if (stream.readStatus === 'paused') {
        this.#resume()
        continue
      }
      if (this.#error !== undefined) throw this.#error
      if (this.#ended && stream.readBufferLength === 0) return
      await new Promise<void>((resolve) => { this.#wake = resolve })
    }
  }

  readonly #onMessage = (event: { readonly data: Chunks & { readonly byteLength: number } }): void => {
    this.#chunks.push(event.data)
    this.#bytes += event.data.byteLength
    if (!this.#resuming) this.#pauseIfFull()
    this.#notify()
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    this.#notify()
  }

  readonly #onClose = (event: { readonly error?: Error }): void => {
    // a connection that ends closes its streams without an error: only the writer's own end makes it whole
    if (event.error !== undefined || !this.#ended) this.#error = event.error ?? new Error('the connection closed before the end')
    this.#notify()
  }

  #pauseIfFull (): void {
    if (this.#bytes > READ_HIGH_BYTES && this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  /** `resume` hands over what was buffered at once, inside the call: pausing has to wait until it returns. */
  #resume (): void {
    this.#resuming = true
    try {
      this.#stream.resume()
    } catch (error) {
      this.#error ??= error instanceof Error ? error : new Error(String(error))
    } finally {
      this.#resuming = false
    }
    this.#pauseIfFull()
  }

  #notify (): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

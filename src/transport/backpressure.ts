import type { Stream } from '@libp2p/interface'
import type { Chunks } from './frame-decoder.js'

/**
 * js-libp2p 3's own back-pressure is half-built (LIBP2P.md section 1.5): `stream.onDrain()` is settled for ever after its
 * first use, async iteration buffers without bound, and `pause()` inside `resume()` un-pauses the muxer. These helpers use
 * only the `drain` events and `pause`/`resume` outside `resume`; they were stress-tested there.
 */

/**
 * What one send of a channel hands the muxer at most: with its 12-byte header and noise's tag, one noise message. Raising
 * it makes more of one message; lowering it to 16 KiB costs 30–40 % of the throughput (LIBP2P.md section 1.3).
 */
export const PIECE_BYTES = 65_519 - 12
/** The same for snapshots, which may take their time: what a probe finds in front of it (MEMBERSHIP.md section 3, Head-of-line). */
export const SNAPSHOT_PIECE_BYTES = 16 * 1024
/** Unsent bytes a stream may hold before a writer waits. */
export const UNSENT_BYTES_MAX = 64 * 1024
/** A reader that holds more than this pauses its stream … */
const READ_HIGH_BYTES = 256 * 1024
/** … and resumes it below this. */
const READ_LOW_BYTES = 64 * 1024

/** True where a writer should wait for `drain`. */
export const isFull = (stream: Stream): boolean => stream.writableNeedsDrain || stream.writeBufferLength > UNSENT_BYTES_MAX

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

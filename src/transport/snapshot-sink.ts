import type { Stream } from '@libp2p/interface'
import { isFull } from './backpressure.js'
import { toError } from './errors.js'
import type { Turns, Writer } from './turns.js'

/** An it-pipe sink that writes a piece when its turn comes, then closes its writing end; an error resets the stream. */
export function toSink (stream: Stream, turns: Turns, closeTimeoutMs: number): (source: AsyncIterable<Uint8Array>) => Promise<void> {
  return async (source) => {
    const writer = new PieceWriter(stream, turns)
    turns.add(writer, 'bulk')
    try {
      for await (const piece of source) await writer.send(piece)
      await stream.close({ signal: AbortSignal.timeout(closeTimeoutMs) })
    } catch (error) {
      stream.abort(toError(error))
      throw error
    } finally {
      turns.remove(writer)
    }
  }
}

/** Holds one piece at a time. */
class PieceWriter implements Writer {
  readonly #stream: Stream
  readonly #turns: Turns
  #waiting: { readonly piece: Uint8Array, readonly resolve: () => void, readonly reject: (error: Error) => void } | undefined

  constructor (stream: Stream, turns: Turns) {
    this.#stream = stream
    this.#turns = turns
    const onRoom = (): void => { turns.request() }
    stream.addEventListener('drain', onRoom)
    stream.addEventListener('idle', onRoom)
    stream.addEventListener('close', (event) => { this.#waiting?.reject(event.error ?? new Error('the stream closed')) })
  }

  /** Resolves once the muxer has the piece. @throws {Error} where the stream closes before */
  async send (piece: Uint8Array): Promise<void> {
    if (this.#stream.writeStatus !== 'writable') throw new Error('the stream closed')
    await new Promise<void>((resolve, reject) => {
      this.#waiting = { piece, resolve, reject }
      this.#turns.request()
    })
  }

  write (): boolean {
    const waiting = this.#waiting
    if (waiting === undefined || isFull(this.#stream)) return false
    this.#waiting = undefined
    try {
      this.#stream.send(waiting.piece)
      waiting.resolve()
    } catch (error) {
      waiting.reject(toError(error))
    }
    return true
  }
}

/** Bytes of a frame's length, big-endian. */
export const LENGTH_BYTES = 4
/** A long frame's buffer begins at this size and doubles as bytes arrive: a hostile length alone allocates no more. */
const FIRST_ALLOCATION_BYTES = 64 * 1024

/** What a stream of bytes comes in: libp2p's lists iterate over their chunks. */
export type Chunks = Uint8Array | Iterable<Uint8Array>

/** A peer announced a frame above the limit: its stream cannot be read on. */
export class FrameTooLongError extends Error {
  override readonly name = 'FrameTooLongError'

  constructor (frameBytes: number, frameBytesMax: number) {
    super(`a frame of ${frameBytes} bytes was announced, at most ${frameBytesMax} are allowed`)
  }
}

/**
 * Cuts a stream into frames: u32 big-endian length, then as many bytes. A frame within one chunk is handed on as a view
 * of it; one that spans chunks is gathered into a buffer of its own.
 */
export class FrameDecoder {
  readonly #frameBytesMax: number
  /** The length prefix as far as it arrived. */
  #lengthBytes = 0
  #length = 0
  /** The frame being gathered, and how much of it is there. */
  #gathered: Buffer | undefined
  #gatheredBytes = 0

  constructor (frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax
  }

  /** True between two frames. */
  get atBoundary (): boolean {
    return this.#lengthBytes === 0
  }

  /** @throws {FrameTooLongError} after which the decoder is of no more use */
  push (data: Chunks, onFrame: (payload: Uint8Array) => void): void {
    if (data instanceof Uint8Array) this.#pushChunk(data, onFrame)
    else for (const chunk of data) this.#pushChunk(chunk, onFrame)
  }

  #pushChunk (chunk: Uint8Array, onFrame: (payload: Uint8Array) => void): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#lengthBytes < LENGTH_BYTES) {
        at = this.#readLength(chunk, at)
        if (this.#lengthBytes < LENGTH_BYTES) return
      }
      if (this.#gathered === undefined && chunk.length - at >= this.#length) {
        const payload = chunk.subarray(at, at + this.#length)
        at += this.#length
        this.#lengthBytes = 0
        onFrame(payload)
      } else {
        const count = Math.min(chunk.length - at, this.#length - this.#gatheredBytes)
        const payload = this.#gather(chunk.subarray(at, at + count))
        at += count
        if (payload === undefined) return
        this.#lengthBytes = 0
        onFrame(payload)
      }
    }
    // an empty frame whose length ended the chunk
    if (this.#lengthBytes === LENGTH_BYTES && this.#length === 0) {
      this.#lengthBytes = 0
      onFrame(chunk.subarray(chunk.length))
    }
  }

  #readLength (chunk: Uint8Array, at: number): number {
    if (this.#lengthBytes === 0) this.#length = 0
    while (this.#lengthBytes < LENGTH_BYTES && at < chunk.length) {
      this.#length = this.#length * 256 + (chunk[at++] ?? 0)
      this.#lengthBytes++
    }
    if (this.#lengthBytes === LENGTH_BYTES && this.#length > this.#frameBytesMax) {
      throw new FrameTooLongError(this.#length, this.#frameBytesMax)
    }
    return at
  }

  /** The whole frame, once its last bytes are there. */
  #gather (bytes: Uint8Array): Uint8Array | undefined {
    const needed = this.#gatheredBytes + bytes.length
    let buffer = this.#gathered
    if (buffer === undefined || buffer.length < needed) {
      const grown = Buffer.allocUnsafeSlow(Math.min(this.#length, Math.max(needed, 2 * this.#gatheredBytes, FIRST_ALLOCATION_BYTES)))
      buffer?.copy(grown, 0, 0, this.#gatheredBytes)
      buffer = grown
    }
    buffer.set(bytes, this.#gatheredBytes)
    const complete = needed === this.#length
    this.#gathered = complete ? undefined : buffer
    this.#gatheredBytes = complete ? 0 : needed
    return complete ? buffer : undefined
  }
}

/** Frames out of chunks, one at a time: an it-pipe transform. @throws {Error} on a frame above the limit or cut short */
export function decodeFrames (frameBytesMax: number): (source: AsyncIterable<Chunks>) => AsyncGenerator<Uint8Array, void, undefined> {
  return async function * (source) {
    const decoder = new FrameDecoder(frameBytesMax)
    for await (const data of source) {
      const frames: Uint8Array[] = []
      decoder.push(data, (payload) => { frames.push(payload) })
      yield * frames
    }
    if (!decoder.atBoundary) throw new Error('the stream ended inside a frame')
  }
}

import { serviceCapabilities } from '@libp2p/interface'
import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { YamuxMuxerInit } from '@chainsafe/libp2p-yamux'
import type { Chunks } from './frame-decoder.js'

/** The yamux header: version, type, flags (2), stream id (4), length (4); hashicorp/yamux, spec.md. */
const HEADER_BYTES = 12
const TYPE_DATA = 0

/**
 * Yamux that refuses hostile lengths. The muxer of @chainsafe/libp2p-yamux 8.0.1 gathers a data frame whole before it
 * compares its length with the window, so that one header announcing 4 GiB makes it keep whatever arrives for ever. No
 * frame may be longer than the largest window we ever grant.
 */
export function guardedYamux (init: YamuxMuxerInit, frameBytesMax: number): () => StreamMuxerFactory {
  return () => {
    const inner = yamux(init)()
    return {
      protocol: inner.protocol,
      [serviceCapabilities]: ['@libp2p/stream-multiplexing'],
      createStreamMuxer: (connection: MessageStream) => {
        const guard = new YamuxGuard(frameBytesMax)
        connection.addEventListener('message', (event) => {
          if (!guard.accepts(event.data)) connection.abort(new Error(`a yamux frame above ${frameBytesMax} bytes was announced`))
        })
        return inner.createStreamMuxer(connection)
      }
    }
  }
}

/** Follows the frames of one connection without keeping their bytes. */
export class YamuxGuard {
  readonly #frameBytesMax: number
  readonly #header = Buffer.alloc(HEADER_BYTES)
  #headerBytes = 0
  /** Bytes of the current frame's body still to come. */
  #bodyBytes = 0

  constructor (frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax
  }

  /** False once a data frame above the limit is announced. */
  accepts (data: Chunks): boolean {
    if (data instanceof Uint8Array) return this.#acceptsChunk(data)
    for (const chunk of data) {
      if (!this.#acceptsChunk(chunk)) return false
    }
    return true
  }

  #acceptsChunk (chunk: Uint8Array): boolean {
    let at = 0
    while (at < chunk.length) {
      if (this.#bodyBytes > 0) {
        const count = Math.min(this.#bodyBytes, chunk.length - at)
        this.#bodyBytes -= count
        at += count
        continue
      }
      const count = Math.min(HEADER_BYTES - this.#headerBytes, chunk.length - at)
      this.#header.set(chunk.subarray(at, at + count), this.#headerBytes)
      this.#headerBytes += count
      at += count
      if (this.#headerBytes < HEADER_BYTES) return true
      this.#headerBytes = 0
      if (this.#header[1] !== TYPE_DATA) continue
      this.#bodyBytes = this.#header.readUInt32BE(8)
      if (this.#bodyBytes > this.#frameBytesMax) return false
    }
    return true
  }
}

import { assert } from '../base/index.js'
import { LENGTH_BYTES } from './frame-decoder.js'

/** Taken frames are forgotten in one go once this many have piled up at the front. */
const COMPACT_AT = 1024

/**
 * Frames waiting for one stream, and how far the first has been taken. `take` joins many into one flat buffer: 35 times
 * the rate of one send each (LIBP2P.md section 1.3), and long frames leave in slices, so that no one fills the muxer.
 */
export class FrameQueue {
  /** Taken frames leave a hole, so that their bytes can go. */
  #frames: Array<Uint8Array | undefined> = []
  #head = 0
  /** Bytes of the first frame, its length included, that were taken already. */
  #headTaken = 0
  #bytes = 0

  /** Frames not taken to their end. */
  get count (): number {
    return this.#frames.length - this.#head
  }

  /** Bytes not taken, lengths included. */
  get bytes (): number {
    return this.#bytes
  }

  /** The frame is not copied before it is taken: leave its bytes alone. */
  push (frame: Uint8Array): void {
    this.#frames.push(frame)
    this.#bytes += LENGTH_BYTES + frame.length
  }

  /**
   * Drops the oldest frame of which nothing was taken, passing over those to be kept as long as there are others; false
   * where there is none.
   */
  dropOldest (keeps: (frame: Uint8Array) => boolean = () => false): boolean {
    const first = this.#headTaken === 0 ? this.#head : this.#head + 1
    const other = this.#frames.findIndex((frame, index) => index >= first && frame !== undefined && !keeps(frame))
    const index = other === -1 ? first : other
    const frame = this.#frames[index]
    if (frame === undefined) return false
    this.#bytes -= LENGTH_BYTES + frame.length
    if (index === this.#head) this.#advance()
    else this.#frames.splice(index, 1)
    return true
  }

  /** Drops everything, and says how many frames that were. */
  clear (): number {
    const { count } = this
    this.#frames = []
    this.#head = 0
    this.#headTaken = 0
    this.#bytes = 0
    return count
  }

  /** The stream is gone: its half-sent frame starts over on the next one. */
  rewind (): void {
    this.#bytes += this.#headTaken
    this.#headTaken = 0
  }

  /** The next bytes to send, at most `bytesMax` (above 4): whole frames where they fit, else a slice of the first. */
  take (bytesMax: number): Buffer {
    const size = this.#measure(bytesMax)
    const piece = Buffer.allocUnsafe(size)
    let at = 0
    while (at < size) {
      const frame = this.#frames[this.#head]
      assert(frame !== undefined, 'a measured frame is there')
      if (this.#headTaken === 0) {
        at = piece.writeUInt32BE(frame.length, at)
        this.#headTaken = LENGTH_BYTES
      }
      const from = this.#headTaken - LENGTH_BYTES
      const count = Math.min(frame.length - from, size - at)
      if (from === 0 && count === frame.length) piece.set(frame, at)
      else piece.set(frame.subarray(from, from + count), at)
      at += count
      this.#headTaken += count
      if (this.#headTaken === LENGTH_BYTES + frame.length) this.#advance()
    }
    this.#bytes -= size
    return piece
  }

  #measure (bytesMax: number): number {
    let size = 0
    let taken = this.#headTaken
    for (let index = this.#head; index < this.#frames.length; index++) {
      const frame = this.#frames[index]
      assert(frame !== undefined, 'only taken frames leave holes')
      const rest = LENGTH_BYTES + frame.length - taken
      if (size + rest > bytesMax) return size === 0 ? bytesMax : size
      size += rest
      taken = 0
    }
    return size
  }

  #advance (): void {
    this.#frames[this.#head++] = undefined
    this.#headTaken = 0
    if (this.#head === this.#frames.length) {
      this.#frames = []
      this.#head = 0
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head)
      this.#head = 0
    }
  }
}

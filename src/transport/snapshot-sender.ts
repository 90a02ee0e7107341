import { pipe } from 'it-pipe'
import type { Stream } from '@libp2p/interface'
import { SNAPSHOT_PIECE_BYTES } from './backpressure.js'
import { SNAPSHOT_FRAME_SIZE_BYTES_MAX } from '../../protocols/snapshot/index.js'
import { toError } from './errors.js'
import { FrameQueue } from './frame-queue.js'
import { toSink } from './snapshot-sink.js'
import type { Turns } from './turns.js'
import { Watchdog } from './watchdog.js'

/**
 * How a snapshot stream ends: the sender closes its writing end after the last frame; the receiver answers with one byte,
 * after an error followed by its reason, and closes its own. A stream that just ends was not read to the end.
 */
export const ANSWER_OK = 0
export const ANSWER_FAILED = 1
/** Of a reason in UTF-8; longer ones are cut. */
export const REASON_BYTES_MAX = 512

/**
 * Sends frames over a fresh stream with back-pressure and resolves once the receiver has confirmed the end.
 * @throws {Error} where either side gave up, the receiver's reason in its message; the stream is reset then and `frames` returned
 */
export async function sendSnapshot (stream: Stream, frames: AsyncIterable<Uint8Array>, turns: Turns, stallMs: number): Promise<void> {
  const answer = new Answer(stream)
  const watchdog = new Watchdog(stallMs, () => { stream.abort(new Error(`no progress for ${stallMs} ms`)) })
  try {
    const sent = pipe(frames, lengthPrefixed(() => { watchdog.touch() }), toSink(stream, turns, stallMs))
    // an answer before the end is a refusal: it tells more than the reset that follows
    await Promise.race([sent, answer.failure])
    watchdog.touch()
    await answer.received
  } catch (error) {
    const failure = answer.reason ?? toError(error)
    stream.abort(failure)
    throw failure
  } finally {
    watchdog.stop()
  }
}

/** An it-pipe transform: frames with their length in front, cut and joined into pieces of what one send takes. */
function lengthPrefixed (onProgress: () => void): (source: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array, void, undefined> {
  return async function * (source) {
    const queue = new FrameQueue()
    for await (const frame of source) {
      if (frame.length > SNAPSHOT_FRAME_SIZE_BYTES_MAX) {
        throw new Error(`a snapshot frame of ${frame.length} bytes was produced, at most ${SNAPSHOT_FRAME_SIZE_BYTES_MAX} are allowed`)
      }
      onProgress()
      queue.push(frame)
      while (queue.bytes >= SNAPSHOT_PIECE_BYTES) {
        yield queue.take(SNAPSHOT_PIECE_BYTES)
        onProgress()
      }
    }
    while (queue.bytes > 0) yield queue.take(SNAPSHOT_PIECE_BYTES)
  }
}

/** What the receiver says at the end, or before. */
class Answer {
  /** Resolves once the receiver confirmed. */
  readonly received: Promise<void>
  /** Never resolves; rejects like `received`. */
  readonly failure: Promise<never>
  /** The receiver's own words, where it gave some. */
  reason: Error | undefined

  constructor (stream: Stream) {
    let bytes = Buffer.alloc(0)
    this.received = new Promise((resolve, reject) => {
      stream.addEventListener('message', (event) => {
        const room = 1 + REASON_BYTES_MAX - bytes.length
        bytes = Buffer.concat([bytes, event.data.subarray(0, Math.min(room, event.data.byteLength))])
        if (bytes[0] === ANSWER_OK) resolve()
        else this.reason = new Error(`the receiver gave up: ${bytes.subarray(1).toString()}`)
      })
      stream.addEventListener('remoteCloseWrite', () => { reject(this.reason ?? new Error('the receiver closed the stream without confirming the end')) })
      stream.addEventListener('close', (event) => { reject(this.reason ?? event.error ?? new Error('the connection closed before the receiver confirmed the end')) })
    })
    this.failure = new Promise((_resolve, reject) => { this.received.catch(reject) })
    this.failure.catch(() => {}) // whoever waits for `received` hears of it
  }
}

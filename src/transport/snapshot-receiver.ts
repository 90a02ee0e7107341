import { pipe } from 'it-pipe'
import type { Stream } from '@libp2p/interface'
import type { PeerId } from '../base/index.js'
import type { TransportInput } from '../node/index.js'
import { StreamSource } from './backpressure.js'
import { SNAPSHOT_FRAME_SIZE_BYTES_MAX } from '../../protocols/snapshot/index.js'
import type { Counters } from './counters.js'
import { messageOf, toError } from './errors.js'
import { decodeFrames } from './frame-decoder.js'
import type { TransportLimits } from './options.js'
import { ANSWER_FAILED, ANSWER_OK, REASON_BYTES_MAX } from './snapshot-sender.js'
import { Watchdog } from './watchdog.js'

interface InboundSnapshot {
  readonly number: number
  readonly stream: Stream
  readonly source: StreamSource
  readonly frames: AsyncGenerator<Uint8Array, void, undefined>
  readonly watchdog: Watchdog
  /** Frames asked for and not delivered. */
  wanted: number
  pumping: boolean
}

/** After the answer, how long the sender may take to close its end. */
const CLOSE_GRACE_MS = 5000

/**
 * Snapshot streams that peers opened. Frames are delivered one for each `next`; what is not asked for stays with the
 * sender, but for a bounded buffer. Numbers of streams that ended are ignored.
 */
export class SnapshotReceiver {
  readonly #limits: TransportLimits
  readonly #counters: Counters
  readonly #deliver: (input: TransportInput) => void
  readonly #snapshots = new Map<number, InboundSnapshot>()
  #lastNumber = 0

  constructor (limits: TransportLimits, counters: Counters, deliver: (input: TransportInput) => void) {
    this.#limits = limits
    this.#counters = counters
    this.#deliver = deliver
  }

  accept (stream: Stream, peer: PeerId): void {
    if (stream.status !== 'open') return
    if (this.#snapshots.size >= this.#limits.snapshotsMax) {
      refuse(stream, 'too many snapshots at once')
      return
    }
    const number = ++this.#lastNumber
    const source = new StreamSource(stream)
    const { snapshotStallMs } = this.#limits
    const snapshot: InboundSnapshot = {
      number,
      stream,
      source,
      frames: pipe(source, decodeFrames(SNAPSHOT_FRAME_SIZE_BYTES_MAX)),
      watchdog: new Watchdog(snapshotStallMs, () => { this.#fail(snapshot, `no progress for ${snapshotStallMs} ms`) }),
      wanted: 0,
      pumping: false
    }
    this.#snapshots.set(number, snapshot)
    stream.addEventListener('message', () => { snapshot.watchdog.touch() })
    stream.addEventListener('close', (event) => {
      this.#fail(snapshot, event.error?.message ?? 'the connection closed before the end')
    })
    this.#deliver({ kind: 'snapshot-opened', stream: number, peer })
  }

  /** Asks for one frame; answered by `snapshot-frame`, or by `snapshot-closed` without an error after the last. */
  next (number: number): void {
    const snapshot = this.#snapshots.get(number)
    if (snapshot === undefined) return
    snapshot.watchdog.touch()
    snapshot.wanted++
    if (!snapshot.pumping) void this.#pump(snapshot)
  }

  /** Confirms to the sender that all was read and kept, or tells it why not. Nothing is delivered afterwards. */
  close (number: number, error: string | undefined): void {
    const snapshot = this.#snapshots.get(number)
    if (snapshot === undefined) return
    this.#forget(snapshot)
    const { stream } = snapshot
    if (error !== undefined) {
      this.#counters.snapshotsFailed++
      refuse(stream, error)
      return
    }
    this.#counters.snapshotsReceived++
    const timer = setTimeout(() => { stream.abort(new Error('the sender did not close the stream')) }, CLOSE_GRACE_MS)
    timer.unref()
    stream.addEventListener('close', () => { clearTimeout(timer) })
    try {
      stream.send(Uint8Array.of(ANSWER_OK))
      stream.close({ signal: AbortSignal.timeout(CLOSE_GRACE_MS) }).catch((cause: unknown) => { stream.abort(toError(cause)) })
    } catch (cause) {
      stream.abort(toError(cause)) // the sender is gone; it hears of no confirmation
    }
  }

  /** Ends all without a word. */
  stop (): void {
    for (const snapshot of this.#snapshots.values()) {
      this.#forget(snapshot)
      snapshot.stream.abort(new Error('this node is stopping'))
    }
  }

  async #pump (snapshot: InboundSnapshot): Promise<void> {
    snapshot.pumping = true
    const { number, frames } = snapshot
    try {
      while (snapshot.wanted > 0 && this.#snapshots.has(number)) {
        const result = await frames.next()
        if (!this.#snapshots.has(number)) break
        snapshot.wanted--
        if (result.done === true) this.#deliver({ kind: 'snapshot-closed', stream: number, error: undefined })
        else this.#deliver({ kind: 'snapshot-frame', stream: number, payload: result.value })
      }
    } catch (error) {
      this.#fail(snapshot, messageOf(error))
    } finally {
      snapshot.pumping = false
    }
  }

  #fail (snapshot: InboundSnapshot, reason: string): void {
    if (!this.#snapshots.has(snapshot.number)) return
    this.#forget(snapshot)
    this.#counters.snapshotsFailed++
    snapshot.stream.abort(new Error(reason))
    this.#deliver({ kind: 'snapshot-closed', stream: snapshot.number, error: reason })
  }

  #forget (snapshot: InboundSnapshot): void {
    this.#snapshots.delete(snapshot.number)
    snapshot.watchdog.stop()
    snapshot.source.detach()
  }
}

/** Says why, then resets: the bytes leave before the reset does, unless the connection is clogged. */
function refuse (stream: Stream, reason: string): void {
  try {
    const text = Buffer.from(reason).subarray(0, REASON_BYTES_MAX)
    stream.send(Buffer.concat([Buffer.of(ANSWER_FAILED), text]))
  } catch {
    // the stream is closed already: the sender knows
  }
  stream.abort(new Error(reason))
}

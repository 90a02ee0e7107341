import type { EventQueue } from '../kernel/event-queue.js'
import type { End } from './connection.js'

/** How long a stream may make no progress: the real transport's `snapshotStallMs`. */
const STALL_US = 30_000_000
/** Bytes of an answer or an opening. */
const SIGNAL_BYTES = 16

export interface SnapshotHost {
  readonly events: EventQueue
  /** Counts a promise for as long as it is not settled. */
  await<Result> (promise: Promise<Result>, settled: (result: Result) => void, failed: (error: unknown) => void): void
  /** Both sides are done with the stream. */
  forget (stream: SnapshotStream): void
}

/** One snapshot on its way: each frame is asked for by the receiver, and the receiver's answer ends it. */
export class SnapshotStream {
  readonly number: number
  readonly sender: End
  readonly receiver: End
  readonly #host: SnapshotHost
  readonly #frames: AsyncIterator<Uint8Array>
  readonly #done: (error: string | undefined) => void
  #isSenderOver = false
  #isReceiverOver = false
  #progressUs: number

  constructor (host: SnapshotHost, number: number, sender: End, frames: AsyncIterable<Uint8Array>, done: (error: string | undefined) => void) {
    this.#host = host
    this.number = number
    this.sender = sender
    this.receiver = sender.other
    this.#frames = frames[Symbol.asyncIterator]()
    this.#done = done
    this.#progressUs = host.events.nowUs
    this.sender.streams.push(this)
    this.receiver.streams.push(this)
    sender.link.carry(sender, SIGNAL_BYTES, () => {
      if (!this.#isReceiverOver) this.receiver.owner.tell({ kind: 'snapshot-opened', stream: number, peer: this.receiver.peer.id })
    })
    this.#watch()
  }

  /** The receiver asks for a frame. */
  next (): void {
    if (this.#isSenderOver || this.#isReceiverOver) return
    this.#progressUs = this.#host.events.nowUs
    this.#host.await(this.#frames.next(), (result) => {
      if (this.#isSenderOver) return
      if (result.done === true) this.sender.link.carry(this.sender, SIGNAL_BYTES, () => { this.#tellReceiver(undefined) })
      else {
        const payload = result.value
        this.sender.link.carry(this.sender, payload.length, () => { this.#arrived(payload) })
      }
    }, (error) => {
      const reason = String(error)
      this.sender.link.carry(this.sender, SIGNAL_BYTES, () => { this.#endReceiver(reason) })
      this.#endSender(reason)
    })
  }

  /** The receiver has everything, or gives up. */
  answer (error: string | undefined): void {
    if (this.#isReceiverOver) return
    this.#isReceiverOver = true
    this.receiver.link.carry(this.receiver, SIGNAL_BYTES, () => { this.#endSender(error === undefined ? undefined : `the receiver gave up: ${error}`) })
    this.#forgetIfOver()
  }

  /** One side's connection is gone; the other will see that by itself. */
  endClosed (end: End): void {
    const reason = 'the connection closed before the end'
    if (end === this.sender) this.#endSender(reason)
    else this.#endReceiver(reason)
  }

  #arrived (payload: Uint8Array): void {
    if (this.#isReceiverOver) return
    this.#progressUs = this.#host.events.nowUs
    this.receiver.owner.tell({ kind: 'snapshot-frame', stream: this.number, payload })
  }

  #watch (): void {
    const { events } = this.#host
    events.after(this.#progressUs + STALL_US - events.nowUs, () => {
      if (this.#isSenderOver && this.#isReceiverOver) return
      if (events.nowUs - this.#progressUs < STALL_US) {
        this.#watch()
        return
      }
      const reason = `no progress for ${STALL_US / 1000} ms`
      this.#endSender(reason)
      this.#endReceiver(reason)
    })
  }

  #endSender (error: string | undefined): void {
    if (this.#isSenderOver) return
    this.#isSenderOver = true
    const returned = this.#frames.return?.()
    if (returned !== undefined) this.#host.await(returned, () => {}, () => {})
    this.#host.events.after(0, () => { if (this.sender.owner.isAlive) this.#done(error) })
    this.#forgetIfOver()
  }

  #endReceiver (error: string | undefined): void {
    if (this.#isReceiverOver) return
    this.#isReceiverOver = true
    this.#tellReceiver(error)
    this.#forgetIfOver()
  }

  #tellReceiver (error: string | undefined): void {
    this.#host.events.after(0, () => { this.receiver.owner.tell({ kind: 'snapshot-closed', stream: this.number, error }) })
  }

  #forgetIfOver (): void {
    if (!this.#isSenderOver || !this.#isReceiverOver) return
    for (const { streams } of [this.sender, this.receiver]) {
      const at = streams.indexOf(this)
      if (at >= 0) streams.splice(at, 1)
    }
    this.#host.forget(this)
  }
}

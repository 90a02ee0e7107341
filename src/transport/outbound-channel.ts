import { assert } from '../base/index.js'
import type { Logger } from '../base/index.js'
import type { Stream } from '@libp2p/interface'
import { Backoff } from './backoff.js'
import { isFull, PIECE_BYTES } from './backpressure.js'
import type { ChannelRules } from './channel-table.js'
import type { Counters } from './counters.js'
import { messageOf, toError } from './errors.js'
import { LENGTH_BYTES } from './frame-decoder.js'
import { FrameQueue } from './frame-queue.js'
import type { TransportLimits } from './options.js'

/** What a channel needs of the peer it belongs to. */
export interface ChannelHost {
  readonly limits: TransportLimits
  readonly counters: Counters
  readonly log: Logger
  readonly connected: boolean
  /** Opens a stream on any open connection. @throws {Error} where that fails */
  openStream (protocol: string): Promise<Stream>
}

/**
 * The sending half of one channel to one peer: a bounded queue in front of one stream that is opened when there is
 * something to send and a connection stands. Sending only queues; one flush per microtask joins what is there.
 */
export class OutboundChannel {
  readonly #host: ChannelHost
  readonly #rules: ChannelRules
  readonly #queue = new FrameQueue()
  readonly #backoff: Backoff
  #stream: Stream | undefined
  #openedAtMs = 0
  #opening = false
  #reopenTimer: NodeJS.Timeout | undefined
  #flushing = false
  /** Runs while the stream takes no more; its end resets the stream. */
  #drainTimer: NodeJS.Timeout | undefined

  constructor (host: ChannelHost, rules: ChannelRules) {
    this.#host = host
    this.#rules = rules
    this.#backoff = new Backoff(host.limits.backoffMsMin, host.limits.backoffMsMax)
  }

  /** Frames that wait. */
  get queued (): number {
    return this.#queue.count
  }

  /** Queues a frame, which must not be changed afterwards; a full queue does what the channel's rules say. */
  send (frame: Uint8Array): void {
    assert(frame.length <= this.#rules.frameBytesMax, `a frame of ${frame.length} bytes for ${this.#rules.protocol}, at most ${this.#rules.frameBytesMax} are allowed`)
    if (!this.#makeRoom(frame)) return
    this.#queue.push(frame)
    if (this.#stream === undefined) this.open()
    else this.#scheduleFlush()
  }

  /** Opens the stream where there is something to send and a connection to send it on. */
  open (): void {
    if (this.#stream !== undefined || this.#opening || this.#queue.count === 0 || !this.#host.connected) return
    const waitMs = this.#backoff.remainingMs(Date.now())
    if (waitMs === 0) void this.#open()
    else this.#reopenIn(waitMs)
  }

  /** Sends now what waits for the next microtask, as far as the stream takes it. */
  flush (): void {
    this.#flushing = false
    const stream = this.#stream
    if (stream === undefined || this.#drainTimer !== undefined) return
    try {
      while (this.#queue.count > 0 && this.#stream === stream) {
        if (isFull(stream)) {
          this.#awaitDrain(stream)
          return
        }
        const before = this.#queue.count
        const piece = this.#queue.take(PIECE_BYTES)
        const more = stream.send(piece)
        this.#host.counters.bytesSent += piece.length
        this.#host.counters.framesSent += before - this.#queue.count
        if (!more && this.#stream === stream) {
          this.#awaitDrain(stream)
          return
        }
      }
    } catch (error) {
      stream.abort(toError(error))
      this.#detach(stream)
    }
  }

  /** A connection stands: what waits goes out, whatever failed before. */
  reconnected (): void {
    this.#backoff.reset()
    clearTimeout(this.#reopenTimer)
    this.#reopenTimer = undefined
    this.open()
  }

  /** Drops everything queued and resets the stream: the peer is gone, or this node stops. */
  drop (): void {
    this.#dropQueue()
    clearTimeout(this.#reopenTimer)
    this.#reopenTimer = undefined
    this.#stream?.abort(new Error('the channel was dropped'))
  }

  async #open (): Promise<void> {
    this.#opening = true
    try {
      this.#attach(await this.#host.openStream(this.#rules.protocol))
    } catch (error) {
      this.#host.log.debug('a stream could not be opened', { protocol: this.#rules.protocol, reason: messageOf(error) })
      this.#backoff.failed(Date.now())
    } finally {
      this.#opening = false
    }
    if (this.#stream === undefined) this.open()
    else this.flush()
  }

  #attach (stream: Stream): void {
    stream.addEventListener('message', () => { stream.abort(new Error('nothing may be sent back on this stream')) })
    stream.addEventListener('drain', () => { this.#scheduleResume(stream) })
    stream.addEventListener('idle', () => { this.#scheduleResume(stream) })
    stream.addEventListener('close', () => { this.#detach(stream) })
    if (stream.status !== 'open') throw new Error(`the stream is ${stream.status}`)
    this.#stream = stream
    this.#openedAtMs = Date.now()
  }

  #detach (stream: Stream): void {
    if (this.#stream !== stream) return
    this.#stream = undefined
    clearTimeout(this.#drainTimer)
    this.#drainTimer = undefined
    this.#host.counters.streamsLost++
    this.#queue.rewind()
    const nowMs = Date.now()
    if (nowMs - this.#openedAtMs > this.#host.limits.backoffMsMax) this.#backoff.reset()
    this.#backoff.failed(nowMs)
    this.open()
  }

  #reopenIn (waitMs: number): void {
    if (this.#reopenTimer !== undefined) return
    this.#reopenTimer = setTimeout(() => {
      this.#reopenTimer = undefined
      this.open()
    }, waitMs)
    this.#reopenTimer.unref()
  }

  /** False where the frame has to go. */
  #makeRoom (frame: Uint8Array): boolean {
    const { counters } = this.#host
    const size = LENGTH_BYTES + frame.length
    if (this.#fits(size)) return true
    switch (this.#rules.overflow) {
      case 'drop-oldest':
        while (!this.#fits(size) && this.#queue.dropOldest()) counters.framesDropped++
        return true
      case 'drop-newest':
        counters.framesDropped++
        return false
      case 'restart':
        counters.framesDropped++
        this.#dropQueue()
        this.#stream?.abort(new Error('the peer reads too slowly; its queue was full'))
        return false
    }
  }

  #fits (size: number): boolean {
    const { count, bytes } = this.#queue
    if (count === 0) return true
    if (this.#host.connected) return bytes + size <= this.#rules.queueBytesMax
    return count < this.#rules.waitingFramesMax && bytes + size <= this.#rules.waitingBytesMax
  }

  #dropQueue (): void {
    this.#host.counters.framesDropped += this.#queue.clear()
  }

  #scheduleFlush (): void {
    if (this.#flushing || this.#drainTimer !== undefined) return
    this.#flushing = true
    queueMicrotask(() => { this.flush() })
  }

  #awaitDrain (stream: Stream): void {
    this.#drainTimer = setTimeout(() => {
      stream.abort(new Error(`the other side has read nothing for ${this.#host.limits.drainTimeoutMs} ms`))
    }, this.#host.limits.drainTimeoutMs)
    this.#drainTimer.unref()
  }

  /** The stream sends what it holds itself in a microtask of its own, queued before this one. */
  #scheduleResume (stream: Stream): void {
    if (this.#drainTimer === undefined || this.#stream !== stream) return
    queueMicrotask(() => {
      if (this.#drainTimer === undefined || this.#stream !== stream || isFull(stream)) return
      clearTimeout(this.#drainTimer)
      this.#drainTimer = undefined
      this.flush()
    })
  }
}

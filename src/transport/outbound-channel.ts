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
import type { Turns, Writer } from './turns.js'

/** What a channel needs of the peer it belongs to. */
export interface ChannelHost {
  readonly limits: TransportLimits
  readonly counters: Counters
  readonly log: Logger
  readonly connected: boolean
  /** Who of this peer's writers goes next. */
  readonly turns: Turns
  /** Opens a stream on any open connection. @throws {Error} where that fails */
  openStream (protocol: string): Promise<Stream>
}

/**
 * The sending half of one channel to one peer: a bounded queue in front of one stream that is opened when there is
 * something to send and a connection stands. Sending only queues; what is there when its turn comes is joined.
 */
export class OutboundChannel implements Writer {
  readonly #host: ChannelHost
  readonly #rules: ChannelRules
  readonly #queue = new FrameQueue()
  readonly #backoff: Backoff
  #stream: Stream | undefined
  #openedAtMs = 0
  #opening = false
  #reopenTimer: NodeJS.Timeout | undefined
  /** Runs while the stream takes nothing; its end resets the stream. */
  #drainTimer: NodeJS.Timeout | undefined

  constructor (host: ChannelHost, rules: ChannelRules) {
    this.#host = host
    this.#rules = rules
    this.#backoff = new Backoff(host.limits.backoffMsMin, host.limits.backoffMsMax)
    host.turns.add(this, rules.rank)
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
    else this.#host.turns.request()
  }

  /** Opens the stream where there is something to send and a connection to send it on. */
  open (): void {
    if (this.#stream !== undefined || this.#opening || this.#queue.count === 0 || !this.#host.connected) return
    const waitMs = this.#backoff.remainingMs(Date.now())
    if (waitMs === 0) void this.#open()
    else this.#reopenIn(waitMs)
  }

  write (): boolean {
    const stream = this.#stream
    if (stream === undefined || this.#queue.count === 0) return false
    if (isFull(stream)) {
      this.#drainTimer ??= this.#awaitDrain(stream)
      return false
    }
    clearTimeout(this.#drainTimer)
    this.#drainTimer = undefined
    try {
      const before = this.#queue.count
      const piece = this.#queue.take(PIECE_BYTES)
      stream.send(piece)
      this.#host.counters.bytesSent += piece.length
      this.#host.counters.framesSent += before - this.#queue.count
    } catch (error) {
      stream.abort(toError(error))
      this.#detach(stream)
    }
    return true
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
    else this.#host.turns.request()
  }

  #attach (stream: Stream): void {
    stream.addEventListener('message', () => { stream.abort(new Error('nothing may be sent back on this stream')) })
    stream.addEventListener('drain', () => { this.#host.turns.request() })
    stream.addEventListener('idle', () => { this.#host.turns.request() })
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
        while (!this.#fits(size) && this.#queue.dropOldest(this.#rules.keeps)) counters.framesDropped++
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
    if (this.#host.connected) return count < this.#rules.queueFramesMax && bytes + size <= this.#rules.queueBytesMax
    return count < this.#rules.waitingFramesMax && bytes + size <= this.#rules.waitingBytesMax
  }

  #dropQueue (): void {
    this.#host.counters.framesDropped += this.#queue.clear()
  }

  #awaitDrain (stream: Stream): NodeJS.Timeout {
    const timer = setTimeout(() => {
      stream.abort(new Error(`the other side has read nothing for ${this.#host.limits.drainTimeoutMs} ms`))
    }, this.#host.limits.drainTimeoutMs)
    timer.unref()
    return timer
  }
}

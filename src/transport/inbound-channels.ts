import type { Logger } from '../base/index.js'
import type { Stream } from '@libp2p/interface'
import type { ChannelName } from '../node/index.js'
import { channelTable } from './channel-table.js'
import type { Counters } from './counters.js'
import { messageOf, toError } from './errors.js'
import { FrameDecoder, FrameTooLongError } from './frame-decoder.js'

/** What the receiving half needs of the peer it belongs to. */
export interface InboundHost {
  readonly counters: Counters
  readonly log: Logger
  /** Hands a frame to the driver; never throws. */
  receive (channel: ChannelName, payload: Uint8Array): void
}

/**
 * The receiving half of a peer's channels: one stream each, opened by the peer. The newest wins and resets the older one:
 * a peer that opens a second one has lost the first. A stream that says nothing costs nothing.
 */
export class InboundChannels {
  readonly #host: InboundHost
  readonly #streams = new Map<ChannelName, Stream>()
  /** Said once per peer: a hostile one would fill the log. */
  #complained = false

  constructor (host: InboundHost) {
    this.#host = host
  }

  accept (channel: ChannelName, stream: Stream): void {
    if (stream.status !== 'open') return
    const older = this.#streams.get(channel)
    this.#streams.set(channel, stream)
    older?.abort(new Error('replaced by a newer stream'))
    const decoder = new FrameDecoder(channelTable[channel].frameBytesMax)
    const onFrame = (payload: Uint8Array): void => {
      if (this.#streams.get(channel) !== stream) return
      const { counters } = this.#host
      counters.framesReceived++
      counters.bytesReceived += payload.length
      this.#host.receive(channel, payload)
    }
    // a listener that throws is an uncaught exception (LIBP2P.md section 5)
    stream.addEventListener('message', (event) => {
      try {
        if (this.#streams.get(channel) === stream) decoder.push(event.data, onFrame)
      } catch (error) {
        this.#refuse(channel, stream, error)
      }
    })
    stream.addEventListener('close', () => {
      if (this.#streams.get(channel) === stream) this.#streams.delete(channel)
    })
    // one way only: our writing end closes at once, so that the peer's closing ends the stream
    stream.close().catch((error: unknown) => { stream.abort(toError(error)) })
  }

  /** The peer is gone: bytes still on their way from its streams are not heard. */
  clear (): void {
    this.#streams.clear()
  }

  #refuse (channel: ChannelName, stream: Stream, error: unknown): void {
    this.#streams.delete(channel)
    if (error instanceof FrameTooLongError) this.#host.counters.framesTooLong++
    if (!this.#complained) this.#host.log.warn('a peer sent what no peer sends; its stream was reset', { channel, reason: messageOf(error) })
    this.#complained = true
    stream.abort(toError(error))
  }
}

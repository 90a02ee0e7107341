import { assert } from '../../src/base/index.js'
import type { PeerId } from '../../src/base/index.js'
import type { ChannelName } from '../../src/node/index.js'
import { exponential, heavyTail, KeyedChance } from '../kernel/chance.js'
import type { EventQueue } from '../kernel/event-queue.js'
import type { ChannelLimits } from './channel-limits.js'
import { ChannelQueue } from './channel-queue.js'
import type { End } from './connection.js'
import { Frame } from './in-flight.js'
import type { LinkOptions } from './link-options.js'
import { Recorder } from './recorder.js'
import type { VirtualTransport } from './virtual-transport.js'

/** What a link needs of its network. */
export interface LinkHost {
  readonly events: EventQueue
  readonly limits: ChannelLimits
  /** Whether this one frame vanishes. */
  isLost (from: PeerId, to: PeerId, channel: ChannelName): boolean
  onDelivered: ((to: VirtualTransport, from: PeerId, channel: ChannelName, payload: Uint8Array) => void) | undefined
  /** Hands a frame to the process at the link's end, if it is still the same peer and holds a connection that stands. */
  inject (link: Link, from: PeerId, to: PeerId, channel: ChannelName, payload: Uint8Array): void
}

/** What the choices of one frame are for; new ones go to the end, or all runs change. */
const PURPOSE = { jitter: 0, tail: 1, tailLength: 2, loss: 3, drop: 4, duplicate: 5, duplicateDelay: 6, reorder: 7, reorderDelay: 8, corrupt: 9 } as const
/** Numbers of what is no frame (dials, ends of connections): they count from here, so that they shift no frame. */
const CONTROLS_FROM = 2 ** 31

/** Bytes that a frame costs on the wire beyond its payload: its length, yamux's and noise's headers. */
const FRAME_OVERHEAD_BYTES = 32
/** Mean µs after the first delivery until a duplicated frame comes again. */
const DUPLICATE_US = 20_000
/** Mean µs for which a frame that leaves its order is held back. */
const REORDER_US = 10_000
/** A stream with a hole is found broken after this at the latest: TCP's shortest retransmission timeout (RFC 6298). */
const LOSS_NOTICED_US = 200_000

/** One direction between two addresses: it outlives connections and processes, and so do its faults. */
export class Link {
  readonly from: string
  readonly to: string
  /** Nothing gets through. */
  isCut = false
  #options: LinkOptions
  #override: Partial<LinkOptions> | undefined
  readonly #host: LinkHost
  readonly #events: EventQueue
  readonly #chance: KeyedChance
  #frameCount = 0
  #controlCount = 0
  readonly #waiting: ChannelQueue<Frame>
  /** What is being put on a slow line. */
  #leaving: Frame | undefined
  readonly #recorder: Recorder

  constructor (host: LinkHost, seed: string, from: string, to: string, options: LinkOptions) {
    this.from = from
    this.to = to
    this.#host = host
    this.#events = host.events
    this.#chance = new KeyedChance(`${seed}/link ${from} ${to}`)
    this.#options = checked(options)
    this.#waiting = new ChannelQueue(host.limits, true)
    this.#recorder = new Recorder(host.events, (sender, receiver, channel, payload) => { host.inject(this, sender, receiver, channel, payload) })
  }

  get options (): LinkOptions {
    return this.#options
  }

  /** @param override what is different on this link; added to what was; undefined: nothing any more */
  configure (common: LinkOptions, override: Partial<LinkOptions> | undefined): void {
    this.#override = override === undefined ? undefined : { ...this.#override, ...override }
    this.#options = checked({ ...common, ...this.#override })
  }

  /** The common options changed; what is different on this link stays so. */
  rebase (common: LinkOptions): void {
    this.#options = checked({ ...common, ...this.#override })
  }

  /** How long something takes that is no frame: a step of a dial, the end of a connection. */
  controlDelayUs (): number {
    return this.#delayUs(CONTROLS_FROM + this.#controlCount++)
  }

  /** How long the end of a connection takes: it comes behind the frames that are under way. */
  endDelayUs (end: End): number {
    return Math.max(this.controlDelayUs(), end.inFlight.lastArrivalUs - this.#events.nowUs)
  }

  send (end: End, channel: ChannelName, payload: Uint8Array): void {
    if (this.#recorder.isRecording) this.#recorder.take(end.owner.self, end.peer.id, channel, payload)
    this.#enqueue(new Frame(end, channel, payload, payload.length + FRAME_OVERHEAD_BYTES, undefined))
  }

  /** Sends something else in order with the frames; unbounded here, so its sender waits for one before it sends the next. */
  carry (end: End, sizeBytes: number, onArrival: () => void): void {
    this.#enqueue(new Frame(end, undefined, undefined, sizeBytes + FRAME_OVERHEAD_BYTES, onArrival))
  }

  /** Delivers what is sent on the channel in the next `forUs` once more, each frame `delayUs` after it was sent. */
  record (channel: ChannelName, forUs: number, delayUs: number): void {
    this.#recorder.record(channel, forUs, delayUs)
  }

  #enqueue (frame: Frame): void {
    if (this.#options.bandwidth === 0 && this.#leaving === undefined) {
      this.#launch(frame)
      return
    }
    this.#waiting.push(frame)
    if (this.#leaving === undefined) this.#leaveNext()
  }

  #leaveNext (): void {
    let frame = this.#waiting.shift()
    while (frame !== undefined && !frame.end.isOpen) frame = this.#waiting.shift() // dropped with its connection
    this.#leaving = frame
    if (frame === undefined) return
    const { bandwidth } = this.#options
    this.#events.after(bandwidth === 0 ? 0 : Math.ceil(frame.sizeBytes * 1_000_000 / bandwidth), this.#left)
  }

  readonly #left = (): void => {
    if (this.#leaving !== undefined) this.#launch(this.#leaving)
    this.#leaveNext()
  }

  /** The frame is on the line: what becomes of it is decided here, but for what happens on its way. */
  #launch (frame: Frame): void {
    const number = this.#frameCount++
    const { end, channel } = frame
    if (this.isCut || end.isSilent || end.isBroken || !end.other.isOpen) {
      this.#vanish(end)
      return
    }
    const options = this.#options
    const chance = this.#chance
    if (chance.oneIn(options.lossOneIn, number, PURPOSE.loss)) {
      end.isSilent = true
      end.noticeIn(Math.min(options.cutNoticedUs, LOSS_NOTICED_US), 'a frame was lost')
      return
    }
    if (channel !== undefined && (chance.oneIn(options.dropOneIn, number, PURPOSE.drop) || this.#host.isLost(end.owner.self, end.peer.id, channel))) return
    frame.isCorrupt = chance.oneIn(options.corruptOneIn, number, PURPOSE.corrupt)
    const { nowUs } = this.#events
    const delayUs = this.#delayUs(number)
    let arrivalUs = nowUs + delayUs
    if (isRepeatable(channel) && chance.oneIn(options.reorderOneIn, number, PURPOSE.reorder)) {
      arrivalUs += exponential(REORDER_US + options.delayUs, chance.uint32(number, PURPOSE.reorderDelay))
      this.#events.after(arrivalUs - nowUs, () => { this.arrive(frame) })
    } else arrivalUs = end.inFlight.push(frame, arrivalUs)
    if (isRepeatable(channel) && chance.oneIn(options.duplicateOneIn, number, PURPOSE.duplicate)) {
      const laterUs = exponential(DUPLICATE_US, chance.uint32(number, PURPOSE.duplicateDelay))
      this.#events.after(arrivalUs - nowUs + laterUs, () => { this.arrive(frame) })
    }
  }

  /** A frame goes into nothing; sooner or later its sender learns that. */
  #vanish (end: End): void {
    if (this.isCut) {
      end.isSilent = true
      end.noticeIn(this.#options.cutNoticedUs, 'no answer')
    } else if (!end.other.isOpen) {
      const back = end.other.link
      end.noticeIn(back.isCut ? this.#options.cutNoticedUs : this.controlDelayUs() + back.controlDelayUs(), 'the other side knows nothing of this connection')
    }
  }

  /** A frame has come to the end of the line. */
  arrive (frame: Frame): void {
    const { end, channel, payload } = frame
    if (end.isBroken || !end.other.isOpen) return
    if (this.isCut) {
      end.isBroken = true
      end.noticeIn(this.#options.cutNoticedUs, 'no answer')
    } else if (frame.isCorrupt) {
      end.isBroken = true
      end.other.close('a frame was changed under way')
    } else if (channel !== undefined && payload !== undefined) end.other.receive(channel, payload)
    else frame.onArrival?.()
  }

  #delayUs (number: number): number {
    const { delayUs, jitterUs, tailOneIn, tailUs } = this.#options
    const chance = this.#chance
    let total = delayUs
    if (jitterUs > 0) total += exponential(jitterUs, chance.uint32(number, PURPOSE.jitter))
    if (chance.oneIn(tailOneIn, number, PURPOSE.tail)) total += heavyTail(tailUs, chance.uint32(number, PURPOSE.tailLength))
    return total
  }
}

/** µs of a delay at most, for exact integers in between: almost nine minutes. */
const DELAY_US_MAX = 2 ** 29 - 1

function checked (options: LinkOptions): LinkOptions {
  for (const value of Object.values(options)) assert(Number.isSafeInteger(value) && value >= 0, 'a link\'s options are integers from 0')
  assert(options.delayUs <= DELAY_US_MAX && options.jitterUs <= DELAY_US_MAX && options.tailUs <= DELAY_US_MAX, `a delay is at most ${DELAY_US_MAX} µs`)
  return options
}

/**
 * Cores whose papers assume a network that repeats and reorders. Client requests and greetings lean on the streams they
 * travel on, which cannot (noise numbers every message): a request that takes effect again after its answer would break
 * no promise of the node, but one of the transport.
 */
const isRepeatable = (channel: ChannelName | undefined): boolean => channel === 'replication' || channel === 'membership'

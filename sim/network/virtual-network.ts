import type { PeerId, Prng } from '../../src/base/index.js'
import type { ChannelName } from '../../src/node/index.js'
import type { EventQueue } from '../kernel/event-queue.js'
import { channelLimits } from './channel-limits.js'
import type { ChannelLimits } from './channel-limits.js'
import { joinEnds } from './connection.js'
import type { End } from './connection.js'
import { Link } from './link.js'
import type { LinkHost } from './link.js'
import { calmLink } from './link-options.js'
import type { LinkOptions } from './link-options.js'
import { SnapshotStream } from './snapshot-stream.js'
import type { SnapshotHost } from './snapshot-stream.js'
import type { VirtualTransport } from './virtual-transport.js'

export { VirtualTransport } from './virtual-transport.js'

/** Bytes of a garbled frame at most. */
const GARBLE_BYTES_MAX = 512

/**
 * All links between the addresses of one world. Connections are ordered and reliable while they stand, like TCP; each
 * direction of each link has its own options, faults and chance.
 */
export class VirtualNetwork implements LinkHost, SnapshotHost {
  readonly events: EventQueue
  readonly limits: ChannelLimits
  /** Whether this one frame vanishes: for directed scenarios. */
  isLost: (from: PeerId, to: PeerId, channel: ChannelName) => boolean = () => false
  /** A frame was handed to a transport, whatever becomes of it. */
  onSent: ((from: VirtualTransport, to: PeerId, channel: ChannelName, payload: Uint8Array) => void) | undefined
  /** A frame reached a process: the same bytes that were handed over, not a copy. */
  onDelivered: ((to: VirtualTransport, from: PeerId, channel: ChannelName, payload: Uint8Array) => void) | undefined
  readonly #seed: string
  #common: LinkOptions
  readonly #endpoints = new Map<string, VirtualTransport>()
  readonly #links = new Map<string, Map<string, Link>>()
  readonly #cuts = new Set<Link>()
  readonly #snapshots = new Map<number, SnapshotStream>()
  #snapshotCount = 0
  #unsettledCount = 0

  /**
   * @param seed all chance of the network follows from it
   * @param options of every link that has none of its own
   * @param limits of the queues in front of slow links and dials; smaller ones overflow sooner
   */
  constructor (events: EventQueue, seed: string, options: LinkOptions, limits: ChannelLimits = channelLimits) {
    this.events = events
    this.#seed = seed
    this.#common = options
    this.limits = limits
  }

  /** Promises of snapshot streams that are not settled: while there are some, the world lets them settle before the next event. */
  get unsettledCount (): number {
    return this.#unsettledCount
  }

  attach (endpoint: VirtualTransport): void {
    this.#endpoints.set(endpoint.address, endpoint)
  }

  detach (endpoint: VirtualTransport): void {
    if (this.#endpoints.get(endpoint.address) === endpoint) this.#endpoints.delete(endpoint.address)
  }

  at (address: string): VirtualTransport | undefined {
    return this.#endpoints.get(address)
  }

  byPeer (peer: PeerId): VirtualTransport | undefined {
    for (const endpoint of this.#endpoints.values()) if (endpoint.self === peer) return endpoint
    return undefined
  }

  /** One direction between two addresses. */
  link (from: string, to: string): Link {
    let links = this.#links.get(from)
    if (links === undefined) {
      links = new Map()
      this.#links.set(from, links)
    }
    let link = links.get(to)
    if (link === undefined) {
      link = new Link(this, this.#seed, from, to, this.#common)
      links.set(to, link)
    }
    return link
  }

  /** The options of every link, as far as it has none of its own. */
  setDefault (options: LinkOptions): void {
    this.#common = options
    for (const link of this.#allLinks()) link.rebase(options)
  }

  /** One direction behaves differently from now on, in addition to what was set before; undefined: like all others again. */
  setLink (from: string, to: string, options: Partial<LinkOptions> | undefined): void {
    this.link(from, to).configure(this.#common, options)
  }

  /** No link has options of its own any more. */
  resetLinks (): void {
    for (const link of this.#allLinks()) link.configure(this.#common, undefined)
  }

  /** From now on nothing is slow or lost; cuts stay. */
  calm (): void {
    this.#common = calmLink
    this.resetLinks()
  }

  isCut (from: string, to: string): boolean {
    return this.link(from, to).isCut
  }

  /** Nothing gets from `from` to `to` any more (one way). */
  cut (from: string, to: string): void {
    const link = this.link(from, to)
    link.isCut = true
    this.#cuts.add(link)
  }

  /** Ends every cut and every half-open connection; connections that lost frames are reset, so that both sides begin anew. */
  heal (): void {
    for (const link of this.#cuts) link.isCut = false
    this.#cuts.clear()
    for (const endpoint of this.#endpoints.values()) for (const end of endpoint.ends()) end.mend()
  }

  /** Breaks the connections between two addresses; frames under way are lost. */
  reset (from: string, to: string): void {
    for (const end of this.#ends(from, to)) end.reset('reset')
  }

  /** `to` finds its connection with `from` gone; `from` believes in it for another `forUs`, and what it sends there vanishes. */
  halfOpen (from: string, to: string, forUs: number): void {
    for (const end of this.#ends(from, to)) end.delude(forUs)
  }

  /**
   * Delivers what is sent from `from` to `to` on a channel in the next `forUs` once more, each frame `delayUs` after it
   * was sent: also on a later connection, and to a later process of the same peer, if one stands then.
   */
  replay (from: string, to: string, channel: ChannelName, forUs: number, delayUs: number): void {
    this.link(from, to).record(channel, forUs, delayUs)
  }

  /** Delivers a frame of random bytes from an authenticated peer, if the two are connected when it arrives. */
  garble (from: string, to: string, channel: ChannelName, random: Prng): void {
    const payload = Buffer.alloc(random.between(1, Math.min(GARBLE_BYTES_MAX, this.limits[channel].frameBytesMax)))
    for (let at = 0; at < payload.length; at++) payload[at] = random.below(256)
    this.forge(from, to, channel, payload)
  }

  /** Delivers a frame that `from` never sent, if the two are connected when it arrives. */
  forge (from: string, to: string, channel: ChannelName, payload: Uint8Array): void {
    const sender = this.at(from)?.self
    const receiver = this.at(to)?.self
    if (sender === undefined || receiver === undefined) return
    const link = this.link(from, to)
    this.events.after(link.controlDelayUs(), () => { this.inject(link, sender, receiver, channel, payload) })
  }

  inject (link: Link, from: PeerId, to: PeerId, channel: ChannelName, payload: Uint8Array): void {
    const receiver = this.at(link.to)
    if (link.isCut || this.at(link.from)?.self !== from || receiver?.self !== to) return
    if (this.#ends(link.from, link.to).some((end) => end.isSound)) receiver.receive(from, channel, payload)
  }

  /** A dial came through: joins both processes, unless they are connected already. */
  connect (dialler: VirtualTransport, dialled: VirtualTransport, isAsked: boolean): void {
    const own = dialler.peer(dialled.self)
    const others = dialled.peer(dialler.self)
    const stands = own.ends.some((end) => end.isSound)
    if (!stands) {
      const there = { owner: dialled, peer: others, link: this.link(dialled.address, dialler.address) }
      joinEnds({ owner: dialler, peer: own, link: this.link(dialler.address, dialled.address) }, there)
    }
    dialler.connected(own, dialled.address, isAsked)
    if (!stands) dialled.connected(others, dialler.address, false)
  }

  openSnapshot (sender: End, frames: AsyncIterable<Uint8Array>, done: (error: string | undefined) => void): void {
    const number = ++this.#snapshotCount
    this.#snapshots.set(number, new SnapshotStream(this, number, sender, frames, done))
  }

  /** The stream of this number that this process receives. */
  snapshot (receiver: VirtualTransport, number: number): SnapshotStream | undefined {
    const stream = this.#snapshots.get(number)
    return stream?.receiver.owner === receiver ? stream : undefined
  }

  forget (stream: SnapshotStream): void {
    this.#snapshots.delete(stream.number)
  }

  await<Result> (promise: Promise<Result>, settled: (result: Result) => void, failed: (error: unknown) => void): void {
    this.#unsettledCount++
    void promise.then((result) => {
      this.#unsettledCount--
      settled(result)
    }, (error: unknown) => {
      this.#unsettledCount--
      failed(error)
    })
  }

  #ends (from: string, to: string): End[] {
    const sender = this.at(from)
    const receiver = this.at(to)
    return sender === undefined || receiver === undefined ? [] : sender.peer(receiver.self).ends.filter((end) => end.other.owner === receiver)
  }

  * #allLinks (): Generator<Link, void, undefined> {
    for (const links of this.#links.values()) yield * links.values()
  }
}

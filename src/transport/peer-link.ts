import type { Connection, Stream } from '@libp2p/interface'
import type { Multiaddr as Libp2pMultiaddr } from '@multiformats/multiaddr'
import type { Logger, Multiaddr, PeerId } from '../base/index.js'
import type { ChannelName, TransportInput } from '../node/index.js'
import { addressesOfPeer, toMultiaddr } from './addresses.js'
import { Backoff } from './backoff.js'
import { channelTable } from './channel-table.js'
import type { Counters } from './counters.js'
import type { Dialer } from './dialer.js'
import { isRefusal } from './dial-errors.js'
import { messageOf } from './errors.js'
import { InboundChannels } from './inbound-channels.js'
import { OutboundChannel } from './outbound-channel.js'
import type { ChannelHost } from './outbound-channel.js'
import type { TransportLimits } from './options.js'
import { Turns } from './turns.js'

/** What a link needs of its transport. */
export interface LinkHost {
  readonly limits: TransportLimits
  readonly counters: Counters
  readonly log: Logger
  readonly dialer: Dialer
  /** Tells the driver; never throws. */
  deliver (input: TransportInput): void
  /** Addresses libp2p itself has heard of, from identify or the DHT. */
  storedAddresses (peer: PeerId): Promise<Libp2pMultiaddr[]>
  /** Numbers the `peer-connected` inputs, from 1. */
  nextAnnouncement (): number
  /** Nothing is left to remember of the peer. */
  forget (link: PeerLink): void
}

/** A connection that ends sooner than this counts as a failed dial, or two nodes could dial each other in a tight loop. */
const STABLE_AFTER_MS = 1000

/**
 * Everything about one peer: its connections (two, where both sides dialled at once), its addresses, its channels, and
 * when it may be dialled again.
 */
export class PeerLink implements ChannelHost {
  readonly peer: PeerId
  readonly limits: TransportLimits
  readonly counters: Counters
  readonly log: Logger
  readonly inbound: InboundChannels
  readonly turns = new Turns()
  readonly #host: LinkHost
  readonly #connections = new Set<Connection>()
  readonly #channels = new Map<ChannelName, OutboundChannel>()
  readonly #backoff: Backoff
  #addresses: Libp2pMultiaddr[] = []
  #announced: Connection | undefined
  #announcement = 0
  #connectedAtMs = 0
  #dialing = false
  #redialTimer: NodeJS.Timeout | undefined

  constructor (peer: PeerId, host: LinkHost) {
    this.peer = peer
    this.limits = host.limits
    this.counters = host.counters
    this.log = host.log
    this.#host = host
    this.#backoff = new Backoff(host.limits.backoffMsMin, host.limits.backoffMsMax)
    this.inbound = new InboundChannels({
      counters: host.counters,
      log: host.log,
      receive: (channel, payload) => { if (this.connected) host.deliver({ kind: 'frame', peer, channel, payload }) }
    })
  }

  get connected (): boolean {
    return this.#connections.size > 0
  }

  /** Which of all `peer-connected` inputs was this peer's last. */
  get announcement (): number {
    return this.#announcement
  }

  /** Frames that wait for a standing connection to take them. */
  get queued (): number {
    let count = 0
    if (this.connected) for (const channel of this.#channels.values()) count += channel.queued
    return count
  }

  get connections (): ReadonlySet<Connection> {
    return this.#connections
  }

  send (channel: ChannelName, frame: Uint8Array): void {
    let outbound = this.#channels.get(channel)
    if (outbound === undefined) {
      outbound = new OutboundChannel(this, channelTable[channel])
      this.#channels.set(channel, outbound)
    }
    outbound.send(frame)
    if (!this.connected) this.#scheduleDial()
  }

  /** Replaces the addresses; new ones are worth a dial at once where something waits. */
  learn (multiaddrs: readonly Multiaddr[]): void {
    const known = new Set(this.#addresses.map(String))
    this.#addresses = addressesOfPeer(this.peer, multiaddrs, this.limits.addressesPerPeerMax)
    if (this.#addresses.every((address) => known.has(address.toString()))) return
    this.#backoff.reset()
    if (this.#redialTimer === undefined) return
    this.#cancelRedial()
    this.#scheduleDial()
  }

  /** A connection stands. Closed ones are ignored: their 'close' event is over. */
  add (connection: Connection): void {
    if (connection.status !== 'open') return
    this.#connections.add(connection)
    connection.addEventListener('close', (event) => { this.#remove(connection, closeReason(event)) })
    if (this.#connections.size > 1) return
    this.#announced = connection
    this.#connectedAtMs = Date.now()
    this.#cancelRedial()
    this.announce()
    for (const channel of this.#channels.values()) channel.reconnected()
  }

  /** Tells the driver that the peer is connected; again where it asked for a dial to a peer that was. */
  announce (): void {
    const connection = this.#announced
    if (connection === undefined) return
    this.#announcement = this.#host.nextAnnouncement()
    this.#host.deliver({ kind: 'peer-connected', peer: this.peer, remote: toMultiaddr(connection.remoteAddr) })
  }

  /** @throws {Error} where no connection is open, or the peer takes no more streams */
  async openStream (protocol: string): Promise<Stream> {
    const connection = [...this.#connections].find(({ status }) => status === 'open')
    if (connection === undefined) throw new Error('no open connection')
    const stream = await connection.newStream(protocol, { signal: AbortSignal.timeout(this.limits.streamOpenTimeoutMs) })
    // a peer at its limit resets the stream, and that is all it says (LIBP2P.md section 5)
    if (stream.status !== 'open') throw new Error('the other side takes no more streams of this kind')
    return stream
  }

  /** Sends now what waits for the end of this tick, as far as the streams take it. */
  flush (): void {
    this.turns.run()
  }

  /** Drops what is queued; connections are left alone. */
  drop (): void {
    this.#cancelRedial()
    for (const channel of this.#channels.values()) channel.drop()
  }

  #remove (connection: Connection, reason: string): void {
    if (!this.#connections.delete(connection)) return
    if (this.connected) {
      if (this.#announced === connection) [this.#announced] = this.#connections
      return
    }
    this.#announced = undefined
    if (Date.now() - this.#connectedAtMs >= STABLE_AFTER_MS) this.#backoff.reset()
    else this.#backoff.failed(Date.now())
    this.drop()
    this.inbound.clear()
    this.#host.deliver({ kind: 'peer-disconnected', peer: this.peer, reason })
    this.forgetIfIdle()
  }

  /** Lets go of a peer that is neither connected nor known. */
  forgetIfIdle (): void {
    if (!this.connected && !this.#dialing && this.#redialTimer === undefined && this.#addresses.length === 0) this.#host.forget(this)
  }

  #scheduleDial (): void {
    if (this.#dialing || this.#redialTimer !== undefined) return
    const waitMs = this.#backoff.remainingMs(Date.now())
    if (waitMs === 0) {
      void this.#dial()
      return
    }
    this.#redialTimer = setTimeout(() => {
      this.#redialTimer = undefined
      if (!this.connected) void this.#dial()
    }, waitMs)
    this.#redialTimer.unref()
  }

  #cancelRedial (): void {
    clearTimeout(this.#redialTimer)
    this.#redialTimer = undefined
  }

  async #dial (): Promise<void> {
    this.#dialing = true
    try {
      const addresses = this.#addresses.length > 0 ? this.#addresses : await this.#host.storedAddresses(this.peer)
      if (addresses.length === 0) throw new Error('no address of this peer is known')
      await this.#host.dialer.dial(addresses)
      if (!this.connected) throw new Error('the connection closed at once')
    } catch (error) {
      this.#dialFailed(messageOf(error))
    } finally {
      this.#dialing = false
    }
    this.forgetIfIdle()
  }

  #dialFailed (reason: string): void {
    if (this.connected) return // the peer was faster
    this.#backoff.failed(Date.now())
    this.drop()
    this.#host.deliver({ kind: 'dial-failed', target: this.peer, reason, refused: isRefusal(reason) })
  }
}

function closeReason (event: { readonly error?: Error, readonly local?: boolean }): string {
  if (event.error !== undefined) return `lost (${event.error.message})`
  return event.local === true ? 'closed by this node' : 'closed by the other side'
}

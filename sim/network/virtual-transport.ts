import { assert } from '../../src/base/index.js'
import type { Multiaddr, PeerId } from '../../src/base/index.js'
import type { ChannelName, Transport, TransportInput } from '../../src/node/index.js'
import type { EventQueue } from '../kernel/event-queue.js'
import { ChannelQueue } from './channel-queue.js'
import type { Queued } from './channel-queue.js'
import type { End } from './connection.js'
import type { VirtualNetwork } from './virtual-network.js'

/** How long a dial waits for an answer that does not come. */
const DIAL_TIMEOUT_US = 2_000_000
/** One-way trips of a dial: the handshakes of TCP and noise. */
const DIAL_TRIPS = 3
/** One-way trips of a search in the DHT. */
const FIND_TRIPS = 10

interface WaitingFrame extends Queued {
  readonly channel: ChannelName
  readonly payload: Uint8Array
}

/** What a transport knows of one peer. */
export class Peer {
  readonly id: PeerId
  /** Where it is dialled. */
  address: string | undefined
  /** Connections in which this side believes, the oldest first: that is the one in use. */
  readonly ends: End[] = []
  connectionCount = 0
  /** The newest connection that has brought a frame, by channel. */
  readonly newest: Record<ChannelName, number> = { cluster: 0, membership: 0, replication: 0, kv: 0 }
  /** While it is dialled because of them: frames for it. */
  waiting: ChannelQueue<WaitingFrame> | undefined
  /** The last connection is gone for this reason, and the driver is not told yet. */
  lostReason: string | undefined

  constructor (id: PeerId) {
    this.id = id
  }
}

/** One process's end of the virtual network. */
export class VirtualTransport implements Transport {
  readonly self: PeerId
  readonly address: string
  readonly events: EventQueue
  readonly #network: VirtualNetwork
  readonly #deliver: (input: TransportInput) => void
  readonly #peers = new Map<PeerId, Peer>()
  #isAlive = true

  constructor (network: VirtualNetwork, self: PeerId, address: Multiaddr, deliver: (input: TransportInput) => void) {
    this.#network = network
    this.events = network.events
    this.self = self
    this.address = address
    this.#deliver = deliver
    network.attach(this)
  }

  get isAlive (): boolean {
    return this.#isAlive
  }

  /** The process dies. What it has sent arrives, and behind it the end of its connections. */
  kill (): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    this.#network.detach(this)
    for (const end of this.ends()) end.die()
  }

  tell (input: TransportInput): void {
    if (this.#isAlive) this.#deliver(input)
  }

  /** A frame arrived. */
  receive (peer: PeerId, channel: ChannelName, payload: Uint8Array): void {
    if (!this.#isAlive) return
    this.#network.onDelivered?.(this, peer, channel, payload)
    this.#deliver({ kind: 'frame', peer, channel, payload })
  }

  /** Connections in which this side believes, in the order in which their peers were met. */
  ends (): End[] {
    return [...this.#peers.values()].flatMap((peer) => peer.ends)
  }

  peer (id: PeerId): Peer {
    let peer = this.#peers.get(id)
    if (peer === undefined) {
      peer = new Peer(id)
      this.#peers.set(id, peer)
    }
    return peer
  }

  /** A connection of this side is gone; the driver is told if it was the last. */
  closed (peer: Peer, reason: string): void {
    if (peer.ends.length > 0) return
    peer.lostReason = reason
    this.events.after(0, () => { this.#tellLost(peer) })
  }

  /** A connection stands on this side: its peer counts as connected from now on, and what waited goes out. */
  connected (peer: Peer, remote: string, isAsked: boolean): void {
    this.#tellLost(peer)
    // A second connection is no news to the driver, unless it asked for one (as in the real transport).
    if (peer.ends.length === 1 || isAsked) this.tell({ kind: 'peer-connected', peer: peer.id, remote: remote as Multiaddr })
    const { waiting } = peer
    peer.waiting = undefined
    const [end] = peer.ends
    for (let frame = waiting?.shift(); frame !== undefined; frame = waiting?.shift()) end?.link.send(end, frame.channel, frame.payload)
  }

  #tellLost (peer: Peer): void {
    const { lostReason } = peer
    peer.lostReason = undefined
    if (lostReason !== undefined) this.tell({ kind: 'peer-disconnected', peer: peer.id, reason: lostReason })
  }

  multiaddrs (): readonly Multiaddr[] {
    return [`${this.address}/p2p/${this.self}` as Multiaddr]
  }

  isConnected (peer: PeerId): boolean {
    return (this.#peers.get(peer)?.ends.length ?? 0) > 0
  }

  learn (peer: PeerId, multiaddrs: readonly Multiaddr[]): void {
    const first = multiaddrs[0]
    if (first !== undefined) this.peer(peer).address = first.split('/p2p/')[0]
  }

  dial (multiaddr: Multiaddr): void {
    const [address = '', expected] = multiaddr.split('/p2p/')
    this.#dial(address, expected as PeerId | undefined, multiaddr, undefined)
  }

  send (peerId: PeerId, channel: ChannelName, frame: Uint8Array): void {
    if (!this.#isAlive || peerId === this.self) return
    const network = this.#network
    assert(frame.length <= network.limits[channel].frameBytesMax, `a frame of ${frame.length} bytes on ${channel}`)
    network.onSent?.(this, peerId, channel, frame)
    const peer = this.peer(peerId)
    const end = peer.ends[0]
    if (end !== undefined) end.link.send(end, channel, frame)
    else if (peer.waiting !== undefined) peer.waiting.push({ channel, payload: frame, sizeBytes: frame.length })
    else if (peer.address === undefined) {
      this.events.after(0, () => { this.tell({ kind: 'dial-failed', target: peerId, reason: 'no address is known', refused: false }) })
    } else {
      peer.waiting = new ChannelQueue<WaitingFrame>(network.limits, false)
      peer.waiting.push({ channel, payload: frame, sizeBytes: frame.length })
      this.#dial(peer.address, peerId, peerId, peer)
    }
  }

  /** @param waiter whose waiting frames the dial is for */
  #dial (address: string, expected: PeerId | undefined, target: PeerId | Multiaddr, waiter: Peer | undefined): void {
    const link = this.#network.link(this.address, address)
    const waiting = waiter?.waiting
    this.events.after(DIAL_TRIPS * link.controlDelayUs(), () => {
      if (!this.#isAlive) return
      const fail = (reason: string, refused: boolean): void => {
        if (waiter !== undefined) {
          if (waiter.waiting !== waiting) return // the peer was faster
          waiter.waiting = undefined
        }
        this.tell({ kind: 'dial-failed', target, reason, refused })
      }
      const other = this.#network.at(address)
      if (link.isCut || this.#network.link(address, this.address).isCut) this.events.after(DIAL_TIMEOUT_US, () => { fail('timeout', false) })
      else if (other === this) fail('self', false)
      else if (other === undefined) fail('refused', true)
      else if (expected !== undefined && other.self !== expected) fail('another node answers at this address', false)
      else this.#network.connect(this, other, waiter === undefined)
    })
  }

  hangUp (peerId: PeerId): void {
    const peer = this.#peers.get(peerId)
    if (peer !== undefined) for (const end of [...peer.ends]) end.close('hung up')
  }

  find (peer: PeerId): void {
    const found = this.#network.byPeer(peer)
    if (found === undefined) return
    const delayUs = FIND_TRIPS * this.#network.link(this.address, found.address).controlDelayUs()
    this.events.after(delayUs, () => { this.tell({ kind: 'peer-found', peer, multiaddrs: [found.address as Multiaddr] }) })
  }

  discover (): void {} // worlds join by address

  sendSnapshot (peerId: PeerId, frames: AsyncIterable<Uint8Array>, done: (error: string | undefined) => void): void {
    const [end] = this.peer(peerId).ends
    if (end === undefined) this.events.after(0, () => { if (this.#isAlive) done('the peer is not connected') })
    else this.#network.openSnapshot(end, frames, done)
  }

  snapshotNext (stream: number): void {
    this.#network.snapshot(this, stream)?.next()
  }

  snapshotClose (stream: number, error: string | undefined): void {
    this.#network.snapshot(this, stream)?.answer(error)
  }
}

import type { Multiaddr, PeerId, Prng } from '../../src/base/index.js'
import type { ChannelName, Transport, TransportInput } from '../../src/node/index.js'
import type { EventQueue } from '../kernel/event-queue.js'

/** How the virtual network behaves; times in microseconds. */
export interface NetworkOptions {
  readonly delayUsMin: number
  readonly delayUsMax: number
  /** One frame in so many waits up to `tailUsMax` (0: none). */
  readonly tailOneIn: number
  readonly tailUsMax: number
  /** One frame in so many is lost with everything queued behind it: its stream was reset (0: none). */
  readonly resetOneIn: number
  /** How long a peer waits before it sees that a cut connection is gone. */
  readonly cutNoticedUs: number
}

export const calmNetwork: NetworkOptions = { delayUsMin: 100, delayUsMax: 500, tailOneIn: 0, tailUsMax: 0, resetOneIn: 0, cutNoticedUs: 3_000_000 }

/** Frames one peer queues for another while it dials. */
const DIAL_QUEUE_MAX = 256

interface Snapshot {
  readonly stream: number
  readonly from: VirtualTransport
  readonly to: VirtualTransport
  readonly frames: AsyncIterator<Uint8Array>
  readonly done: (error: string | undefined) => void
  over: boolean
}

/** All links between the nodes of one world: ordered and reliable while they stand, like TCP; cut and reset at will. */
export class VirtualNetwork {
  readonly events: EventQueue
  readonly random: Prng
  options: NetworkOptions
  /** Whether this one frame is lost: for directed scenarios. */
  isLost: (from: PeerId, to: PeerId, channel: ChannelName) => boolean = () => false
  readonly #endpoints = new Map<string, VirtualTransport>()
  readonly #cuts = new Set<string>()
  readonly #snapshots = new Map<number, Snapshot>()
  #nextStream = 1

  constructor (events: EventQueue, random: Prng, options: NetworkOptions) {
    this.events = events
    this.random = random
    this.options = options
  }

  /** Snapshot streams under way: while there are some, the world must let promises settle between events. */
  get snapshotsUnderWay (): number {
    return this.#snapshots.size
  }

  attach (endpoint: VirtualTransport): void {
    this.#endpoints.set(endpoint.address, endpoint)
  }

  /** The process behind an endpoint is gone; its peers' kernels say so at once, if they can be heard. */
  detach (endpoint: VirtualTransport): void {
    if (this.#endpoints.get(endpoint.address) === endpoint) this.#endpoints.delete(endpoint.address)
    for (const snapshot of [...this.#snapshots.values()]) {
      if (snapshot.from === endpoint || snapshot.to === endpoint) this.endSnapshot(snapshot.stream, 'the peer died')
    }
    for (const peer of endpoint.links()) this.drop(endpoint, peer, 'closed', this.isCut(endpoint, peer) ? this.options.cutNoticedUs : 0)
  }

  at (address: string): VirtualTransport | undefined {
    return this.#endpoints.get(address)
  }

  byPeer (peer: PeerId): VirtualTransport | undefined {
    for (const endpoint of this.#endpoints.values()) if (endpoint.self === peer) return endpoint
    return undefined
  }

  isCut (from: VirtualTransport, to: VirtualTransport): boolean {
    return this.#cuts.has(`${from.address}>${to.address}`)
  }

  /** Nothing gets from `from` to `to` any more (one way). */
  cut (from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`)
  }

  /** Ends every cut; connections that lost frames are reset, so that both sides begin anew. */
  heal (): void {
    for (const cut of this.#cuts) {
      const [from, to] = cut.split('>')
      const a = this.#endpoints.get(from ?? '')
      const b = this.#endpoints.get(to ?? '')
      if (a !== undefined && b !== undefined && a.links().includes(b)) this.drop(a, b, 'reset after a cut', 0)
    }
    this.#cuts.clear()
  }

  /** From now on nothing is slow or lost. */
  calm (): void {
    this.options = calmNetwork
  }

  /** Takes a link down on both sides. */
  drop (a: VirtualTransport, b: VirtualTransport, reason: string, noticedAfterUs: number): void {
    for (const [side, other] of [[a, b], [b, a]] as const) {
      const link = side.unlink(other)
      if (link) this.events.after(noticedAfterUs + this.delayUs(), () => { side.lost(other, reason) })
    }
  }

  delayUs (): number {
    const { delayUsMin, delayUsMax, tailOneIn, tailUsMax } = this.options
    if (tailOneIn > 0 && this.random.chance(1, tailOneIn)) return this.random.between(delayUsMax, tailUsMax)
    return this.random.between(delayUsMin, delayUsMax)
  }

  beginSnapshot (from: VirtualTransport, to: VirtualTransport, frames: AsyncIterable<Uint8Array>, done: (error: string | undefined) => void): void {
    const stream = this.#nextStream++
    this.#snapshots.set(stream, { stream, from, to, frames: frames[Symbol.asyncIterator](), done, over: false })
    this.events.after(this.delayUs(), () => { to.tell({ kind: 'snapshot-opened', stream, peer: from.self }) })
  }

  nextFrame (stream: number): void {
    const snapshot = this.#snapshots.get(stream)
    if (snapshot === undefined) return
    void snapshot.frames.next().then((result) => {
      if (snapshot.over) return
      if (result.done === true) this.endSnapshot(stream, 'the sender had no more frames')
      else if (this.isCut(snapshot.from, snapshot.to)) this.endSnapshot(stream, 'cut')
      else {
        const payload = Buffer.from(result.value)
        this.events.after(this.delayUs(), () => { if (!snapshot.over) snapshot.to.tell({ kind: 'snapshot-frame', stream, payload }) })
      }
    }, (error: unknown) => { this.endSnapshot(stream, String(error)) })
  }

  endSnapshot (stream: number, error: string | undefined): void {
    const snapshot = this.#snapshots.get(stream)
    if (snapshot === undefined) return
    snapshot.over = true
    this.#snapshots.delete(stream)
    void snapshot.frames.return?.()
    this.events.after(this.delayUs(), () => {
      snapshot.done(error)
      snapshot.to.tell({ kind: 'snapshot-closed', stream, error })
    })
  }
}

/** One process's end of the virtual network. */
export class VirtualTransport implements Transport {
  readonly self: PeerId
  readonly address: string
  readonly #network: VirtualNetwork
  readonly #deliver: (input: TransportInput) => void
  readonly #known = new Map<PeerId, string>()
  readonly #links = new Map<PeerId, { readonly endpoint: VirtualTransport, lastArrivalUs: number }>()
  readonly #dialling = new Map<PeerId, Array<[ChannelName, Uint8Array]>>()
  #alive = true

  constructor (network: VirtualNetwork, self: PeerId, address: Multiaddr, deliver: (input: TransportInput) => void) {
    this.#network = network
    this.self = self
    this.address = address
    this.#deliver = deliver
    network.attach(this)
  }

  /** The process dies. */
  kill (): void {
    this.#alive = false
    this.#network.detach(this)
  }

  tell (input: TransportInput): void {
    if (this.#alive) this.#deliver(input)
  }

  links (): VirtualTransport[] {
    return [...this.#links.values()].map((link) => link.endpoint)
  }

  unlink (other: VirtualTransport): boolean {
    return this.#links.get(other.self)?.endpoint === other && this.#links.delete(other.self)
  }

  lost (other: VirtualTransport, reason: string): void {
    if (!this.#links.has(other.self)) this.tell({ kind: 'peer-disconnected', peer: other.self, reason })
  }

  multiaddrs (): readonly Multiaddr[] {
    return [`${this.address}/p2p/${this.self}` as Multiaddr]
  }

  isConnected (peer: PeerId): boolean {
    return this.#links.has(peer)
  }

  learn (peer: PeerId, multiaddrs: readonly Multiaddr[]): void {
    const first = multiaddrs[0]
    if (first !== undefined) this.#known.set(peer, first.split('/p2p/')[0] as string)
  }

  dial (multiaddr: Multiaddr): void {
    const [address = '', expected] = multiaddr.split('/p2p/')
    this.#dial(address, expected as PeerId | undefined, multiaddr)
  }

  #dial (address: string, expected: PeerId | undefined, target: PeerId | Multiaddr): void {
    this.#network.events.after(this.#network.delayUs() * 3, () => {
      if (!this.#alive) return
      const other = this.#network.at(address)
      const fail = (reason: string, afterUs: number): void => {
        this.#network.events.after(afterUs, () => {
          if (expected !== undefined) this.#dialling.delete(expected)
          this.tell({ kind: 'dial-failed', target, reason, refused: reason === 'refused' })
        })
      }
      if (other === undefined || other === this || (expected !== undefined && other.self !== expected)) fail('refused', 0)
      else if (this.#network.isCut(this, other) || this.#network.isCut(other, this)) fail('timeout', 2_000_000)
      else this.#link(other)
    })
  }

  #link (other: VirtualTransport): void {
    for (const [side, peer] of [[this, other], [other, this]] as const) {
      if (side.#links.has(peer.self)) continue
      side.#links.set(peer.self, { endpoint: peer, lastArrivalUs: 0 })
      side.tell({ kind: 'peer-connected', peer: peer.self, remote: peer.address as Multiaddr })
      const queued = side.#dialling.get(peer.self) ?? []
      side.#dialling.delete(peer.self)
      for (const [channel, frame] of queued) side.send(peer.self, channel, frame)
    }
  }

  send (peer: PeerId, channel: ChannelName, frame: Uint8Array): void {
    const link = this.#links.get(peer)
    if (link === undefined) {
      const queue = this.#dialling.get(peer)
      if (queue !== undefined) {
        if (queue.length < DIAL_QUEUE_MAX) queue.push([channel, frame])
        return
      }
      const address = this.#known.get(peer)
      if (address === undefined) {
        this.#network.events.after(0, () => { this.tell({ kind: 'dial-failed', target: peer, reason: 'no address is known', refused: false }) })
        return
      }
      this.#dialling.set(peer, [[channel, frame]])
      this.#dial(address, peer, peer)
      return
    }
    const network = this.#network
    const { endpoint } = link
    if (network.isCut(this, endpoint)) return
    if (network.options.resetOneIn > 0 && network.random.chance(1, network.options.resetOneIn)) return
    if (network.isLost(this.self, peer, channel)) return
    const payload = Buffer.from(frame)
    const arrival = Math.max(link.lastArrivalUs, network.events.nowUs + network.delayUs())
    link.lastArrivalUs = arrival
    network.events.after(arrival - network.events.nowUs, () => {
      if (endpoint.#links.get(this.self)?.endpoint !== this) return // the connection was replaced meanwhile
      if (!network.isCut(this, endpoint)) endpoint.tell({ kind: 'frame', peer: this.self, channel, payload })
    })
  }

  hangUp (peer: PeerId): void {
    const link = this.#links.get(peer)
    if (link !== undefined) this.#network.drop(this, link.endpoint, 'hung up', 0)
  }

  find (peer: PeerId): void {
    const found = this.#network.byPeer(peer)
    if (found !== undefined) this.#network.events.after(this.#network.delayUs() * 10, () => { this.tell({ kind: 'peer-found', peer, multiaddrs: [found.address as Multiaddr] }) })
  }

  discover (): void {} // worlds join by address

  sendSnapshot (peer: PeerId, frames: AsyncIterable<Uint8Array>, done: (error: string | undefined) => void): void {
    const link = this.#links.get(peer)
    if (link === undefined || this.#network.isCut(this, link.endpoint)) this.#network.events.after(1000, () => { done('not connected') })
    else this.#network.beginSnapshot(this, link.endpoint, frames, done)
  }

  snapshotNext (stream: number): void {
    this.#network.nextFrame(stream)
  }

  snapshotClose (stream: number, error: string | undefined): void {
    this.#network.endSnapshot(stream, error)
  }
}

import { setTimeout } from 'node:timers/promises'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Connection } from '@libp2p/interface'
import type { Multiaddr as Libp2pMultiaddr } from '@multiformats/multiaddr'
import { toPeerId } from '../base/index.js'
import type { Logger, PeerId } from '../base/index.js'
import type { TransportInput } from '../node/index.js'
import { addressesOfPeer } from './addresses.js'
import type { Counters } from './counters.js'
import type { Dialer } from './dialer.js'
import type { Node } from './libp2p-node.js'
import { PeerLink } from './peer-link.js'
import type { LinkHost } from './peer-link.js'
import type { TransportLimits } from './options.js'

const FLUSH_POLL_MS = 5

export interface PeerLinksOptions {
  readonly node: Node
  readonly limits: TransportLimits
  readonly counters: Counters
  readonly log: Logger
  readonly dialer: Dialer
  readonly deliver: (input: TransportInput) => void
}

/** The peers that are connected, known or asked for, by peer id. */
export class PeerLinks implements LinkHost {
  readonly limits: TransportLimits
  readonly counters: Counters
  readonly log: Logger
  readonly dialer: Dialer
  readonly deliver: (input: TransportInput) => void
  readonly #node: Node
  readonly #links = new Map<string, PeerLink>()
  #announcements = 0
  #complained = false

  constructor (options: PeerLinksOptions) {
    this.limits = options.limits
    this.counters = options.counters
    this.log = options.log
    this.dialer = options.dialer
    this.deliver = options.deliver
    this.#node = options.node
  }

  /** How many `peer-connected` inputs there were. */
  get announcements (): number {
    return this.#announcements
  }

  nextAnnouncement (): number {
    return ++this.#announcements
  }

  get (peer: string): PeerLink | undefined {
    return this.#links.get(peer)
  }

  /** Undefined where too many peers are known already. */
  getOrAdd (peer: PeerId): PeerLink | undefined {
    let link = this.#links.get(peer)
    if (link !== undefined) return link
    if (this.#links.size >= this.limits.peersMax) {
      if (!this.#complained) this.log.warn('too many peers; new ones are ignored', { peersMax: this.limits.peersMax })
      this.#complained = true
      return undefined
    }
    link = new PeerLink(peer, this)
    this.#links.set(peer, link)
    return link
  }

  /** A connection stands, whoever dialled; undefined where it is of no use. */
  connected (connection: Connection): PeerLink | undefined {
    const link = this.getOrAdd(toPeerId(connection.remotePeer.toString()))
    if (link === undefined) connection.abort(new Error('too many peers'))
    else link.add(connection)
    return link
  }

  /** Sends what is queued for connected peers, waiting for those that read, at most this long. */
  async flush (timeoutMs: number): Promise<void> {
    const deadlineMs = Date.now() + timeoutMs
    for (const link of this.#links.values()) link.flush()
    while ([...this.#links.values()].some(({ queued }) => queued > 0) && Date.now() < deadlineMs) await setTimeout(FLUSH_POLL_MS)
  }

  drop (): void {
    for (const link of this.#links.values()) link.drop()
  }

  forget (link: PeerLink): void {
    if (this.#links.get(link.peer) === link) this.#links.delete(link.peer)
  }

  async storedAddresses (peer: PeerId): Promise<Libp2pMultiaddr[]> {
    try {
      const { addresses } = await this.#node.peerStore.get(peerIdFromString(peer))
      return addressesOfPeer(peer, addresses.map(({ multiaddr }) => multiaddr.toString()), this.limits.addressesPerPeerMax)
    } catch {
      return [] // the peer store throws for a peer it does not know
    }
  }
}

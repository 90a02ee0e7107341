import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import * as raw from 'multiformats/codecs/raw'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr as Libp2pMultiaddr } from '@multiformats/multiaddr'
import { isPeerId, toPeerId } from '../base/index.js'
import type { Logger, PeerId } from '../base/index.js'
import type { TransportInput } from '../node/index.js'
import { addressesOfPeer, toMultiaddr } from './addresses.js'
import { messageOf } from './errors.js'
import type { Node } from './libp2p-node.js'
import type { TransportLimits } from './options.js'

export interface DiscoveryHost {
  readonly node: Node
  readonly limits: TransportLimits
  readonly log: Logger
  readonly self: PeerId
  deliver (input: TransportInput): void
  storedAddresses (peer: PeerId): Promise<Libp2pMultiaddr[]>
}

/** Peers whose last lookup is remembered, so that it is not repeated too soon. */
const LOOKUPS_REMEMBERED_MAX = 1024
/** Answers gathered for one `find`: more come only from peers that are wrong or lie. */
const ANSWERS_MAX = 8

/**
 * The cluster in the DHT: this node provides the hash of the cluster's rendezvous, looks for who else does, and finds
 * where a peer is. Best effort: nothing is reported but `peer-found`.
 */
export class Discovery {
  readonly #host: DiscoveryHost
  readonly #stopping = new AbortController()
  readonly #lookups = new Map<PeerId, number>()
  #lookupsRunning = 0
  #rendezvous: string | undefined
  #roundRunning = false
  #lastRoundAtMs = -Infinity
  #roundTimer: NodeJS.Timeout | undefined
  /** When some peer last took our provider record. */
  #providedAtMs: number | undefined
  /** Something changed since the running round began. */
  #again = false

  constructor (host: DiscoveryHost) {
    this.#host = host
  }

  /** Asked again and again, it searches again: not more often than `discoverySpacingMs` where it has company and is provided. */
  discover (rendezvous: string): void {
    const { node, limits } = this.#host
    if (this.#rendezvous !== rendezvous) this.#providedAtMs = undefined
    this.#rendezvous = rendezvous
    const sinceMs = Date.now() - this.#lastRoundAtMs
    if (this.#providedAtMs !== undefined && sinceMs < limits.discoverySpacingMs && node.getPeers().length > 0) return
    this.#again = true
    this.#roundIn(0)
  }

  /** A peer connected: it may be the first to take our record, and to know others. */
  peerConnected (): void {
    if (this.#rendezvous === undefined || this.#providedAtMs !== undefined) return
    this.#again = true
    this.#roundIn(this.#host.limits.discoveryDelayMs)
  }

  find (peer: PeerId): void {
    const { limits, log } = this.#host
    const nowMs = Date.now()
    if (nowMs - (this.#lookups.get(peer) ?? -Infinity) < limits.lookupSpacingMs) return
    if (this.#lookupsRunning >= limits.lookupsMax) return
    if (this.#lookups.size >= LOOKUPS_REMEMBERED_MAX) this.#lookups.clear()
    this.#lookups.set(peer, nowMs)
    this.#lookupsRunning++
    this.#find(peer)
      .catch((error: unknown) => { log.debug('the DHT does not know where a peer is', { peer, reason: messageOf(error) }) })
      .finally(() => { this.#lookupsRunning-- })
  }

  stop (): void {
    clearTimeout(this.#roundTimer)
    this.#rendezvous = undefined
    this.#stopping.abort()
  }

  /** A fresh signal for each use: one shared by many collects listeners. */
  #signal (): AbortSignal {
    return AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(this.#host.limits.lookupTimeoutMs)])
  }

  /** Asks others only: our own peer store would answer with where the peer was. */
  async #find (peer: PeerId): Promise<void> {
    const { node, limits } = this.#host
    const found = new Set<string>()
    let answers = 0
    try {
      for await (const event of node.services.dht.findPeer(peerIdFromString(peer), { useCache: false, signal: this.#signal() })) {
        if (event.name !== 'FINAL_PEER') continue
        for (const address of event.peer.multiaddrs) found.add(address.toString())
        if (++answers >= ANSWERS_MAX) break
      }
    } catch (error) {
      if (answers === 0) throw error // a lookup cut short has still found what it found
    }
    // what we did not know comes first: the peer was looked for because it is not where it was
    const stored = new Set((await this.#host.storedAddresses(peer)).map(String))
    const addresses = addressesOfPeer(peer, [...found], limits.addressesPerPeerMax)
    this.#report(peer, [...addresses.filter((each) => !stored.has(each.toString())), ...addresses.filter((each) => stored.has(each.toString()))])
  }

  #roundIn (delayMs: number): void {
    if (this.#rendezvous === undefined) return
    const { lookupSpacingMs } = this.#host.limits
    clearTimeout(this.#roundTimer)
    this.#roundTimer = setTimeout(() => { void this.#round() }, Math.max(delayMs, this.#lastRoundAtMs + lookupSpacingMs - Date.now(), 0))
    this.#roundTimer.unref()
  }

  async #round (): Promise<void> {
    const rendezvous = this.#rendezvous
    if (rendezvous === undefined || this.#roundRunning) return
    this.#roundRunning = true
    this.#again = false
    this.#lastRoundAtMs = Date.now()
    try {
      const cid = CID.createV1(raw.code, await sha256.digest(new TextEncoder().encode(rendezvous)))
      await this.#findProviders(cid)
      const dueAtMs = (this.#providedAtMs ?? -Infinity) + this.#host.limits.discoveryIntervalMs
      if (Date.now() >= dueAtMs && await this.#provide(cid) && this.#rendezvous === rendezvous) this.#providedAtMs = Date.now()
    } catch (error) {
      this.#host.log.debug('the DHT cannot be searched', { reason: messageOf(error) })
    } finally {
      this.#roundRunning = false
    }
    const { discoveryDelayMs, discoveryRetryMs, discoveryIntervalMs } = this.#host.limits
    if (this.#again) this.#roundIn(discoveryDelayMs)
    else this.#roundIn(this.#providedAtMs === undefined ? discoveryRetryMs : discoveryIntervalMs)
  }

  async #findProviders (cid: CID): Promise<void> {
    const { node, self, limits } = this.#host
    const seen = new Set<string>([self])
    try {
      for await (const event of node.services.dht.findProviders(cid, { signal: this.#signal() })) {
        if (event.name !== 'PROVIDER') continue
        for (const { id, multiaddrs } of event.providers) {
          const text = id.toString()
          if (seen.has(text) || !isPeerId(text)) continue
          seen.add(text)
          const peer = toPeerId(text)
          const given = addressesOfPeer(peer, multiaddrs.map(String), limits.addressesPerPeerMax)
          this.#report(peer, given.length > 0 ? given : await this.#host.storedAddresses(peer))
        }
      }
    } catch (error) {
      this.#host.log.debug('the search for members in the DHT ended early', { reason: messageOf(error) })
    }
  }

  /** True where a peer took the record. */
  async #provide (cid: CID): Promise<boolean> {
    let taken = false
    try {
      for await (const event of this.#host.node.services.dht.provide(cid, { signal: this.#signal() })) {
        if (event.name === 'PEER_RESPONSE' && event.messageName === 'ADD_PROVIDER') taken = true
      }
    } catch (error) {
      this.#host.log.debug('this node could not be provided in the DHT', { reason: messageOf(error) })
    }
    return taken
  }

  #report (peer: PeerId, addresses: readonly Libp2pMultiaddr[]): void {
    if (peer === this.#host.self || addresses.length === 0) return
    this.#host.deliver({ kind: 'peer-found', peer, multiaddrs: addresses.map(toMultiaddr) })
  }
}

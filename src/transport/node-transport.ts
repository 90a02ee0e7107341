import { peerIdFromString } from '@libp2p/peer-id'
import type { Connection, Stream } from '@libp2p/interface'
import { toPeerId } from '../base/index.js'
import type { Logger, Multiaddr, PeerId } from '../base/index.js'
import type { ChannelName, Transport, TransportInput } from '../node/index.js'
import { bareText, loopbackFirst, parseMultiaddr, peerOfMultiaddr, toMultiaddr } from './addresses.js'
import { SNAPSHOT_PROTOCOL } from '../../protocols/snapshot/index.js'
import { channelNames, channelTable } from './channel-table.js'
import { createCounters } from './counters.js'
import type { TransportCounters } from './counters.js'
import { isRefusal, SELF } from './dial-errors.js'
import { Dialer } from './dialer.js'
import { Discovery } from './discovery.js'
import { messageOf } from './errors.js'
import { startNode } from './libp2p-node.js'
import type { Node } from './libp2p-node.js'
import type { TransportLimits } from './options.js'
import { PeerLinks } from './peer-links.js'
import { SnapshotReceiver } from './snapshot-receiver.js'
import { sendSnapshot } from './snapshot-sender.js'
import { awaitReaders, closeConnection, stopNode } from './stop-node.js'

/** The driver's transport over libp2p: TCP, noise, yamux, a private DHT. */
export interface Libp2pTransport extends Transport {
  /** What was done so far; a copy. */
  counters (): TransportCounters
  /**
   * Sends what is queued, closes all connections and frees the port, within 1.5 s whatever the peers do. No input is given
   * once it was called.
   */
  stop (): Promise<void>
}

/** Inbound streams of one protocol and connection: one in use, one that replaces it, and room for one being reset. */
const CHANNEL_STREAMS_MAX = 4
/** How long a stopping node waits for its peers to read what it has for them. */
const FLUSH_TIMEOUT_MS = 500
/** The tag by which the DHT makes libp2p dial a peer again. */
const DHT_KEEP_ALIVE_TAG = 'keep-alive-kad-dht'

/** The port's calls and libp2p's events, joined. `start` before anything else. */
export class NodeTransport implements Libp2pTransport {
  readonly self: PeerId
  readonly #node: Node
  readonly #limits: TransportLimits
  readonly #log: Logger
  readonly #onInput: (input: TransportInput) => void
  readonly #counters = createCounters()
  readonly #dialer: Dialer
  readonly #links: PeerLinks
  readonly #snapshots: SnapshotReceiver
  readonly #discovery: Discovery
  /** Addresses that `dial` is at: asking again waits for the same answer. */
  readonly #dials = new Set<string>()
  /** Who answered at an address without `/p2p/…`: while that peer is connected, dialling it would only add a connection. */
  readonly #peersAt = new Map<string, string>()
  /** Inputs from before the caller has the transport. */
  #held: TransportInput[] | undefined = []
  #stopped: Promise<void> | undefined

  constructor (node: Node, limits: TransportLimits, log: Logger, onInput: (input: TransportInput) => void) {
    this.self = toPeerId(node.peerId.toString())
    this.#node = node
    this.#limits = limits
    this.#log = log
    this.#onInput = onInput
    const deliver = (input: TransportInput): void => { this.#deliver(input) }
    this.#dialer = new Dialer(node, limits, this.#counters)
    this.#links = new PeerLinks({ node, limits, log, deliver, counters: this.#counters, dialer: this.#dialer })
    this.#snapshots = new SnapshotReceiver(limits, this.#counters, deliver)
    this.#discovery = new Discovery({
      node,
      limits,
      log,
      deliver,
      self: this.self,
      storedAddresses: async (peer) => await this.#links.storedAddresses(peer)
    })
  }

  /** Everything is handled before the first peer can connect. */
  async start (): Promise<void> {
    const streams = { maxInboundStreams: CHANNEL_STREAMS_MAX, maxOutboundStreams: CHANNEL_STREAMS_MAX }
    for (const channel of channelNames) {
      await this.#node.handle(channelTable[channel].protocol, (stream, connection) => { this.#acceptChannel(channel, stream, connection) }, streams)
    }
    const { snapshotsPerPeerMax } = this.#limits
    await this.#node.handle(SNAPSHOT_PROTOCOL, (stream, connection) => {
      if (this.#isUsable(connection)) this.#snapshots.accept(stream, toPeerId(connection.remotePeer.toString()))
      else stream.abort(new Error('the connection is not in use'))
    }, { maxInboundStreams: snapshotsPerPeerMax, maxOutboundStreams: snapshotsPerPeerMax })
    this.#node.addEventListener('connection:open', ({ detail }) => { this.#connected(detail) })
    await startNode(this.#node)
    setImmediate(() => { this.#release() })
  }

  multiaddrs (): readonly Multiaddr[] {
    return loopbackFirst(this.#node.getMultiaddrs()).map(toMultiaddr)
  }

  counters (): TransportCounters {
    return { ...this.#counters }
  }

  isConnected (peer: PeerId): boolean {
    return this.#links.get(peer)?.connected === true
  }

  send (peer: PeerId, channel: ChannelName, frame: Uint8Array): void {
    if (this.#stopped !== undefined || peer === this.self) return
    this.#links.getOrAdd(peer)?.send(channel, frame)
  }

  learn (peer: PeerId, multiaddrs: readonly Multiaddr[]): void {
    if (peer === this.self) return
    if (multiaddrs.length > 0) this.#links.getOrAdd(peer)?.learn(multiaddrs)
    else this.#links.get(peer)?.learn([])
    this.#links.get(peer)?.forgetIfIdle()
  }

  dial (multiaddr: Multiaddr): void {
    if (this.#stopped !== undefined || this.#dials.has(multiaddr)) return
    this.#dials.add(multiaddr)
    this.#dial(multiaddr)
      .catch((error: unknown) => { this.#deliver({ kind: 'dial-failed', target: multiaddr, reason: messageOf(error), refused: isRefusal(messageOf(error)) }) })
      .finally(() => { this.#dials.delete(multiaddr) })
  }

  hangUp (peer: PeerId): void {
    this.#hangUp(peer).catch((error: unknown) => { this.#log.debug('hanging up failed', { peer, reason: messageOf(error) }) })
  }

  find (peer: PeerId): void {
    if (this.#stopped === undefined && peer !== this.self) this.#discovery.find(peer)
  }

  discover (rendezvous: string): void {
    if (this.#stopped === undefined) this.#discovery.discover(rendezvous)
  }

  sendSnapshot (peer: PeerId, frames: AsyncIterable<Uint8Array>, done: (error: string | undefined) => void): void {
    this.#sendSnapshot(peer, frames).then(() => {
      this.#counters.snapshotsSent++
      return undefined
    }, (error: unknown) => {
      this.#counters.snapshotsFailed++
      return messageOf(error)
    }).then((error) => {
      if (this.#stopped === undefined) this.#guard(() => { done(error) })
    }, () => {})
  }

  snapshotNext (stream: number): void {
    this.#snapshots.next(stream)
  }

  snapshotClose (stream: number, error: string | undefined): void {
    this.#snapshots.close(stream, error)
  }

  stop (): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop (): Promise<void> {
    this.#discovery.stop()
    this.#dialer.stop()
    this.#snapshots.stop()
    const deadlineMs = Date.now() + FLUSH_TIMEOUT_MS
    await this.#links.flush(FLUSH_TIMEOUT_MS)
    await awaitReaders(this.#node.getConnections(), Math.max(0, deadlineMs - Date.now()))
    await stopNode(this.#node)
    this.#links.drop()
  }

  async #dial (multiaddr: Multiaddr): Promise<void> {
    const address = parseMultiaddr(multiaddr)
    if (address === undefined) throw new Error(`${multiaddr} is no multiaddr`)
    const named = peerOfMultiaddr(address)
    if (named === this.self) throw new Error(SELF)
    await Promise.resolve() // the answer never comes inside the question
    const known = this.#links.get(named ?? this.#peersAt.get(bareText(address)) ?? '')
    if (known?.connected === true) {
      known.announce()
      return
    }
    const before = this.#links.announcements
    const connection = await this.#dialer.dial([address])
    const peer = connection.remotePeer.toString()
    const link = this.#links.get(peer)
    if (link?.connected !== true) throw new Error('the connection closed at once')
    if (this.#peersAt.size >= this.#limits.peersMax) this.#peersAt.clear()
    this.#peersAt.set(bareText(address), peer)
    if (link.announcement <= before) link.announce()
  }

  async #hangUp (peer: PeerId): Promise<void> {
    const link = this.#links.get(peer)
    if (link === undefined) return
    await this.#node.peerStore.merge(peerIdFromString(peer), { tags: { [DHT_KEEP_ALIVE_TAG]: undefined } })
    link.flush()
    await Promise.all([...link.connections].map(closeConnection))
  }

  async #sendSnapshot (peer: PeerId, frames: AsyncIterable<Uint8Array>): Promise<void> {
    const link = this.#links.get(peer)
    if (link?.connected !== true || this.#stopped !== undefined) throw new Error('the peer is not connected')
    await sendSnapshot(await link.openStream(SNAPSHOT_PROTOCOL), frames, link.turns, this.#limits.snapshotStallMs)
  }

  #connected (connection: Connection): void {
    if (this.#links.connected(connection) !== undefined) this.#discovery.peerConnected()
  }

  /** Not so between the close of a connection and that of its streams. */
  #isUsable (connection: Connection): boolean {
    return this.#stopped === undefined && this.isConnected(toPeerId(connection.remotePeer.toString()))
  }

  #acceptChannel (channel: ChannelName, stream: Stream, connection: Connection): void {
    const link = this.#links.get(connection.remotePeer.toString())
    if (this.#isUsable(connection) && link !== undefined) link.inbound.accept(channel, stream)
    else stream.abort(new Error('the connection is not in use'))
  }

  #deliver (input: TransportInput): void {
    if (this.#stopped !== undefined) return
    if (this.#held !== undefined) this.#held.push(input)
    else this.#guard(() => { this.#onInput(input) })
  }

  #release (): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const input of held) this.#deliver(input)
  }

  /** What the driver throws is a bug of ours: it stops the process, but not from inside libp2p. */
  #guard (call: () => void): void {
    try {
      call()
    } catch (error) {
      queueMicrotask(() => { throw error })
    }
  }
}

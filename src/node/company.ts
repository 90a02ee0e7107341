import { isPeerId, toPeerId } from '../base/index.js'
import type { Logger, Multiaddr, PeerId, Prng } from '../base/index.js'
import { encodeKnownPeer, peerKey } from '../layout/index.js'
import { Membership, noMembershipEffects } from '../membership/index.js'
import type { MemberView, Signatures } from '../membership/index.js'
import type { MemberRecord, MembershipMessage } from '../../protocols/membership/index.js'
import type { BootState } from './boot.js'
import type { Cluster, Hello } from './cluster.js'
import type { GroupCommit } from './group-commit.js'
import { IdleConnections, LOOK_EVERY_MS } from './idle-connections.js'
import { Knocks, isThere, withPeer } from './knocks.js'
import { membershipOptionsOf } from './options.js'
import type { NodeOptions } from './options.js'
import type { Outbox } from './outbox.js'
import type { Transport } from './ports.js'

/** ms from the start to the first search in the DHT: doors and named nodes answer sooner. */
const DISCOVER_SOON_MS = 1000
/** ms between two searches in the DHT while this node is alone or misses members. */
const DISCOVER_EVERY_MS = 10_000
/** Members asked for in the DHT at one time. */
const FIND_MAX = 4

/** Probe intervals a member that was declared dead has to say otherwise before the connection to it is given up. */
const DEAD_HANG_UP_PROBES = 2

/** What the company needs of its node. */
export interface CompanyContext {
  readonly options: NodeOptions
  readonly commit: GroupCommit
  readonly outbox: Outbox
  readonly transport: Transport
  readonly log: Logger
  readonly random: Prng
  readonly cluster: Cluster
  readonly signatures: Signatures
  fatal (reason: string): void
}

/** The other nodes: who is there (membership), where they can be reached, and the search for them when they are not. */
export class Company {
  readonly #context: CompanyContext
  readonly #membership: Membership
  readonly #knocks: Knocks
  #discoverAtMs: number
  #nowMs: number
  readonly #idle: IdleConnections
  #lookAtMs: number
  /** Members declared dead, and when the connection to them is given up. */
  readonly #hangUpAtMs = new Map<PeerId, number>()
  /** Statements without proof at which the next line is logged: each twice as many as before, so that a liar fills no log. */
  #unprovenLogAt = 1

  constructor (context: CompanyContext, boot: BootState, nowMs: number) {
    this.#context = context
    const { options, transport, random, signatures } = context
    this.#membership = new Membership({
      peer: options.peer, name: options.name, generation: boot.generation, multiaddrs: bare(transport.multiaddrs()), http: options.http
    }, membershipOptionsOf(options.tuning), random, nowMs, signatures)
    const remembered = [...boot.known].map(([peer, known]): MemberRecord => {
      const { name, generation, incarnation, multiaddrs, http, signature } = known
      return { peer, name, generation, incarnation, health: known.left ? 'left' : 'alive', multiaddrs, http, signature }
    })
    this.#membership.remember(remembered, nowMs)
    for (const { peer, multiaddrs } of remembered) transport.learn(peer, multiaddrs)
    this.#knocks = new Knocks(context, this.#membership, remembered, nowMs)
    this.#nowMs = nowMs
    this.#idle = new IdleConnections(options.tuning.probeIntervalMs)
    this.#lookAtMs = nowMs + LOOK_EVERY_MS
    this.#discoverAtMs = nowMs + DISCOVER_SOON_MS
  }

  get nextDeadlineMs (): number {
    let next = Math.min(this.#membership.nextDeadlineMs, this.#knocks.nextDeadlineMs, this.#discoverAtMs)
    for (const atMs of this.#hangUpAtMs.values()) if (atMs < next) next = atMs
    return next
  }

  members (): readonly MemberView[] {
    return this.#membership.members()
  }

  /** ms since when a peer is not there, as membership sees it: dead, gone or never heard of; undefined: it is there. */
  goneSinceMs (peer: PeerId): number | undefined {
    const view = this.#membership.get(peer)
    if (isThere(view)) return undefined
    return view?.sinceMs ?? -Infinity
  }

  /** Whether the members are too many for a mesh: connections come and go on demand. */
  get isOverlaid (): boolean {
    return this.#membership.isOverlaid
  }

  /** A frame went to the peer or came from it. */
  spoken (peer: PeerId): void {
    this.#idle.used(peer)
  }

  /** A peer of the same cluster said hello. */
  accepted (peer: PeerId, hello: Hello, nowMs: number): void {
    this.#idle.connected(peer)
    this.#context.transport.learn(peer, hello.multiaddrs)
    this.#membership.meet(peer, nowMs)
    this.#carryOut()
  }

  step (from: PeerId, message: MembershipMessage, nowMs: number): void {
    this.#membership.step(from, message, nowMs)
  }

  tick (nowMs: number): void {
    this.#nowMs = nowMs
    const { cluster, commit } = this.#context
    this.#knocks.tick(nowMs)
    if (nowMs >= this.#discoverAtMs) {
      this.#discoverAtMs = nowMs + DISCOVER_EVERY_MS
      this.#search()
    }
    if (this.#hangUpAtMs.size > 0) this.#hangUp(nowMs)
    if (nowMs >= this.#lookAtMs) { // no deadline of its own: there are knocks every second
      this.#lookAtMs = nowMs + LOOK_EVERY_MS
      if (this.isOverlaid) this.#hangUpIdle()
    }
    this.#membership.observe({ epoch: cluster.epoch, durableBatch: commit.durable })
    if (nowMs >= this.#membership.nextDeadlineMs) this.#membership.tick(nowMs)
    this.#carryOut()
  }

  disconnected (peer: PeerId, nowMs: number): void {
    this.#idle.disconnected(peer)
    this.#membership.connectionClosed(peer, nowMs)
  }

  /** Nothing listens where a peer should be. */
  refused (target: PeerId | Multiaddr, nowMs: number): void {
    if (isPeerId(target)) this.#membership.connectionRefused(toPeerId(target), nowMs)
  }

  /** The DHT knows an address: an answer to a search. */
  found (peer: PeerId, multiaddrs: readonly Multiaddr[]): void {
    const { transport, options } = this.#context
    if (peer === options.peer || multiaddrs.length === 0 || transport.isConnected(peer)) return
    if (this.isOverlaid && isThere(this.#membership.get(peer))) return // known already, and not everybody's company is wanted
    transport.learn(peer, multiaddrs)
    for (const multiaddr of multiaddrs.slice(0, 2)) transport.dial(withPeer(multiaddr, peer))
  }

  leave (nowMs: number): void {
    this.#membership.leave(nowMs)
    this.#carryOut()
  }

  /**
   * Gives up connections on which nothing was said for long and which neither membership nor an election needs. Requests
   * and snapshots are frames too, those that wait are sent again every second, and a master speaks to its slaves all the
   * time: what is in use is never idle.
   */
  #hangUpIdle (): void {
    const { cluster, transport, log } = this.#context
    const replicaPeers = cluster.replicaPeers()
    const idle = this.#idle.look((peer) => this.#membership.needsConnection(peer) || replicaPeers.has(peer))
    for (const peer of idle) transport.hangUp(peer)
    if (idle.length > 0) log.debug('idle connections are given up', { count: idle.length })
  }

  /** Whether this node still waits for others to dial it. */
  yields (nowMs: number): boolean {
    return this.#knocks.yields(nowMs)
  }

  /** Asks the DHT for company while alone, and for members that moved. */
  #search (): void {
    const { cluster, transport } = this.#context
    if (cluster.clusterId === undefined) return
    transport.discover(cluster.clusterId)
    let asked = 0
    for (const { record } of this.#membership.members()) {
      if (asked === FIND_MAX) return
      if (record.health !== 'dead' || transport.isConnected(record.peer)) continue
      transport.find(record.peer)
      asked++
    }
  }

  /**
   * A connection to a dead member may stand for long behind a cut: what comes next should be a fresh dial. Not at once:
   * the death may be the rumour of somebody who was cut off itself, and a member that hears of it says otherwise.
   */
  #hangUp (nowMs: number): void {
    for (const [peer, atMs] of this.#hangUpAtMs) {
      if (nowMs < atMs) continue
      this.#hangUpAtMs.delete(peer)
      if (this.#membership.get(peer)?.record.health === 'dead' && this.#context.transport.isConnected(peer)) this.#context.transport.hangUp(peer)
    }
  }

  #carryOut (): void {
    const { outbox, transport, commit, cluster, log } = this.#context
    const effects = this.#membership.takeEffects()
    if (effects === noMembershipEffects) return
    for (const { to, message } of effects.sends) outbox.membership(to, message)
    for (const { kind, record, previous } of effects.events) {
      if (kind === 'died') this.#hangUpAtMs.set(record.peer, this.#nowMs + DEAD_HANG_UP_PROBES * this.#context.options.tuning.probeIntervalMs)
      if (kind !== 'changed') log.info(`a member ${kind}`, { name: record.name, peer: record.peer, generation: record.generation, incarnation: record.incarnation, was: previous?.health })
    }
    for (const record of effects.remember) {
      transport.learn(record.peer, record.multiaddrs)
      commit.put(peerKey(record.peer), encodeKnownPeer(record.peer, { ...record, left: record.health === 'left', heardBatch: cluster.heardBatch(record.peer) }))
    }
    for (const peer of effects.forget) commit.delete(peerKey(peer))
    if (this.#membership.unprovenCount >= this.#unprovenLogAt) {
      log.warn('statements about members were ignored: whom they are about did not sign them', { sinceStart: this.#membership.unprovenCount })
      this.#unprovenLogAt = 2 * this.#membership.unprovenCount
    }
    for (const { peer, epoch, durableBatch } of effects.heard) cluster.heard(peer, epoch, durableBatch)
    if (effects.conflict !== undefined) {
      const { kind, record } = effects.conflict
      this.#context.fatal(`another process runs under this node's peer id, or this node lost its newest generation (${kind}: ${record.name} says generation ${record.generation}); a node that lost its disk must not return as itself`)
    }
  }
}

const bare = (multiaddrs: readonly Multiaddr[]): Multiaddr[] =>
  multiaddrs.map((multiaddr) => multiaddr.split('/p2p/')[0] as Multiaddr)

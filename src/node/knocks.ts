import type { Multiaddr, PeerId, Prng } from '../base/index.js'
import { NEIGHBOURS_MAX } from '../membership/index.js'
import type { Membership, MemberView } from '../membership/index.js'
import type { MemberRecord } from '../../protocols/membership/index.js'
import type { Cluster } from './cluster.js'
import type { NamedPeer, NodeOptions } from './options.js'
import type { Transport } from './ports.js'

/** ms between two attempts to reach the addresses a node was told to join or remembers. */
const KNOCK_EVERY_MS = 1000
/** The same in a node's first seconds: nodes that are started together should not wait for each other's next attempt. */
const KNOCK_AT_START_MS = 200
const START_MS = 10_000
/**
 * ms in which a node leaves it to later-listed ones to dial it: nodes that are started together would otherwise make two
 * connections each, at 10–40 ms of handshakes (LIBP2P.md section 2).
 */
const YIELD_MS = 2000
/** Addresses dialled at one time where they are more than a mesh has: one that answers tells of all, and the others are tried later. */
const DIALS_PER_KNOCK_MAX = NEIGHBOURS_MAX

/** What knocking needs of its node. */
export interface KnocksContext {
  readonly options: NodeOptions
  readonly transport: Transport
  readonly random: Prng
  readonly cluster: Cluster
}

/** Dials whom this node was told of, as long as something of it is missing; membership dials whom it knows. */
export class Knocks {
  readonly #context: KnocksContext
  readonly #membership: Membership
  /** Addresses this node was told to join or remembers, knocked at until somebody of the cluster is connected. */
  readonly #doors: readonly Multiaddr[]
  readonly #startedMs: number
  #knockAtMs: number

  constructor (context: KnocksContext, membership: Membership, remembered: readonly MemberRecord[], nowMs: number) {
    this.#context = context
    this.#membership = membership
    this.#doors = [
      ...context.options.join,
      ...remembered.flatMap((record) => record.multiaddrs.map((multiaddr) => withPeer(multiaddr, record.peer)))
    ]
    this.#startedMs = nowMs
    this.#knockAtMs = nowMs
  }

  get nextDeadlineMs (): number {
    return this.#knockAtMs
  }

  tick (nowMs: number): void {
    if (nowMs < this.#knockAtMs) return
    this.#knockAtMs = nowMs + (nowMs - this.#startedMs < START_MS ? KNOCK_AT_START_MS : KNOCK_EVERY_MS)
    this.#knock(nowMs)
  }

  /** Whether this node still waits for others to dial it. */
  yields (nowMs: number): boolean {
    return this.#context.options.origin.kind === 'named' && nowMs - this.#startedMs < YIELD_MS
  }

  /** Dials what this node was told of, as long as something of it is missing. */
  #knock (nowMs: number): void {
    const { cluster, transport, options } = this.#context
    const { origin } = options
    if (origin.kind === 'named') {
      const present = new Set(cluster.connectedNames())
      const own = origin.peers.findIndex((peer) => peer.name === options.name)
      const wanted = this.yields(nowMs) ? origin.peers.slice(0, own) : origin.peers
      const missing = wanted.filter(({ name }) => name !== options.name && !present.has(name))
      for (const { multiaddr } of this.#isMesh(origin.peers.length) ? missing : this.#fewAbsent(missing)) transport.dial(multiaddr)
    }
    if (this.#membership.isOverlaid) this.#knockAtAdmitters()
    if (cluster.acceptedCount > 0 || this.yields(nowMs)) return
    for (const multiaddr of this.#isMesh(this.#doors.length) ? this.#doors : this.#few(this.#doors)) transport.dial(multiaddr)
  }

  /** Whether so many may all be dialled: they are no more than a mesh has, or have to found their cluster first. */
  #isMesh (count: number): boolean {
    const { cluster, options } = this.#context
    return cluster.clusterId === undefined || (!this.#membership.isOverlaid && count <= options.tuning.meshMembersMax)
  }

  /** Of the nodes that the configuration names, those that membership does not know to be there. */
  #fewAbsent (missing: readonly NamedPeer[]): readonly NamedPeer[] {
    const present = new Set<string>()
    for (const view of this.#membership.members()) if (isThere(view)) present.add(view.record.name)
    return this.#few(missing.filter(({ name }) => !present.has(name)))
  }

  /** From a place drawn by lot: nodes that return together should not all dial the same ones. */
  #few<Item> (items: readonly Item[]): readonly Item[] {
    if (items.length <= DIALS_PER_KNOCK_MAX) return items
    const from = this.#context.random.below(items.length)
    return [...items.slice(from), ...items.slice(0, from)].slice(0, DIALS_PER_KNOCK_MAX)
  }

  /** Probes do not lead to those who can admit this node, as they do in a mesh. */
  #knockAtAdmitters (): void {
    const { cluster, transport } = this.#context
    for (const peer of cluster.admitters()) {
      if (transport.isConnected(peer)) continue
      const [multiaddr] = this.#membership.get(peer)?.record.multiaddrs ?? []
      if (multiaddr !== undefined) transport.dial(withPeer(multiaddr, peer))
    }
  }
}

/** Whether membership holds somebody alive or at most suspect. */
export const isThere = (view: MemberView | undefined): boolean =>
  view !== undefined && (view.record.health === 'alive' || view.record.health === 'suspect')

export const withPeer = (multiaddr: Multiaddr, peer: PeerId): Multiaddr =>
  (multiaddr.includes('/p2p/') ? multiaddr : `${multiaddr}/p2p/${peer}`) as Multiaddr

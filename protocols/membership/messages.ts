import type { BatchNumber, Epoch, Generation, Incarnation, Multiaddr, NodeName, PeerId } from '../../src/base/index.js'

/** What membership believes of a member (SWIM sections 4.2 and 4.3; `left` is serf's graceful leave). */
export type MemberHealth = 'alive' | 'suspect' | 'dead' | 'left'

/** One statement about one member; (generation, incarnation) orders statements about the same member. */
export interface MemberRecord {
  readonly peer: PeerId
  readonly name: NodeName
  readonly generation: Generation
  readonly incarnation: Incarnation
  readonly health: MemberHealth
  /** Dialable addresses, without `/p2p/…`. */
  readonly multiaddrs: readonly Multiaddr[]
  /** `http://HOST:PORT` of the member's HTTP port, or empty where it has none. */
  readonly http: string
}

/** What every probe and answer carries along. */
export interface ProbeHeader {
  /** Matches an answer to its question; unique per sender and generation. */
  readonly sequence: number
  /** The sender's cluster-map epoch; 0 before it has a map. */
  readonly epoch: Epoch
  /** The sender's newest synced storage batch: a smaller one after a restart betrays a disk that was rolled back. */
  readonly durableBatch: BatchNumber
  readonly updates: readonly MemberRecord[]
}

export type MembershipMessage =
  | ({ readonly kind: 'ping' } & ProbeHeader)
  | ({ readonly kind: 'ack' } & ProbeHeader)
  | ({ readonly kind: 'ping-request', readonly target: PeerId } & ProbeHeader)
  | ({ readonly kind: 'nack', readonly target: PeerId } & ProbeHeader)
  /** Anti-entropy: everything the sender believes; `reply` asks for the same in return. */
  | { readonly kind: 'sync', readonly reply: boolean, readonly records: readonly MemberRecord[] }

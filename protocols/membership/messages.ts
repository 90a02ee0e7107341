import type { BatchNumber, Epoch, Generation, Incarnation, Multiaddr, NodeName, PeerId } from '../../src/base/index.js'

/** What membership believes of a member (SWIM sections 4.2 and 4.3; `left` is serf's graceful leave). */
export type MemberHealth = 'alive' | 'suspect' | 'dead' | 'left'

/**
 * One statement about one member; (generation, incarnation) names an announcement of the member and orders statements
 * about it. `alive` and `left` are the member's own words; `suspect` and `dead` are opinions of others about an
 * announcement.
 */
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
  /**
   * The subject's over `encodeSelfStatement`: of the announcement, or, where `health` is `left`, of the goodbye. So an
   * opinion brings along the proof that what it is about was really said. Empty only in a record that an earlier version
   * left on disk; on the wire always of SIGNATURE_SIZE_BYTES.
   */
  readonly signature: Uint8Array
  /** Of a suspect: whose own probe of it failed. Unsigned, like every opinion. */
  readonly accuser?: PeerId | undefined
}

/** Which statement about a member somebody holds, without its contents. */
export interface MemberVersion {
  readonly peer: PeerId
  readonly generation: Generation
  readonly incarnation: Incarnation
  readonly health: MemberHealth
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
  /**
   * Anti-entropy (Scuttlebutt, van Renesse et al. 2008): what the sender holds. With `reply` it is all of it: the receiver
   * sends what it has newer or beyond, and digests back, without `reply`, what it wants newer. `listed` can be asked for;
   * `remembered` only says what need not be sent.
   */
  | { readonly kind: 'digest', readonly reply: boolean, readonly listed: readonly MemberVersion[], readonly remembered: readonly MemberVersion[] }
  /** Some of what the sender believes, since a digest showed or a greeting supposes that the receiver lacks it. */
  | { readonly kind: 'sync', readonly records: readonly MemberRecord[] }

import type { PrivateKey } from '@libp2p/interface'
import type { Logger, Multiaddr, PeerId } from '../base/index.js'

/** What a node's transport is made from. */
export interface TransportOptions {
  /** The node's identity; see `loadOrCreateIdentity`. */
  readonly privateKey: PrivateKey
  /** Multiaddrs to listen at; port 0 takes any free port. Empty: dial only. */
  readonly listen: readonly string[]
  /** What other nodes are told instead of the listening addresses (a NAT, a load balancer). Empty: the addresses themselves. */
  readonly announce?: readonly string[]
  /** `cluster.secret`: only nodes with the same one get past the handshake. Undefined: anyone does. */
  readonly secret: string | undefined
  /** Only for log lines. */
  readonly clusterName: string
  /** Addresses remembered from an earlier run. */
  readonly knownPeers?: ReadonlyMap<PeerId, readonly Multiaddr[]>
  readonly logger: Logger
  /** Overrides of `transportLimits`. */
  readonly limits?: Partial<TransportLimits>
}

/** Every bound of the transport that may be tuned. */
export interface TransportLimits {
  /**
   * Connections at once; above it inbound ones are refused. A full mesh of 200 nodes needs 199, the overlay above it some
   * 25 and the replicas'; founding connects all nodes that a configuration names, and a seed is joined by all: N - 1 for
   * a minute, twice that where all dial each other at the same moment. Raising it costs 36–56 KB each (LIBP2P.md section 5).
   */
  readonly connectionsMax: number
  /** Inbound connections per second from one host; libp2p's default of 5 refuses nodes of one machine that start together. */
  readonly inboundPerSecondMax: number
  /** Inbound handshakes in progress; each silent socket holds one for `handshakeTimeoutMs`. */
  readonly inboundPendingMax: number
  /** How long an inbound handshake may take. Lowering it frees silent sockets sooner, raising it helps slow links. */
  readonly handshakeTimeoutMs: number
  /** Peers remembered at once, connected or learnt; more are ignored. */
  readonly peersMax: number
  /** Addresses kept per peer. */
  readonly addressesPerPeerMax: number
  /** Dials at once; others wait in line. Raising it joins a large cluster faster, at a burst of handshakes (10–40 ms CPU each). */
  readonly dialsMax: number
  /** Dials that may wait in line; more fail at once. */
  readonly dialsWaitingMax: number
  /** One dial over all addresses of a peer. */
  readonly dialTimeoutMs: number
  /** One dial to one address. */
  readonly addressDialTimeoutMs: number
  /** The pause after a first failed dial; doubles with each failure in a row. */
  readonly backoffMsMin: number
  /** Where the doubling ends: how stale a peer's return can go unnoticed. */
  readonly backoffMsMax: number
  /** Opening a stream on a standing connection. */
  readonly streamOpenTimeoutMs: number
  /** How long a peer may read nothing while bytes wait for it, before its stream is reset. */
  readonly drainTimeoutMs: number
  /** How long a snapshot stream may make no progress before it is aborted. */
  readonly snapshotStallMs: number
  /** Inbound snapshot streams per connection. */
  readonly snapshotsPerPeerMax: number
  /** Inbound snapshot streams over all peers. */
  readonly snapshotsMax: number
  /** How long after a connection the DHT is told of this node: the peer has to enter the routing table first. */
  readonly discoveryDelayMs: number
  /** How soon the DHT is told again where no peer took the record. */
  readonly discoveryRetryMs: number
  /** The pause between two searches for members where this node has company already. */
  readonly discoverySpacingMs: number
  /** How often the DHT is told again. Records live 48 h; lowering it heals lost records sooner. */
  readonly discoveryIntervalMs: number
  /** One DHT lookup. */
  readonly lookupTimeoutMs: number
  /** The pause between two lookups of one peer, and between two searches for members. */
  readonly lookupSpacingMs: number
  /** DHT lookups at once; more are ignored. */
  readonly lookupsMax: number
}

/** The defaults: LIBP2P.md section 8, widened for up to 300 nodes of which 64 and more may share a host. */
export const transportLimits: TransportLimits = {
  connectionsMax: 1024,
  inboundPerSecondMax: 512,
  inboundPendingMax: 256,
  handshakeTimeoutMs: 3000,
  peersMax: 4096,
  addressesPerPeerMax: 16,
  dialsMax: 32,
  dialsWaitingMax: 512,
  dialTimeoutMs: 5000,
  addressDialTimeoutMs: 2500,
  backoffMsMin: 50,
  backoffMsMax: 2000,
  streamOpenTimeoutMs: 3000,
  drainTimeoutMs: 10_000,
  snapshotStallMs: 30_000,
  snapshotsPerPeerMax: 4,
  snapshotsMax: 32,
  discoveryDelayMs: 1500,
  discoveryRetryMs: 15_000,
  discoverySpacingMs: 60_000,
  discoveryIntervalMs: 30 * 60_000,
  lookupTimeoutMs: 5000,
  lookupSpacingMs: 1000,
  lookupsMax: 8
}

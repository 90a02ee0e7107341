import type { ClusterId, Multiaddr, NodeName, PeerId } from '../base/index.js'
import { defaultMembershipOptions } from '../membership/index.js'
import type { MembershipOptions } from '../membership/index.js'

/** A node of the configuration, as every node of it knows it before any of them was ever heard of. */
export interface NamedPeer {
  readonly name: NodeName
  /** Where its libp2p port is; without `/p2p/…`, since nobody knows its peer id yet. */
  readonly multiaddr: Multiaddr
}

/** A replica group of the configuration: the preferred master and its slaves. */
export interface ReplicaGroup {
  readonly master: NodeName
  readonly slaves: readonly NodeName[]
}

/** The figures a person may turn. Each says what turning it up and down does. */
export interface NodeTuning {
  /** ms between a master's signs of life to its slaves. Up: less idle traffic; down: a cut is noticed earlier. */
  readonly heartbeatIntervalMs: number
  /** ms without a sign of the master before a slave may campaign. Up: fewer false elections on a busy machine; down: faster failover. */
  readonly electionTimeoutMsMin: number
  /** Upper end of the random election timeout: the spread keeps votes from splitting. */
  readonly electionTimeoutMsMax: number
  /** ms between two probes of membership. Up: less traffic; down: earlier suspicion. */
  readonly probeIntervalMs: number
  /** ms until a direct probe counts as failed and others are asked. */
  readonly probeTimeoutMs: number
  /** ms between two comparisons of all beliefs with one other node. Up: less traffic; down: whoever missed gossip catches up sooner. */
  readonly syncIntervalMs: number
  /** ms between two knocks at members that are gone. Up: less dialling of dead hosts; down: a healed cut merges sooner. */
  readonly reconnectIntervalMs: number
  /** ms a dead or departed member stays listed; knocking at its address never ends. Up: longer in view; down: shorter syncs. */
  readonly deadRememberedMs: number
  /** ms a member is gone before its replicas are placed elsewhere. Up: less data moved for a machine that only restarts; down: full safety again sooner. */
  readonly replaceAfterMs: number
  /** Members up to which everybody is connected with everybody; above it each watches 20 neighbours. The same at every node. Up: more connections; down: more dials on demand. */
  readonly meshMembersMax: number
  /** Client requests one node keeps waiting at once; beyond it answers 429. Up: more memory under overload. */
  readonly requestsMax: number
  /** Bytes of log all replicas of a node keep for slow slaves together. Up: fewer snapshots; down: less memory. */
  readonly logRetainBytes: number
  /** Bytes of log a single replica keeps at least, whatever its share of `logRetainBytes` is. Up: fewer snapshots with many partitions; down: less memory. */
  readonly logBytesMin: number
  /** ms that what nobody waits for (applied values) may gather before a flush of its own. Up: fewer fsyncs on a quiet node; down: less to apply again after a crash. */
  readonly lazyFlushMs: number
  /** Appends with entries that may be under way to one slave. Up: throughput over long round trips; down: less to send again. 1 is stop-and-wait. */
  readonly inflightAppendsMax: number
  /** Entries of one append. Up: fewer messages while catching up; down: smoother sharing of a link. */
  readonly appendEntriesMax: number
}

export const defaultTuning: NodeTuning = {
  heartbeatIntervalMs: 100,
  // Ten heartbeats: a busy event loop (LIBP2P.md saw stalls of 30 ms, two-core CI more) must not look like a death.
  electionTimeoutMsMin: 1000,
  electionTimeoutMsMax: 2000,
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  syncIntervalMs: 30_000,
  reconnectIntervalMs: 10_000,
  deadRememberedMs: 86_400_000,
  replaceAfterMs: 300_000,
  meshMembersMax: 200,
  requestsMax: 10_000,
  logRetainBytes: 64 * 1024 * 1024,
  logBytesMin: 64 * 1024,
  lazyFlushMs: 20,
  inflightAppendsMax: 64,
  appendEntriesMax: 256
}

/** The figures of membership: what a person may turn, and the defaults for the rest. */
export function membershipOptionsOf ({ probeIntervalMs, probeTimeoutMs, syncIntervalMs, reconnectIntervalMs, deadRememberedMs, meshMembersMax }: NodeTuning): MembershipOptions {
  return { ...defaultMembershipOptions, probeIntervalMs, probeTimeoutMs, syncIntervalMs, reconnectIntervalMs, deadRememberedMs, leftRememberedMs: deadRememberedMs, meshMembersMax }
}

/** How a node came to be started, which decides whether it may found a cluster (DESIGN.md section 6). */
export type NodeOrigin =
  /** No configuration and no address to join: a cluster of its own, unless its disk says otherwise. */
  | { readonly kind: 'lone', readonly partitions: number, readonly replicas: number }
  /** Given addresses to join: never founds. */
  | { readonly kind: 'joiner' }
  /** One of the nodes that the configuration names. */
  | {
    readonly kind: 'named'
    readonly peers: readonly NamedPeer[]
    readonly partitions: number
    readonly groups: readonly ReplicaGroup[] | undefined
    /** Replicas of each partition, where no groups place them. */
    readonly replicas: number
    /** Canonical text of the configuration's `cluster` section, compared between nodes. */
    readonly configuration: string
  }

export interface NodeOptions {
  readonly peer: PeerId
  readonly name: NodeName
  readonly clusterName: string
  readonly origin: NodeOrigin
  /** Addresses to dial for company, with or without `/p2p/…`. */
  readonly join: readonly Multiaddr[]
  /** `http://HOST:PORT` as others should be told. */
  readonly http: string
  readonly version: string
  readonly tuning: NodeTuning
  /** Text that nobody else has: seeds the driver's randomness. */
  readonly seed: string
  /** Drawn by the shell in case this node founds a cluster. */
  readonly freshClusterId: ClusterId
}

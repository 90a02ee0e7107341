import type { BatchNumber, ClusterId, Epoch, Generation, MemberId, Multiaddr, NodeName, PeerId } from '../../src/base/index.js'

/** A member as the replicated map knows it. */
export interface MapMember {
  readonly id: MemberId
  readonly name: NodeName
  /** Undefined: named by the configuration, but no process has been bound to the name yet. */
  readonly peer: PeerId | undefined
}

/** The replica set of one partition. */
export interface MapPartition {
  /** The first is the preferred master. */
  readonly replicas: readonly MemberId[]
}

/** The cluster map: what the system partition replicates and every node caches. */
export interface ClusterMap {
  readonly clusterId: ClusterId
  readonly clusterName: string
  readonly epoch: Epoch
  readonly members: readonly MapMember[]
  /** The voters of the system partition, up to five. */
  readonly systemVoters: readonly MemberId[]
  /** A power of two of them. */
  readonly partitions: readonly MapPartition[]
}

/** A change of the map, one log entry of the system partition. */
export type MapCommand =
  /** Binds a name that the configuration named to the peer that first came with it. */
  | { readonly kind: 'bind', readonly name: NodeName, readonly peer: PeerId }
  /** Admits a peer under a name that the map does not have yet. */
  | { readonly kind: 'admit', readonly name: NodeName, readonly peer: PeerId }

/** Why a peer is refused. Every code but `version` leaves it free to stay connected and read the reason. */
export type RefusalCode =
  | 'version'
  /** It belongs to another cluster. */
  | 'foreign_cluster'
  /** Its configuration's `cluster` section differs. */
  | 'configuration_differs'
  /** Another cluster id was accepted before, for ever. */
  | 'founding_refused'
  /** Its name is bound to another peer id. */
  | 'name_taken'
  /** Others heard of newer batches of its disk than the disk has. */
  | 'disk_rolled_back'
  /** The cluster has as many members as it can have. */
  | 'cluster_full'

export type ClusterMessage =
  /** The first message in each direction of every connection. */
  | {
    readonly kind: 'hello'
    readonly version: number
    readonly clusterName: string
    /** Undefined: this node belongs to no cluster yet. */
    readonly clusterId: ClusterId | undefined
    readonly name: NodeName
    readonly generation: Generation
    readonly multiaddrs: readonly Multiaddr[]
    readonly http: string
    readonly epoch: Epoch
    readonly durableBatch: BatchNumber
    /** The newest durable batch the sender has ever heard of the receiver. */
    readonly heardBatch: BatchNumber
  }
  | { readonly kind: 'refuse', readonly code: RefusalCode, readonly reason: string, readonly clusterId: ClusterId | undefined }
  /** The first-listed node asks the other named nodes to accept its cluster id, for ever. */
  | { readonly kind: 'found-propose', readonly clusterId: ClusterId, readonly configuration: string }
  | { readonly kind: 'found-accept', readonly clusterId: ClusterId }
  /** Asks for the map if the receiver's epoch is greater. */
  | { readonly kind: 'map-request', readonly epoch: Epoch }
  | { readonly kind: 'map', readonly map: ClusterMap }
  /** To the coordinator: bind or admit the sender under this name. */
  | { readonly kind: 'admit-request', readonly name: NodeName }

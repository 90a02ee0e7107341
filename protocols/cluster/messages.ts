import type {
  BatchNumber, ClusterId, Epoch, Generation, LogIndex, MemberId, Multiaddr, NodeName, PartitionId, PeerId, Term
} from '../../src/base/index.js'

/** A member as the replicated map knows it. */
export interface MapMember {
  readonly id: MemberId
  readonly name: NodeName
  /** Undefined: named by the configuration, but no process has been bound to the name yet. */
  readonly peer: PeerId | undefined
  /** It is going: no replica is placed on it, and it is no member any more once it holds none. */
  readonly leaving: boolean
}

/** The replica set of one partition. */
export interface MapPartition {
  /** Where the replicas should be, the preferred master first. Where they are, the partition's own log decides, step by step. */
  readonly replicas: readonly MemberId[]
  /** The voters that the partition's group was born with, before the first entry of its log: its log changes them from there. */
  readonly initial: readonly MemberId[]
}

/** The cluster map: what the system partition replicates and every node caches. */
export interface ClusterMap {
  readonly clusterId: ClusterId
  readonly clusterName: string
  readonly epoch: Epoch
  readonly members: readonly MapMember[]
  /** The greatest member id ever given: none is given twice, whoever left. */
  readonly memberIdMax: MemberId
  /** Where the voters of the system partition should be, up to five. */
  readonly systemVoters: readonly MemberId[]
  /** The voters that the system partition's group was born with. */
  readonly systemInitial: readonly MemberId[]
  /** Replicas wished of each partition, placed by the coordinator; 0: the configuration placed them, and nobody moves them. */
  readonly replicaCount: number
  /** A power of two of them. */
  readonly partitions: readonly MapPartition[]
}

/** A change of the map, one log entry of the system partition. */
export type MapCommand =
  /** Binds a name that the configuration named to the peer that first came with it. */
  | { readonly kind: 'bind', readonly name: NodeName, readonly peer: PeerId }
  /** Admits a peer under a name that the map does not have yet. */
  | { readonly kind: 'admit', readonly name: NodeName, readonly peer: PeerId }
  /** Wishes the replicas of a partition (or the voters of the system partition) elsewhere, if they are still wished at `from`. */
  | { readonly kind: 'place', readonly partition: PartitionId, readonly from: readonly MemberId[], readonly to: readonly MemberId[] }
  /** The member is going. */
  | { readonly kind: 'leave', readonly member: MemberId }
  /** It is not, after all. */
  | { readonly kind: 'stay', readonly member: MemberId }
  /** It is gone: it holds no replica by the map. */
  | { readonly kind: 'remove', readonly member: MemberId }

/** Where the replicas of one group are, as its log says: what its master reports. */
export interface GroupPlacement {
  readonly partition: PartitionId
  /** The reporting master's; of two reports the one of the later (term, index) holds. */
  readonly term: Term
  /** Of the configuration entry in force; committed. */
  readonly index: LogIndex
  readonly voters: readonly MemberId[]
  readonly learners: readonly MemberId[]
}

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
  /** There is no such member. */
  | 'unknown_member'
  /** What the change was based on does not hold any more. */
  | 'outdated'
  /** It would leave a partition with fewer copies than are wished, or without a quorum. */
  | 'placement_impossible'

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
  /** To the voters of the system partition: where groups that the sender masters have their replicas. */
  | { readonly kind: 'placement-report', readonly placements: readonly GroupPlacement[] }
  /** To the coordinator: somebody asked the sender for this change. */
  | { readonly kind: 'change-request', readonly id: number, readonly command: MapCommand }
  /** `done`: it holds, and a majority of the voters has it on disk. */
  | { readonly kind: 'change-reply', readonly id: number, readonly outcome: ChangeOutcome }

export type ChangeOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'not-coordinator' }
  | { readonly kind: 'refused', readonly code: RefusalCode, readonly reason: string }

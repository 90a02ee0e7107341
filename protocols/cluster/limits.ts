import { PARTITION_COUNT_MAX } from '../../src/base/index.js'

/** The libp2p protocol id; another major version is another protocol. */
export const CLUSTER_PROTOCOL = '/gokeydb/cluster/1.0.0'

const KIB = 1024

/** Bytes of a cluster's name: a line for a person. */
export const CLUSTER_NAME_SIZE_BYTES_MAX = 256
/** Bytes of the configuration text that a founding compares: hundreds of named nodes in their groups. */
export const CONFIGURATION_SIZE_BYTES_MAX = 64 * KIB
/** Members of a map: membership's probes and the map itself are built for hundreds of nodes. */
export const MAP_MEMBER_COUNT_MAX = 512
/** Voters of the system partition: they survive two failures, and more of them only slow it down. */
export const SYSTEM_VOTER_COUNT_MAX = 5
/** Replicas of one partition: they survive three failures. */
export const PARTITION_REPLICA_COUNT_MAX = 7
/** Voters of one group while it moves: it grows before it shrinks. Learners are bounded by the replicas wished. */
export const GROUP_VOTER_COUNT_MAX = 2 * PARTITION_REPLICA_COUNT_MAX
/** Partitions of a map, a power of two. */
export const MAP_PARTITION_COUNT_MAX = PARTITION_COUNT_MAX

/** Four of the largest maps: 512 members of 207 bytes and 1024 partitions of 76 have 180 KiB. */
export const CLUSTER_FRAME_SIZE_BYTES_MAX = 1024 * KIB
/** A frame ends here when there is more to say: one of the largest maps and what goes with it. */
export const CLUSTER_FRAME_SIZE_BYTES_TARGET = 256 * KIB

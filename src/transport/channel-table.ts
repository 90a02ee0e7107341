import {
  CLUSTER_FRAME_SIZE_BYTES_MAX, CLUSTER_PROTOCOL, KV_FRAME_SIZE_BYTES_MAX, KV_PROTOCOL, MEMBERSHIP_FRAME_SIZE_BYTES_MAX, MEMBERSHIP_PROTOCOL,
  REPLICATION_FRAME_SIZE_BYTES_MAX, REPLICATION_PROTOCOL
} from '../../protocols/index.js'
import type { ChannelName } from '../node/index.js'

const KIB = 1024
const MIB = 1024 * 1024

/** What happens to a frame that does not fit into its channel's queue any more. */
export type Overflow =
  /** The oldest unsent frames give way: newer news replaces older (membership). */
  | 'drop-oldest'
  /** The new frame is refused: the asker has a deadline and asks again (cluster, kv). */
  | 'drop-newest'
  /**
   * The stream is reset and everything queued goes, the new frame included: a log suffix with a hole is worth nothing,
   * and the replication core probes its follower again (replication).
   */
  | 'restart'

/** How one channel behaves on the wire and when a peer is slow. */
export interface ChannelRules {
  readonly protocol: string
  /** The longest payload of one frame, in bytes; a longer one from a peer resets its stream. */
  readonly frameBytesMax: number
  /**
   * Unsent bytes kept for one peer. Raising it rides out longer stalls and costs that much memory per slow peer; lowering
   * it drops sooner. An empty queue takes any frame within `frameBytesMax`.
   */
  readonly queueBytesMax: number
  /** The same while no connection stands (dialling, backing off): what arrives late is worth less. */
  readonly waitingBytesMax: number
  /** Frames kept while no connection stands. */
  readonly waitingFramesMax: number
  readonly overflow: Overflow
}

/** The four long-lived protocols between two peers (DESIGN.md section 5, Wire). */
export const channelTable: Readonly<Record<ChannelName, ChannelRules>> = {
  cluster: {
    protocol: CLUSTER_PROTOCOL,
    frameBytesMax: CLUSTER_FRAME_SIZE_BYTES_MAX,
    queueBytesMax: MIB,
    waitingBytesMax: MIB,
    waitingFramesMax: 64,
    overflow: 'drop-newest'
  },
  membership: {
    protocol: MEMBERSHIP_PROTOCOL,
    frameBytesMax: MEMBERSHIP_FRAME_SIZE_BYTES_MAX,
    queueBytesMax: MEMBERSHIP_FRAME_SIZE_BYTES_MAX + MIB, // a sync of the largest kind, and probes behind it
    waitingBytesMax: 256 * KIB,
    waitingFramesMax: 8,
    overflow: 'drop-oldest'
  },
  replication: {
    protocol: REPLICATION_PROTOCOL,
    frameBytesMax: REPLICATION_FRAME_SIZE_BYTES_MAX,
    queueBytesMax: 16 * MIB,
    waitingBytesMax: MIB,
    waitingFramesMax: 256,
    overflow: 'restart'
  },
  kv: {
    protocol: KV_PROTOCOL,
    frameBytesMax: KV_FRAME_SIZE_BYTES_MAX,
    queueBytesMax: 16 * MIB,
    waitingBytesMax: 4 * MIB,
    waitingFramesMax: 1024,
    overflow: 'drop-newest'
  }
}

export const channelNames: readonly ChannelName[] = ['cluster', 'membership', 'replication', 'kv']

/** The private Kademlia DHT; its own name keeps other libp2p networks out of its routing table. */
export const DHT_PROTOCOL = '/gokeydb/kad/1.0.0'

import type { ChannelName } from '../node/ports.js'

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
    protocol: '/gokeydb/cluster/1.0.0',
    frameBytesMax: MIB,
    queueBytesMax: MIB,
    waitingBytesMax: MIB,
    waitingFramesMax: 64,
    overflow: 'drop-newest'
  },
  membership: {
    protocol: '/gokeydb/membership/1.0.0',
    frameBytesMax: 256 * KIB,
    queueBytesMax: MIB,
    waitingBytesMax: 256 * KIB,
    waitingFramesMax: 8,
    overflow: 'drop-oldest'
  },
  replication: {
    protocol: '/gokeydb/replication/1.0.0',
    frameBytesMax: 8 * MIB,
    queueBytesMax: 16 * MIB,
    waitingBytesMax: MIB,
    waitingFramesMax: 256,
    overflow: 'restart'
  },
  kv: {
    protocol: '/gokeydb/kv/1.0.0',
    frameBytesMax: 8 * MIB,
    queueBytesMax: 16 * MIB,
    waitingBytesMax: 4 * MIB,
    waitingFramesMax: 1024,
    overflow: 'drop-newest'
  }
}

export const channelNames: readonly ChannelName[] = ['cluster', 'membership', 'replication', 'kv']

/** One-shot streams of frames from a leader to a replica that is too far behind. */
export const SNAPSHOT_PROTOCOL = '/gokeydb/snapshot/1.0.0'
/** The longest payload of one snapshot frame, in bytes: 1 MiB of value, its key, its record and room to spare. */
export const SNAPSHOT_FRAME_BYTES_MAX = 1.5 * MIB
/** The private Kademlia DHT; its own name keeps other libp2p networks out of its routing table. */
export const DHT_PROTOCOL = '/gokeydb/kad/1.0.0'

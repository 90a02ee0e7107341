import {
  CLUSTER_FRAME_SIZE_BYTES_MAX, CLUSTER_PROTOCOL, KV_FRAME_SIZE_BYTES_MAX, KV_PROTOCOL, MEMBERSHIP_FRAME_SIZE_BYTES_MAX, MEMBERSHIP_PROTOCOL,
  REPLICATION_FRAME_SIZE_BYTES_MAX, REPLICATION_PROTOCOL
} from '../../protocols/index.js'
import { holdsAnswer } from '../../protocols/membership/index.js'
import type { ChannelName } from '../node/index.js'
import type { Rank } from './turns.js'

const KIB = 1024
const MIB = 1024 * 1024

/** What happens to a frame that does not fit into its channel's queue any more. */
export type Overflow =
  /** The oldest unsent frames give way, those that `keeps` names last: newer news replaces older (membership). */
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
  /** Whom it waits for where a connection is busy. */
  readonly rank: Rank
  /** The longest payload of one frame, in bytes; a longer one from a peer resets its stream. */
  readonly frameBytesMax: number
  /**
   * Unsent bytes kept for one peer. Raising it rides out longer stalls and costs that much memory per slow peer; lowering
   * it drops sooner. An empty queue takes any frame within `frameBytesMax`.
   */
  readonly queueBytesMax: number
  /** Unsent frames kept for one peer; the same trade. */
  readonly queueFramesMax: number
  /** Bytes kept while no connection stands (dialling, backing off): what arrives late is worth less. */
  readonly waitingBytesMax: number
  /** Frames kept while no connection stands. */
  readonly waitingFramesMax: number
  readonly overflow: Overflow
  /** Of the frames that may be dropped for others: those somebody waits for. */
  readonly keeps: (frame: Uint8Array) => boolean
}

/** More small frames than their bytes allow are a bug, not a load. */
const BULK_FRAMES_MAX = 131_072
const keepsNone = (): boolean => false

/** The four long-lived protocols between two peers (DESIGN.md section 5, Wire). */
export const channelTable: Readonly<Record<ChannelName, ChannelRules>> = {
  cluster: {
    protocol: CLUSTER_PROTOCOL,
    rank: 'control',
    frameBytesMax: CLUSTER_FRAME_SIZE_BYTES_MAX,
    queueBytesMax: MIB,
    queueFramesMax: 1024,
    waitingBytesMax: MIB,
    waitingFramesMax: 64,
    overflow: 'drop-newest',
    keeps: keepsNone
  },
  membership: {
    protocol: MEMBERSHIP_PROTOCOL,
    rank: 'probes',
    frameBytesMax: MEMBERSHIP_FRAME_SIZE_BYTES_MAX,
    queueBytesMax: MEMBERSHIP_FRAME_SIZE_BYTES_MAX + MIB, // a sync of the largest kind, and probes behind it
    queueFramesMax: 64, // MEMBERSHIP.md section 3, Shape: a minute of probes
    waitingBytesMax: 256 * KIB,
    waitingFramesMax: 8,
    overflow: 'drop-oldest',
    keeps: holdsAnswer
  },
  replication: {
    protocol: REPLICATION_PROTOCOL,
    rank: 'bulk',
    frameBytesMax: REPLICATION_FRAME_SIZE_BYTES_MAX,
    queueBytesMax: 16 * MIB,
    queueFramesMax: BULK_FRAMES_MAX,
    waitingBytesMax: MIB,
    waitingFramesMax: 256,
    overflow: 'restart',
    keeps: keepsNone
  },
  kv: {
    protocol: KV_PROTOCOL,
    rank: 'bulk',
    frameBytesMax: KV_FRAME_SIZE_BYTES_MAX,
    queueBytesMax: 16 * MIB,
    queueFramesMax: BULK_FRAMES_MAX,
    waitingBytesMax: 4 * MIB,
    waitingFramesMax: 1024,
    overflow: 'drop-newest',
    keeps: keepsNone
  }
}

export const channelNames: readonly ChannelName[] = ['cluster', 'membership', 'replication', 'kv']

/** The private Kademlia DHT; its own name keeps other libp2p networks out of its routing table. */
export const DHT_PROTOCOL = '/gokeydb/kad/1.0.0'

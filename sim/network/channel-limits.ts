import {
  CLUSTER_FRAME_SIZE_BYTES_MAX, KV_FRAME_SIZE_BYTES_MAX, MEMBERSHIP_FRAME_SIZE_BYTES_MAX, REPLICATION_FRAME_SIZE_BYTES_MAX
} from '../../protocols/index.js'
import type { ChannelName } from '../../src/node/index.js'

const KIB = 1024
const MIB = 1024 * KIB

/** What one channel's queue to one peer holds, and what a full one does. */
export interface ChannelLimit {
  /** The longest payload; our own node never sends a longer one. */
  readonly frameBytesMax: number
  /** Bytes that wait for a slow link. An empty queue takes any frame. */
  readonly queueBytesMax: number
  /** Bytes and frames that wait while the peer is dialled. */
  readonly waitingBytesMax: number
  readonly waitingFramesMax: number
  /** The oldest give way; the new one is refused; or all are dropped, the new one with them. */
  readonly overflow: 'drop-oldest' | 'drop-newest' | 'restart'
}

export type ChannelLimits = Readonly<Record<ChannelName, ChannelLimit>>

/** Those of the real transport (src/transport/channel-table.ts). */
export const channelLimits: ChannelLimits = {
  cluster: { frameBytesMax: CLUSTER_FRAME_SIZE_BYTES_MAX, queueBytesMax: MIB, waitingBytesMax: MIB, waitingFramesMax: 64, overflow: 'drop-newest' },
  membership: {
    frameBytesMax: MEMBERSHIP_FRAME_SIZE_BYTES_MAX, queueBytesMax: MEMBERSHIP_FRAME_SIZE_BYTES_MAX + MIB,
    waitingBytesMax: 256 * KIB, waitingFramesMax: 8, overflow: 'drop-oldest'
  },
  replication: { frameBytesMax: REPLICATION_FRAME_SIZE_BYTES_MAX, queueBytesMax: 16 * MIB, waitingBytesMax: MIB, waitingFramesMax: 256, overflow: 'restart' },
  kv: { frameBytesMax: KV_FRAME_SIZE_BYTES_MAX, queueBytesMax: 16 * MIB, waitingBytesMax: 4 * MIB, waitingFramesMax: 1024, overflow: 'drop-newest' }
}

import type { PeerId } from '../../src/base/index.js'
import type { ChannelName, DiskEntry, DiskOperation, KeyRange, PartitionReport } from '../../src/node/index.js'

/** What the world tells whoever watches it; nothing of it changes the run. Called at the virtual time it happens. */
export interface Watcher {
  /** A process starts on what its disk holds: `entries` reads the durable disk. */
  started (atUs: number, node: string, peer: PeerId, entries: (range: KeyRange) => DiskEntry[]): void
  /** The process is gone; `entries` is what the disk holds now (unflushed batches may have survived). */
  crashed (atUs: number, node: string, entries: (range: KeyRange) => DiskEntry[]): void
  /** A batch was handed to the disk. */
  submitted (atUs: number, node: string, operations: readonly DiskOperation[]): void
  /** A batch (the same array) became durable. A disk that lies says so too. */
  durable (atUs: number, node: string, operations: readonly DiskOperation[]): void
  /** A range is being cleared: these keys are gone, durably. */
  cleared (atUs: number, node: string, keys: readonly Uint8Array[]): void
  /** A frame was handed to the transport. */
  sent (atUs: number, node: string, to: string, channel: ChannelName, payload: Uint8Array): void
  /** A frame reached the driver. */
  delivered (atUs: number, node: string, from: string, channel: ChannelName, payload: Uint8Array): void
  /** A turn ended. `reports` is lazy: asking is what costs. */
  turned (atUs: number, node: string, reports: () => readonly PartitionReport[]): void
}

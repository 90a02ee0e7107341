import type { Multiaddr, PeerId } from '../base/index.js'

/**
 * What the driver needs of the world. Everything here is called synchronously and answers by a later input or
 * callback; production implements it with level and libp2p, the simulator with a virtual disk and network.
 */

/** One change of an ordered byte store. Keys and values must not be changed after they were handed over. */
export type DiskOperation =
  | { readonly kind: 'put', readonly key: Uint8Array, readonly value: Uint8Array }
  | { readonly kind: 'delete', readonly key: Uint8Array }

export interface DiskEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Keys `from` (included) to `to` (excluded), in byte order. */
export interface KeyRange {
  readonly from: Uint8Array
  readonly to: Uint8Array
}

export type DiskErrorCode =
  /** Another process holds the directory. */
  | 'locked'
  /** The database was there once and is not there any more. */
  | 'lost'
  | 'corrupt'
  | 'full'
  | 'read_failed'
  | 'write_failed'

/** An operating error of the disk; never means "missing". */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: DiskErrorCode

  constructor (code: DiskErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** One moment of the store, unaffected by later writes. Close it. */
export interface DiskSnapshot {
  /** @throws {DiskError} */
  get (key: Uint8Array): Uint8Array | undefined
  /** Entries of a range in chunks of about `chunkBytes`. @throws {DiskError} while iterating */
  range (range: KeyRange, chunkBytes: number): AsyncIterable<readonly DiskEntry[]>
  close (): void
}

/** An ordered byte store with atomic, durable batches. */
export interface Disk {
  /** Undefined where the key is missing. @throws {DiskError} where that cannot be told */
  get (key: Uint8Array): Uint8Array | undefined
  /**
   * Writes all or nothing and calls `done` once the batch is durable (fsync), later than this call returns. Batches are
   * applied in the order of the calls. After an error nothing more is written: every later call fails too.
   */
  write (operations: readonly DiskOperation[], done: (error: DiskError | undefined) => void): void
  /** Deletes a range, not atomically; durable when `done` is called. */
  clear (range: KeyRange, done: (error: DiskError | undefined) => void): void
  snapshot (): DiskSnapshot
  /** Bytes that may still be written before the reserve is touched; refreshed at least every second. */
  freeBytes (): number
}

/** The long-lived streams between two peers, each with its own protocol id and frame limit. */
export type ChannelName = 'cluster' | 'membership' | 'replication' | 'kv'

/** What the transport tells the driver. */
export type TransportInput =
  /** A connection stands. `channel` frames of this peer only ever come after it. */
  | { readonly kind: 'peer-connected', readonly peer: PeerId, readonly remote: Multiaddr }
  /** The last connection to the peer is gone; what was queued for it is dropped. */
  | { readonly kind: 'peer-disconnected', readonly peer: PeerId, readonly reason: string }
  /** Frames queued for the peer were dropped. `refused`: the host is up and nothing listens there, so the process is gone. */
  | { readonly kind: 'dial-failed', readonly target: PeerId | Multiaddr, readonly reason: string, readonly refused: boolean }
  /** One frame: the bytes are the receiver's own. */
  | { readonly kind: 'frame', readonly peer: PeerId, readonly channel: ChannelName, readonly payload: Uint8Array }
  /** The DHT knows where a peer is (an answer to `find` or `discover`). */
  | { readonly kind: 'peer-found', readonly peer: PeerId, readonly multiaddrs: readonly Multiaddr[] }
  /** A peer opened a snapshot stream; frames follow one by one, each asked for by `snapshotNext`. */
  | { readonly kind: 'snapshot-opened', readonly stream: number, readonly peer: PeerId }
  | { readonly kind: 'snapshot-frame', readonly stream: number, readonly payload: Uint8Array }
  | { readonly kind: 'snapshot-closed', readonly stream: number, readonly error: string | undefined }

export interface Transport {
  readonly self: PeerId
  /** Where this node listens, dialable, with `/p2p/…`. */
  multiaddrs (): readonly Multiaddr[]
  /**
   * Queues one frame for a peer and dials it at its known addresses where no connection stands. Best effort: a full
   * queue or a failed dial drops frames; membership and replication send again what matters.
   */
  send (peer: PeerId, channel: ChannelName, frame: Uint8Array): void
  isConnected (peer: PeerId): boolean
  /** Replaces the addresses a peer is dialled at. */
  learn (peer: PeerId, multiaddrs: readonly Multiaddr[]): void
  /** Dials an address, with or without `/p2p/…`; answers with `peer-connected` or `dial-failed`. */
  dial (multiaddr: Multiaddr): void
  hangUp (peer: PeerId): void
  /** Asks the DHT where a peer is. */
  find (peer: PeerId): void
  /** Joins the DHT's search for `rendezvous` (the cluster's key): provides it, and reports who else does. */
  discover (rendezvous: string): void
  /** Streams frames to a peer with back-pressure; `done` says whether the peer read to the end. */
  sendSnapshot (peer: PeerId, frames: AsyncIterable<Uint8Array>, done: (error: string | undefined) => void): void
  /** Asks for the next frame of an opened snapshot stream. */
  snapshotNext (stream: number): void
  /** Ends a snapshot stream: normally, or with the reason why not. */
  snapshotClose (stream: number, error: string | undefined): void
}

/** The event loop, as far as the driver needs it. */
export interface Scheduler {
  /** Runs one turn soon, after the inputs that are already waiting; asking again before it runs changes nothing. */
  requestTurn (): void
  /** Runs a turn at or after this time at the latest; replaces the time asked for before. */
  wakeAt (nowMs: number): void
}

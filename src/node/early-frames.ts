import type { PeerId } from '../base/index.js'
import type { ChannelName } from './ports.js'

/** Frames kept of one peer until its greeting is here; more are dropped, as all were before. */
const FRAMES_PER_PEER_MAX = 8
/** Bytes of them: what the membership channel holds while it dials, a digest of the largest cluster among it. */
const BYTES_PER_PEER_MAX = 256 * 1024
/** Bytes of all peers' together. */
const BYTES_MAX = 4 * 1024 * 1024

export interface EarlyFrame {
  readonly channel: ChannelName
  readonly payload: Uint8Array
}

interface Kept {
  readonly frames: EarlyFrame[]
  sizeBytes: number
}

/**
 * Frames that overtook their sender's greeting, each channel being a stream of its own. A first ping or request opens its
 * connection more often than not, and would be lost with every dial: a suspicion each, or a second of waiting.
 */
export class EarlyFrames {
  readonly #keptByPeer = new Map<PeerId, Kept>()
  #sizeBytes = 0

  /** Keeps a frame if there is room. The order across channels means nothing. */
  keep (peer: PeerId, frame: EarlyFrame): void {
    const kept = this.#keptByPeer.get(peer) ?? { frames: [], sizeBytes: 0 }
    const sizeBytes = frame.payload.length
    if (kept.frames.length >= FRAMES_PER_PEER_MAX || kept.sizeBytes + sizeBytes > BYTES_PER_PEER_MAX || this.#sizeBytes + sizeBytes > BYTES_MAX) return
    kept.frames.push(frame)
    kept.sizeBytes += sizeBytes
    this.#sizeBytes += sizeBytes
    this.#keptByPeer.set(peer, kept)
  }

  /** What is kept of a peer, in the order of arrival; kept no more, as also where nobody reads it because the peer is gone. */
  take (peer: PeerId): readonly EarlyFrame[] {
    const kept = this.#keptByPeer.get(peer)
    if (kept === undefined) return []
    this.#keptByPeer.delete(peer)
    this.#sizeBytes -= kept.sizeBytes
    return kept.frames
  }
}

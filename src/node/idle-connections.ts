import type { PeerId } from '../base/index.js'
import { NEIGHBOURS_MAX } from '../membership/index.js'

/** ms between two looks at the connections of a node in the overlay. */
export const LOOK_EVERY_MS = 10_000
/** ms without a frame after which a connection that nobody needs is given up, at least. */
const IDLE_CONNECTION_MS_MIN = 60_000
/**
 * The same in rounds over a node's neighbours: whoever takes us for its neighbour, while we do not yet take it for ours,
 * probes us about once in such a round, and would only dial again.
 */
const IDLE_ROUNDS = 3
/** Connections given up per look: nobody is busy with closing, and a wrong belief about who is needed costs few. */
const HANG_UPS_PER_LOOK_MAX = 8

interface Use {
  /** Looks since the last frame either way. */
  quietLooks: number
}

/** ms without a frame after which a connection counts as idle: a minute, or three rounds of probes where those are slow. */
export const idleConnectionMs = (probeIntervalMs: number): number =>
  Math.max(IDLE_CONNECTION_MS_MIN, IDLE_ROUNDS * NEIGHBOURS_MAX * probeIntervalMs)

/** When something was last said on each connection: counted in looks, so that a frame costs one small number. */
export class IdleConnections {
  readonly #quietLooksMax: number
  readonly #uses = new Map<PeerId, Use>()

  constructor (probeIntervalMs: number) {
    this.#quietLooksMax = Math.ceil(idleConnectionMs(probeIntervalMs) / LOOK_EVERY_MS)
  }

  /** A peer of our cluster is connected; nothing happens where it was already. */
  connected (peer: PeerId): void {
    if (!this.#uses.has(peer)) this.#uses.set(peer, { quietLooks: 0 })
  }

  disconnected (peer: PeerId): void {
    this.#uses.delete(peer)
  }

  /** A frame went to the peer or came from it. */
  used (peer: PeerId): void {
    const use = this.#uses.get(peer)
    if (use !== undefined) use.quietLooks = 0
  }

  /** One look; returns the peers to hang up now, of those that are not needed. */
  look (isNeeded: (peer: PeerId) => boolean): PeerId[] {
    const idle: PeerId[] = []
    for (const [peer, use] of this.#uses) {
      // the frames of the first look may be as old as its interval: only whole intervals count
      if (use.quietLooks++ < this.#quietLooksMax || idle.length === HANG_UPS_PER_LOOK_MAX || isNeeded(peer)) continue
      idle.push(peer)
    }
    return idle
  }
}

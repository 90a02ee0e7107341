import { Prng } from '../base/index.js'
import type { PeerId } from '../base/index.js'

/**
 * K, the rings of the overlay: each member has the next and the previous one on each as neighbours. Up: more connections
 * and a denser watch; down: fewer. Ten is Rapid's K (Suresh et al., ATC 2018, section 4.1: the union of so many random
 * cycles is with high probability an expander) and MEMBERSHIP.md section 3's "about 2K = 20 connections".
 */
export const OVERLAY_RINGS = 10
/** Neighbours of one member at most; fewer where somebody is next to it on several rings. */
export const NEIGHBOURS_MAX = 2 * OVERLAY_RINGS

/** Distances once around a ring: positions are 32 bits. */
const AROUND = 2 ** 32

/**
 * Draws where a peer stands on each ring in turn, 0 … 2^32 - 1: the same at every node. Two versions that disagree here
 * disagree about neighbours.
 */
const positionsOf = (peer: PeerId): Prng => new Prng(peer)

/**
 * Who stands next to one peer on each of the K rings. Only the nearest are kept, so a member that comes is compared with
 * 2K of them and costs no memory; when one of the nearest goes, the caller starts over with all that are left.
 */
export class Rings {
  readonly #own: PeerId
  readonly #positions: Uint32Array
  /** The next on ring k at 2k, the previous at 2k + 1. */
  readonly #nearest: Array<PeerId | undefined> = Array.from({ length: NEIGHBOURS_MAX }, () => undefined)
  readonly #distances = new Float64Array(NEIGHBOURS_MAX).fill(Infinity)

  constructor (own: PeerId) {
    this.#own = own
    const positions = positionsOf(own)
    this.#positions = Uint32Array.from({ length: OVERLAY_RINGS }, () => positions.uint32())
  }

  /** Whether the peer is next to ours on some ring. */
  has (peer: PeerId): boolean {
    return this.#nearest.includes(peer)
  }

  /** Takes note of a member other than ourselves; whether it is next to ours on some ring now. */
  insert (peer: PeerId): boolean {
    let isNearest = false
    const positions = positionsOf(peer)
    for (let ring = 0; ring < OVERLAY_RINGS; ring++) {
      const ahead = (positions.uint32() - (this.#positions[ring] as number)) >>> 0
      // Two at one position stand in the order of their ids: whoever is behind comes once around.
      const isAhead = ahead > 0 || peer > this.#own
      isNearest = this.#offer(2 * ring, peer, isAhead ? ahead : AROUND) || isNearest
      isNearest = this.#offer(2 * ring + 1, peer, ahead > 0 || !isAhead ? (AROUND - ahead) % AROUND : AROUND) || isNearest
    }
    return isNearest
  }

  /** Forgets everybody. */
  clear (): void {
    this.#nearest.fill(undefined)
    this.#distances.fill(Infinity)
  }

  /** Each once; 2K at most. */
  neighbours (): Set<PeerId> {
    const neighbours = new Set<PeerId>()
    for (const peer of this.#nearest) if (peer !== undefined) neighbours.add(peer)
    return neighbours
  }

  #offer (slot: number, peer: PeerId, distance: number): boolean {
    const nearest = this.#nearest[slot]
    const nearestDistance = this.#distances[slot] as number
    const isForward = slot % 2 === 0
    const isNearer = distance < nearestDistance ||
      (distance === nearestDistance && nearest !== undefined && (isForward ? peer < nearest : peer > nearest))
    if (!isNearer) return false
    this.#nearest[slot] = peer
    this.#distances[slot] = distance
    return true
  }
}

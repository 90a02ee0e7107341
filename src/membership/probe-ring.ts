import type { PeerId, Prng } from '../base/index.js'

/** So many times as many members as are wanted make drawing cheaper than listing the eligible. */
const SPARSE = 8
/** Draws per member wanted before the eligible are listed after all. */
const DRAWS_MAX = 8

/**
 * Whom to probe next (SWIM section 4.3): round robin through a shuffled list, a joiner at a uniformly random position,
 * reshuffled after each pass; so two probes of one member are at most 2n - 1 periods apart.
 */
export class ProbeRing {
  readonly #random: Prng
  readonly #peers: PeerId[] = []
  #cursor = 0

  constructor (random: Prng) {
    this.#random = random
  }

  /** All on the ring, in the order of this pass. */
  get peers (): readonly PeerId[] {
    return this.#peers
  }

  insert (peer: PeerId): void {
    const position = this.#random.below(this.#peers.length + 1)
    this.#peers.splice(position, 0, peer)
    if (position < this.#cursor) this.#cursor++
  }

  remove (peer: PeerId): void {
    const position = this.#peers.indexOf(peer)
    if (position < 0) return
    this.#peers.splice(position, 1)
    if (position < this.#cursor) this.#cursor--
  }

  /** The next to probe; undefined where nobody is there. */
  next (): PeerId | undefined {
    if (this.#cursor >= this.#peers.length) {
      this.#random.shuffle(this.#peers)
      this.#cursor = 0
    }
    return this.#peers[this.#cursor++]
  }

  /** Up to `count` distinct peers, uniformly among those that `accept` allows. */
  pick (count: number, accept: (peer: PeerId) => boolean): PeerId[] {
    if (count * SPARSE < this.#peers.length) {
      const picked = this.#pickFew(count, accept)
      if (picked !== undefined) return picked
    }
    const eligible = this.#peers.filter(accept)
    const picked = Math.min(count, eligible.length)
    for (let i = 0; i < picked; i++) {
      const j = this.#random.between(i, eligible.length - 1)
      const peer = eligible[i] as PeerId
      eligible[i] = eligible[j] as PeerId
      eligible[j] = peer
    }
    return eligible.slice(0, picked)
  }

  /** Draws until there are enough; undefined where that takes too many draws, since few are eligible. */
  #pickFew (count: number, accept: (peer: PeerId) => boolean): PeerId[] | undefined {
    const picked: PeerId[] = []
    for (let draws = 0; draws < count * DRAWS_MAX; draws++) {
      if (picked.length === count) return picked
      const peer = this.#peers[this.#random.below(this.#peers.length)] as PeerId
      if (!picked.includes(peer) && accept(peer)) picked.push(peer)
    }
    return picked.length === count ? picked : undefined
  }
}

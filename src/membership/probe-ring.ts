import type { PeerId, Prng } from '../base/index.js'

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
}

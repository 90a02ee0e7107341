/** When a round began; kept for every heartbeat within an election timeout. */
interface Checkpoint {
  readonly round: number
  readonly beganMs: number
}

/**
 * Numbers the rounds of one leadership. Every append names the newest round and every answer echoes it, so an echo
 * proves that the follower was in the leader's term at some time after the round began: that is what a read index and
 * check-quorum rest on, and why an answer that was long under way proves nothing about now (thesis sections 6.2, 6.4).
 */
export class Rounds {
  #newest = 0
  readonly #checkpoints: Checkpoint[] = []
  readonly #rememberMs: number

  /** @param rememberMs how far back `beganMs` must be able to answer */
  constructor (rememberMs: number) {
    this.#rememberMs = rememberMs
  }

  get newest (): number {
    return this.#newest
  }

  begin (): number {
    return ++this.#newest
  }

  /** Begins a round whose beginning `beganMs` can tell later. */
  beginTimed (nowMs: number): number {
    const round = this.begin()
    const checkpoints = this.#checkpoints
    checkpoints.push({ round, beganMs: nowMs })
    while (checkpoints.length > 1 && (checkpoints[0] as Checkpoint).beganMs < nowMs - this.#rememberMs) checkpoints.shift()
    return round
  }

  /** A time at or before the beginning of `round`: that of the newest timed round up to it; -Infinity where forgotten. */
  beganMs (round: number): number {
    const checkpoints = this.#checkpoints
    for (let at = checkpoints.length - 1; at >= 0; at--) {
      const checkpoint = checkpoints[at] as Checkpoint
      if (checkpoint.round <= round) return checkpoint.beganMs
    }
    return -Infinity
  }
}

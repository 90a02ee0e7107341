import { DecodeError, assert, type Generation, type PeerId } from '../base/index.js'
import { Session } from './session.js'
import type { SessionLimits } from './types.js'

/** The part of a full table that is made to forget at once, so that the search for it is rare. */
const EVICTED_FRACTION = 8

/**
 * All sessions of a partition. Whatever it does depends on nothing but the sessions and the order of the origins' groups
 * of commands, never on how many groups came in one call: all replicas forget the same.
 */
export class SessionTable {
  readonly #limits: SessionLimits
  readonly #sessions = new Map<PeerId, Session>()
  #stamp = 0
  /** Sessions with at least one result. */
  #activeCount = 0

  /** @throws {DecodeError} where the sessions, from a disk or a snapshot, cannot be those of one partition */
  constructor (sessions: Iterable<Session>, limits: SessionLimits) {
    assert(limits.resultsPerSessionMax >= 1 && limits.activeSessionsMax >= 1 && limits.sessionsMax >= 1, 'session limits must be at least 1')
    this.#limits = limits
    for (const session of sessions) {
      if (this.#sessions.has(session.peer)) throw new DecodeError(`two sessions of ${session.peer}`)
      if (this.#sessions.size >= limits.sessionsMax) throw new DecodeError(`more than ${limits.sessionsMax} sessions`)
      this.#sessions.set(session.peer, session)
      this.#stamp = Math.max(this.#stamp, session.stamp)
      if (session.outcomes.count > 0) this.#activeCount++
    }
  }

  get (peer: PeerId): Session | undefined {
    return this.#sessions.get(peer)
  }

  values (): IterableIterator<Session> {
    return this.#sessions.values()
  }

  /**
   * Runs one group of commands in its origin's session, which `run` may add results to; undefined where the group is of
   * an older generation or the table is full: then nothing of it may take effect.
   * @param touched gets the peers whose sessions changed
   */
  enter (
    origin: { readonly peer: PeerId, readonly generation: Generation, readonly floor: number },
    touched: Set<PeerId>,
    run: (session: Session | undefined) => void
  ): void {
    let session = this.#sessions.get(origin.peer)
    const countBefore = session?.outcomes.count ?? 0
    let changed = true
    if (session === undefined) {
      if (this.#sessions.size >= this.#limits.sessionsMax) return run(undefined)
      session = new Session({ ...origin, stamp: 0 })
      this.#sessions.set(origin.peer, session)
    } else if (origin.generation < session.generation) {
      return run(undefined)
    } else if (origin.generation > session.generation) {
      session.startGeneration(origin.generation, origin.floor)
    } else if (origin.floor > session.floor) {
      session.raiseFloor(origin.floor)
    } else {
      changed = false
    }
    const countEntered = session.outcomes.count
    run(session)
    if (!changed && session.outcomes.count === countEntered) return
    session.keepHighest(this.#limits.resultsPerSessionMax)
    session.stamp = ++this.#stamp
    touched.add(session.peer)
    this.#activeCount += Math.sign(session.outcomes.count) - Math.sign(countBefore)
    if (this.#activeCount > this.#limits.activeSessionsMax) this.#evict(touched)
  }

  /** Makes the sessions that changed longest ago forget their results, their floors raised above everything applied. */
  #evict (touched: Set<PeerId>): void {
    const kept = this.#limits.activeSessionsMax - Math.floor(this.#limits.activeSessionsMax / EVICTED_FRACTION)
    const active = [...this.#sessions.values()].filter((session) => session.outcomes.count > 0)
    active.sort((left, right) => left.stamp - right.stamp || (left.peer < right.peer ? -1 : 1))
    for (const session of active.slice(0, active.length - kept)) {
      session.keepHighest(0)
      touched.add(session.peer)
    }
    this.#activeCount = kept
  }
}

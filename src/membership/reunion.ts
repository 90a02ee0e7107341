import type { PeerId, Prng } from '../base/index.js'
import type { Digest } from './anti-entropy.js'
import type { Beliefs } from './beliefs.js'
import { GREETINGS_MAX, GREETING_ATTEMPTS_MAX, KNOCKS_MAX } from './limits.js'
import { syncIntervalMsOf } from './options.js'
import type { MembershipOptions } from './options.js'
import type { Speaker } from './speaker.js'

/** Knocks per probe interval while this node knows of nobody alive. */
const KNOCKS_WHEN_ALONE = 3

interface Greeting {
  dueMs: number
  attempts: number
}

export interface ReunionParts {
  readonly beliefs: Beliefs
  readonly speaker: Speaker
  readonly options: MembershipOptions
  readonly random: Prng
  readonly nowMs: number
}

/** Brings views together: greets whom it met, compares all beliefs with somebody now and then, knocks at the absent. */
export class Reunion {
  readonly #beliefs: Beliefs
  readonly #speaker: Speaker
  readonly #options: MembershipOptions
  readonly #random: Prng
  /** Peers met with whom no beliefs were exchanged yet. */
  readonly #greetings = new Map<PeerId, Greeting>()
  /** Unanswered knocks by sequence, oldest first. */
  readonly #knocks = new Map<number, PeerId>()
  #nextSyncMs: number
  readonly #startMs: number
  /** When the last round was; the first is due at once. */
  #lastKnockMs = -Infinity

  constructor (parts: ReunionParts) {
    this.#beliefs = parts.beliefs
    this.#speaker = parts.speaker
    this.#options = parts.options
    this.#random = parts.random
    this.#startMs = parts.nowMs
    this.#nextSyncMs = parts.nowMs + parts.random.between(1, parts.options.syncIntervalMs)
  }

  get #isAlone (): boolean {
    return this.#beliefs.list.presentCount === 0
  }

  /**
   * A peer is there that may not know us, or we it. Alone, we exchange beliefs at once: this is our way in. Otherwise
   * gossip has one probe interval to introduce a peer, so that a joiner is not sent everything by everybody.
   */
  greet (peer: PeerId, nowMs: number): void {
    if (this.#beliefs.list.isPresent(peer) || this.#greetings.has(peer)) return
    if (this.#greetings.size >= GREETINGS_MAX) {
      const [oldest] = this.#greetings.keys()
      if (oldest !== undefined) this.#greetings.delete(oldest)
    }
    const greeting = { dueMs: nowMs + this.#options.probeIntervalMs, attempts: 0 }
    this.#greetings.set(peer, greeting)
    if (this.#isAlone) this.#sendGreeting(peer, greeting, nowMs)
  }

  /** The peer cannot be spoken to now, or has answered ours. */
  endGreeting (peer: PeerId): void {
    this.#greetings.delete(peer)
  }

  /** What a peer holds, or wants of what we hold. */
  digest (from: PeerId, digest: Digest, nowMs: number): void {
    this.#speaker.answerDigest(from, digest, this.#shouldAsk(from, nowMs))
    if (!digest.reply) this.endGreeting(from)
  }

  /**
   * Whether we should ask for what a digest has newer: not where our own digest is under way to that peer, because both
   * sides greeted, and will be answered with the same. Were ours lost, it is sent again after a probe interval.
   */
  #shouldAsk (peer: PeerId, nowMs: number): boolean {
    const greeting = this.#greetings.get(peer)
    return greeting === undefined || greeting.attempts === 0 || greeting.dueMs <= nowMs
  }

  /** Whoever answers a knock is there, whatever we believed: exchange beliefs. */
  ack (from: PeerId, sequence: number): void {
    if (this.#knocks.get(sequence) !== from) return
    this.#knocks.delete(sequence)
    this.#introduce(from)
  }

  tick (nowMs: number): void {
    this.#greetAgain(nowMs)
    if (this.#nextSyncMs <= nowMs) {
      this.#nextSyncMs = nowMs + syncIntervalMsOf(this.#options, this.#beliefs.presentCount)
      const { list } = this.#beliefs
      const [peer] = list.ring.pick(1, (candidate) => list.get(candidate)?.record.health === 'alive')
      if (peer !== undefined) this.#speaker.digest(peer)
    }
    if (this.#nextKnockMs <= nowMs) {
      this.#lastKnockMs = nowMs
      this.#beliefs.forgetOld(nowMs)
      this.#knockAtSome()
    }
  }

  /** At once where this node has just lost its last companion some time after the last round. */
  get #nextKnockMs (): number {
    return Math.max(this.#startMs, this.#lastKnockMs + (this.#isAlone ? this.#options.probeIntervalMs : this.#options.reconnectIntervalMs))
  }

  get deadlineMs (): number {
    let deadlineMs = Math.min(this.#nextSyncMs, this.#nextKnockMs)
    for (const { dueMs } of this.#greetings.values()) deadlineMs = Math.min(deadlineMs, dueMs)
    return deadlineMs
  }

  #greetAgain (nowMs: number): void {
    for (const [peer, greeting] of this.#greetings) {
      if (greeting.dueMs > nowMs) continue
      const isIntroduced = greeting.attempts === 0 && this.#beliefs.list.isPresent(peer)
      if (isIntroduced || greeting.attempts >= GREETING_ATTEMPTS_MAX) this.#greetings.delete(peer)
      else this.#sendGreeting(peer, greeting, nowMs)
    }
  }

  #sendGreeting (peer: PeerId, greeting: Greeting, nowMs: number): void {
    greeting.attempts++
    greeting.dueMs = nowMs + this.#options.probeIntervalMs
    this.#introduce(peer)
  }

  /** To somebody who may not know us: our own record with the digest, so that it need not ask for that. */
  #introduce (peer: PeerId): void {
    this.#speaker.sync(peer, [this.#beliefs.own.record])
    this.#speaker.digest(peer)
  }

  /**
   * One listed and one merely remembered peer per round, at random, with probability absent / present, so that all
   * members together knock about once per absent one (serf `reconnect`); the smaller side of a cut always knocks.
   */
  #knockAtSome (): void {
    const { list, book } = this.#beliefs
    this.#knockAmong(list.absent().map(({ record }) => record.peer))
    this.#knockAmong(book.peers())
  }

  #knockAmong (absent: PeerId[]): void {
    if (absent.length === 0) return
    const present = this.#beliefs.presentCount
    if (absent.length < present && !this.#random.chance(absent.length, present)) return
    const count = this.#isAlone ? Math.min(KNOCKS_WHEN_ALONE, absent.length) : 1
    for (const peer of this.#random.shuffle(absent).slice(0, count)) {
      this.#knocks.set(this.#speaker.ping(peer), peer)
      if (this.#knocks.size <= KNOCKS_MAX) continue
      const [oldest] = this.#knocks.keys()
      if (oldest !== undefined) this.#knocks.delete(oldest)
    }
  }
}

import { assert, unreachable } from '../base/index.js'
import type { BatchNumber, Epoch, Multiaddr, PeerId, Prng } from '../base/index.js'
import type { MemberRecord, MembershipMessage } from '../../protocols/membership/index.js'
import { Beliefs } from './beliefs.js'
import { Detector } from './detector.js'
import { EffectCollector } from './effects.js'
import type { MembershipEffects } from './effects.js'
import { CORRECTIONS_PER_GOSSIP_MAX, MEMBERS_MAX, UPDATES_PER_MESSAGE_MAX, isPlausible } from './limits.js'
import { LocalHealth } from './local-health.js'
import { ownView, viewOf } from './member-view.js'
import type { MemberView } from './member-view.js'
import { membershipOptionProblems, retransmitLimit } from './options.js'
import type { MembershipOptions } from './options.js'
import { OwnRecord } from './own-record.js'
import type { MembershipSelf } from './own-record.js'
import { Relays } from './relays.js'
import { Reunion } from './reunion.js'
import type { Signatures } from './signatures.js'
import { GOSSIP_SEQUENCE, Speaker } from './speaker.js'

/**
 * Who is there: SWIM with Lifeguard's extensions over reliable streams, as a core without I/O. Every method is one
 * input; what it causes waits in `takeEffects`. Call `tick` at `nextDeadlineMs`, after the messages that are waiting.
 * A view is an opinion: nothing may count votes by it (MEMBERSHIP.md section 4).
 */
export class Membership {
  readonly #own: OwnRecord
  readonly #options: MembershipOptions
  readonly #effects = new EffectCollector()
  readonly #health: LocalHealth
  readonly #beliefs: Beliefs
  readonly #speaker: Speaker
  readonly #detector: Detector
  readonly #relays: Relays
  readonly #reunion: Reunion
  #ownSinceMs: number
  #lastGossipMs: number
  /** When this core last ran. */
  #lastMs: number

  /**
   * @param self with a generation that is already durable
   * @param options without problems (`membershipOptionProblems`)
   * @param nowMs of a clock that never goes back, as everywhere below
   * @param signatures by the key of `self.peer`
   */
  constructor (self: MembershipSelf, options: MembershipOptions, random: Prng, nowMs: number, signatures: Signatures) {
    const problems = membershipOptionProblems(options)
    assert(problems.length === 0, `membership options: ${problems.join('; ')}`)
    const effects = this.#effects
    const own = new OwnRecord(self, signatures)
    const health = new LocalHealth(options.localHealthMax)
    const beliefs = new Beliefs({ own, options, random, effects, health, signatures })
    const speaker = new Speaker(beliefs, options, effects)
    this.#own = own
    this.#options = options
    this.#health = health
    this.#beliefs = beliefs
    this.#speaker = speaker
    this.#detector = new Detector({ beliefs, speaker, health, options, random, nowMs })
    this.#relays = new Relays(speaker, options)
    this.#reunion = new Reunion({ beliefs, speaker, options, random, nowMs })
    this.#ownSinceMs = nowMs
    this.#lastGossipMs = nowMs
    this.#lastMs = nowMs
  }

  /** Records from disk: addresses to knock at, not members until they are heard of. What is malformed is ignored. */
  remember (records: readonly MemberRecord[], nowMs: number): void {
    this.#enter(nowMs)
    for (const record of records) {
      const isNew = record.peer !== this.#own.record.peer && this.#beliefs.recordOf(record.peer) === undefined
      if (isNew && isPlausible(record)) this.#beliefs.remember(record)
    }
  }

  /** A connection to a peer of our cluster stands (its hello was accepted). */
  meet (peer: PeerId, nowMs: number): void {
    this.#enter(nowMs)
    this.#greet(peer, nowMs)
  }

  /** A message of a peer of our cluster; `from` is who the connection proves it to be. */
  step (from: PeerId, message: MembershipMessage, nowMs: number): void {
    this.#enter(nowMs)
    if (from === this.#own.record.peer) return
    if (message.kind === 'sync') {
      this.#beliefs.hear(message.records.slice(0, MEMBERS_MAX + 1), from, 'sync', nowMs)
      return
    }
    if (message.kind === 'digest') {
      this.#reunion.digest(from, message, nowMs)
      return
    }
    this.#effects.heard(from, message.epoch, message.durableBatch)
    this.#beliefs.hear(message.updates.slice(0, UPDATES_PER_MESSAGE_MAX), from, 'gossip', nowMs)
    switch (message.kind) {
      case 'ping':
        this.#speaker.ack(from, message.sequence)
        this.#greet(from, nowMs)
        break
      case 'ping-request':
        if (message.target === this.#own.record.peer) this.#speaker.ack(from, message.sequence)
        else this.#relays.request(from, message.target, message.sequence, nowMs)
        this.#greet(from, nowMs)
        break
      case 'ack':
        if (message.sequence === GOSSIP_SEQUENCE) break
        this.#detector.ack(from, message.sequence, nowMs)
        this.#relays.ack(from, message.sequence)
        this.#reunion.ack(from, message.sequence)
        break
      case 'nack':
        this.#detector.nack(from, message.target, message.sequence)
        break
      default: unreachable(message)
    }
  }

  /** Time has passed; afterwards `nextDeadlineMs` lies ahead. */
  tick (nowMs: number): void {
    this.#enter(nowMs)
    this.#relays.tick(nowMs)
    if (!this.#own.leaving) {
      this.#detector.tick(nowMs)
      this.#beliefs.condemn(nowMs) // after the probes: a failed one may have confirmed a suspicion that is over now
      this.#reunion.tick(nowMs)
    }
    if (this.#gossipDueMs <= nowMs) this.#gossip(nowMs)
  }

  /** When `tick` is to be called next at the latest; may have passed already after another input. */
  get nextDeadlineMs (): number {
    const always = Math.min(this.#relays.deadlineMs, this.#gossipDueMs)
    if (this.#own.leaving) return always
    return Math.min(always, this.#beliefs.deadlineMs, this.#detector.deadlineMs, this.#reunion.deadlineMs)
  }

  /** The last connection to a peer is gone: a reason to look now where it is ours to watch, never a verdict. */
  connectionClosed (peer: PeerId, nowMs: number): void {
    this.#enter(nowMs)
    this.#reunion.endGreeting(peer)
    if (!this.#own.leaving && this.isNeighbour(peer)) this.#detector.hint(peer, nowMs)
  }

  /** A peer's host is up and refused the connection: its process is gone or moved, so suspicion may begin now. */
  connectionRefused (peer: PeerId, nowMs: number): void {
    this.#enter(nowMs)
    this.#reunion.endGreeting(peer)
    if (!this.#own.leaving) this.#beliefs.suspect(peer, nowMs)
  }

  /** Announces new addresses of ours by raising our incarnation; nothing happens where nothing is new. */
  updateSelf (change: { readonly multiaddrs?: readonly Multiaddr[], readonly http?: string }, nowMs: number): void {
    this.#enter(nowMs)
    if (this.#own.change(change)) this.#beliefs.news.add(this.#own.record)
  }

  /** What our probes and answers carry from now on. */
  observe (observation: { readonly epoch: Epoch, readonly durableBatch: BatchNumber }): void {
    this.#speaker.observe(observation)
  }

  /**
   * Says goodbye: at once to as many members as a whole retransmission budget reaches, then by gossip while the process
   * still runs. It goes on answering, but judges nobody any more; only a new generation comes back.
   */
  leave (nowMs: number): void {
    this.#enter(nowMs)
    if (this.#own.leaving) return
    const count = retransmitLimit(this.#options, this.#beliefs.presentCount)
    this.#own.leave()
    this.#ownSinceMs = nowMs
    this.#detector.discard()
    this.#beliefs.news.add(this.#own.record)
    for (const peer of this.#beliefs.list.watched.pick(count, () => true)) this.#speaker.gossip(peer)
  }

  /** What the inputs since the last call have caused. */
  takeEffects (): MembershipEffects {
    return this.#effects.take()
  }

  /** This node first, then everybody listed: alive, suspect, dead, left. Merely remembered peers are not. */
  members (): readonly MemberView[] {
    const views = [this.#ownView]
    for (const member of this.#beliefs.list.values()) views.push(viewOf(member))
    return views
  }

  /** Undefined where the peer was not heard of as alive since this process started, or was forgotten. */
  get (peer: PeerId): MemberView | undefined {
    if (peer === this.#own.record.peer) return this.#ownView
    const member = this.#beliefs.list.get(peer)
    return member && viewOf(member)
  }

  get #ownView (): MemberView {
    return ownView(this.#own.record, this.#ownSinceMs, this.localHealth)
  }

  /** Members that take part: alive and suspect, this node included until it leaves. */
  get aliveCount (): number {
    return this.#beliefs.presentCount
  }

  /** Whether the members are too many for a mesh: only neighbours are probed and told the news. */
  get isOverlaid (): boolean {
    return this.#beliefs.list.overlay.isOn
  }

  /** Whether this node watches the peer itself: any member present, in the overlay only our neighbours. */
  isNeighbour (peer: PeerId): boolean {
    const { list } = this.#beliefs
    return list.overlay.isOn ? list.overlay.isNeighbour(peer) : list.isPresent(peer)
  }

  /** All for whom `isNeighbour` holds, in no order that means anything. */
  neighbours (): readonly PeerId[] {
    return [...this.#beliefs.list.watched.peers]
  }

  /** Whether membership wants a connection to the peer to stand also while nothing is said on it. */
  needsConnection (peer: PeerId): boolean {
    const { overlay } = this.#beliefs.list
    return !overlay.isSparse || overlay.isNeighbour(peer)
  }

  /** Lifeguard's local health score: 0 is well; the greater, the more this node doubts itself. */
  get localHealth (): number {
    return this.#health.score
  }

  /** Statements heard that were ignored because their subject never made them: somebody forges, or is broken. */
  get unprovenCount (): number {
    return this.#beliefs.unprovenCount
  }

  /**
   * Where deadlines passed unserved, this node did not run (a paused process, a busy event loop): silence in that time
   * is its own fault. Probes under way are void and suspicions last as much longer.
   */
  #enter (nowMs: number): void {
    const stallMsMax = this.#health.scale(this.#options.stallMsMax)
    if (nowMs - this.#lastMs > stallMsMax) {
      const lostMs = nowMs - Math.max(this.#lastMs, this.nextDeadlineMs)
      if (lostMs > stallMsMax) {
        this.#detector.discard()
        this.#beliefs.postpone(lostMs)
        this.#health.worsen()
      }
    }
    this.#lastMs = Math.max(this.#lastMs, nowMs)
  }

  /** Somebody is there; where we hold it dead or do not know it, we shall exchange beliefs. */
  #greet (peer: PeerId, nowMs: number): void {
    if (peer !== this.#own.record.peer && !this.#own.leaving) this.#reunion.greet(peer, nowMs)
  }

  get #gossipDueMs (): number {
    const isSilent = this.#beliefs.misinformed.size === 0 &&
      (this.#beliefs.news.size === 0 || this.#beliefs.list.presentCount === 0)
    return isSilent ? Infinity : this.#lastGossipMs + this.#options.gossipIntervalMs
  }

  #gossip (nowMs: number): void {
    this.#lastGossipMs = nowMs
    const misinformed = [...this.#beliefs.misinformed].slice(0, CORRECTIONS_PER_GOSSIP_MAX)
    for (const peer of misinformed) this.#speaker.gossip(peer)
    for (const peer of this.#beliefs.list.watched.pick(this.#options.gossipFanout, (candidate) => !misinformed.includes(candidate))) {
      if (this.#beliefs.news.size > 0) this.#speaker.gossip(peer)
    }
  }
}

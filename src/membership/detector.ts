import type { Generation, PeerId, Prng } from '../base/index.js'
import type { Beliefs } from './beliefs.js'
import type { LocalHealth } from './local-health.js'
import type { MembershipOptions } from './options.js'
import type { Speaker } from './speaker.js'

/**
 * Probes under way beside which a hint has to wait: where many connections break at once the fault is likely ours, and a
 * burst of failed probes would accuse everybody before the first shows it.
 */
const PROBES_BESIDE_HINT_MAX = 3

/** How often one probe's ping is sent again because connections close; more closes in one interval say nothing new. */
const REPEATS_MAX = 3

/** One question after a member's health, from the first ping to the end of its interval. */
interface Probe {
  readonly sequence: number
  readonly target: PeerId
  /** Of the target when the probe began: an answer or silence says nothing of a later process. */
  readonly generation: Generation
  /** When its ping was sent last. */
  sentMs: number
  /** How often it may still be sent again. */
  repeats: number
  readonly deadlineMs: number
  /** When helpers are asked; Infinity once they were. */
  helpAtMs: number
  helpers: readonly PeerId[]
  readonly nacks: Set<PeerId>
}

export interface DetectorParts {
  readonly beliefs: Beliefs
  readonly speaker: Speaker
  readonly health: LocalHealth
  readonly options: MembershipOptions
  readonly random: Prng
  readonly nowMs: number
}

/** SWIM's failure detector (section 3.1) with Lifeguard's local health: one probe per interval, more on a hint. */
export class Detector {
  readonly #beliefs: Beliefs
  readonly #speaker: Speaker
  readonly #health: LocalHealth
  readonly #options: MembershipOptions
  readonly #probes = new Map<number, Probe>()
  /** When a hint last caused a probe of a peer; emptied as the times pass. */
  readonly #hintedMs = new Map<PeerId, number>()
  /** Hinted at while too many probes were under way; emptied as those end. */
  readonly #waitingHints = new Set<PeerId>()
  #nextProbeMs: number

  constructor (parts: DetectorParts) {
    this.#beliefs = parts.beliefs
    this.#speaker = parts.speaker
    this.#health = parts.health
    this.#options = parts.options
    this.#nextProbeMs = parts.nowMs + parts.random.below(parts.options.probeIntervalMs) + 1
  }

  /** Judges what is due, then probes the next member if it is time. */
  tick (nowMs: number): void {
    for (const probe of this.#probes.values()) {
      if (probe.deadlineMs <= nowMs) this.#fail(probe, nowMs)
      else if (probe.helpAtMs <= nowMs) this.#askForHelp(probe)
    }
    for (const [peer, hintedMs] of this.#hintedMs) {
      if (hintedMs + this.#options.probeIntervalMs <= nowMs) this.#hintedMs.delete(peer)
    }
    this.#takeHints(nowMs)
    if (this.#nextProbeMs > nowMs) return
    this.#nextProbeMs = nowMs + this.#health.scale(this.#options.probeIntervalMs)
    const target = this.#beliefs.list.watched.next()
    if (target !== undefined) this.#begin(target, nowMs)
  }

  get deadlineMs (): number {
    let deadlineMs = this.#nextProbeMs
    for (const probe of this.#probes.values()) deadlineMs = Math.min(deadlineMs, probe.helpAtMs, probe.deadlineMs)
    return deadlineMs
  }

  /**
   * The connection to a member is gone. Where a probe of it is under way, its ping or the answer may have gone along: it is
   * sent again, or every lost connection would suspect whom it led to. Otherwise the member is probed out of turn, at most
   * once per probe interval.
   */
  hint (peer: PeerId, nowMs: number): void {
    if (!this.#beliefs.list.isPresent(peer)) return
    for (const probe of this.#probes.values()) {
      if (probe.target !== peer) continue
      if (probe.repeats > 0 && probe.sentMs < nowMs) {
        probe.repeats--
        probe.sentMs = nowMs
        this.#speaker.ping(peer, probe.sequence)
      }
      return
    }
    if (this.#probes.size >= PROBES_BESIDE_HINT_MAX) {
      this.#waitingHints.add(peer)
      return
    }
    const hintedMs = this.#hintedMs.get(peer)
    if (hintedMs !== undefined && hintedMs + this.#options.probeIntervalMs > nowMs) return
    this.#hintedMs.set(peer, nowMs)
    this.#begin(peer, nowMs)
  }

  /** An answer from the target, or from a helper that got one. What answers no question of ours is ignored. */
  ack (from: PeerId, sequence: number, nowMs: number): void {
    const probe = this.#probes.get(sequence)
    if (probe === undefined || (from !== probe.target && !probe.helpers.includes(from))) return
    this.#probes.delete(sequence)
    this.#health.improve()
    this.#takeHints(nowMs)
    const { list } = this.#beliefs
    const isDirect = from === probe.target && list.get(from)?.record.generation === probe.generation
    // which of several pings an ack answers cannot be told (Karn's algorithm)
    if (isDirect && probe.repeats === REPEATS_MAX) list.measured(from, nowMs - probe.sentMs)
  }

  /** A helper got no answer either; so at least the way to the helper and back is well. */
  nack (from: PeerId, target: PeerId, sequence: number): void {
    const probe = this.#probes.get(sequence)
    if (probe?.target === target && probe.helpers.includes(from)) probe.nacks.add(from)
  }

  /** Drops all probes without a verdict: this node did not run, so silence says nothing. */
  discard (): void {
    this.#probes.clear()
    this.#waitingHints.clear()
  }

  #takeHints (nowMs: number): void {
    for (const peer of this.#waitingHints) {
      if (this.#probes.size >= PROBES_BESIDE_HINT_MAX) return
      this.#waitingHints.delete(peer)
      this.hint(peer, nowMs)
    }
  }

  #begin (target: PeerId, nowMs: number): void {
    const generation = this.#beliefs.list.get(target)?.record.generation
    if (generation === undefined) return
    this.#waitingHints.delete(target)
    const sequence = this.#speaker.ping(target)
    this.#probes.set(sequence, {
      sequence,
      target,
      generation,
      sentMs: nowMs,
      repeats: REPEATS_MAX,
      helpAtMs: nowMs + this.#health.scale(this.#options.probeTimeoutMs),
      deadlineMs: nowMs + this.#health.scale(this.#options.probeIntervalMs),
      helpers: [],
      nacks: new Set()
    })
  }

  #askForHelp (probe: Probe): void {
    const { list } = this.#beliefs
    probe.helpAtMs = Infinity
    probe.helpers = list.watched.pick(this.#options.indirectProbes, (peer) =>
      peer !== probe.target && list.get(peer)?.record.health === 'alive')
    for (const helper of probe.helpers) this.#speaker.pingRequest(helper, probe.target, probe.sequence)
  }

  #fail (probe: Probe, nowMs: number): void {
    this.#probes.delete(probe.sequence)
    const { list } = this.#beliefs
    if (!list.isPresent(probe.target) || list.get(probe.target)?.record.generation !== probe.generation) return
    this.#health.worsen()
    if (probe.nacks.size < probe.helpers.length) this.#health.worsen()
    this.#beliefs.suspect(probe.target, nowMs)
  }
}

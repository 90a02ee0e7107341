import { toBatchNumber, toEpoch } from '../base/index.js'
import type { BatchNumber, Epoch, PeerId } from '../base/index.js'
import type { MemberRecord, ProbeHeader } from '../../protocols/membership/index.js'
import { digestOf, lackedOf, newerThan } from './anti-entropy.js'
import type { Digest } from './anti-entropy.js'
import type { Beliefs } from './beliefs.js'
import type { EffectCollector } from './effects.js'
import { retransmitLimit } from './options.js'
import type { MembershipOptions } from './options.js'

/** The sequence of an `ack` that answers nothing and only carries news; questions are numbered from 1. */
export const GOSSIP_SEQUENCE = 0

/** Puts messages together: what is asked, and what rides along. */
export class Speaker {
  readonly #beliefs: Beliefs
  readonly #options: MembershipOptions
  readonly #effects: EffectCollector
  #sequence = 0
  #epoch: Epoch = toEpoch(0)
  #durableBatch: BatchNumber = toBatchNumber(0)

  constructor (beliefs: Beliefs, options: MembershipOptions, effects: EffectCollector) {
    this.#beliefs = beliefs
    this.#options = options
    this.#effects = effects
  }

  /** What probes and answers say of this node from now on. */
  observe (observation: { readonly epoch: Epoch, readonly durableBatch: BatchNumber }): void {
    this.#epoch = observation.epoch
    this.#durableBatch = observation.durableBatch
  }

  /** Asks for an ack; returns the sequence it will carry: a new one, or `again` that of an earlier ping. */
  ping (to: PeerId, again?: number): number {
    const sequence = again ?? ++this.#sequence
    this.#effects.send(to, { kind: 'ping', ...this.#header(to, sequence) })
    return sequence
  }

  /** Asks `to` to ping `target` for us; the answer carries the direct probe's sequence. */
  pingRequest (to: PeerId, target: PeerId, sequence: number): void {
    this.#effects.send(to, { kind: 'ping-request', target, ...this.#header(to, sequence, target) })
  }

  ack (to: PeerId, sequence: number): void {
    this.#effects.send(to, { kind: 'ack', ...this.#header(to, sequence) })
  }

  nack (to: PeerId, target: PeerId, sequence: number): void {
    this.#effects.send(to, { kind: 'nack', target, ...this.#header(to, sequence) })
  }

  /** News without a question. */
  gossip (to: PeerId): void {
    this.ack(to, GOSSIP_SEQUENCE)
  }

  /** Asks for all that `to` holds beyond what we hold, and offers the same. */
  digest (to: PeerId): void {
    this.#effects.send(to, { kind: 'digest', ...digestOf(this.#beliefs) })
  }

  /** Answers a digest: what its sender lacks and, with `asks`, what we want of it. */
  answerDigest (to: PeerId, digest: Digest, asks: boolean): void {
    this.sync(to, newerThan(digest, this.#beliefs))
    if (digest.reply) this.#effects.send(to, { kind: 'digest', ...(asks ? lackedOf(digest, this.#beliefs) : { reply: false, listed: [], remembered: [] }) })
  }

  /** Some of what we believe; nothing is sent where that is nothing. */
  sync (to: PeerId, records: readonly MemberRecord[]): void {
    if (records.length > 0) this.#effects.send(to, { kind: 'sync', records })
  }

  #header (to: PeerId, sequence: number, about?: PeerId): ProbeHeader {
    return { sequence, epoch: this.#epoch, durableBatch: this.#durableBatch, updates: this.#updates(to, about) }
  }

  /**
   * First what the receiver must know to set things right: our record where it may not have it, and our doubts about
   * itself or the one it shall ping (Lifeguard's buddy system, section IV-C, for every message and also for the dead).
   */
  #updates (to: PeerId, about: PeerId | undefined): MemberRecord[] {
    const { own, list, news } = this.#beliefs
    const isMisinformed = this.#beliefs.misinformed.has(to)
    this.#beliefs.clearMisinformed(to)
    const updates = new Map<PeerId, MemberRecord>()
    const add = (record: MemberRecord): void => {
      if (record.signature.length > 0) updates.set(record.peer, record) // from the disk of an earlier version: nobody believes it
    }
    if (isMisinformed || !list.isPresent(to)) add(own.record)
    const receiver = this.#beliefs.recordOf(to)
    if (receiver !== undefined && (isMisinformed || receiver.health !== 'alive')) add(receiver)
    const subject = about === undefined ? undefined : list.get(about)?.record
    if (subject !== undefined && subject.health !== 'alive') add(subject)

    const room = Math.max(0, this.#options.updatesPerMessageMax - updates.size)
    for (const record of news.take(room, retransmitLimit(this.#options, this.#beliefs.presentCount))) add(record)
    return [...updates.values()]
  }
}

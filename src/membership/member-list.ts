import { assert } from '../base/index.js'
import type { PeerId, Prng } from '../base/index.js'
import type { MemberRecord } from '../../protocols/membership/index.js'
import { Overlay } from './overlay.js'
import { isPresent } from './precedence.js'
import { ProbeRing } from './probe-ring.js'
import type { Suspicion } from './suspicion.js'

/** A listed member other than ourselves. */
export interface Member {
  readonly record: MemberRecord
  /** When its health or generation last changed in our view. */
  readonly sinceMs: number
  /** Set exactly while the member is suspect. */
  readonly suspicion: Suspicion | undefined
  /** ms from a ping to its ack, smoothed; undefined until this process of it has answered one. */
  readonly rttMs: number | undefined
}

/** Share of a new measurement in the smoothed round-trip time (RFC 6298 section 2, alpha). */
const RTT_GAIN = 1 / 8

/** Everybody heard of as alive since this process started, until forgotten; those present are on the ring. */
export class MemberList {
  readonly #members = new Map<PeerId, Member>()
  readonly #suspects = new Set<PeerId>()
  /** Everybody present. */
  readonly ring: ProbeRing
  readonly overlay: Overlay

  /** @param own ourselves, who are not listed @param meshMembersMax above it, we included, only neighbours are watched */
  constructor (own: PeerId, random: Prng, meshMembersMax: number) {
    this.ring = new ProbeRing(random)
    this.overlay = new Overlay({ own, random, meshMembersMax, members: this.ring })
  }

  get size (): number {
    return this.#members.size
  }

  /** Whom to probe, to tell the news and to ask for help: everybody present, or our neighbours in the overlay. */
  get watched (): ProbeRing {
    return this.overlay.watched
  }

  /** Alive and suspect members. */
  get presentCount (): number {
    return this.ring.peers.length
  }

  get (peer: PeerId): Member | undefined {
    return this.#members.get(peer)
  }

  /** Whether the peer is listed as alive or suspect. */
  isPresent (peer: PeerId): boolean {
    const member = this.#members.get(peer)
    return member !== undefined && isPresent(member.record.health)
  }

  values (): IterableIterator<Member> {
    return this.#members.values()
  }

  set (member: Member): void {
    const { peer, health } = member.record
    assert((health === 'suspect') === (member.suspicion !== undefined), 'a member has a suspicion exactly while it is suspect')
    const wasPresent = this.isPresent(peer)
    this.#members.set(peer, member)
    if (member.suspicion !== undefined) this.#suspects.add(peer)
    else this.#suspects.delete(peer)
    if (isPresent(health) && !wasPresent) this.#insert(peer)
    if (!isPresent(health) && wasPresent) this.#remove(peer)
  }

  /** The member itself answered a ping of ours after `rttMs`. */
  measured (peer: PeerId, rttMs: number): void {
    const member = this.#members.get(peer)
    if (member === undefined) return
    const before = member.rttMs ?? rttMs
    this.#members.set(peer, { ...member, rttMs: before + (rttMs - before) * RTT_GAIN })
  }

  remove (peer: PeerId): void {
    if (this.isPresent(peer)) this.#remove(peer)
    this.#members.delete(peer)
    this.#suspects.delete(peer)
  }

  get hasSuspects (): boolean {
    return this.#suspects.size > 0
  }

  /** The suspect members with their suspicions. */
  * suspects (): IterableIterator<{ member: Member, suspicion: Suspicion }> {
    for (const peer of this.#suspects) {
      const member = this.#members.get(peer)
      assert(member?.suspicion !== undefined, 'a suspect is listed with its suspicion')
      yield { member, suspicion: member.suspicion }
    }
  }

  /** Dead and left members. */
  absent (): Member[] {
    return [...this.#members.values()].filter(({ record }) => !isPresent(record.health))
  }

  #insert (peer: PeerId): void {
    this.ring.insert(peer)
    this.overlay.inserted(peer)
  }

  #remove (peer: PeerId): void {
    this.ring.remove(peer)
    this.overlay.removed(peer)
  }
}

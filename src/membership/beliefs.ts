import { unreachable } from '../base/index.js'
import type { PeerId, Prng } from '../base/index.js'
import type { MemberRecord } from '../../protocols/membership/index.js'
import { AddressBook } from './address-book.js'
import { Dissemination } from './dissemination.js'
import { eventsOfChange } from './effects.js'
import type { EffectCollector } from './effects.js'
import { MISINFORMED_MAX, UNPROVEN_PER_MESSAGE_MAX, isPlausible } from './limits.js'
import type { LocalHealth } from './local-health.js'
import { MemberList } from './member-list.js'
import type { Member } from './member-list.js'
import type { MembershipOptions } from './options.js'
import type { OwnRecord } from './own-record.js'
import { asHearsay, asOpinion, combine, compareStatements, isLeap, isPresent, isSameAnnouncement, isSameContent } from './precedence.js'
import { isProven, isSameProof } from './signatures.js'
import type { Signatures } from './signatures.js'
import { Suspicion, suspicionTerms } from './suspicion.js'

/** How a statement reached us: `gossip` is a verdict we share; a `sync` is only what somebody believes. */
export type Channel = 'gossip' | 'sync'

export interface BeliefsParts {
  readonly own: OwnRecord
  readonly options: MembershipOptions
  readonly random: Prng
  readonly effects: EffectCollector
  readonly health: LocalHealth
  readonly signatures: Signatures
}

/** What this node believes of everybody, how statements change it, and what is to be told on. */
export class Beliefs {
  readonly own: OwnRecord
  readonly list: MemberList
  readonly book: AddressBook
  readonly news = new Dissemination()
  readonly #options: MembershipOptions
  readonly #effects: EffectCollector
  readonly #health: LocalHealth
  readonly #signatures: Signatures
  #unprovenCount = 0
  /** When the next trial ends at the earliest, as far as known; undefined: to be found anew. */
  #nextVerdictMs: number | undefined = Infinity
  /** Peers whose view of us or of themselves is behind ours: told out of turn. */
  readonly #misinformed = new Set<PeerId>()

  constructor (parts: BeliefsParts) {
    this.own = parts.own
    this.list = new MemberList(parts.own.record.peer, parts.random, parts.options.meshMembersMax)
    this.book = new AddressBook(parts.options.rememberedMax)
    this.#options = parts.options
    this.#effects = parts.effects
    this.#health = parts.health
    this.#signatures = parts.signatures
  }

  /** Statements heard so far that their subject never made; of a message with many only the first count. */
  get unprovenCount (): number {
    return this.#unprovenCount
  }

  /** Members that take part, ourselves included: SWIM's N. */
  get presentCount (): number {
    return this.list.presentCount + (this.own.leaving ? 0 : 1)
  }

  /** The newest we know of a peer, listed or only remembered. */
  recordOf (peer: PeerId): MemberRecord | undefined {
    return this.list.get(peer)?.record ?? this.book.get(peer)
  }

  get misinformed (): ReadonlySet<PeerId> {
    return this.#misinformed
  }

  markMisinformed (peer: PeerId): void {
    if (this.#misinformed.size < MISINFORMED_MAX) this.#misinformed.add(peer)
  }

  clearMisinformed (peer: PeerId): void {
    this.#misinformed.delete(peer)
  }

  /** Takes note of what `from` passed on in one message. */
  hear (records: readonly MemberRecord[], from: PeerId, channel: Channel, nowMs: number): void {
    const unprovenMax = this.#unprovenCount + UNPROVEN_PER_MESSAGE_MAX
    for (const record of records) {
      this.#hear(record, from, channel, nowMs)
      if (this.#unprovenCount >= unprovenMax) return
    }
  }

  #hear (record: MemberRecord, from: PeerId, channel: Channel, nowMs: number): void {
    if (record.peer === this.own.record.peer) {
      this.#hearOfSelf(record, from)
      return
    }
    const member = this.list.get(record.peer)
    const known = member?.record ?? this.book.get(record.peer)
    if (isLeap(record, known)) return
    if (member === undefined) {
      this.#hearOfStranger(record, known, from, nowMs)
      return
    }
    const hearsay = asHearsay(record, member.record.health)
    const statement = hearsay === record ? record : { ...hearsay, accuser: from }
    const order = compareStatements(statement, member.record)
    if (order > 0) {
      if (!this.#mayBelieve(record, member.record)) return
      this.#adopt(member, statement, from, nowMs)
    } else if (order === 0) {
      if (statement.accuser !== undefined) this.#confirm(member, statement.accuser)
    } else {
      if (from === record.peer) this.markMisinformed(from)
      return
    }
    if (hearsay !== record && channel === 'gossip') this.#hasten(record.peer)
  }

  /** Our own probe of a member failed, or its port refused us. */
  suspect (peer: PeerId, nowMs: number): void {
    const member = this.list.get(peer)
    if (member === undefined) return
    const accuser = this.own.record.peer
    if (member.record.health === 'alive') this.#adopt(member, asOpinion(member.record, 'suspect', accuser), accuser, nowMs)
    else this.#confirm(member, accuser)
  }

  /** Ends the trials whose time is up: the suspect is dead. */
  condemn (nowMs: number): void {
    if (this.deadlineMs > nowMs) return
    for (const { member, suspicion } of [...this.list.suspects()]) {
      if (suspicion.deadlineMs <= nowMs) this.#adopt(member, asOpinion(member.record, 'dead'), this.own.record.peer, nowMs)
    }
  }

  /** When the next trial ends. */
  get deadlineMs (): number {
    if (this.#nextVerdictMs !== undefined) return this.#nextVerdictMs
    let deadlineMs = Infinity
    for (const { suspicion } of this.list.suspects()) deadlineMs = Math.min(deadlineMs, suspicion.deadlineMs)
    this.#nextVerdictMs = deadlineMs
    return deadlineMs
  }

  /** This node did not run for a while: suspects could not be heard. */
  postpone (lostMs: number): void {
    this.#nextVerdictMs = undefined
    for (const { suspicion } of this.list.suspects()) suspicion.postpone(lostMs)
  }

  /** Moves members that have been dead or gone for long from the list to the address book. */
  forgetOld (nowMs: number): void {
    for (const { record, sinceMs } of this.list.absent()) {
      const rememberedMs = record.health === 'left' ? this.#options.leftRememberedMs : this.#options.deadRememberedMs
      if (nowMs - sinceMs >= rememberedMs) this.#forget(record)
    }
  }

  /** Keeps a record from disk or of somebody heard of only as dead. */
  remember (record: MemberRecord): void {
    const evicted = this.book.put(record)
    if (evicted !== undefined) this.#effects.forget(evicted)
  }

  /** Another member's own probe failed too; what is merely passed on confirms nothing. Counted, it is told on (Lifeguard section IV-B). */
  #confirm (member: Member, confirmer: PeerId): void {
    if (confirmer === member.record.peer || member.suspicion?.confirm(confirmer) !== true) return
    this.#nextVerdictMs = undefined
    this.news.add({ ...member.record, accuser: confirmer })
  }

  /** Somebody's trial of a suspect has ended in death: ours need last no longer than the accused takes to refute. */
  #hasten (peer: PeerId): void {
    this.list.get(peer)?.suspicion?.hasten()
    this.#nextVerdictMs = undefined
  }

  #hearOfSelf (statement: MemberRecord, from: PeerId): void {
    const verdict = this.own.judge(statement)
    switch (verdict) {
      case 'nothing': return
      case 'stale': this.markMisinformed(from); return
      case 'accused':
        if (this.own.needsProof(statement) && !this.#mayBelieve(statement, undefined)) return
        this.own.refute(statement)
        this.#health.worsen()
        this.news.add(this.own.record)
        this.markMisinformed(from)
        return
      case 'later-generation':
      case 'same-generation':
        if (!this.#mayBelieve(statement, undefined)) return
        this.#effects.conflict({ kind: verdict, record: statement, from })
        return
      default: unreachable(verdict)
    }
  }

  #hearOfStranger (record: MemberRecord, remembered: MemberRecord | undefined, from: PeerId, nowMs: number): void {
    const order = remembered === undefined ? 1 : compareStatements(record, remembered)
    if (order < 0) {
      if (from === record.peer) this.markMisinformed(from)
      return
    }
    const isListing = isPresent(record.health)
    if (isListing ? this.#isFull : order === 0) return
    if (!this.#mayBelieve(record, remembered)) return
    if (!isListing) {
      this.remember(record)
      this.#effects.remember(record)
      return
    }
    this.#makeRoom()
    this.#adopt(undefined, record, from, nowMs)
  }

  /**
   * Whether a statement that is newer than what we hold keeps the limits and is its subject's own, or an opinion about
   * something it said. What was proven once is not verified again: an opinion about the announcement we hold needs no
   * proof, and one that we remember was proven when it came.
   */
  #mayBelieve (record: MemberRecord, known: MemberRecord | undefined): boolean {
    if (!isPlausible(record)) return false
    let claim = record
    if (known !== undefined && isSameAnnouncement(record, known)) {
      if (this.list.get(known.peer) !== undefined) {
        if (record.health !== 'left') return true
        claim = combine(known, record) // as it will be held and told
      } else if (isSameContent(record, known) && isSameProof(record, known) && (record.health === 'left') === (known.health === 'left')) return true
    }
    if (isProven(claim, this.#signatures)) return true
    this.#unprovenCount = Math.min(this.#unprovenCount + 1, Number.MAX_SAFE_INTEGER)
    return false
  }

  #adopt (member: Member | undefined, statement: MemberRecord, from: PeerId, nowMs: number): void {
    const previous = member?.record
    const record = previous === undefined ? statement : combine(previous, statement)
    const isTurn = previous === undefined || record.health !== previous.health || record.generation !== previous.generation
    this.list.set({
      record,
      sinceMs: member === undefined || isTurn ? nowMs : member.sinceMs,
      suspicion: record.health === 'suspect' ? new Suspicion(suspicionTerms(this.#options, this.presentCount), record.accuser ?? from, nowMs) : undefined,
      rttMs: record.generation === previous?.generation ? member?.rttMs : undefined
    })
    if (record.health === 'suspect' || previous?.health === 'suspect') this.#nextVerdictMs = undefined
    this.book.delete(record.peer)
    this.news.add(record)
    const isOnlyDoubt = previous !== undefined && isSameAnnouncement(previous, record) && isPresent(previous.health) && isPresent(record.health)
    if (!isOnlyDoubt) this.#effects.remember(record)
    for (const kind of eventsOfChange(previous, record)) this.#effects.event(kind, record, previous)
  }

  /** Nobody can be listed any more, not even in the place of somebody absent. */
  get #isFull (): boolean {
    return this.list.size >= this.#options.membersMax && this.list.presentCount === this.list.size
  }

  #makeRoom (): void {
    if (this.list.size < this.#options.membersMax) return
    const [longestAbsent] = this.list.absent().sort((a, b) => a.sinceMs - b.sinceMs)
    if (longestAbsent !== undefined) this.#forget(longestAbsent.record)
  }

  #forget (record: MemberRecord): void {
    this.list.remove(record.peer)
    this.#nextVerdictMs = undefined
    this.news.remove(record.peer)
    this.remember(record)
  }
}

import { assert, toIncarnation } from '../base/index.js'
import type { Generation, Multiaddr, NodeName, PeerId } from '../base/index.js'
import type { MemberHealth, MemberRecord } from '../../protocols/membership/index.js'
import { INCARNATION_LEAP_MAX, announceable, isPlausible } from './limits.js'
import { compareStatements, isSameAnnouncement, isSameContent } from './precedence.js'
import { signed } from './signatures.js'
import type { Signatures } from './signatures.js'

/** Who we are when the process starts. */
export interface MembershipSelf {
  readonly peer: PeerId
  readonly name: NodeName
  /** Of this process; durable before this core is made, and higher than in any process before. */
  readonly generation: Generation
  /** The first 16 that the wire has room for are announced. */
  readonly multiaddrs: readonly Multiaddr[]
  readonly http: string
}

/**
 * What a statement about ourselves calls for. `stale`: its author has missed something; `accused`: we must raise our
 * incarnation above it; `conflict`: we never said that; `nothing`: it is what we say, or too absurd to answer.
 */
export type SelfVerdict = 'nothing' | 'stale' | 'accused' | 'later-generation' | 'same-generation'

/** Our own record: nobody else changes it, and every change raises the incarnation and is signed. */
export class OwnRecord {
  readonly #signatures: Signatures
  #record: MemberRecord

  constructor (self: MembershipSelf, signatures: Signatures) {
    this.#signatures = signatures
    this.#record = signed({
      peer: self.peer,
      name: self.name,
      generation: self.generation,
      incarnation: toIncarnation(0),
      health: 'alive',
      multiaddrs: announceable(self.multiaddrs),
      http: self.http
    }, signatures)
    assert(isPlausible(this.#record), 'our own record keeps the limits we hold others to')
  }

  get record (): MemberRecord {
    return this.#record
  }

  get leaving (): boolean {
    return this.#record.health === 'left'
  }

  judge (statement: MemberRecord): SelfVerdict {
    const own = this.#record
    if (statement.generation > own.generation) return 'later-generation'
    if (statement.generation < own.generation) return 'stale'
    if (statement.incarnation > own.incarnation + INCARNATION_LEAP_MAX) return 'nothing'
    if (statement.health === 'alive') {
      if (statement.incarnation > own.incarnation) return 'same-generation'
      return statement.incarnation === own.incarnation && !isSameContent(statement, own) ? 'same-generation' : 'nothing'
    }
    const order = compareStatements(statement, own)
    if (order === 0) return 'nothing'
    return order < 0 ? 'stale' : 'accused'
  }

  /**
   * Whether a verdict other than `nothing` and `stale` holds only if the statement carries our signature: all but the
   * opinion of others about what we say now.
   */
  needsProof (statement: MemberRecord): boolean {
    return statement.health === 'left' || !isSameAnnouncement(statement, this.#record)
  }

  /** Answers an accusation: next incarnation = max(own, accused) + 1 (memberlist `refute`). */
  refute (accusation: MemberRecord): void {
    this.#raise(accusation.incarnation, {})
  }

  /** Announces new addresses; false where nothing is new. */
  change (content: { readonly multiaddrs?: readonly Multiaddr[], readonly http?: string }): boolean {
    const multiaddrs = announceable(content.multiaddrs ?? this.#record.multiaddrs)
    const changed = { ...this.#record, multiaddrs, http: content.http ?? this.#record.http }
    if (isSameContent(changed, this.#record)) return false
    this.#raise(0, changed)
    return true
  }

  /** Says goodbye for this generation. */
  leave (): void {
    this.#record = signed({ ...this.#record, health: 'left' }, this.#signatures)
  }

  #raise (accused: number, change: { multiaddrs?: readonly Multiaddr[], http?: string, health?: MemberHealth }): void {
    const own = this.#record
    this.#record = signed({ ...own, ...change, incarnation: toIncarnation(Math.max(own.incarnation, accused) + 1) }, this.#signatures)
    assert(isPlausible(this.#record), 'our own record keeps the limits we hold others to')
  }
}

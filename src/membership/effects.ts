import type { BatchNumber, Epoch, PeerId } from '../base/index.js'
import type { MemberRecord, MembershipMessage } from '../../protocols/membership/index.js'
import { asRemembered } from './address-book.js'
import { isPresent, isSameContent } from './precedence.js'

/**
 * `joined`: listed for the first time, or again after it was forgotten. `restarted`: a higher generation is there; the
 * old process is gone, also where it was never missed. `recovered`: a suspect, dead or left member is alive again in
 * the same generation. `changed`: new addresses or name, nothing else.
 */
export type MembershipEventKind = 'joined' | 'changed' | 'suspected' | 'recovered' | 'died' | 'left' | 'restarted'

export interface MembershipEvent {
  readonly kind: MembershipEventKind
  readonly record: MemberRecord
  /** What was believed before; undefined exactly for a member listed anew. */
  readonly previous: MemberRecord | undefined
}

/**
 * Somebody speaks of us as we never spoke of ourselves: a later generation than ours, or another announcement in it.
 * Either another process runs under our peer id, or our persisted generation was lost. The record was not believed; the
 * driver should stop the node and say why.
 */
export interface IdentityConflict {
  readonly kind: 'later-generation' | 'same-generation'
  readonly record: MemberRecord
  readonly from: PeerId
}

/** What the core asks for, in order; each list may be empty. */
export interface MembershipEffects {
  readonly sends: ReadonlyArray<{ readonly to: PeerId, readonly message: MembershipMessage }>
  readonly events: readonly MembershipEvent[]
  /** What peers said of themselves in probe traffic. */
  readonly heard: ReadonlyArray<{ readonly peer: PeerId, readonly epoch: Epoch, readonly durableBatch: BatchNumber }>
  /** Records to persist under their peer id and to teach the transport the addresses of. */
  readonly remember: readonly MemberRecord[]
  /** Peers to delete from disk: the address book had no room for them any more. */
  readonly forget: readonly PeerId[]
  readonly conflict: IdentityConflict | undefined
}

/** What `take` gives where nothing was caused: one object, to be compared with. */
export const noMembershipEffects: MembershipEffects = Object.freeze({ sends: [], events: [], heard: [], remember: [], forget: [], conflict: undefined })

/** Gathers effects between two calls of `take`. */
export class EffectCollector {
  #isEmpty = true
  #sends: Array<{ to: PeerId, message: MembershipMessage }> = []
  #events: MembershipEvent[] = []
  #heard: Array<{ peer: PeerId, epoch: Epoch, durableBatch: BatchNumber }> = []
  #remember = new Map<PeerId, MemberRecord>()
  #forget = new Set<PeerId>()
  #conflict: IdentityConflict | undefined

  send (to: PeerId, message: MembershipMessage): void {
    this.#isEmpty = false
    this.#sends.push({ to, message })
  }

  event (kind: MembershipEventKind, record: MemberRecord, previous: MemberRecord | undefined): void {
    this.#isEmpty = false
    this.#events.push({ kind, record, previous })
  }

  heard (peer: PeerId, epoch: Epoch, durableBatch: BatchNumber): void {
    this.#isEmpty = false
    this.#heard.push({ peer, epoch, durableBatch })
  }

  remember (record: MemberRecord): void {
    this.#isEmpty = false
    this.#forget.delete(record.peer)
    this.#remember.set(record.peer, asRemembered(record))
  }

  forget (peer: PeerId): void {
    this.#isEmpty = false
    this.#remember.delete(peer)
    this.#forget.add(peer)
  }

  conflict (conflict: IdentityConflict): void {
    this.#isEmpty = false
    this.#conflict ??= conflict
  }

  take (): MembershipEffects {
    if (this.#isEmpty) return noMembershipEffects
    this.#isEmpty = true
    const effects = {
      sends: this.#sends,
      events: this.#events,
      heard: this.#heard,
      remember: [...this.#remember.values()],
      forget: [...this.#forget],
      conflict: this.#conflict
    }
    this.#sends = []
    this.#events = []
    this.#heard = []
    this.#remember = new Map()
    this.#forget = new Set()
    this.#conflict = undefined
    return effects
  }
}

/** What subscribers are told when a belief changes: the steps in between that they did not see are told too. */
export function eventsOfChange (previous: MemberRecord | undefined, record: MemberRecord): readonly MembershipEventKind[] {
  const kinds: MembershipEventKind[] = []
  const present = isPresent(record.health)
  if (previous === undefined) kinds.push('joined')
  else if (present && record.generation !== previous.generation) kinds.push('restarted')
  else if (present && !isPresent(previous.health)) kinds.push('recovered')
  else if (record.health === 'alive' && previous.health === 'suspect') kinds.push('recovered')
  else if (record.health === previous.health && !isSameContent(record, previous)) kinds.push('changed')

  const before = previous === undefined || kinds.includes('restarted') || kinds.includes('recovered') ? 'alive' : previous.health
  if (record.health === before) return kinds
  if (record.health === 'suspect') kinds.push('suspected')
  if (record.health === 'dead') kinds.push('died')
  if (record.health === 'left') kinds.push('left')
  return kinds
}

import type { PeerId } from '../base/index.js'
import type { MemberHealth, MemberRecord, MemberVersion } from '../../protocols/membership/index.js'
import { GENERATION_LEAP_MAX, INCARNATION_LEAP_MAX } from './limits.js'

const rankByHealth = { alive: 0, suspect: 1, dead: 2, left: 3 } as const satisfies Record<MemberHealth, number>

/** What orders statements about one member. */
export type Statement = Omit<MemberVersion, 'peer'>

/**
 * Orders statements about one member by (generation, incarnation, alive < suspect < dead < left); what is believed is
 * the greatest heard, so that the order of arrival does not matter. SWIM section 4.2, except that its `confirm` beats
 * any incarnation: here only its own, so that a living member can refute its death.
 */
export function compareStatements (a: Statement, b: Statement): number {
  return a.generation - b.generation || a.incarnation - b.incarnation || rankByHealth[a.health] - rankByHealth[b.health]
}

/** Whether both speak of the same announcement of the member. */
export const isSameAnnouncement = (a: Statement, b: Statement): boolean =>
  a.generation === b.generation && a.incarnation === b.incarnation

/** Whether a member takes part: probed, told the news, counted. A suspect does until it is dead. */
export const isPresent = (health: MemberHealth): boolean => health === 'alive' || health === 'suspect'

/**
 * The belief after a statement that supersedes the stored one. Name and addresses belong to an announcement, and only
 * the member itself makes one: an accusation cannot change them. A goodbye brings a signature of its own.
 */
export function combine (stored: MemberRecord, incoming: MemberRecord): MemberRecord {
  if (!isSameAnnouncement(stored, incoming)) return incoming
  const combined = asOpinion(stored, incoming.health, incoming.accuser)
  return incoming.health === 'left' ? { ...combined, signature: incoming.signature } : combined
}

/** The same announcement with another health; `accuser` only of a suspect. */
export function asOpinion (record: MemberRecord, health: MemberHealth, accuser?: PeerId): MemberRecord {
  const { accuser: _former, ...announcement } = record
  return accuser === undefined ? { ...announcement, health } : { ...announcement, health, accuser }
}

/**
 * What a statement from a sync counts as: somebody else's verdict of death is a suspicion to us as long as we
 * believe the member present, so that it can refute (memberlist `mergeState`).
 */
export function asHearsay<Incoming extends Statement> (incoming: Incoming, stored: MemberHealth): Incoming {
  return incoming.health === 'dead' && isPresent(stored) ? { ...incoming, health: 'suspect' } : incoming
}

/** Whether a statement advances a member further than any honest one can; `stored` is undefined for a stranger. */
export function isLeap (incoming: Statement, stored: Statement | undefined): boolean {
  const generation = stored?.generation ?? 0
  const incarnation = stored !== undefined && stored.generation === incoming.generation ? stored.incarnation : 0
  return incoming.generation > generation + GENERATION_LEAP_MAX || incoming.incarnation > incarnation + INCARNATION_LEAP_MAX
}

/** Whether both announce the same name and addresses. */
export function isSameContent (a: MemberRecord, b: MemberRecord): boolean {
  return a.name === b.name && a.http === b.http && a.multiaddrs.length === b.multiaddrs.length &&
    a.multiaddrs.every((multiaddr, position) => multiaddr === b.multiaddrs[position])
}

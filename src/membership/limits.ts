import { isNodeName, isPeerId } from '../base/index.js'
import type { Multiaddr } from '../base/index.js'
import { PROBE_UPDATE_COUNT_MAX, SYNC_RECORD_COUNT_MAX } from '../../protocols/membership/index.js'
import type { MemberRecord } from '../../protocols/membership/index.js'
import { HTTP_SIZE_BYTES_MAX, MULTIADDR_COUNT_MAX, MULTIADDR_SIZE_BYTES_MAX } from '../../protocols/index.js'

/** Members one node lists at most, itself not counted; a joiner beyond it is refused unless a dead or left one can make room. */
export const MEMBERS_MAX = SYNC_RECORD_COUNT_MAX - 1
/** Records read from one probe message; the rest is ignored. A sync or digest is read up to MEMBERS_MAX + 1. */
export const UPDATES_PER_MESSAGE_MAX = PROBE_UPDATE_COUNT_MAX
/**
 * Statements without proof in one message after which the rest of it is not read: no honest member sends one, and each
 * costs a verification.
 */
export const UNPROVEN_PER_MESSAGE_MAX = 4
/** Indirect probes one node makes for others at once; beyond it a request is ignored and its sender misses a nack. */
export const RELAYS_MAX = 1024
/** Knocks whose answer is still awaited; the oldest gives way. */
export const KNOCKS_MAX = 64
/** Peers met but not yet synced with; the oldest gives way. */
export const GREETINGS_MAX = 1024
/** Greetings sent to a met peer without an answer before it is given up until it is met again. */
export const GREETING_ATTEMPTS_MAX = 10
/** Peers waiting to be told our own record out of turn; more are not noted, and catch up by a sync. */
export const MISINFORMED_MAX = 1024
/** Peers that are told our own record out of turn, per gossip interval. */
export const CORRECTIONS_PER_GOSSIP_MAX = 16
/**
 * How far one statement may advance a member's incarnation. A member raises it by one at a time, so a greater leap is
 * made up: believed, it could not be refuted within this bound (memberlist #359), so nobody believes it.
 */
export const INCARNATION_LEAP_MAX = 2 ** 20
/** How far one statement may advance a member's generation: more starts than a process makes in its life. */
export const GENERATION_LEAP_MAX = 2 ** 32

/** Whether a record from a peer or a disk keeps the limits of the wire; what does not is ignored whole. */
export function isPlausible (record: MemberRecord): boolean {
  return isPeerId(record.peer) && isNodeName(record.name) && record.http.length <= HTTP_SIZE_BYTES_MAX &&
    record.multiaddrs.length <= MULTIADDR_COUNT_MAX && record.multiaddrs.every(isAnnounceable)
}

/** Of our own addresses those that others accept: the first 16 that are not too long. */
export const announceable = (multiaddrs: readonly Multiaddr[]): Multiaddr[] =>
  multiaddrs.filter(isAnnounceable).slice(0, MULTIADDR_COUNT_MAX)

function isAnnounceable (multiaddr: Multiaddr): boolean {
  return multiaddr.length <= MULTIADDR_SIZE_BYTES_MAX
}

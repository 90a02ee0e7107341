import type { MemberRecord } from '../../protocols/membership/index.js'
import type { Member } from './member-list.js'

/** A member as this node sees it now. */
export interface MemberView {
  readonly record: MemberRecord
  /** When its health or generation last changed in this node's view. */
  readonly sinceMs: number
  readonly isSelf: boolean
  /** ms of a round trip to the member, smoothed (RFC 6298) over the pings that it answered itself; undefined before the first, and of ourselves. */
  readonly rttMs: number | undefined
  /** Of ourselves: `Membership.localHealth`; undefined of others, who do not tell theirs. */
  readonly localHealth: number | undefined
}

export const viewOf = ({ record, sinceMs, rttMs }: Member): MemberView => ({ record, sinceMs, isSelf: false, rttMs, localHealth: undefined })

export const ownView = (record: MemberRecord, sinceMs: number, localHealth: number): MemberView =>
  ({ record, sinceMs, isSelf: true, rttMs: undefined, localHealth })

import type { MemberId } from '../base/index.js'
import type { Configuration } from '../../protocols/replication/index.js'

/** What a master knows of one other member of its group. */
export interface MoverFollower {
  readonly member: MemberId
  /** It has what was committed a moment ago. */
  readonly isCaughtUp: boolean
  /** It answered within the last election timeout. */
  readonly isThere: boolean
}

/** What a group has to do with the replicas that the map wishes. */
export interface MoverView {
  readonly self: MemberId
  /** In force, and committed. */
  readonly configuration: Configuration
  readonly followers: readonly MoverFollower[]
  /** The preferred master first. */
  readonly wish: readonly MemberId[]
}

/** The one next step of a master towards the wish. */
export type Step =
  | { readonly kind: 'add-learner' | 'promote' | 'remove', readonly member: MemberId }
  /** This master is not wished: somebody who is takes over, and removes it. */
  | { readonly kind: 'hand-over', readonly to: MemberId }

/**
 * One safe step from where a group's replicas are to where the map wishes them (DESIGN.md section 6): first the newcomers
 * learn, then they vote, and only when all that are wished vote do the others go, as long as those that stay make a quorum
 * without them. Undefined: nothing to do, or somebody has to be waited for.
 */
export function nextStep (view: MoverView): Step | undefined {
  const { self, configuration: { voters, learners }, followers, wish } = view
  const stranger = learners.find((member) => !wish.includes(member))
  if (stranger !== undefined) return { kind: 'remove', member: stranger }
  const followerOf = (member: MemberId): MoverFollower | undefined => followers.find((each) => each.member === member)
  const ready = learners.find((member) => followerOf(member)?.isCaughtUp === true && followerOf(member)?.isThere === true)
  if (ready !== undefined) return { kind: 'promote', member: ready }
  const newcomer = wish.find((member) => !voters.includes(member) && !learners.includes(member))
  if (newcomer !== undefined) return { kind: 'add-learner', member: newcomer }
  if (learners.length > 0) return undefined
  const isThere = (member: MemberId): boolean => member === self || followerOf(member)?.isThere === true
  /** The gone before those that answer, this master last. */
  const unwished = voters.filter((member) => !wish.includes(member)).sort((a, b) => Number(isThere(a)) - Number(isThere(b)) || Number(a === self) - Number(b === self))
  const leaver = unwished[0]
  if (leaver === undefined) return undefined
  const staying = voters.filter((member) => member !== leaver)
  if (staying.filter(isThere).length <= staying.length / 2) return undefined
  if (leaver !== self) return { kind: 'remove', member: leaver }
  const successor = wish.find((member) => followerOf(member)?.isCaughtUp === true && isThere(member))
  return successor === undefined ? undefined : { kind: 'hand-over', to: successor }
}

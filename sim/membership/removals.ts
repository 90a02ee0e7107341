import type { MemberNode } from './node.js'
import type { MembershipWorld } from './world.js'

/** What W10 to W12 ask of a membership when some members cannot be reached well. */
export interface Removals {
  /** Healthy members held dead, counted at each healthy member that notes it. */
  healthyRemoved: number
  /** The same at faulty members: a member that hears nobody holds everybody dead, which harms nobody else. */
  healthyRemovedAtFaulty: number
  /** Faulty members that every healthy member held dead at one time at least. */
  faultyRemoved: number
  /** Of these, those that were back at one healthy member or more later. */
  faultyReturned: number
  /** How often a faulty member was taken back, counted at each healthy member. */
  returns: number
}

/** Keeps count from now on. */
export function watchRemovals (world: MembershipWorld, faulty: ReadonlySet<MemberNode>): Removals {
  const removals: Removals = { healthyRemoved: 0, healthyRemovedAtFaulty: 0, faultyRemoved: 0, faultyReturned: 0, returns: 0 }
  const holders = new Map<MemberNode, Set<MemberNode>>([...faulty].map((node) => [node, new Set()]))
  const removed = new Set<MemberNode>()
  const returned = new Set<MemberNode>()
  const healthyCount = world.nodes.length - faulty.size
  world.onEvent = (observer, subject, { kind }) => {
    const holding = holders.get(subject)
    if (holding === undefined) {
      if (kind !== 'died') return
      if (faulty.has(observer)) removals.healthyRemovedAtFaulty++
      else removals.healthyRemoved++
      return
    }
    if (faulty.has(observer)) return
    if (kind === 'died') {
      holding.add(observer)
      if (holding.size < healthyCount) return
      removed.add(subject)
      removals.faultyRemoved = removed.size
    } else if (kind === 'recovered' && holding.delete(observer)) {
      removals.returns++
      if (!removed.has(subject)) return
      returned.add(subject)
      removals.faultyReturned = returned.size
    }
  }
  return removals
}

import { assert } from '../base/index.js'
import { isPartitionCount } from './buckets.js'

/** A master with its slaves, as `cluster.master_slaves` lists them (DESIGN.md section 2). */
export interface PlacementGroup<Member> {
  /** The preferred master of the group's partitions: an election decides. */
  readonly master: Member
  readonly slaves: readonly Member[]
}

/**
 * The replica sets that a configuration asks for, one per partition: partition i goes to group i mod groups, its
 * preferred master first, then the slaves in their order. At least one group; no member twice in one.
 */
export function placeGroups<Member> (partitionCount: number, groups: ReadonlyArray<PlacementGroup<Member>>): Member[][] {
  assert(isPartitionCount(partitionCount), `not a partition count: ${partitionCount}`)
  assert(groups.length > 0, 'placement by groups needs at least one group')
  const replicaSets = groups.map(({ master, slaves }) => [master, ...slaves])
  assert(replicaSets.every((members) => new Set(members).size === members.length), 'a group lists a member twice')
  return Array.from({ length: partitionCount }, (_, partition) => [...replicaSets[partition % groups.length] as Member[]])
}

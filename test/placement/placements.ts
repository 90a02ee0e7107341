import fc from 'fast-check'
import type { BalanceInput } from '../../src/placement/index.js'

export type Placement = ReadonlyArray<readonly number[]>
export type Case = BalanceInput<number>

export const membersUpTo = (count: number): number[] => Array.from({ length: count }, (_, position) => position + 1)

/** Any sets of those who are there and two who are not: too many, too few or no replicas at all. */
export function anyCase ({ partitionsMax, membersMax }: { readonly partitionsMax: number, readonly membersMax: number }): fc.Arbitrary<Case> {
  return fc.record({ memberCount: fc.integer({ min: 1, max: membersMax }), replicaCount: fc.integer({ min: 1, max: 4 }) }).chain(({ memberCount, replicaCount }) => {
    const set = fc.shuffledSubarray(membersUpTo(memberCount + 2), { maxLength: Math.min(memberCount + 2, replicaCount + 1) })
    return fc.record({ partitions: fc.array(set, { minLength: 1, maxLength: partitionsMax }), members: fc.constant(membersUpTo(memberCount)), replicaCount: fc.constant(replicaCount) })
  })
}

export const copiesOf = ({ members, replicaCount }: Case): number => Math.min(replicaCount, members.length)

/** Of each member, in their order. */
export const loads = (members: readonly number[], placement: Placement): number[] =>
  members.map((member) => placement.filter((set) => set.includes(member)).length)
export const firstPlaces = (members: readonly number[], placement: Placement): number[] => loads(members, placement.map((set) => set.slice(0, 1)))
export const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts)

/** Replicas that `to` has where `from` has none. */
export const movedCount = (from: Placement, to: Placement): number =>
  to.reduce((sum, set, partition) => sum + set.filter((member) => !from[partition]?.includes(member)).length, 0)
export const firstChangeCount = (from: Placement, to: Placement): number => to.filter(([first], partition) => from[partition]?.[0] !== first).length

/** What no balanced placement can do with less: nobody keeps more than an even share, no partition more than its copies. */
export function leastMoved ({ partitions, members, replicaCount }: Case): number {
  const copies = copiesOf({ partitions, members, replicaCount })
  const living = partitions.map((set) => set.filter((member) => members.includes(member)))
  const lacking = living.reduce((sum, set) => sum + Math.max(0, copies - set.length), 0)
  return Math.max(lacking, partitions.length * copies - keptByShares(loads(members, living), partitions.length * copies))
}

export const leastFirstChanges = ({ partitions, members }: Case): number =>
  partitions.length - keptByShares(firstPlaces(members, partitions), partitions.length)

function keptByShares (counts: readonly number[], total: number): number {
  const share = Math.floor(total / counts.length)
  const above = counts.filter((count) => count > share).length
  return counts.reduce((sum, count) => sum + Math.min(count, share), 0) + Math.min(above, total % counts.length)
}

/** The least replicas moved and, with those, the least first places changed, of all balanced placements. */
export function bestByTryingAll (input: Case): { readonly moved: number, readonly firstChanges: number } {
  const { partitions, members } = input
  const sets = subsets(members, copiesOf(input))
  const counts = new Map<number, { replicas: number, firsts: number }>(members.map((member) => [member, { replicas: 0, firsts: 0 }]))
  const countOf = (member: number): { replicas: number, firsts: number } => counts.get(member) as { replicas: number, firsts: number }
  let best = { moved: Infinity, firstChanges: Infinity }
  const place = (partition: number, moved: number, firstChanges: number): void => {
    if (moved > best.moved || (moved === best.moved && firstChanges >= best.firstChanges)) return
    const from = partitions[partition]
    if (from === undefined) {
      const all = [...counts.values()]
      if (spread(all.map(({ replicas }) => replicas)) <= 1 && spread(all.map(({ firsts }) => firsts)) <= 1) best = { moved, firstChanges }
      return
    }
    for (const set of sets) {
      for (const member of set) countOf(member).replicas++
      for (const first of set) {
        countOf(first).firsts++
        place(partition + 1, moved + movedCount([from], [set]), firstChanges + (first === from[0] ? 0 : 1))
        countOf(first).firsts--
      }
      for (const member of set) countOf(member).replicas--
    }
  }
  place(0, 0, 0)
  return best
}

function subsets (of: readonly number[], size: number): number[][] {
  if (size === 0) return [[]]
  return of.flatMap((first, position) => subsets(of.slice(position + 1), size - 1).map((rest) => [first, ...rest]))
}

/** What giving each partition some members costs. */
export interface Priced {
  readonly members: readonly number[]
  readonly given: Placement
  readonly allowed: Placement
  /** Members that cost nothing; any other costs one. */
  readonly free: Placement
}

/**
 * Whether exchanges along some circle would make it cheaper, shares staying even. Where none would, nothing is cheaper (Klein
 * 1967): a proof that does not depend on how the placement was found.
 */
export function canBeCheaper ({ members, given, allowed, free }: Priced): boolean {
  const counts = loads(members, given)
  const isEven = spread(counts) === 0
  const share = Math.min(...counts)
  const pool = given.length + members.length
  const edges: Array<readonly [from: number, to: number, cost: number]> = []
  members.forEach((member, position) => {
    const node = given.length + position
    given.forEach((set, partition) => {
      const cost = free[partition]?.includes(member) === true ? 0 : 1
      if (set.includes(member)) edges.push([node, partition, -cost])
      else if (allowed[partition]?.includes(member) === true) edges.push([partition, node, cost])
    })
    if (!isEven) edges.push(counts[position] === share ? [node, pool, 0] : [pool, node, 0])
  })
  const costs = new Array<number>(pool + 1).fill(0)
  for (let round = 0; round <= pool + 1; round++) {
    let isChanged = false
    for (const [from, to, cost] of edges) {
      const reached = (costs[from] as number) + cost
      if (reached >= (costs[to] as number)) continue
      costs[to] = reached
      isChanged = true
    }
    if (!isChanged) return false
  }
  return true
}

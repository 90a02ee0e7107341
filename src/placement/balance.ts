import { assert } from '../base/index.js'
import { assign } from './assignment.js'
import { repair } from './repair.js'

/** Where replicas are wished at present, and who may hold them. */
export interface BalanceInput<Member> {
  /** One replica set per partition, the preferred master first; no member twice in one. */
  readonly partitions: ReadonlyArray<readonly Member[]>
  /** Who may hold replicas, at least one, in a fixed order: equal inputs have equal results. Who is missing here loses all. */
  readonly members: readonly Member[]
  /**
   * Those of them that may be given more (default: all). While somebody cannot be, nothing is evened out: lacking copies are
   * made, and those on who is no member replaced, and that is all.
   */
  readonly receivers?: readonly Member[]
  /** Copies of each partition, at least 1. */
  readonly replicaCount: number
}

/**
 * Where the replicas should be: min(replicaCount, members) different members per partition, the preferred master first;
 * replicas per member differ by one at most, first places too. No such placement adds fewer replicas to those there are;
 * with the replica sets chosen, none has more first places as they are. What is balanced is returned as it is; else a set
 * loses replicas, gains some behind, and may get another of its members in front, with no other change of order.
 */
export function balance<Member> ({ partitions, members, receivers = members, replicaCount }: BalanceInput<Member>): Member[][] {
  assert(members.length > 0 && replicaCount > 0, 'somebody has to hold the replicas')
  assert(new Set(members).size === members.length, 'a member is named once')
  assert(partitions.every((replicas) => new Set(replicas).size === replicas.length), 'a replica set names a member once')
  const numbers = new Map(members.map((member, number) => [member, number]))
  const present = partitions.map((replicas) => replicas.map((member) => numbers.get(member)).filter((number) => number !== undefined))
  const firsts = partitions.map(([first]) => first === undefined ? NONE : numbers.get(first) ?? NONE)
  const memberCount = members.length
  const copies = Math.min(replicaCount, memberCount)
  const toMembers = (set: readonly number[]): Member[] => set.map((number) => members[number] as Member)
  if (receivers.length < memberCount) {
    const able = receivers.map((member) => numbers.get(member)).filter((number) => number !== undefined)
    return repair({ present, receivers: able, memberCount, copies }).map(toMembers)
  }
  const sets = chooseSets(present, firsts, { memberCount, copies })
  const masters = chooseMasters(sets, firsts, memberCount)
  return sets.map((set, partition) => {
    const master = masters[partition] as number
    return toMembers([master, ...set.filter((number) => number !== master)])
  })
}

const NONE = -1

/** The replica sets, those present in front and in their order. */
function chooseSets (present: readonly number[][], firsts: readonly number[], { memberCount, copies }: { readonly memberCount: number, readonly copies: number }): number[][] {
  const everybody = Array.from({ length: memberCount }, (_, number) => number)
  const allowed = present.map(() => everybody)
  const kept = keepFirsts(firsts, memberCount)
  const numbers = present.map((_, partition) => partition)
  const heirs = present.map((set, partition) => kept[partition] === NONE ? set : set.slice(0, 1))
  const wished = assign({ memberCount, perPartition: 1, allowed, present: heirs, wished: kept, order: numbers }).map(([master]) => master as number)
  // Who wants a new member in the first place comes last, so that it is there that a replica is given up.
  const hasWished = (partition: number): boolean => present[partition]?.includes(wished[partition] as number) === true
  const order = [...numbers.filter(hasWished), ...numbers.filter((partition) => !hasWished(partition))]
  const sets = assign({ memberCount, perPartition: copies, allowed, present, wished, order })
  return sets.map((set, partition) => {
    const stayed = (present[partition] ?? []).filter((number) => set.includes(number))
    return [...stayed, ...set.filter((number) => !stayed.includes(number)).sort((a, b) => a - b)]
  })
}

/** One of each set, as many as possible those that are first at present. */
function chooseMasters (sets: readonly number[][], firsts: readonly number[], memberCount: number): number[] {
  const present = sets.map((set, partition) => set.filter((number) => number === firsts[partition]))
  const wished = sets.map(() => NONE)
  const order = sets.map((_, partition) => partition)
  return assign({ memberCount, perPartition: 1, allowed: sets, present, wished, order }).map(([master]) => master as number)
}

/** The first places that stay where each member has an even share of them, as many as possible; `NONE` in the place of others. */
function keepFirsts (firsts: readonly number[], memberCount: number): number[] {
  const kept = firsts.map(() => NONE)
  const counts = new Array<number>(memberCount).fill(0)
  const share = Math.floor(firsts.length / memberCount)
  let extra = firsts.length % memberCount
  for (const isExtra of [false, true]) {
    firsts.forEach((first, partition) => {
      if (first === NONE || kept[partition] !== NONE) return
      const count = counts[first] as number
      if (isExtra ? extra === 0 || count !== share : count >= share) return
      if (isExtra) extra--
      counts[first] = count + 1
      kept[partition] = first
    })
  }
  return kept
}

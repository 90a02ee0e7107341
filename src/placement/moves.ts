import { assert } from '../base/index.js'
import { balance } from './balance.js'
import type { BalanceInput } from './balance.js'

/** Under how much of a throttle replicas are moved. */
export interface MovesInput<Member> extends BalanceInput<Member> {
  /** Partitions under way: whose replicas are not all where `partitions` wishes them yet. */
  readonly busy: ReadonlySet<number>
  /**
   * How many of those arrive at a member, 0 for who is missing here. Undefined: not known; each then counts for every member
   * of its set, which keeps the limit and moves less at once than it would allow.
   */
  readonly arriving?: ReadonlyMap<Member, number>
  /** Partitions under way at once, at most. */
  readonly movesMax: number
  /** Partitions that arrive at one member at once, at most. */
  readonly perMemberMax: number
}

/** One partition's replicas are to be wished elsewhere. */
export interface Move<Member> {
  readonly partition: number
  readonly from: readonly Member[]
  readonly to: readonly Member[]
}

/**
 * What to do next on the way to `balance`: first what lacks copies or has one on who is no member, fewest living copies
 * first; then what evens the replicas out; once no replica is to be moved, first places, which moves no data and is not
 * throttled. What is under way is left alone, unless a member of its set is gone: it would never arrive there.
 */
export function nextMoves<Member> (input: MovesInput<Member>): Array<Move<Member>> {
  const { partitions, busy } = input
  const members = new Set(input.members)
  assert(input.movesMax > 0 && input.perMemberMax > 0, 'a throttle that lets nothing through')
  const target = balance(input)
  const changes = partitions.map((from, partition) => new Change(members, { partition, from, to: target[partition] ?? from }))
  const relocations = changes.filter(({ movesReplicas }) => movesReplicas)
  if (relocations.length === 0) return changes.filter(({ move, isChange }) => isChange && !busy.has(move.partition)).map(({ move }) => move)
  const candidates = relocations
    .filter(({ move, hasGone }) => hasGone || !busy.has(move.partition))
    .sort((a, b) => Number(b.isUrgent) - Number(a.isUrgent) || a.livingCount - b.livingCount || a.move.partition - b.move.partition)
  const arrivals = countArrivals(input)
  let underWay = busy.size
  const moves: Array<Move<Member>> = []
  for (const { move, newcomers } of candidates) {
    const isUnderWay = busy.has(move.partition)
    if (!isUnderWay && underWay >= input.movesMax) continue
    if (newcomers.some((member) => (arrivals.get(member) ?? 0) >= input.perMemberMax)) continue
    if (!isUnderWay) underWay++
    for (const member of newcomers) arrivals.set(member, (arrivals.get(member) ?? 0) + 1)
    moves.push(move)
  }
  return moves
}

function countArrivals<Member> ({ partitions, busy, arriving }: MovesInput<Member>): Map<Member, number> {
  const arrivals = new Map(arriving)
  if (arriving !== undefined) return arrivals
  for (const partition of busy) for (const member of partitions[partition] ?? []) arrivals.set(member, (arrivals.get(member) ?? 0) + 1)
  return arrivals
}

/** What a move is about. */
class Change<Member> {
  readonly move: Move<Member>
  readonly newcomers: readonly Member[]
  readonly livingCount: number

  constructor (members: ReadonlySet<Member>, move: Move<Member>) {
    this.move = move
    this.newcomers = move.to.filter((member) => !move.from.includes(member))
    this.livingCount = move.from.filter((member) => members.has(member)).length
  }

  get hasGone (): boolean {
    return this.livingCount < this.move.from.length
  }

  get isUrgent (): boolean {
    return this.hasGone || this.livingCount < this.move.to.length
  }

  get movesReplicas (): boolean {
    return this.newcomers.length > 0 || this.move.from.length !== this.move.to.length
  }

  get isChange (): boolean {
    return this.move.from.some((member, place) => member !== this.move.to[place])
  }
}

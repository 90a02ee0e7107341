import { balance } from './balance.js'
import type { BalanceInput } from './balance.js'

/** Under how much of a throttle replicas are moved. */
export interface MovesInput<Member> extends BalanceInput<Member> {
  /** Partitions whose replicas are not yet where they are wished already. */
  readonly busy: ReadonlySet<number>
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
 * first; then the rest. A mere change of the first place moves no data and is not throttled.
 */
export function nextMoves<Member> (input: MovesInput<Member>): Array<Move<Member>> {
  const { partitions, members, busy, movesMax, perMemberMax } = input
  const target = balance(input)
  const living = (partition: number): number => partitions[partition]?.filter((member) => members.includes(member)).length ?? 0
  const copies = target[0]?.length ?? 0
  const isUrgent = (partition: number): boolean => living(partition) < copies || living(partition) < (partitions[partition]?.length ?? 0)
  const candidates = partitions
    .map((from, partition): Move<Member> => ({ partition, from, to: target[partition] ?? from }))
    .filter(({ partition, from, to }) => !busy.has(partition) && (from.length !== to.length || from.some((member, place) => member !== to[place])))
    .sort((a, b) => Number(isUrgent(b.partition)) - Number(isUrgent(a.partition)) || living(a.partition) - living(b.partition) || a.partition - b.partition)
  const moves: Array<Move<Member>> = []
  const arrivals = new Map<Member, number>()
  let underWay = busy.size
  for (const move of candidates) {
    const newcomers = move.to.filter((member) => !move.from.includes(member))
    const isMove = newcomers.length > 0 || move.from.length !== move.to.length
    if (isMove && (underWay >= movesMax || newcomers.some((member) => (arrivals.get(member) ?? 0) >= perMemberMax))) continue
    if (isMove) underWay++
    for (const member of newcomers) arrivals.set(member, (arrivals.get(member) ?? 0) + 1)
    moves.push(move)
  }
  return moves
}

/** Replica sets by the members' numbers, and who may be given more. */
export interface RepairInput {
  readonly present: ReadonlyArray<readonly number[]>
  readonly receivers: readonly number[]
  readonly memberCount: number
  readonly copies: number
}

/**
 * The sets with the copies that lack, each on whichever receiver has fewest replicas, and without those that are too many, the
 * first place last; nothing else changes. A set lacks copies still where no receiver is left that is not in it.
 */
export function repair ({ present, receivers, memberCount, copies }: RepairInput): number[][] {
  const counts = new Array<number>(memberCount).fill(0)
  const count = (number: number): number => counts[number] as number
  const sets = present.map((set) => [...set])
  for (const number of sets.flat()) counts[number] = count(number) + 1
  for (const set of sets) {
    while (set.length > copies) {
      const most = set.slice(1).reduce((best, number) => count(number) > count(best) ? number : best)
      set.splice(set.indexOf(most), 1)
      counts[most] = count(most) - 1
    }
    while (set.length < copies) {
      const able = receivers.filter((number) => !set.includes(number))
      if (able.length === 0) break
      const least = able.reduce((best, number) => count(number) < count(best) ? number : best)
      set.push(least)
      counts[least] = count(least) + 1
    }
  }
  return sets
}

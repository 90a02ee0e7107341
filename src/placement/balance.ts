import { assert } from '../base/index.js'

/** Where replicas are wished at present, and who may hold them. */
export interface BalanceInput<Member> {
  /** One replica set per partition, the preferred master first. */
  readonly partitions: ReadonlyArray<readonly Member[]>
  /** Who may hold replicas, in a fixed order: equal inputs have equal results. */
  readonly members: readonly Member[]
  /**
   * Those of them that may be given more (default: all). While somebody cannot be, nothing is evened out: lacking copies are
   * made, and those on who is no member replaced, and that is all.
   */
  readonly receivers?: readonly Member[]
  /** Copies of each partition. */
  readonly replicaCount: number
}

/**
 * Where the replicas should be: min(replicaCount, members) different members per partition; replicas per member differ by
 * one at most, first places (preferred masters) too. Starts from where they are and moves what it must: who is no member
 * loses all; copies that lack go to whoever has least; then one replica at a time goes from who has most to who has least,
 * which is always possible, since who has more has a partition that the other has not. What is balanced is returned as it is.
 */
export function balance<Member> ({ partitions, members, receivers = members, replicaCount }: BalanceInput<Member>): Member[][] {
  assert(members.length > 0 && replicaCount > 0, 'somebody has to hold the replicas')
  assert(new Set(members).size === members.length, 'a member is named once')
  const copies = Math.min(replicaCount, members.length)
  const isMember = new Set(members)
  const sets = partitions.map((replicas) => replicas.filter((member) => isMember.has(member)))
  const load = new Load(members, sets)
  for (const set of sets) {
    while (set.length > copies) load.drop(set, load.most(set))
    while (set.length < copies) {
      const able = receivers.filter((member) => !set.includes(member))
      if (able.length === 0) break
      load.add(set, load.least(able))
    }
  }
  if (receivers.length < members.length) return sets
  for (let from = load.most(members), to = load.least(members); load.of(from) > load.of(to) + 1; from = load.most(members), to = load.least(members)) {
    const set = sets.find((each) => each.includes(from) && !each.includes(to))
    assert(set !== undefined, 'who has more has a partition that the other has not')
    set[set.indexOf(from)] = to
    load.move(from, to)
  }
  balanceFirstPlaces(sets, members)
  return sets
}

/** Replicas per member. */
class Load<Member> {
  readonly #counts: Map<Member, number>

  constructor (members: readonly Member[], sets: ReadonlyArray<readonly Member[]>) {
    this.#counts = new Map(members.map((member) => [member, 0]))
    for (const set of sets) for (const member of set) this.#change(member, 1)
  }

  of (member: Member): number {
    return this.#counts.get(member) ?? 0
  }

  /** The first of those that have most. */
  most (members: readonly Member[]): Member {
    return members.reduce((most, member) => this.of(member) > this.of(most) ? member : most)
  }

  /** The first of those that have least. */
  least (members: readonly Member[]): Member {
    return members.reduce((least, member) => this.of(member) < this.of(least) ? member : least)
  }

  add (set: Member[], member: Member): void {
    set.push(member)
    this.#change(member, 1)
  }

  drop (set: Member[], member: Member): void {
    set.splice(set.indexOf(member), 1)
    this.#change(member, -1)
  }

  move (from: Member, to: Member): void {
    this.#change(from, -1)
    this.#change(to, 1)
  }

  #change (member: Member, by: number): void {
    this.#counts.set(member, this.of(member) + by)
  }
}

/**
 * Moves first places along chains (who has most gives one to a slave of it, who gives one to a slave of it, …) to whoever
 * has two fewer, until there is no such chain: then no other choice of first places is more even.
 */
function balanceFirstPlaces<Member> (sets: ReadonlyArray<Member[]>, members: readonly Member[]): void {
  const firsts = new Map<Member, Array<Member[]>>(members.map((member) => [member, []]))
  for (const set of sets) firsts.get(set[0] as Member)?.push(set)
  const countOf = (member: Member): number => firsts.get(member)?.length ?? 0
  for (;;) {
    const least = Math.min(...members.map(countOf))
    let chain: Array<Gift<Member>> | undefined
    for (const giver of members) {
      if (countOf(giver) < least + 2) continue
      chain = findChain(giver, firsts, (member) => countOf(member) <= countOf(giver) - 2)
      if (chain !== undefined) break
    }
    if (chain === undefined) return
    for (const { set, from, to } of chain) {
      const place = set.indexOf(to)
      set[place] = from
      set[0] = to
      firsts.set(from, (firsts.get(from) ?? []).filter((each) => each !== set))
      firsts.get(to)?.push(set)
    }
  }
}

interface Gift<Member> { readonly set: Member[], readonly from: Member, readonly to: Member }

/** The shortest chain of gifts from a member to one that `isPoor`. */
function findChain<Member> (giver: Member, firsts: ReadonlyMap<Member, ReadonlyArray<Member[]>>, isPoor: (member: Member) => boolean): Array<Gift<Member>> | undefined {
  const reachedBy = new Map<Member, Gift<Member> | undefined>([[giver, undefined]])
  for (const from of reachedBy.keys()) { // grows while it is walked through: breadth first
    for (const set of firsts.get(from) ?? []) {
      for (const to of set) {
        if (reachedBy.has(to)) continue
        reachedBy.set(to, { set, from, to })
        if (!isPoor(to)) continue
        const chain: Array<Gift<Member>> = []
        for (let gift = reachedBy.get(to); gift !== undefined; gift = reachedBy.get(gift.from)) chain.unshift(gift)
        return chain
      }
    }
  }
  return undefined
}

import { assert } from '../base/index.js'

/** Who is to be given how many of what, all by their numbers from 0. */
export interface AssignmentInput {
  readonly memberCount: number
  /** Members that each partition is given. */
  readonly perPartition: number
  /** Per partition the members that it may have; at least `perPartition` of them. */
  readonly allowed: ReadonlyArray<readonly number[]>
  /** Per partition those of them that it has: to give it one of these costs nothing, to give it any other costs one. */
  readonly present: ReadonlyArray<readonly number[]>
  /** Per partition a member that it is to have unless that costs; no member in more partitions than its share. -1: nobody in particular. */
  readonly wished: readonly number[]
  /** The partitions in the order in which they get each of their members: where members have too little room, who is last changes. */
  readonly order: readonly number[]
}

/**
 * The cheapest assignment of members to partitions in which every member has its even share of places, rounded down or up:
 * a minimum-cost flow from partitions to members, by successive shortest paths (Ahuja, Magnanti, Orlin, Network Flows, 9.7).
 * The argument, the costs and what else was considered: DESIGN.md.
 */
export function assign (input: AssignmentInput): number[][] {
  const assignment = new Assignment(input)
  assignment.giveWished(input.present)
  assignment.keepWhatIsPresent(true)
  assignment.keepWhatIsPresent(false)
  assignment.giveWished(input.allowed)
  assignment.complete()
  return assignment.given
}

/** Nodes of the flow: partitions from 0, behind them the members. */
class Assignment {
  /** Members of each partition. */
  readonly given: number[][]
  readonly #input: AssignmentInput
  readonly #partitionCount: number
  /** Partitions of each member. */
  readonly #held: Array<Set<number>>
  /** Places of every member; `#extraMax` members may have one more. */
  readonly #share: number
  readonly #extraMax: number
  #extraCount = 0
  /** Of the search under way: cost of reaching a node, and from where. */
  readonly #costs: Int32Array
  readonly #cameFrom: Int32Array

  constructor (input: AssignmentInput) {
    const { memberCount, perPartition, present } = input
    this.#input = input
    this.#partitionCount = present.length
    this.given = present.map(() => [])
    this.#held = Array.from({ length: memberCount }, () => new Set())
    this.#share = Math.floor(this.#partitionCount * perPartition / memberCount)
    this.#extraMax = this.#partitionCount * perPartition % memberCount
    this.#costs = new Int32Array(this.#partitionCount + memberCount)
    this.#cameFrom = new Int32Array(this.#partitionCount + memberCount)
  }

  /** To each partition whom it is wished to have, where there is a place. */
  giveWished (edges: ReadonlyArray<readonly number[]>): void {
    this.#input.wished.forEach((member, partition) => {
      const given = at(this.given, partition)
      if (given.length === this.#input.perPartition || given.includes(member) || !at(edges, partition).includes(member)) return
      if (this.#hasRoom(member)) this.#give(partition, member)
    })
  }

  #give (partition: number, member: number): void {
    const held = at(this.#held, member)
    at(this.given, partition).push(member)
    held.add(partition)
    if (held.size > this.#share) this.#extraCount++
  }

  #take (partition: number, member: number): void {
    const held = at(this.#held, member)
    const given = at(this.given, partition)
    if (held.size > this.#share) this.#extraCount--
    given.splice(given.indexOf(member), 1)
    held.delete(partition)
  }

  /** As many of those present as shares allow. */
  keepWhatIsPresent (areWishedFixed: boolean): void {
    const dead = new Uint8Array(this.#costs.length)
    for (const partition of this.#rounds()) {
      if (dead[partition] === 1 || this.#giveRoomiest(partition, this.#input.present)) continue
      const end = this.#search(partition, { edges: this.#input.present, costMin: 0, areWishedFixed, dead })
      if (end !== undefined) this.#follow(end)
    }
  }

  /** The rest, from whoever has most room, or by the cheapest chain of exchanges. */
  complete (): void {
    for (const partition of this.#rounds()) {
      if (this.#giveRoomiest(partition, this.#input.allowed)) continue
      const end = this.#search(partition, { edges: this.#input.allowed, costMin: 1, areWishedFixed: false, dead: undefined })
      assert(end !== undefined, 'even shares leave room for every partition')
      this.#follow(end)
    }
  }

  /** Each partition that lacks its first member, then each that lacks its second, and so on. */
  * #rounds (): Generator<number> {
    for (let count = 1; count <= this.#input.perPartition; count++) {
      for (const partition of this.#input.order) if (at(this.given, partition).length < count) yield partition
    }
  }

  #hasRoom (member: number): boolean {
    const { size } = at(this.#held, member)
    return size < this.#share || (size === this.#share && this.#extraCount < this.#extraMax)
  }

  /** Gives a partition the member that has fewest, of those that it may be given; returns whether there is one. */
  #giveRoomiest (partition: number, edges: ReadonlyArray<readonly number[]>): boolean {
    const given = at(this.given, partition)
    let roomiest: number | undefined
    let sizeMin = Infinity
    for (const member of at(edges, partition)) {
      const { size } = at(this.#held, member)
      if (size >= sizeMin || !this.#hasRoom(member) || given.includes(member)) continue
      roomiest = member
      sizeMin = size
    }
    if (roomiest === undefined) return false
    this.#give(partition, roomiest)
    return true
  }

  /**
   * The cheapest way from a partition to a member with room: a partition is given a member, who gives up another partition
   * or hands on that it may have one more than its share, … Ends early where the cost is `costMin`, the least there can be.
   */
  #search (start: number, { edges, costMin, areWishedFixed, dead }: SearchOptions): number | undefined {
    const costs = this.#costs
    const queue = [start]
    let end: number | undefined
    let endCost = UNREACHED
    const reach = (node: number, from: number, cost: number): void => {
      if (cost >= (costs[node] as number) || dead?.[node] === 1) return
      costs[node] = cost
      this.#cameFrom[node] = from
      queue.push(node)
    }
    costs.fill(UNREACHED)
    costs[start] = 0
    this.#cameFrom[start] = NOWHERE
    for (const node of queue) { // grows while it is walked through; a node whose cost falls comes again
      const cost = costs[node] as number
      if (node < this.#partitionCount) {
        const given = at(this.given, node)
        const present = at(this.#input.present, node)
        for (const member of at(edges, node)) {
          if ((costs[this.#partitionCount + member] as number) <= cost || given.includes(member)) continue
          reach(this.#partitionCount + member, node, present.includes(member) ? cost : cost + 1)
        }
        continue
      }
      const member = node - this.#partitionCount
      if (this.#hasRoom(member)) {
        if (cost < endCost) {
          end = node
          endCost = cost
        }
        if (cost <= costMin) break
        continue
      }
      for (const partition of at(this.#held, member)) {
        if (areWishedFixed && this.#input.wished[partition] === member) continue
        reach(partition, node, at(this.#input.present, partition).includes(member) ? cost : cost - 1)
      }
      if (at(this.#held, member).size === this.#share) {
        this.#held.forEach(({ size }, other) => { if (size > this.#share) reach(this.#partitionCount + other, node, cost) })
      }
    }
    if (end === undefined && dead !== undefined) for (const node of queue) dead[node] = 1
    return end
  }

  /** Makes the exchanges of a way, from its end: who is at their share gives before they are given. */
  #follow (end: number): void {
    for (let node = end, from = this.#cameFrom[node] as number; from !== NOWHERE; node = from, from = this.#cameFrom[node] as number) {
      if (node < this.#partitionCount) this.#take(node, from - this.#partitionCount)
      else if (from < this.#partitionCount) this.#give(from, node - this.#partitionCount)
    }
  }
}

interface SearchOptions {
  /** Per partition the members that it may be given. */
  readonly edges: ReadonlyArray<readonly number[]>
  readonly costMin: number
  readonly areWishedFixed: boolean
  /** 1 for every node that a vain search reached: it leads nowhere later either. Undefined: not to be counted on. */
  readonly dead: Uint8Array | undefined
}

const UNREACHED = 0x7fffffff
const NOWHERE = -1

const at = <Item>(list: readonly Item[], index: number): Item => list[index] as Item

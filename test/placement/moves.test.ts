import fc from 'fast-check'
import { balance, nextMoves } from '../../src/placement/index.js'
import type { Move, MovesInput } from '../../src/placement/index.js'
import { expect, suite } from '../harness.js'
import { anyCase, firstChangeCount, membersUpTo, movedCount } from './placements.js'
import type { Case } from './placements.js'

const FREE = { busy: new Set<number>(), movesMax: 1000, perMemberMax: 1000 }
const numbersOf = (moves: ReadonlyArray<Move<number>>): number[] => moves.map(({ partition }) => partition)

/** A cluster that does what it is told, one partition after the other as `draws` has it. */
class Cluster {
  readonly #input: Case
  readonly #throttle: { readonly movesMax: number, readonly perMemberMax: number, readonly knowsArrivals: boolean }
  readonly partitions: Array<readonly number[]>
  /** Who arrives at what is under way. */
  readonly underWay = new Map<number, readonly number[]>()
  firstChanges = 0
  moved = 0

  constructor (input: Case, throttle: { readonly movesMax: number, readonly perMemberMax: number, readonly knowsArrivals: boolean }) {
    this.#input = input
    this.#throttle = throttle
    this.partitions = [...input.partitions]
  }

  arrivals (): Map<number, number> {
    const arrivals = new Map<number, number>()
    for (const member of [...this.underWay.values()].flat()) arrivals.set(member, (arrivals.get(member) ?? 0) + 1)
    return arrivals
  }

  look (): Array<Move<number>> {
    const { movesMax, perMemberMax, knowsArrivals } = this.#throttle
    const input: MovesInput<number> = { ...this.#input, partitions: this.partitions, busy: new Set(this.underWay.keys()), movesMax, perMemberMax }
    const moves = nextMoves(knowsArrivals ? { ...input, arriving: this.arrivals() } : input)
    for (const { partition, from, to } of moves) {
      expect.equal(from, this.partitions[partition])
      expect.ok(!this.underWay.has(partition), `partition ${partition} is under way already`)
      this.partitions[partition] = to
      this.firstChanges += firstChangeCount([from], [to])
      this.moved += movedCount([from], [to])
      const newcomers = to.filter((member) => !from.includes(member))
      if (newcomers.length > 0 || from.length !== to.length) this.underWay.set(partition, newcomers)
    }
    expect.ok(this.underWay.size <= movesMax, 'too many under way')
    expect.ok([...this.arrivals().values()].every((count) => count <= perMemberMax), 'too many arrive at one member')
    return moves
  }

  arrive (draw: number): void {
    const partition = [...this.underWay.keys()][draw % this.underWay.size]
    if (partition !== undefined) this.underWay.delete(partition)
  }
}

suite('moves', ({ test }) => {
  test('lead to where all is balanced, within both limits, and move no replica more than all at once would', () => {
    let [atOnce, onTheWay] = [0, 0]
    const throttle = fc.record({ movesMax: fc.integer({ min: 1, max: 5 }), perMemberMax: fc.integer({ min: 1, max: 3 }), knowsArrivals: fc.boolean() })
    fc.assert(fc.property(anyCase({ partitionsMax: 24, membersMax: 8 }), throttle, fc.array(fc.nat(), { minLength: 1, maxLength: 20 }), (input, limits, draws) => {
      const target = balance(input)
      const cluster = new Cluster(input, limits)
      let looks = 0
      while (cluster.look().length > 0 || cluster.underWay.size > 0) {
        cluster.arrive(draws[looks % draws.length] as number)
        expect.ok(++looks < 500, 'no end')
      }
      expect.equal(balance({ ...input, partitions: cluster.partitions }), cluster.partitions)
      expect.is(cluster.moved, movedCount(input.partitions, target))
      atOnce += firstChangeCount(input.partitions, target)
      onTheWay += cluster.firstChanges
    }), { numRuns: 1000 })
    expect.ok(onTheWay <= atOnce * 1.1, `${onTheWay} first places changed on the way, at once ${atOnce}`)
  })

  test('are the whole difference where nothing holds them back', () => {
    fc.assert(fc.property(anyCase({ partitionsMax: 24, membersMax: 8 }), (input) => {
      const target = balance(input)
      for (const { partition, from, to } of nextMoves({ ...input, ...FREE })) {
        expect.is(from, input.partitions[partition])
        expect.equal(to, target[partition])
      }
      expect.equal(nextMoves({ ...input, partitions: target, ...FREE }), [])
    }))
  })

  test('see to who has fewest living copies first, then to evenness', () => {
    const partitions = [[1, 2], [1, 2], [1, 2], [1, 9], [9, 8], [2]]
    const input = { partitions, members: [1, 2, 3], replicaCount: 2, ...FREE }
    const order = numbersOf(nextMoves(input))
    expect.equal(order.slice(0, 3), [4, 3, 5])
    expect.equal(numbersOf(nextMoves({ ...input, movesMax: 1 })), [4])
    expect.equal(numbersOf(nextMoves({ ...input, movesMax: 2 })), [4, 3])
    const oneGone = { ...input, partitions: [[1, 2], [1, 2], [1, 2], [1, 2, 9]] }
    expect.is(numbersOf(nextMoves(oneGone))[0], 3, 'with as many living copies as others have')
  })

  test('wait while as many are under way as may be', () => {
    const input = { partitions: [[1], [1], [1], [1]], members: membersUpTo(4), replicaCount: 1, movesMax: 2, perMemberMax: 9 }
    expect.is(nextMoves({ ...input, busy: new Set() }).length, 2)
    expect.is(nextMoves({ ...input, busy: new Set([0]) }).length, 1)
    expect.is(nextMoves({ ...input, busy: new Set([0, 1]) }).length, 0)
  })

  test('wait for a member at which as many arrive as may, and count those under way', () => {
    const input = { partitions: [[1], [1], [1], [1], [1], [1]], members: [1, 2], replicaCount: 2, movesMax: 9, perMemberMax: 2 }
    expect.is(nextMoves({ ...input, busy: new Set() }).length, 2)
    const partitions = [[1, 2], [1], [1], [1], [1], [1]]
    expect.is(nextMoves({ ...input, partitions, busy: new Set([0]) }).length, 1)
    expect.is(nextMoves({ ...input, partitions, busy: new Set([0]), arriving: new Map() }).length, 2)
    expect.is(nextMoves({ ...input, partitions, busy: new Set([0]), arriving: new Map([[2, 2]]) }).length, 0)
  })

  test('leave alone what is under way, unless it is under way to somebody who is gone', () => {
    const input = { partitions: [[1, 3], [1, 9]], members: [1, 2, 3], replicaCount: 2, movesMax: 1, perMemberMax: 9 }
    expect.equal(nextMoves({ ...input, busy: new Set([0, 1]) }), [{ partition: 1, from: [1, 9], to: [2, 1] }])
    expect.equal(nextMoves({ ...input, members: [1, 2, 3, 9], busy: new Set([0, 1]) }), [])
  })

  test('change first places alone last, all at once, and not those of what is under way', () => {
    const still = { partitions: [[1, 2], [1, 2], [1, 2], [1, 2]], members: [1, 2], replicaCount: 2, movesMax: 1, perMemberMax: 1 }
    const changes = nextMoves({ ...still, busy: new Set() })
    expect.is(changes.length, 2)
    expect.ok(changes.every(({ to }) => to[0] === 2 && to[1] === 1))
    const [first] = numbersOf(changes)
    expect.is(nextMoves({ ...still, busy: new Set([first as number]) }).length, 1)
    expect.equal(numbersOf(nextMoves({ ...still, partitions: [[1, 2], [1, 2], [1, 2], [1]], busy: new Set() })), [3])
  })

  test('have limits that let something through', () => {
    const input = { partitions: [[1]], members: [1], replicaCount: 1, busy: new Set<number>() }
    expect.throws(() => nextMoves({ ...input, movesMax: 0, perMemberMax: 1 }), /throttle/)
    expect.throws(() => nextMoves({ ...input, movesMax: 1, perMemberMax: 0 }), /throttle/)
  })
})

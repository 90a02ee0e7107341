import { Prng } from '../../src/base/index.js'
import { balance, nextMoves } from '../../src/placement/index.js'
import { expect, suite } from '../harness.js'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1)
const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts)
const replicasPer = (sets: ReadonlyArray<readonly number[]>, members: readonly number[]): number[] => members.map((member) => sets.filter((set) => set.includes(member)).length)
const mastersPer = (sets: ReadonlyArray<readonly number[]>, members: readonly number[]): number[] => members.map((member) => sets.filter((set) => set[0] === member).length)
const newcomers = (from: ReadonlyArray<readonly number[]>, to: ReadonlyArray<readonly number[]>): number =>
  to.reduce((sum, set, partition) => sum + set.filter((member) => from[partition]?.includes(member) !== true).length, 0)

/** What must hold of every result. */
function demand (sets: ReadonlyArray<readonly number[]>, members: readonly number[], replicaCount: number, what: string): void {
  const copies = Math.min(replicaCount, members.length)
  for (const set of sets) expect.ok(set.length === copies && new Set(set).size === copies && set.every((member) => members.includes(member)), `${what}: ${set.join()}`)
  expect.ok(spread(replicasPer(sets, members)) <= 1, `${what}: replicas ${replicasPer(sets, members).join()}`)
  expect.ok(spread(mastersPer(sets, members)) <= 1, `${what}: masters ${mastersPer(sets, members).join()}`)
}

suite('balance', ({ test }) => {
  test('members that come and go one by one: even at every step, and no more moves than evenness asks for', () => {
    for (const partitions of [1, 2, 16, 64, 1024]) {
      let sets: number[][] = Array.from({ length: partitions }, () => [1])
      for (let count = 2; count <= 16; count++) {
        const next = balance({ partitions: sets, members: numbers(count), replicaCount: 3 })
        demand(next, numbers(count), 3, `${partitions} partitions, ${count} members`)
        // a newcomer's share, and the copies that lacked
        const total = partitions * Math.min(3, count)
        const owed = count <= 3 ? total - sets.reduce((sum, set) => sum + set.length, 0) : Math.floor(total / count)
        expect.ok(newcomers(sets, next) <= owed + (count <= 3 ? 0 : 1), `${partitions} partitions, member ${count} comes: ${newcomers(sets, next)} moves, ${owed} owed`)
        sets = next
      }
      for (let count = 15; count >= 1; count--) {
        const next = balance({ partitions: sets, members: numbers(count), replicaCount: 3 })
        demand(next, numbers(count), 3, `${partitions} partitions, back to ${count}`)
        const own = sets.filter((set) => set.includes(count + 1)).length
        if (count >= 3) expect.ok(newcomers(sets, next) <= own + Math.ceil(own / 10), `${partitions} partitions, member ${count + 1} goes with ${own} copies: ${newcomers(sets, next)} move`)
        sets = next
      }
    }
  })

  test('from any state, for any number of copies: even, and then nothing changes any more', () => {
    for (let seed = 0; seed < 2000; seed++) {
      const random = new Prng(`balance ${seed}`)
      const members = numbers(random.between(1, 9))
      const everybody = numbers(12)
      const partitions = Array.from({ length: 2 ** random.below(6) }, () => random.shuffle([...everybody]).slice(0, random.between(1, 6)))
      const replicaCount = random.between(1, 7)
      const sets = balance({ partitions, members, replicaCount })
      demand(sets, members, replicaCount, `seed ${seed}`)
      expect.equal(balance({ partitions: sets, members, replicaCount }), sets, `seed ${seed}`)
    }
  })

  test('while somebody cannot be given more, copies are made and replaced elsewhere, and nothing is evened out', () => {
    const partitions = [[1, 2, 5], [1, 2, 3], [2, 3], [1, 4, 3]]
    expect.equal(balance({ partitions, members: [1, 2, 3, 4], receivers: [2, 3, 4], replicaCount: 3 }), [[1, 2, 4], [1, 2, 3], [2, 3, 4], [1, 4, 3]])
    expect.equal(balance({ partitions: [[1, 2]], members: [1, 2, 3], receivers: [1, 2], replicaCount: 3 }), [[1, 2]], 'nobody is there to hold a third')
  })

  test('the largest cluster is placed in no time that anybody notices', () => {
    const members = numbers(512)
    const sets = balance({ partitions: Array.from({ length: 1024 }, () => [1]), members, replicaCount: 3 })
    demand(sets, members, 3, '1024 partitions on 512 members')
    const startMs = performance.now()
    for (let i = 0; i < 10; i++) balance({ partitions: sets, members, replicaCount: 3 })
    const tookMs = (performance.now() - startMs) / 10
    expect.ok(tookMs < 100, `${tookMs} ms to see that nothing is to be done`)
  })
})

suite('the next moves', ({ test }) => {
  const input = { replicaCount: 2, movesMax: 2, perMemberMax: 1, busy: new Set<number>() }

  test('what lacks copies goes first, fewest living copies first of all', () => {
    const partitions = [[1, 2], [9, 8], [2, 9], [1, 2]]
    const moves = nextMoves({ ...input, partitions, members: [1, 2, 3, 4] })
    expect.equal(moves.filter(({ from, to }) => to.some((member) => !from.includes(member))).map(({ partition }) => partition), [1, 2].slice(0, moves.length))
  })

  test('no more at once than allowed, in all and to one member', () => {
    const partitions = Array.from({ length: 16 }, () => [1, 2])
    const members = [1, 2, 3, 4]
    const moves = nextMoves({ ...input, partitions, members })
    const arrivals = moves.flatMap(({ from, to }) => to.filter((member) => !from.includes(member)))
    expect.ok(arrivals.length <= 2 && new Set(arrivals).size === arrivals.length, arrivals.join())
    expect.is(nextMoves({ ...input, partitions, members, busy: new Set([0, 1]) }).filter(({ from, to }) => to.some((member) => !from.includes(member))).length, 0)
  })

  test('carried out one after another they end where everything is even', () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = new Prng(`moves ${seed}`)
      const members = numbers(random.between(1, 8))
      let partitions: Array<readonly number[]> = Array.from({ length: 2 ** random.below(6) }, () => random.shuffle(numbers(10)).slice(0, random.between(1, 3)))
      let rounds = 0
      for (;;) {
        const moves = nextMoves({ partitions, members, replicaCount: 3, movesMax: 4, perMemberMax: 2, busy: new Set() })
        if (moves.length === 0) break
        for (const { partition, to } of moves) partitions = partitions.map((set, at) => at === partition ? to : set)
        if (++rounds > 500) throw new Error(`seed ${seed} never ends`)
      }
      demand(partitions, members, 3, `seed ${seed}`)
    }
  })
})

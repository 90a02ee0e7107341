import { Prng } from '../../src/base/index.js'
import { Configurations } from '../../sim/linearizability/configurations.js'
import { DeadlineHeap } from '../../sim/linearizability/deadline-heap.js'
import { expect, suite } from '../harness.js'

/** Enough for about 18 pairs with the same 32 bits of hash. */
const CONFIGURATIONS = 400_000
const OPERATIONS = 64

suite('the parts of the checker', ({ test }) => {
  test('configurations are told apart where their hashes collide, and known again after growth', () => {
    const configurations = new Configurations(OPERATIONS, 256 * 1024 * 1024)
    /** Walks through random sets of operations, each twice; counts the answers. */
    const walk = (): Record<string, number> => {
      const random = new Prng('configurations')
      const answers: Record<string, number> = {}
      const placed = new Set<number>()
      for (let i = 0; i < CONFIGURATIONS; i++) {
        for (let j = 0; j < 9; j++) { // odd, so that no step leads back
          const operation = random.below(OPERATIONS)
          if (!placed.delete(operation)) placed.add(operation)
          configurations.toggle(operation)
        }
        const answer = configurations.add(0, 0)
        answers[answer] = (answers[answer] ?? 0) + 1
      }
      for (const operation of placed) configurations.toggle(operation)
      return answers
    }
    expect.equal(walk(), { new: CONFIGURATIONS })
    expect.equal(walk(), { known: CONFIGURATIONS })
  })

  test('the same operations in another state are another configuration', () => {
    const configurations = new Configurations(3, 1_000_000)
    configurations.toggle(2)
    expect.equal([1, 2, 1, 2].map((state) => configurations.add(state, 0)), ['new', 'new', 'known', 'known'])
    configurations.toggle(2)
    expect.equal([1, 2].map((state) => configurations.add(state, 0)), ['new', 'new'])
  })

  test('beyond the limit on memory nothing is remembered, and what is known stays known', () => {
    const configurations = new Configurations(3, 20_000)
    const answers = Array.from({ length: 2000 }, (_, state) => configurations.add(state, 0))
    const kept = answers.indexOf('full')
    expect.ok(kept > 100, String(kept))
    expect.is(answers.lastIndexOf('new'), kept - 1)
    expect.is(configurations.add(0, 0), 'known')
    expect.is(new Configurations(3, 20_000).add(0, 30_000), 'full')
  })

  test('a heap gives back what it was given by deadline', () => {
    const random = new Prng('heap')
    const heap = new DeadlineHeap<{ readonly firstReturn: number }>()
    const inside: number[] = []
    for (let i = 0; i < 5000; i++) {
      if (random.chance(3, 5)) {
        const firstReturn = random.chance(1, 10) ? Infinity : random.below(500)
        heap.push({ firstReturn })
        inside.push(firstReturn)
        inside.sort((a, b) => a === b ? 0 : a - b)
      } else expect.is(heap.pop()?.firstReturn, inside.shift(), `step ${i}`)
    }
    for (const firstReturn of inside) expect.is(heap.pop()?.firstReturn, firstReturn)
    expect.is(heap.pop(), undefined)
  })
})

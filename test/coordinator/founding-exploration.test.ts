import { expect, suite } from '../harness.js'
import { explore, type Exploration } from './explorer.js'
import { clusterIdOf } from './harness.js'

/** Says what was explored where it fails. */
function expectNoSplit ({ split, worldCount }: Exploration, worldCountMin: number): void {
  expect.is(split, undefined, `two clusters: ${split?.join(', ')}`)
  expect.ok(worldCount >= worldCountMin, `only ${worldCount} worlds were explored`)
}

suite('founding, every order of lost, repeated and late messages and restarts', ({ test }) => {
  for (const nodeCount of [2, 3, 4]) {
    test(`of ${nodeCount} nodes makes one cluster, and whatever happened it still can complete`, () => {
      const exploration = explore({ nodeCount, founderWipesMax: 0, otherWipesMax: 0 })
      expectNoSplit(exploration, 8)
      expect.equal([...exploration.foundedSets].sort(), ['', clusterIdOf(1)])
      expect.is(exploration.deadEndCount, 0)
    }, { limitMs: 60_000 })
  }

  test('of 4 nodes binds a majority or all in the first map', () => {
    const { boundCounts } = explore({ nodeCount: 4, founderWipesMax: 0, otherWipesMax: 0 })
    expect.equal([...boundCounts].toSorted((left, right) => left - right), [3, 4])
  })

  test('of 3 nodes makes one cluster though the founder loses its disk twice', () => {
    const exploration = explore({ nodeCount: 3, founderWipesMax: 2, otherWipesMax: 0 })
    expectNoSplit(exploration, 1000)
    expect.equal([...exploration.foundedSets].sort(), ['', clusterIdOf(1, 0), clusterIdOf(1, 1), clusterIdOf(1, 2)])
  }, { limitMs: 60_000 })

  test('of 4 nodes makes one cluster though the founder loses its disk', () => {
    expectNoSplit(explore({ nodeCount: 4, founderWipesMax: 1, otherWipesMax: 0 }), 1000)
  }, { limitMs: 60_000 })

  test('of 3 nodes makes one cluster though the founder and one other lose their disks', () => {
    expectNoSplit(explore({ nodeCount: 3, founderWipesMax: 1, otherWipesMax: 1 }), 1000)
  }, { limitMs: 60_000 })
})

suite('the exploration', ({ test }) => {
  test('sees two clusters where both of 2 nodes lose their disks', () => {
    expect.equal(explore({ nodeCount: 2, founderWipesMax: 1, otherWipesMax: 1 }).split, [
      'node1: hello none of Node2Disk1', 'node2: proposal 10 of Node1Disk1', 'node1: acceptance 10 of Node2Disk1',
      'node1: wipe', 'node2: wipe',
      'node1: hello none of Node2Disk2', 'node2: proposal 11 of Node1Disk2', 'node1: acceptance 11 of Node2Disk2'
    ])
  })
})

import { expect, suite } from '../harness.js'
import { runChaos } from './chaos.js'
import type { PlantedFault } from './virtual-node.js'

/** The first seed that shows the fault, and how. */
function find (fault: PlantedFault, seedsMax: number): string {
  for (let seed = 1; seed <= seedsMax; seed++) {
    try {
      runChaos(seed, { fault })
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  return `nothing in ${seedsMax} seeds`
}

suite('the checks of the chaos runs', ({ test }) => {
  const table: Array<[fault: PlantedFault, shows: RegExp]> = [
    ['sends-before-flush', /its disk has/],
    ['acknowledges-at-proposal', /was acknowledged, \d+ are committed/],
    ['acknowledges-by-index', /was acknowledged, but/],
    ['reads-at-once', /stale read/],
    ['loses-tail', /leader completeness|durable copies|safety|matching/]
  ]
  for (const [fault, shows] of table) {
    test(`find a driver that ${fault.replaceAll('-', ' ')}`, () => {
      expect.match(find(fault, 40), shows)
    })
  }
})

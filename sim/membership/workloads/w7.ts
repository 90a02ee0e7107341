import { row } from '../metrics.js'
import { RoughLinks } from '../links.js'
import { modeOf } from '../modes.js'
import { MembershipWorld } from '../world.js'
import type { Workload } from '../workload.js'

const SIZE = 17
/** ms between two joins. */
const GAP_MS = 2000
const SETTLING_MS = 20_000
/** ms for which the size must hold. */
const STABLE_MS = 120_000
const SEEDS = 10

/** The least size that any member sees while all should be stable, and how often one was held dead meanwhile. */
export function runJoins (seed: string, mode: ReturnType<typeof modeOf>, resets: boolean): { readonly sizeMin: number, readonly deaths: number, readonly virtualS: number } {
  const world = new MembershipWorld({ seed, size: SIZE, mode, links: new RoughLinks(seed, resets) })
  const [first] = world.nodes
  for (const node of world.nodes) {
    world.start(node)
    if (first !== undefined && node !== first) world.join(node, first)
    world.runFor(GAP_MS)
  }
  world.runFor(SETTLING_MS)
  let deaths = 0
  let sizeMin = Math.min(...world.nodes.map((node) => node.running.aliveCount))
  world.onEvent = (observer, _subject, { kind }) => {
    if (kind === 'died') deaths++
    sizeMin = Math.min(sizeMin, observer.running.aliveCount)
  }
  world.runFor(STABLE_MS)
  return { sizeMin, deaths, virtualS: world.nowMs / 1000 }
}

/** Joins while the network is bad. */
export const w7: Workload = {
  id: 'W7',
  title: '17 join one after another while 10 % of all sends are late',
  run: (request) => {
    const mode = modeOf(request.mode ?? 'gokeydb', request)
    let virtualS = 0
    const rows = [false, true].map((resets) => {
      let sizeMin = SIZE
      let deaths = 0
      const seeds = request.seeds ?? SEEDS
      for (let i = 0; i < seeds; i++) {
        const run = runJoins(`${request.seed} W7 ${resets ? 'resets ' : ''}${i}`, mode, resets)
        sizeMin = Math.min(sizeMin, run.sizeMin)
        deaths += run.deaths
        virtualS += run.virtualS
      }
      return row({ metric: `${resets ? '10 % of sends reset the stream' : '10 % of sends delayed 200–400 ms'}: stable size`, published: '12 of 17', decimals: 0, value: sizeMin, owed: { kind: 'exactly', value: SIZE }, note: `${deaths} deaths in ${seeds} runs` })
    })
    return { rows, virtualS }
  }
}

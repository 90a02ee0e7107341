import { row } from '../metrics.js'
import type { Row } from '../metrics.js'
import { defaultMembershipOptions } from '../../../src/membership/index.js'
import { modeOf } from '../modes.js'
import type { Mode } from '../modes.js'
import { MembershipWorld } from '../world.js'
import type { Workload } from '../workload.js'

/** Distinct sizes that memberlist's members see (Rapid, Table 1). */
const PUBLISHED_SIZES: ReadonlyMap<number, number> = new Map([[1000, 901], [1500, 1383], [2000, 1858]])
const SEED_ALONE_MS = 10_000
const LIMIT_MS = 200_000
const LOOK_MS = 100
/** Rapid samples each process's view once a second. */
const SAMPLE_MS = 1000

/** One member is there; all others come at once and know only it. */
export function runBootstrap (seed: string, size: number, mode: Mode): { readonly allSeeS: number, readonly sizes: number, readonly virtualS: number } {
  const world = new MembershipWorld({ seed, size, mode })
  const [first, ...joiners] = world.nodes
  if (first === undefined) throw new Error('a world without members')
  world.start(first)
  world.runFor(SEED_ALONE_MS)
  for (const node of joiners) {
    world.start(node)
    world.join(node, first)
  }
  const sizes = new Set<number>()
  const isComplete = (): boolean => {
    if ((world.nowMs - SEED_ALONE_MS) % SAMPLE_MS === 0) for (const node of world.nodes) sizes.add(node.running.aliveCount)
    return world.nodes.every((node) => node.running.aliveCount === size)
  }
  const isReached = world.runUntil(isComplete, LIMIT_MS, LOOK_MS)
  return { allSeeS: isReached ? (world.nowMs - SEED_ALONE_MS) / 1000 : Infinity, sizes: sizes.size, virtualS: world.nowMs / 1000 }
}

/** Rapid's bootstrap (section 7.1). The wire's limit of 1024 records in a sync is also that of members. */
export const w8: Workload = {
  id: 'W8',
  title: 'bootstrap: one seed, N - 1 join at once',
  run: (request) => {
    const mode = modeOf(request.mode ?? 'gokeydb', request)
    const rows: Row[] = []
    let virtualS = 0
    for (const size of request.isFull === true ? [1000, 1500, 2000] : [1000]) {
      if (size > defaultMembershipOptions.membersMax + 1) {
        rows.push({ metric: `N = ${size}: all see N`, published: '95 s', owed: '<= 41.00 s', measured: `impossible: a sync carries ${defaultMembershipOptions.membersMax + 1} records`, isKept: false })
        continue
      }
      const run = runBootstrap(`${request.seed} W8 ${size}`, size, mode)
      virtualS += run.virtualS
      rows.push(
        row({ metric: `N = ${size}: all see N`, published: '95 s at 2000', unit: ' s', value: run.allSeeS, owed: { kind: 'at most', value: 41 } }),
        row({ metric: `N = ${size}: distinct sizes seen`, published: String(PUBLISHED_SIZES.get(size)), decimals: 0, value: run.sizes, owed: { kind: 'nothing' } })
      )
    }
    return { rows, virtualS }
  }
}

import { addressOf } from '../node.js'
import { mean, median, row } from '../metrics.js'
import type { Row } from '../metrics.js'
import { modeOf } from '../modes.js'
import { quietWorld } from '../workload.js'
import type { Workload } from '../workload.js'

const SIZES = [8, 16, 32, 56, 128, 512]
const UPDATES = 20
const GAP_MS = 12_000
/** SWIM's Figure 3(b): 1 to 3 periods. */
const MEDIAN_OWED_MAX = 3

/** How fast one update spreads: a member announces a new address. */
export const w6: Workload = {
  id: 'W6',
  title: `infection: one update, ${UPDATES} times`,
  run: (request) => {
    const mode = modeOf(request.mode ?? 'gokeydb', request)
    const rows: Row[] = []
    let virtualS = 0
    for (const size of SIZES) {
      const world = quietWorld({ seed: `${request.seed} W6 ${size}`, size, mode })
      const medians: number[] = []
      const lasts: number[] = []
      for (let i = 0; i < (request.seeds ?? UPDATES); i++) {
        const source = world.nodes[i % size]
        if (source === undefined) continue
        const startUs = world.nowUs
        const periods: number[] = []
        world.onEvent = (_observer, subject, { kind }, atUs) => {
          if (subject === source && kind === 'changed') periods.push((atUs - startUs) / (mode.options.probeIntervalMs * 1000))
        }
        world.act(source, (core) => { core.updateSelf({ multiaddrs: [addressOf(source.index, 10_000 + i)] }, world.nowMs) })
        world.runFor(GAP_MS)
        medians.push(median(periods))
        lasts.push(periods.length === size - 1 ? Math.max(...periods) : Infinity)
      }
      virtualS += world.nowMs / 1000
      rows.push(
        row({ metric: `N = ${size}: median member, periods`, published: '1–3', decimals: 3, value: mean(medians), owed: { kind: 'at most', value: MEDIAN_OWED_MAX } }),
        row({ metric: `N = ${size}: all members, periods, worst update`, value: Math.max(...lasts), owed: { kind: 'at most', value: 3 * Math.ceil(Math.log(size + 1)) } })
      )
    }
    return { rows, virtualS }
  }
}

import { row } from '../metrics.js'
import { modeOf } from '../modes.js'
import { quietWorld } from '../workload.js'
import type { Workload } from '../workload.js'

const SIZES = [8, 16, 28, 40, 55]
const PERIODS = 40

/** The cost of a healthy, idle cluster. Rounds of gossip need not be turned off: there are none without news. */
export const w4: Workload = {
  id: 'W4',
  title: `load: idle, ${PERIODS} periods`,
  run: (request) => {
    const mode = modeOf(request.mode ?? 'gokeydb', request)
    let virtualS = 0
    const rows = SIZES.map((size) => {
      const world = quietWorld({ seed: `${request.seed} W4 ${size}`, size, mode })
      let probing = 0
      let all = 0
      world.onSend = (_from, _to, message) => {
        all++
        if (message.kind === 'ping' || message.kind === 'ack') probing++
      }
      world.runFor(PERIODS * mode.options.probeIntervalMs)
      virtualS += world.nowMs / 1000
      const perMember = size * PERIODS
      return row({ metric: `N = ${size}: sent per member and period`, published: '2.0', value: probing / perMember, owed: { kind: 'within', value: 2, tolerance: 0.01 }, note: `${(all / perMember).toFixed(2)} with anti-entropy` })
    })
    return { rows, virtualS }
  }
}

import { mean, quantile, row } from '../metrics.js'
import type { Row } from '../metrics.js'
import { modeOf } from '../modes.js'
import { watchRemovals } from '../removals.js'
import { drawMembers, quietWorld } from '../workload.js'
import type { Workload } from '../workload.js'
import { FAULTY, RAPID_SIZE } from './lossy.js'

const DURATION_MS = 60_000
const SECOND_MS = 1000
const KIB = 1024

/** Rapid's Figure 8 and Table 2: ten of a thousand crash at once. */
export const w9: Workload = {
  id: 'W9',
  title: `crash: ${FAULTY} of ${RAPID_SIZE} at once`,
  run: (request) => {
    const mode = modeOf(request.mode ?? 'gokeydb', request)
    const rows: Row[] = []
    let virtualS = 0
    for (const manner of ['silent', 'killed'] as const) {
      const seed = `${request.seed} W9 ${manner}`
      const world = quietWorld({ seed, size: RAPID_SIZE, mode, measuresBytes: true })
      const crashed = new Set(drawMembers(world, FAULTY, seed))
      const healthy = world.nodes.filter((node) => !crashed.has(node))
      const removals = watchRemovals(world, crashed)
      for (const node of crashed) world.crash(node, manner)
      let removedS = Infinity
      const received: number[] = []
      const sent: number[] = []
      for (let second = 1; second <= DURATION_MS / SECOND_MS; second++) {
        const before = healthy.map((node) => [node.receivedBytes, node.sentBytes] as const)
        world.runFor(SECOND_MS)
        healthy.forEach((node, position) => {
          const [receivedBytes = 0, sentBytes = 0] = before[position] ?? []
          received.push((node.receivedBytes - receivedBytes) / KIB)
          sent.push((node.sentBytes - sentBytes) / KIB)
        })
        if (removals.faultyRemoved === FAULTY) removedS = Math.min(removedS, second)
      }
      virtualS += world.nowMs / 1000
      const how = manner === 'silent' ? 'host gone' : 'process killed'
      rows.push(
        row({ metric: `${how}: all ten removed everywhere`, published: 'memberlist some 10 s before Rapid', unit: ' s', decimals: 0, value: removedS, owed: { kind: 'nothing' }, note: `${removals.healthyRemoved} healthy removed` }),
        row({ metric: `${how}: KB/s received, mean`, published: '0.54', value: mean(received), owed: { kind: 'at most', value: 0.54 }, note: `99 % ${quantile(received, 0.99).toFixed(2)}` }),
        row({ metric: `${how}: KB/s sent, mean`, published: '0.64', value: mean(sent), owed: { kind: 'at most', value: 0.64 }, note: `99 % ${quantile(sent, 0.99).toFixed(2)}` }),
        row({ metric: `${how}: KB/s received, maximum`, published: '7.36', value: quantile(received, 1), owed: { kind: 'at most', value: 7.36 } }),
        row({ metric: `${how}: KB/s sent, maximum`, published: '8.04', value: quantile(sent, 1), owed: { kind: 'at most', value: 8.04 } })
      )
    }
    return { rows, virtualS }
  }
}

import { noTotals, runInterval } from '../interval.js'
import type { IntervalTotals } from '../interval.js'
import { row } from '../metrics.js'
import type { Row } from '../metrics.js'
import { modeOf } from '../modes.js'
import type { ModeName } from '../modes.js'
import type { Workload, WorkloadRequest } from '../workload.js'

const FULL = {
  anomalous: [1, 4, 8, 12, 16, 20, 24, 28, 32],
  durationsMs: [128, 512, 2048, 8192, 16_384, 32_768],
  pausesMs: [1, 4, 16, 64, 256, 1024, 4096, 16_384],
  seeds: 10
}
/** What a pull request is measured by: 36 runs. */
const SUBSET = { anomalous: [4, 16, 32], durationsMs: [2048, 16_384], pausesMs: [64, 4096], seeds: 3 }

/** Lifeguard's Table IV, per cent of SWIM: FP, FP-, messages, bytes. */
const published: Record<ModeName, readonly [number, number, number, number] | undefined> = {
  'swim': [100, 100, 100, 100],
  'lha-probe': [67.72, 32.88, 98.46, 90.03],
  'lha-suspicion': [3.00, 6.71, 111.31, 106.52],
  'buddy': [94.08, 44.57, 100.07, 99.01],
  'lifeguard': [1.53, 1.89, 110.59, 97.97],
  'gokeydb': [3.18, 4.83, NaN, NaN]
}

/**
 * Sums over all cells of one mode; bytes are those of the first seed's runs only, since encoding every message is what
 * takes longest. With `deal`, every `parts`th cell from `part` on.
 */
export function measureInterval (name: ModeName, request: WorkloadRequest, deal = { part: 0, parts: 1 }): IntervalTotals & { runs: number } {
  const mode = modeOf(name, request)
  const grid = request.isFull === true ? FULL : SUBSET
  const totals = { ...noTotals(), runs: 0 }
  let number = 0
  for (let i = 0; i < (request.seeds ?? grid.seeds); i++) {
    for (const anomalous of grid.anomalous) {
      for (const durationMs of grid.durationsMs) {
        for (const pauseMs of grid.pausesMs) {
          if (number++ % deal.parts !== deal.part) continue
          totals.runs++
          runInterval({ seed: `${request.seed} W2 ${anomalous} ${durationMs} ${pauseMs} ${i}`, mode, anomalous, durationMs, pauseMs, measuresBytes: i === 0 }, totals)
        }
      }
    }
  }
  return totals
}

/** False alarms of members that block again and again, against the same core as plain SWIM. */
export const w2: Workload = {
  id: 'W2',
  title: 'interval: C of 128 block for D, are well for I, and again',
  run: (request) => {
    const name = request.mode ?? 'lifeguard'
    const swim = measureInterval('swim', {...request, alpha: undefined, beta: undefined })
    const totals = name === 'swim' ? swim : measureInterval(name, request)
    const virtualS = name === 'swim' ? swim.virtualS : swim.virtualS + totals.virtualS
    return { rows: rowsOf(modeOf(name, request).name, published[name], totals, swim), virtualS }
  }
}

function rowsOf (mode: string, figures: readonly [number, number, number, number] | undefined, totals: IntervalTotals & { runs: number }, swim: IntervalTotals): Row[] {
  const text = (figure: number | undefined): string => figure === undefined || Number.isNaN(figure) ? '' : `${figure.toFixed(2)} %`
  const share = (of: number, all: number): number => of === 0 ? 0 : of / all * 100
  const unit = ' %'
  const isSwim = totals === swim
  return [
    row({ metric: `${mode}: FP of own SWIM`, published: text(figures?.[0]), unit, value: share(totals.falsePositives, swim.falsePositives), owed: isSwim ? { kind: 'nothing' } : { kind: 'at most', value: 1.53 }, note: `${totals.falsePositives} of ${swim.falsePositives} in ${totals.runs} runs` }),
    row({ metric: `${mode}: FP- of own SWIM`, published: text(figures?.[1]), unit, value: share(totals.falsePositivesAtHealthy, swim.falsePositivesAtHealthy), owed: isSwim ? { kind: 'nothing' } : { kind: 'at most', value: 1.89 }, note: `${totals.falsePositivesAtHealthy} of ${swim.falsePositivesAtHealthy}` }),
    row({ metric: `${mode}: messages of own SWIM`, published: text(figures?.[2]), unit, value: share(totals.messages, swim.messages), owed: isSwim ? { kind: 'nothing' } : { kind: 'at most', value: 115 }, note: `${Math.round(totals.messages / totals.runs)} per run` }),
    row({ metric: `${mode}: bytes of own SWIM`, published: text(figures?.[3]), unit, value: share(totals.bytes, swim.bytes), owed: { kind: 'nothing' }, note: 'first seed' })
  ]
}

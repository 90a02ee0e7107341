import { median, quantile, row } from '../metrics.js'
import type { Owed, Row } from '../metrics.js'
import { modeOf } from '../modes.js'
import type { ModeName } from '../modes.js'
import { runThreshold } from '../threshold.js'
import type { Latencies } from '../threshold.js'
import type { Workload, WorkloadRequest } from '../workload.js'

const ANOMALOUS = [1, 4, 8, 12, 16, 20, 24, 28, 32]
const DURATIONS_MS = [128, 512, 2048, 8192, 16_384, 32_768]
/** Shorter anomalies end before anybody can be condemned at α = 5: 10.54 s and a probe. */
const DETECTABLE_MS = 16_384
const SEEDS = 3
const SEEDS_FULL = 10

/** Lifeguard's Table V, s: median, 99 %. */
const published: Record<ModeName, { readonly first: readonly [number, number], readonly full: readonly [number, number] } | undefined> = {
  'swim': { first: [12.44, 16.96], full: [12.90, 16.93] },
  'lha-probe': { first: [12.42, 17.75], full: [12.90, 17.98] },
  'lha-suspicion': { first: [12.42, 17.47], full: [12.89, 17.33] },
  'buddy': { first: [12.45, 17.12], full: [12.92, 17.18] },
  'lifeguard': { first: [12.45, 17.90], full: [12.91, 18.05] },
  'gokeydb': undefined
}
/** Table VII at α 4, β 6: 83.12 % of SWIM's 12.44 s, and 84.42 % of 12.90 s. */
const ALPHA_4_FIRST_S = 10.34
const ALPHA_4_FULL_S = 10.89

/** Latencies of all cells of one mode. */
export function measureThreshold (name: ModeName, request: WorkloadRequest): Latencies {
  const mode = modeOf(name, request)
  const latencies: Latencies = { firstS: [], fullS: [], virtualS: 0 }
  const seeds = request.seeds ?? (request.isFull === true ? SEEDS_FULL : SEEDS)
  for (const durationMs of DURATIONS_MS) {
    if (durationMs < DETECTABLE_MS && request.isFull !== true) continue
    for (const anomalous of ANOMALOUS) {
      for (let i = 0; i < seeds; i++) runThreshold({ seed: `${request.seed} W1 ${anomalous} ${durationMs} ${i}`, mode, anomalous, durationMs }, latencies)
    }
  }
  return latencies
}

/** Detection latency of members that block once, all together. */
export const w1: Workload = {
  id: 'W1',
  title: 'threshold: C of 128 block for D',
  run: (request) => {
    const rows: Row[] = []
    let virtualS = 0
    for (const name of request.mode === undefined ? ['swim', 'lifeguard', 'gokeydb'] as const : [request.mode]) {
      const latencies = measureThreshold(name, request)
      virtualS += latencies.virtualS
      rows.push(...rowsOf(name, request, latencies))
    }
    return { rows, virtualS }
  }
}

function rowsOf (name: ModeName, request: WorkloadRequest, { firstS, fullS }: Latencies): Row[] {
  const mode = modeOf(name, request).name
  const isPublished = request.alpha === undefined && request.beta === undefined
  const figures = isPublished ? published[name] : undefined
  const isOurs = name === 'gokeydb' && isPublished
  const owed = (kept: Owed): Owed => figures === undefined ? { kind: 'nothing' } : kept
  const ours = (value: number): Owed => isOurs ? { kind: 'at most', value } : { kind: 'nothing' }
  const text = (figure: number | undefined): string => figure === undefined ? '' : `${figure.toFixed(2)} s`
  const unit = ' s'
  return [
    row({ metric: `${mode}: median first detection`, published: text(figures?.first[0]), unit, value: median(firstS), owed: isOurs ? ours(ALPHA_4_FIRST_S) : owed({ kind: 'within', value: 12.44, tolerance: 0.03 }), note: `${firstS.length} members` }),
    row({ metric: `${mode}: 99 % first detection`, published: text(figures?.first[1]), unit, value: quantile(firstS, 0.99), owed: owed({ kind: 'within', value: figures?.first[1] ?? 0, tolerance: 0.08 }) }),
    row({ metric: `${mode}: median full dissemination`, published: text(figures?.full[0]), unit, value: median(fullS), owed: isOurs ? ours(ALPHA_4_FULL_S) : owed({ kind: 'within', value: 12.90, tolerance: 0.03 }), note: `${fullS.length} members` }),
    row({ metric: `${mode}: 99 % full dissemination`, published: text(figures?.full[1]), unit, value: quantile(fullS, 0.99), owed: { kind: 'nothing' } })
  ]
}

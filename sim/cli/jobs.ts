import { drawScenario, lyingScenario, movingScenario, steadyScenario } from '../nemesis/index.js'
import type { Violation } from '../observe/index.js'
import { runScenario } from '../run/index.js'
import type { RunOptions, RunResult, RunSink } from '../run/index.js'
import type { Scenario } from '../scenario/index.js'
import { loadScenario } from './files.js'
import { TraceSink } from './trace-sink.js'

/** Virtual µs of faults where nobody says otherwise. */
export const TIME_US_DEFAULT = 10_000_000

/** `drawn`: anything; `steady`: the measure of speed; `lies`: a membership layer that lies; `moving`: replicas that move. */
export type Life = 'drawn' | 'steady' | 'lies' | 'moving'

/** One run to make. */
export interface Job {
  readonly seed: string
  /** A scenario file; undefined: what the seed draws. */
  readonly file: string | undefined
  /** What kind of life the seed stands for, where no file says it. */
  readonly life: Life
  readonly timeUs: number | undefined
  readonly operationsPerSecond: number | undefined
  readonly nodes: number | undefined
}

/** What became of it, as it also travels from a worker. */
export interface JobResult {
  readonly seed: string
  /** `invariant at … on node: text`, in the order found. */
  readonly violations: readonly string[]
  readonly traceHash: string
  readonly virtualUs: number
  readonly operations: number
  /** All that was drawn, compact. */
  readonly options: string
  /** The command that shows it again. */
  readonly again: string
}

export function scenarioOf (job: Job): Scenario {
  if (job.file !== undefined) {
    const loaded = loadScenario(job.file)
    if ('problems' in loaded) throw new Error(loaded.problems.join('\n'))
    return job.timeUs === undefined ? loaded.scenario : { ...loaded.scenario, durationUs: job.timeUs }
  }
  const durationUs = job.timeUs ?? TIME_US_DEFAULT
  switch (job.life) {
    case 'steady': return steadyScenario(durationUs)
    case 'moving': return movingScenario(job.seed, { durationUs, operationsPerSecond: job.operationsPerSecond })
    case 'lies': return lyingScenario(job.seed, { durationUs, operationsPerSecond: job.operationsPerSecond })
    case 'drawn': return drawScenario(job.seed, { durationUs, operationsPerSecond: job.operationsPerSecond, nodes: job.nodes })
  }
}

export async function runJob (job: Job, { trace }: { readonly trace: boolean }): Promise<JobResult> {
  const scenario = scenarioOf(job)
  const sink = trace ? new TraceSink(process.stdout) : undefined
  const result = await runOnce(job, scenario, sink === undefined ? {} : { sink })
  return {
    seed: job.seed, violations: result.violations.map(violationText), traceHash: result.traceHash, virtualUs: result.virtualUs, operations: result.operations,
    options: optionsText(scenario), again: again(job)
  }
}

export async function runOnce (job: Job, scenario: Scenario, options: Omit<RunOptions, 'seed'> & { readonly sink?: RunSink }): Promise<RunResult> {
  return await runScenario(scenario, { ...options, seed: job.seed })
}

export const violationText = ({ invariant, atUs, node, partition, text }: Violation): string =>
  `${invariant}: at ${atUs / 1000} ms${node === undefined ? '' : ` on ${node}`}${partition === undefined ? '' : ` (partition ${partition})`}: ${text}`

/** Everything drawn but the steps. */
function optionsText ({ nodes, partitions, groups, tuning, network, disk, turnUs, clocks, slowness, clients, durationUs, late, steps }: Scenario): string {
  return JSON.stringify({ nodes, partitions, groups, tuning, network, disk, turnUs, clocks, slowness, clients, durationUs, late, steps: steps.length })
}

export function again ({ seed, file, life, timeUs, operationsPerSecond, nodes }: Job): string {
  const parts = ['npm run sim --', ...(file === undefined ? [] : ['--scenario', file]), ...(life === 'drawn' ? [] : [`--${life}`]), '--seed', seed]
  if (timeUs !== undefined) parts.push('--time', `${timeUs / 1000}ms`)
  if (operationsPerSecond !== undefined) parts.push('--ops', String(operationsPerSecond))
  if (nodes !== undefined) parts.push('--nodes', String(nodes))
  return parts.join(' ')
}

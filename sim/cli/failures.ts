import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeScenario } from '../scenario/index.js'
import { shrink } from '../shrink/index.js'
import { describeFrame } from '../observe/index.js'
import { Recorder, renderReport } from '../report/index.js'
import { commitOf, SEEDS } from './files.js'
import { again, runOnce, scenarioOf } from './jobs.js'
import type { Job } from './jobs.js'

/** Runs that reducing a failure may take. */
const SHRINK_RUNS_MAX = 2000

/** Writes the life of a failed seed down, so that it is run for ever after, whatever the nemesis draws then. @returns its path */
export function keepFailure (job: Job): string {
  mkdirSync(SEEDS, { recursive: true })
  const path = join(SEEDS, `${job.seed.replace(/[^\w-]/g, '-')}.yaml`)
  writeFileSync(path, writeScenario(scenarioOf(job)))
  return path
}

/** Reduces a failure and writes what is left as a scenario file. */
export async function shrinkFailure (job: Job, path: string, bar: { write (text: string): unknown } | undefined): Promise<void> {
  const scenario = scenarioOf(job)
  const first = await runOnce(job, scenario, { stopAtFirst: true })
  if (first.violations.length === 0) {
    process.stdout.write(`seed ${job.seed} does not fail by itself: nothing to shrink\n`)
    return
  }
  const shrunk = await shrink(scenario, first, {
    seed: job.seed, runsMax: SHRINK_RUNS_MAX,
    progress: (runs, events) => { bar?.write(`\r\u001b[Kshrinking: ${events} events left after ${runs} runs`) }
  })
  bar?.write('\r\u001b[K')
  writeFileSync(path, writeScenario(shrunk.scenario))
  process.stdout.write(`shrunk ${shrunk.eventsBefore} events to ${shrunk.eventsAfter} in ${shrunk.runs} runs, still violating ${shrunk.invariant}: ${path}\n` +
    `  npm run sim -- --scenario ${path} --seed ${job.seed}\n`)
}

/** The run of a job as one page. */
export async function writeReport (job: Job): Promise<string> {
  const scenario = scenarioOf(job)
  const sink = new Recorder({ describe: describeFrame })
  const { traceHash, linearizations, warmUpEndUs, healedUs, virtualUs } = await runOnce(job, scenario, { sink })
  return renderReport(sink.finish({ seed: job.seed, commit: commitOf(), scenario, traceHash, linearizations, warmUpEndUs, healedUs, endUs: virtualUs }), again(job))
}

import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { TraceHash } from '../kernel/trace-hash.js'
import { parseArguments, USAGE } from './arguments.js'
import type { SimArguments } from './arguments.js'
import { commitOf, loadScenario, scenarioFiles, SCENARIOS, SEEDS, seedOfFile } from './files.js'
import { keepFailure, shrinkFailure, writeReport } from './failures.js'
import { runJob } from './jobs.js'
import type { Job, JobResult } from './jobs.js'
import { Progress } from './progress.js'
import { runSideBySide, serveJobs, WORKER } from './workers.js'

const OK = 0
const FAILED = 1
const BAD_USAGE = 2
const SEEDS_DEFAULT = 20

/** `npm run sim`, `gokeydb sim`. @returns the exit code */
export async function runCommand (args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(USAGE)
    return OK
  }
  if (args.length === 1 && args[0] === WORKER) {
    await serveJobs()
    return OK
  }
  const parsed = parseArguments(args)
  if ('problem' in parsed) {
    process.stderr.write(`${parsed.problem}\n\n${USAGE}`)
    return BAD_USAGE
  }
  if (parsed.list) return list()
  const jobs = jobsOf(parsed)
  if ('problems' in jobs) {
    process.stderr.write(`${jobs.problems.join('\n')}\n`)
    return BAD_USAGE
  }
  return await runJobs(jobs.jobs, parsed)
}

function list (): number {
  for (const path of scenarioFiles(SCENARIOS)) {
    const loaded = loadScenario(path)
    process.stdout.write(`${basename(path, '.yaml').padEnd(34)} ${'scenario' in loaded ? (loaded.scenario.about.split('\n')[0] ?? '') : loaded.problems[0]}\n`)
  }
  return OK
}

function jobsOf (args: SimArguments): { readonly jobs: readonly Job[] } | { readonly problems: readonly string[] } {
  const options = { timeUs: args.timeUs, operationsPerSecond: args.operationsPerSecond, nodes: args.nodes }
  const jobs: Job[] = []
  if (args.scenario !== undefined) {
    const loaded = loadScenario(args.scenario)
    if ('problems' in loaded) return loaded
    for (const seed of args.seeds.length > 0 ? args.seeds : ['1']) jobs.push({ ...options, seed, file: args.scenario, life: 'drawn' })
    return { jobs }
  }
  if (args.kept) for (const file of scenarioFiles(SEEDS)) jobs.push({ ...options, seed: seedOfFile(file), file, life: 'drawn' })
  if (args.fresh !== undefined) {
    for (const base of [commitOf(), new Date().toISOString().slice(0, 10)]) {
      for (let i = 1; i <= args.fresh; i++) jobs.push({ ...options, seed: `${base}-${i}`, file: undefined, life: 'drawn' })
    }
  }
  const wantsDefault = args.seeds.length === 0 && !args.kept && args.fresh === undefined
  const count = args.life === 'steady' ? 1 : SEEDS_DEFAULT
  const seeds = wantsDefault ? Array.from({ length: count }, (_, i) => String(i + 1)) : args.seeds
  for (const seed of seeds) jobs.push({ ...options, seed, file: undefined, life: args.life })
  return { jobs }
}

async function runJobs (jobs: readonly Job[], args: SimArguments): Promise<number> {
  const draws = args.progress ?? (process.stderr.isTTY && !args.trace)
  const progress = new Progress(jobs.length, draws ? process.stderr : undefined)
  const results = new Map<Job, JobResult>()
  let firstFailure: { readonly job: Job, readonly after: number } | undefined
  const done = (job: Job, result: JobResult): boolean => {
    results.set(job, result)
    progress.seedDone(result.violations.length > 0, result.virtualUs)
    if (result.violations.length > 0) {
      progress.clear()
      process.stdout.write(describe(result))
      firstFailure ??= { job, after: results.size }
      if (args.keep) process.stdout.write(`  kept as ${keepFailure(job)}\n`)
    }
    return !(args.firstFailure && firstFailure !== undefined)
  }
  if (args.jobs > 1) await runSideBySide(jobs, args.jobs, done)
  else {
    for (const job of jobs) if (!done(job, await runJob(job, { trace: args.trace }))) break
  }
  progress.clear()
  const shown = firstFailure?.job ?? jobs[0]
  if (args.report !== undefined && shown !== undefined) {
    writeFileSync(args.report, await writeReport(shown))
    process.stdout.write(`report ${args.report}\n`)
  }
  if (args.shrink !== undefined && firstFailure !== undefined) await shrinkFailure(firstFailure.job, args.shrink, draws ? process.stderr : undefined)
  process.stdout.write(`${progress.summary()}\n`)
  if (firstFailure !== undefined) process.stdout.write(`first failure seed ${firstFailure.job.seed} after ${firstFailure.after} seeds\n`)
  process.stdout.write(`trace hash ${combined(jobs, results)}\n`)
  return firstFailure === undefined ? OK : FAILED
}

/** One run's own hash, or one over those of all. */
function combined (jobs: readonly Job[], results: ReadonlyMap<Job, JobResult>): string {
  const hashes = jobs.flatMap((job) => results.get(job)?.traceHash ?? [])
  if (hashes.length === 1) return hashes[0] as string
  const hash = new TraceHash()
  for (const each of hashes) hash.text(each)
  return hash.digest()
}

function describe (result: JobResult): string {
  const { violations } = result
  const first = violations[0]
  const last = violations[violations.length - 1]
  const lines = [`seed ${result.seed} failed: ${violations.length} violations`]
  if (first !== undefined) lines.push(`  violated ${first}`)
  if (last !== undefined && violations.length > 1) lines.push(`  last ${last}`)
  lines.push(`  commit ${commitOf()}`, `  options ${result.options}`, `  again: ${result.again}`)
  return `${lines.join('\n')}\n`
}

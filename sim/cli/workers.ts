import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Job, JobResult } from './jobs.js'

/** Jobs a child gets at once: few, so that no child is left with all the rest. */
const BATCH = 8

/**
 * Runs jobs in several processes. `done` is told each result, in the order they end, and says whether to go on.
 */
export async function runSideBySide (jobs: readonly Job[], count: number, done: (job: Job, result: JobResult) => boolean): Promise<void> {
  const rest = groups(jobs)
  let goesOn = true
  const work = async (): Promise<void> => {
    for (let batch = rest.shift(); batch !== undefined && goesOn; batch = rest.shift()) {
      const [first] = batch
      if (first === undefined) continue
      await runBatch(batch, (job, result) => { if (goesOn && !done(job, result)) goesOn = false })
    }
  }
  await Promise.all(Array.from({ length: count }, work))
}

/** Batches of jobs that differ in nothing but the seed: what one command line can say. */
function groups (jobs: readonly Job[]): Job[][] {
  const batches: Job[][] = []
  for (const job of jobs) {
    const batch = batches[batches.length - 1]
    const before = batch?.[0]
    if (batch !== undefined && before !== undefined && batch.length < BATCH && before.file === job.file && before.steady === job.steady) batch.push(job)
    else batches.push([job])
  }
  return batches
}

async function runBatch (jobs: readonly Job[], done: (job: Job, result: JobResult) => void): Promise<void> {
  const [first] = jobs
  if (first === undefined) return
  const args = [...process.execArgv, process.argv[1] as string, '--worker', '--seed-list', jobs.map((job) => job.seed).join(',')]
  if (first.file !== undefined) args.push('--scenario', first.file)
  if (first.steady) args.push('--steady')
  if (first.timeUs !== undefined) args.push('--time', `${first.timeUs}us`)
  if (first.operationsPerSecond !== undefined) args.push('--ops', String(first.operationsPerSecond))
  if (first.nodes !== undefined) args.push('--nodes', String(first.nodes))
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const code = new Promise<number | null>((resolve, reject) => { child.on('error', reject).on('exit', resolve) })
  let count = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const job = jobs[count++]
    if (job !== undefined) done(job, JSON.parse(line) as JobResult)
  }
  const exit = await code
  if (exit !== 0 || count !== jobs.length) throw new Error(`a worker ended with code ${exit} after ${count} of ${jobs.length} seeds`)
}

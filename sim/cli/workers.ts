import { fork } from 'node:child_process'
import { runJob } from './jobs.js'
import type { Job, JobResult } from './jobs.js'

/** The one argument of a process that takes its jobs from this one: compiled code stays warm from seed to seed. */
export const WORKER = '--worker'

/**
 * Runs jobs in several processes. `done` is told each result, in the order they end, and says whether to go on.
 * @throws {Error} where a process ended before its job was done
 */
export async function runSideBySide (jobs: readonly Job[], count: number, done: (job: Job, result: JobResult) => boolean): Promise<void> {
  const rest = [...jobs]
  let goesOn = true
  const next = (): Job | undefined => goesOn ? rest.shift() : undefined
  await Promise.all(Array.from({ length: Math.min(count, jobs.length) }, () => work(next, (job, result) => { if (goesOn && !done(job, result)) goesOn = false })))
}

/** One process, one job at a time, until there is none. */
async function work (next: () => Job | undefined, done: (job: Job, result: JobResult) => void): Promise<void> {
  const child = fork(process.argv[1] as string, [WORKER], { execArgv: process.execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  try {
    await new Promise<void>((resolve, reject) => {
      let job: Job | undefined
      const give = (): void => {
        job = next()
        if (job === undefined) resolve()
        else child.send(job)
      }
      child.on('error', reject)
      child.on('exit', (code, signal) => { reject(new Error(`a worker ended with ${signal ?? `code ${code}`}${job === undefined ? '' : ` in seed ${job.seed}`}`)) })
      child.on('message', (result) => {
        if (job !== undefined) done(job, result as JobResult)
        give()
      })
      give()
    })
  } finally {
    child.removeAllListeners('exit')
    child.kill()
  }
}

/** The other side: does what it is sent until the process that sends is gone. */
export async function serveJobs (): Promise<void> {
  process.on('message', (job: Job) => {
    runJob(job, { trace: false }).then((result) => process.send?.(result), (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`)
      process.exit(1)
    })
  })
  await new Promise((resolve) => { process.once('disconnect', resolve) })
}

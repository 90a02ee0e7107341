import autocannon from 'autocannon'
import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Keys that a load writes and reads, and bytes of each value. */
export const KEY_COUNT = 10_000
export const VALUE_BYTES = 100

/** One kind of request on one system. `{key}` stands for a random key. */
export interface Work {
  readonly base: string
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly body: string | undefined
}

export interface Result {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers that were no success; a load with failures is no measurement. */
  readonly failures: number
}

export interface LoadOptions {
  readonly connections: number
  readonly seconds: number
  readonly directory: string
}

export const hasWrk = (): boolean => spawnSync('wrk', ['--version']).error === undefined

/** Runs a closed loop: every connection asks again as soon as it was answered. */
export async function load (work: Work, options: LoadOptions): Promise<Result> {
  return hasWrk() ? await wrkLoad(work, options) : await autocannonLoad(work, options)
}

function wrkLoad (work: Work, { connections, seconds, directory }: LoadOptions): Promise<Result> {
  const script = join(directory, 'load.lua')
  const fill = (text: string): string => `"${text.replaceAll('"', '\\"').replaceAll('{key}', '" .. key .. "')}"`
  writeFileSync(script, `
math.randomseed(os.time())
function request()
  local key = "key-" .. math.random(0, ${KEY_COUNT - 1})
  return wrk.format("${work.method}", ${fill(work.path)}, { ["Content-Type"] = "application/x-www-form-urlencoded" }, ${work.body === undefined ? 'nil' : fill(work.body)})
end
function done(summary, latency)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  io.write(string.format("RESULT %.3f %.3f %.3f %d\\n", summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000, bad))
end
`)
  return new Promise((resolve, reject) => {
    const child = spawn('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, work.base], { stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text })
    child.on('error', reject)
    child.on('close', () => {
      const found = /RESULT (\S+) (\S+) (\S+) (\d+)/.exec(out)
      if (found === null) reject(new Error(`wrk said: ${out}`))
      else resolve({ perSecond: Number(found[1]), p50Ms: Number(found[2]), p99Ms: Number(found[3]), failures: Number(found[4]) })
    })
  })
}

async function autocannonLoad (work: Work, { connections, seconds }: LoadOptions): Promise<Result> {
  const key = (): string => `key-${Math.floor(Math.random() * KEY_COUNT)}`
  const result = await autocannon({
    url: work.base,
    connections,
    duration: seconds,
    timeout: 10,
    requests: [{
      method: work.method,
      path: work.path,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      setupRequest: (request) => {
        const name = key()
        return { ...request, path: work.path.replace('{key}', name), ...(work.body === undefined ? {} : { body: work.body.replace('{key}', name) }) }
      }
    }]
  })
  return { perSecond: result.requests.average, p50Ms: result.latency.p50, p99Ms: result.latency.p99, failures: result.non2xx + result.errors + result.timeouts }
}

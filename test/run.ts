/**
 * What `npm test` runs: every `test/**\/*.test.ts` as a process of its own, from its compiled form beside this file.
 * `node dist/test/run.js [part of a path …]`. Two at a time; files in a folder `process` start nodes and run alone,
 * afterwards. Nothing counts as passed that did not say so: a file fails where it exits with anything but 0, says no
 * totals, ran no case, skipped one, or was not over in time.
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const COMPILED_DIRECTORY = fileURLToPath(new URL('.', import.meta.url))
const SOURCE_DIRECTORY = 'test'
/** Fewer files without a filter mean a wrong directory or an empty checkout. */
const FILES_MIN = 10
/** `TEST_LIMIT_MS` replaces both limits, for the runner's own tests and for slow machines. */
const FILE_LIMIT_MS = Number(process.env['TEST_LIMIT_MS'] ?? 120_000)
const PROCESS_FILE_LIMIT_MS = Number(process.env['TEST_LIMIT_MS'] ?? 300_000)
const CONCURRENCY = 2
/** Characters of one file's output that are kept, the newest. */
const OUTPUT_SIZE_MAX = 1024 * 1024

interface Outcome {
  readonly passed: number
  /** At least 1 where anything at all is wrong. */
  readonly failed: number
  readonly problems: readonly string[]
  readonly output: string
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly timedOut: boolean
  readonly output: string
}

/** The process groups of files that are running. */
const running = new Set<number>()

async function main (filters: readonly string[]): Promise<number> {
  const all = findTests()
  const files = all.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
  const unmatched = filters.filter((filter) => !all.some((file) => file.includes(filter)))
  if (unmatched.length > 0 || (filters.length === 0 && files.length < FILES_MIN)) {
    console.log(unmatched.length > 0
      ? `no test file under ${SOURCE_DIRECTORY}/ has ${unmatched.join(' or ')} in its path`
      : `found ${files.length} test files under ${SOURCE_DIRECTORY}/, expected at least ${FILES_MIN}`)
    console.log('0 passed, 1 failed')
    return 1
  }
  const alone = files.filter((file) => file.includes('/process/'))
  const together = files.filter((file) => !alone.includes(file))
  const outcomes: Outcome[] = []
  const queue = [...together]
  await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) outcomes.push(await runAndTell(file, FILE_LIMIT_MS))
  }))
  for (const file of alone) outcomes.push(await runAndTell(file, PROCESS_FILE_LIMIT_MS))
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0)
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0)
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0 ? 0 : 1
}

/** Paths such as `test/kv/state.test.ts`, sorted. */
function findTests (): string[] {
  if (!existsSync(SOURCE_DIRECTORY)) return []
  return readdirSync(SOURCE_DIRECTORY, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => `${SOURCE_DIRECTORY}/${path}`)
    .sort()
}

async function runAndTell (file: string, limitMs: number): Promise<Outcome> {
  const startMs = performance.now()
  const compiled = join(COMPILED_DIRECTORY, file.slice(SOURCE_DIRECTORY.length + 1).replace(/\.ts$/, '.js'))
  const outcome = existsSync(compiled)
    ? judge(await runFile(compiled, limitMs), limitMs)
    : { passed: 0, failed: 1, problems: [`${compiled} is not there: run npm run build`], output: '' }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
  console.log(`${outcome.failed === 0 ? 'ok  ' : 'FAIL'} ${file}  ${outcome.passed}/${outcome.passed + outcome.failed}  ${seconds} s`)
  if (outcome.failed > 0) {
    for (const problem of outcome.problems) console.log(`     ${problem}`)
    console.log(outcome.output.trimEnd().replace(/^/gm, '     | '))
  }
  return outcome
}

function judge ({ code, signal, timedOut, output }: Ended, limitMs: number): Outcome {
  let total = 0
  let passed = 0
  let skipped = 0
  for (const match of output.matchAll(/^ {2}Total: {5}(\d+)\n {2}Passed: {4}(\d+)\n {2}Skipped: {3}(\d+)$/gm)) {
    total += Number(match[1])
    passed += Number(match[2])
    skipped += Number(match[3])
  }
  const problems: string[] = []
  if (timedOut) problems.push(`was not over after ${limitMs / 1000} s and was killed`)
  else if (signal !== null) problems.push(`was ended by ${signal}`)
  else if (code !== 0) problems.push(`exited with ${code ?? 'nothing'}`)
  if (total === 0) problems.push('ran no case to its end')
  if (skipped > 0) problems.push(`skipped ${skipped} cases`)
  const failed = Math.max(total - passed, problems.length > 0 ? 1 : 0)
  return { passed, failed, problems, output }
}

/** Runs one file as the leader of a process group, and ends whatever is left of the group after it. */
async function runFile (compiled: string, limitMs: number): Promise<Ended> {
  const environment: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1' }
  delete environment['FORCE_COLOR']
  const child = spawn(process.execPath, [compiled], { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: environment })
  const { pid } = child
  if (pid === undefined) return { code: null, signal: null, timedOut: false, output: 'could not be started' }
  running.add(pid)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => { output = `${output}${chunk}`.slice(-OUTPUT_SIZE_MAX) })
  }
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    killGroup(pid)
  }, limitMs)
  const { code, signal } = await new Promise<{ code: number | null, signal: NodeJS.Signals | null }>((resolve) => {
    child.on('exit', (exitCode, exitSignal) => {
      killGroup(pid)
      // the rest of the output comes with `close`, unless a process outside the group holds the pipes open
      const patience = setTimeout(() => { resolve({ code: exitCode, signal: exitSignal }) }, 2000)
      child.on('close', () => {
        clearTimeout(patience)
        resolve({ code: exitCode, signal: exitSignal })
      })
    })
  })
  clearTimeout(timer)
  running.delete(pid)
  child.stdout.destroy()
  child.stderr.destroy()
  return { code, signal, timedOut, output }
}

function killGroup (pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    return // nothing is left of it
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const pid of running) killGroup(pid)
    process.exit(1)
  })
}

process.exitCode = await main(process.argv.slice(2))

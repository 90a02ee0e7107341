/**
 * The one way into uvu. uvu 0.5.6 passes falsely where a `before` or an `after.each` throws, where `.run()` is
 * forgotten, where a suite is empty, where a thrown value cannot be shown, and where suites are defined late; and it
 * never times out (STYLE.md section 9). Here hooks run as ordinary cases, `.run()` is implied, an empty suite fails,
 * every case has a time limit, and one failure makes the exit code 1 whatever comes after.
 */
import { suite as uvuSuite } from 'uvu'

type Body = () => void | Promise<void>

/** What a suite's definition may say. */
export interface Suite {
  /** One behaviour, named as a sentence. */
  test (name: string, body: Body, options?: { readonly limitMs?: number }): void
  /** Runs once before the first case; a failure fails the suite, and the cases are still tried. */
  before (body: Body): void
  /** Runs once after the last case, whatever failed before. */
  after (body: Body): void
  /** Runs before every case, inside it. */
  beforeEach (body: Body): void
  /** Runs after every case, inside it, also where the case failed or hung; all failures are reported. */
  afterEach (body: Body): void
}

const CASE_LIMIT_MS = 20_000
const HOOK_LIMIT_MS = 60_000

interface Case {
  readonly name: string
  readonly body: Body
  readonly limitMs: number
}

/** Defines and runs one suite. A suite without a case fails; what is added once `define` has returned throws. */
export function suite (name: string, define: (suite: Suite) => void): void {
  const cases: Case[] = []
  const hooks = { before: [] as Body[], after: [] as Body[], beforeEach: [] as Body[], afterEach: [] as Body[] }
  let open = true
  const add = <Item>(list: Item[], item: Item): void => {
    if (!open) throw new Error(`suite "${name}" is already defined; define all of it before the first await`)
    list.push(item)
  }
  define({
    test: (caseName, body, options) => { add(cases, { name: caseName, body, limitMs: options?.limitMs ?? CASE_LIMIT_MS }) },
    before: (body) => { add(hooks.before, body) },
    after: (body) => { add(hooks.after, body) },
    beforeEach: (body) => { add(hooks.beforeEach, body) },
    afterEach: (body) => { add(hooks.afterEach, body) }
  })
  open = false
  const run = uvuSuite(name)
  const runCase = (caseName: string, steps: readonly Step[], cleaning: readonly Step[] = []): void => {
    run(caseName, async () => { await runSteps(steps, cleaning) })
  }
  for (const body of hooks.before) runCase('(before)', [{ what: 'before', body, limitMs: HOOK_LIMIT_MS }])
  if (cases.length === 0) run('(empty)', () => { fail([new Error(`suite "${name}" has no case`)]) })
  for (const each of cases) {
    runCase(
      each.name,
      [...hooks.beforeEach.map((body) => ({ what: 'beforeEach', body, limitMs: HOOK_LIMIT_MS })), { what: each.name, body: each.body, limitMs: each.limitMs }],
      hooks.afterEach.map((body) => ({ what: 'afterEach', body, limitMs: HOOK_LIMIT_MS }))
    )
  }
  for (const body of hooks.after) runCase('(after)', [{ what: 'after', body, limitMs: HOOK_LIMIT_MS }])
  run.run()
}

interface Step {
  readonly what: string
  readonly body: Body
  readonly limitMs: number
}

/** Runs steps up to the first failure, then all of the cleaning. */
async function runSteps (steps: readonly Step[], cleaning: readonly Step[]): Promise<void> {
  const failures: Error[] = []
  for (const step of steps) {
    if (failures.length === 0) await runStep(step, failures)
  }
  for (const step of cleaning) await runStep(step, failures)
  if (failures.length > 0) fail(failures)
}

async function runStep ({ what, body, limitMs }: Step, failures: Error[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Error(`"${what}" was not over after ${limitMs} ms`)) }, limitMs)
  })
  try {
    await Promise.race([Promise.resolve().then(body), limit])
  } catch (thrown) {
    failures.push(toError(thrown))
  } finally {
    clearTimeout(timer)
  }
}

let failed = false
// uvu sets the exit code anew with each late batch of suites
process.on('exit', () => { if (failed) process.exitCode = 1 })

function fail (failures: readonly Error[]): never {
  failed = true
  const [first] = failures
  if (first !== undefined && failures.length === 1) throw first
  const together = new Error(failures.map(({ message }) => message).join(' · and then · '))
  together.stack = failures.map(({ stack }) => stack).join('\n')
  throw together
}

/**
 * uvu reads name, message, stack, operator and details of what was thrown, and diffs what node:assert threw; where that
 * throws in turn it ends the suite as if it had passed. So it gets a plain error with the same text.
 */
function toError (thrown: unknown): Error {
  if (!(thrown instanceof Error)) return new Error(`thrown: ${describe(thrown)}`)
  const safe = new Error(typeof thrown.message === 'string' ? thrown.message : describe(thrown.message))
  safe.name = typeof thrown.name === 'string' ? thrown.name.replace(/^AssertionError/, 'Failure') : 'Error'
  if (typeof thrown.stack === 'string') safe.stack = thrown.stack
  if ('details' in thrown && typeof thrown.details === 'string') Object.assign(safe, { details: thrown.details })
  if (thrown.cause !== undefined) safe.message += ` (cause: ${describe(thrown.cause)})`
  return safe
}

function describe (value: unknown): string {
  try {
    return String(value)
  } catch {
    return `a value of type ${typeof value} that has no text` // e.g. an object without a prototype
  }
}

export * as expect from 'uvu/assert'

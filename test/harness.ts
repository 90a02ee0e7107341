/**
 * The one way into uvu. uvu 0.5.6 passes falsely where a `before` or an `after.each` throws, where `.run()` is
 * forgotten and where a suite is empty, and it never times out (STYLE.md section 9); here hooks run as ordinary cases,
 * `.run()` is implied, an empty suite fails and every case has a time limit.
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
  /** Runs after every case, inside it, also where the case failed; both failures are reported. */
  afterEach (body: Body): void
}

const CASE_LIMIT_MS = 20_000

/** Defines and runs one suite. A suite without a case fails. */
export function suite (name: string, define: (suite: Suite) => void): void {
  const cases: Array<{ name: string, body: Body, limitMs: number }> = []
  const hooks = { before: [] as Body[], after: [] as Body[], beforeEach: [] as Body[], afterEach: [] as Body[] }
  define({
    test: (caseName, body, options) => { cases.push({ name: caseName, body, limitMs: options?.limitMs ?? CASE_LIMIT_MS }) },
    before: (body) => { hooks.before.push(body) },
    after: (body) => { hooks.after.push(body) },
    beforeEach: (body) => { hooks.beforeEach.push(body) },
    afterEach: (body) => { hooks.afterEach.push(body) }
  })
  const run = uvuSuite(name)
  for (const body of hooks.before) run('(before)', () => limited(body, 60_000, 'before'))
  if (cases.length === 0) run('(empty)', () => { throw new Error(`suite "${name}" has no case`) })
  for (const each of cases) {
    run(each.name, () => limited(async () => {
      const failures: unknown[] = []
      for (const body of [...hooks.beforeEach, each.body]) {
        if (failures.length === 0) await body0(body, failures)
      }
      for (const body of hooks.afterEach) await body0(body, failures)
      if (failures.length === 1) throw toError(failures[0])
      if (failures.length > 1) {
        throw new AggregateError(failures, failures.map((failure) => toError(failure).message).join(' · and then · '))
      }
    }, each.limitMs, each.name))
  }
  for (const body of hooks.after) run('(after)', () => limited(body, 60_000, 'after'))
  run.run()
}

async function body0 (body: Body, failures: unknown[]): Promise<void> {
  try {
    await body()
  } catch (failure) {
    failures.push(failure)
  }
}

/** uvu reads `.name` and `.stack` of what was thrown: `throw undefined` would crash it. */
const toError = (thrown: unknown): Error => thrown instanceof Error ? thrown : new Error(`thrown: ${String(thrown)}`)

async function limited (body: Body, limitMs: number, name: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Error(`"${name}" was not over after ${limitMs} ms`)) }, limitMs)
  })
  try {
    await Promise.race([Promise.resolve().then(body), limit])
  } catch (thrown) {
    throw toError(thrown)
  } finally {
    clearTimeout(timer)
  }
}

export * as expect from 'uvu/assert'

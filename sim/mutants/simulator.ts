import { spawn } from 'node:child_process'

/** Which runs: a range of drawn lives, or a scenario file with as many seeds. */
export interface Runs {
  /** undefined: drawn lives. */
  readonly scenario: string | undefined
  readonly from: number
  readonly count: number
}

/** What a simulator said about some runs. */
export type Verdict =
  | { readonly kind: 'passed', readonly traceHash: string }
  | { readonly kind: 'failed', readonly seed: number, readonly after: number, readonly invariant: string, readonly text: string }
  /** It was killed after its time, or ended in a way that says nothing about the seeds. */
  | { readonly kind: 'unfinished', readonly reason: string }

/** Wall-clock ms that one run may take: some twenty times what it usually does. */
const RUN_MS_MAX = 60_000
/** Characters of output that are kept, the newest. */
const OUTPUT_SIZE_MAX = 256 * 1024
const REASON_SIZE = 600

const children = new Set<{ kill (signal: 'SIGKILL'): unknown }>()
process.on('exit', () => { for (const child of children) child.kill('SIGKILL') })

/** Runs a compiled simulator in a process of its own, until the first failure: the one place that knows its command line. */
export async function simulate (simulator: string, { scenario, from, count }: Runs): Promise<Verdict> {
  const args = [simulator, '--seeds', String(count), '--from', String(from), '--first-failure', '--no-progress', '--jobs', '1']
  if (scenario !== undefined) args.push('--scenario', scenario)
  const child = spawn(process.execPath, ['--max-semi-space-size=32', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => { output = (output + chunk).slice(-OUTPUT_SIZE_MAX) })
  }
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, RUN_MS_MAX * Math.max(2, count))
  try {
    const code = await new Promise<number | null>((resolve, reject) => { child.on('error', reject).on('close', resolve) })
    if (isLate) return { kind: 'unfinished', reason: `seeds ${from} … ${from + count - 1} were not over in time` }
    return readVerdict(output, code)
  } finally {
    clearTimeout(timer)
    children.delete(child)
  }
}

/** What the end of the output and the exit code say together. */
export function readVerdict (output: string, code: number | null): Verdict {
  const [, traceHash] = /^trace hash ([0-9a-f]+)$/m.exec(output) ?? []
  if (code === 0 && traceHash !== undefined) return { kind: 'passed', traceHash }
  const [, seed, after] = /^first failure seed (\d+) after (\d+) seeds$/m.exec(output) ?? []
  const [, invariant, text] = /^ *violated ([\w-]+): (.*)$/m.exec(output) ?? []
  if (code === 1 && seed !== undefined && invariant !== undefined) {
    return { kind: 'failed', seed: Number(seed), after: Number(after), invariant, text: text ?? '' }
  }
  return { kind: 'unfinished', reason: `the simulator ended with ${code ?? 'a signal'}: ${output.trim().slice(-REASON_SIZE)}` }
}

import { isModeName, MODES } from './modes.js'
import { alignedTable, MARKDOWN_HEAD, markdownRows } from './table.js'
import type { Workload, WorkloadRequest } from './workload.js'
import { workloads } from './workloads/index.js'

export const MEMBERSHIP_USAGE = `usage: npm run sim -- membership [options]

  --workload W1,W2…    which of MEMBERSHIP.md section 2.4, or all (the default)
  --seed TEXT          (default 1)
  --seeds N            runs per cell instead of the workload's own number
  --full               everything the specification names: hours
  --mode MODE          ${MODES.join(', ')}
  --alpha N --beta N   Lifeguard's figures instead of the mode's own
  --markdown           rows for src/membership/DESIGN.md
`

const OK = 0
const FAILED = 1
const BAD_USAGE = 2

/** Where a command writes. */
export interface Outlet {
  out (text: string): void
  /** What is not the same in every run: how fast it was. */
  log (text: string): void
}

/** `npm run sim -- membership`: figures beside the published ones. @returns the exit code: 1 where one is not kept */
export function runMembershipCommand (args: readonly string[], outlet: Outlet): number {
  const parsed = parse(args)
  if ('problem' in parsed) {
    outlet.log(`${parsed.problem}\n\n${MEMBERSHIP_USAGE}`)
    return BAD_USAGE
  }
  let isKept = true
  if (parsed.markdown) outlet.out(MARKDOWN_HEAD)
  for (const workload of parsed.chosen) {
    const beganMs = performance.now()
    const report = workload.run(parsed.request)
    const seconds = (performance.now() - beganMs) / 1000
    isKept &&= report.rows.every((row) => row.isKept !== false)
    outlet.out(parsed.markdown ? markdownRows(workload.id, report.rows) : `${workload.id} ${workload.title}\n${alignedTable(report.rows)}\n`)
    outlet.log(`${workload.id}: ${report.virtualS.toFixed(0)} virtual seconds in ${seconds.toFixed(1)} s: ${(report.virtualS / seconds).toFixed(1)} virtual seconds per second\n`)
  }
  return isKept ? OK : FAILED
}

interface Parsed {
  readonly chosen: readonly Workload[]
  readonly request: WorkloadRequest
  readonly markdown: boolean
}

const FLAGS = new Set(['--full', '--markdown'])
const VALUES = new Set(['--workload', '--seed', '--seeds', '--mode', '--alpha', '--beta'])

function parse (args: readonly string[]): Parsed | { readonly problem: string } {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  for (let i = 0; i < args.length; i++) {
    const [name = '', inline] = (args[i] as string).split(/=(.*)/s)
    const value = inline ?? args[i + 1]
    if (FLAGS.has(name)) flags.add(name)
    else if (!VALUES.has(name)) return { problem: `${name}: there is no such option` }
    else if (value === undefined || value === '') return { problem: `${name} wants a value` }
    else {
      values.set(name, value)
      if (inline === undefined) i++
    }
  }
  const ids = (values.get('--workload') ?? 'all').toUpperCase().split(',')
  const chosen = workloads.filter(({ id }) => ids.includes('ALL') || ids.includes(id))
  const unknown = ids.find((id) => id !== 'ALL' && !workloads.some((workload) => workload.id === id))
  if (unknown !== undefined) return { problem: `--workload: there is no ${unknown}` }
  const mode = values.get('--mode')
  if (mode !== undefined && !isModeName(mode)) return { problem: `--mode: ${mode} is none of ${MODES.join(', ')}` }
  const counts = new Map<string, number>()
  for (const [name, max] of [['--seeds', 1000], ['--alpha', 100], ['--beta', 100]] as const) {
    const text = values.get(name)
    if (text === undefined) continue
    const count = Number(text)
    if (!Number.isInteger(count) || count < 1 || count > max) return { problem: `${name}: ${text} is no whole number from 1 to ${max}` }
    counts.set(name, count)
  }
  return {
    chosen,
    markdown: flags.has('--markdown'),
    request: {
      seed: values.get('--seed') ?? '1',
      isFull: flags.has('--full'),
      mode,
      seeds: counts.get('--seeds'),
      alpha: counts.get('--alpha'),
      beta: counts.get('--beta')
    }
  }
}

import type { Life } from './jobs.js'

/** What the command line asks for. */
export interface SimArguments {
  /** Seeds to run, in order; empty: the default. */
  readonly seeds: readonly string[]
  /** Virtual µs of faults; undefined: the scenario's own, or the default. */
  readonly timeUs: number | undefined
  readonly scenario: string | undefined
  readonly list: boolean
  readonly trace: boolean
  readonly report: string | undefined
  /** Where the shrunken failure goes; undefined: failures are not shrunk. */
  readonly shrink: string | undefined
  readonly firstFailure: boolean
  readonly jobs: number
  readonly kept: boolean
  /** Run so many seeds drawn from the commit and as many from the day. */
  readonly fresh: number | undefined
  readonly life: Life
  readonly keep: boolean
  readonly progress: boolean | undefined
  readonly operationsPerSecond: number | undefined
  readonly nodes: number | undefined
}

export const USAGE = `usage: npm run sim -- [options]      (or: gokeydb sim [options])

What to run
  --seed TEXT          one seed
  --seeds N            seeds 1 … N (default 20); with --from K: K … K+N-1
  --fresh N            N seeds made from the commit and N from the day
  --kept               the failures kept under sim/seeds
  --scenario FILE      a scenario file instead of a drawn life
  --steady             five nodes, 200 operations a second, no faults: the measure of speed
  --lies               five voters and a membership layer that lies about who is alive
  --moving             replicas that the coordinator places, and moves when somebody is gone for a moment
  --time 30s           virtual time of faults (default 10s)
  --nodes N --ops N    instead of what the seed draws
  --list               the scenarios there are

What to see
  --trace              one line per event
  --report FILE.html   the run (or the first failure) as a page
  --shrink FILE.yaml   reduce the first failure and write it as a scenario
  --keep               write failures to sim/seeds
  --first-failure      stop at the first failing seed
  --jobs N             processes side by side (default 1)
  --progress, --no-progress
`

/** @returns the arguments, or what is wrong with them */
export function parseArguments (args: readonly string[]): SimArguments | { readonly problem: string } {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  for (let i = 0; i < args.length; i++) {
    const [name = '', inline] = (args[i] as string).split(/=(.*)/s)
    if (FLAGS.has(name)) flags.add(name)
    else if (VALUES.has(name)) {
      const value = inline ?? args[++i]
      if (value === undefined || value === '') return { problem: `${name} wants a value` }
      values.set(name, value)
    } else return { problem: `${name}: there is no such option` }
  }
  const problems: string[] = []
  const whole = (name: string, min: number, max: number): number | undefined => {
    const text = values.get(name)
    if (text === undefined) return undefined
    const number = Number(text)
    if (!Number.isInteger(number) || number < min || number > max) problems.push(`${name}: ${text} is no whole number from ${min} to ${max}`)
    return number
  }
  const count = whole('--seeds', 1, 10_000_000)
  const from = whole('--from', 0, Number.MAX_SAFE_INTEGER) ?? 1
  const seed = values.get('--seed')
  const timeUs = duration(values.get('--time'))
  if (timeUs === null) problems.push(`--time: ${values.get('--time')} is no duration; write 30s or 500ms`)
  const parsed: SimArguments = {
    seeds: seed !== undefined ? [seed] : count === undefined ? [] : Array.from({ length: count }, (_, i) => String(from + i)),
    timeUs: timeUs ?? undefined,
    scenario: values.get('--scenario'),
    list: flags.has('--list'),
    trace: flags.has('--trace'),
    report: values.get('--report'),
    shrink: values.get('--shrink'),
    firstFailure: flags.has('--first-failure'),
    jobs: whole('--jobs', 1, 64) ?? 1,
    kept: flags.has('--kept'),
    fresh: whole('--fresh', 1, 1_000_000),
    life: flags.has('--steady') ? 'steady' : flags.has('--lies') ? 'lies' : flags.has('--moving') ? 'moving' : 'drawn',
    keep: flags.has('--keep'),
    progress: flags.has('--progress') ? true : flags.has('--no-progress') ? false : undefined,
    operationsPerSecond: whole('--ops', 0, 100_000),
    nodes: whole('--nodes', 1, 16)
  }
  return problems.length > 0 ? { problem: problems.join('\n') } : parsed
}

const FLAGS: ReadonlySet<string> = new Set(['--list', '--trace', '--first-failure', '--kept', '--steady', '--lies', '--moving', '--keep', '--progress', '--no-progress', '--help'])
const VALUES: ReadonlySet<string> = new Set(['--seed', '--seeds', '--from', '--time', '--scenario', '--report', '--shrink', '--jobs', '--fresh', '--ops', '--nodes'])

/** µs; null where it is no duration. A bare number is seconds. */
function duration (text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(us|ms|s|m)?$/.exec(text) ?? []
  if (number === undefined) return null
  const us = Math.round(Number(number) * { us: 1, ms: 1000, s: 1_000_000, m: 60_000_000 }[unit as 'us' | 'ms' | 's' | 'm'])
  return us > 0 && us <= 86_400_000_000 ? us : null
}

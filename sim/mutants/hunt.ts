import { editsOf } from './mutant.js'
import type { Mutant } from './mutant.js'
import { plant } from './plant.js'
import type { Checkout } from './plant.js'
import { simulate } from './simulator.js'
import type { Runs, Verdict } from './simulator.js'
import { scenarioFile } from './scenario-file.js'

/** What became of one mutant. */
export interface Outcome {
  readonly mutant: Mutant
  readonly result:
    | { readonly kind: 'killed', readonly by: string, readonly invariant: string, readonly text: string }
    | { readonly kind: 'survived', readonly seeds: number }
    | { readonly kind: 'unclear', readonly reason: string }
  readonly seconds: number
}

/** Runs of the scenario that a mutant names, with different seeds, before drawn lives are tried. */
const SCENARIO_SEEDS = 10
/** Seeds of the first and of the largest group that one process runs: a group's start costs half a second. */
const GROUP_SEEDS_MIN = 5
const GROUP_SEEDS_MAX = 80

/** The unmodified program, beside the mutants: what fails there too proves nothing. */
export class Control {
  readonly #simulator: string
  readonly #verdicts = new Map<string, Promise<Verdict>>()
  /** What it raised without any mutant, by seed or scenario. */
  readonly alarms = new Map<string, string>()

  constructor (simulator: string) {
    this.#simulator = simulator
  }

  /** Whether one run is well without any mutant. */
  async isWell (run: Runs): Promise<boolean> {
    const name = nameOf(run.scenario, run.from)
    let verdict = this.#verdicts.get(name)
    if (verdict === undefined) {
      verdict = simulate(this.#simulator, { ...run, count: 1 })
      this.#verdicts.set(name, verdict)
    }
    const said = await verdict
    if (said.kind === 'failed') this.alarms.set(name, `${said.invariant}: ${said.text}`)
    else if (said.kind === 'unfinished') this.alarms.set(name, said.reason)
    return said.kind === 'passed'
  }

  /** Whether two processes run the same seeds the same way without any mutant. */
  async isSteady (runs: Runs): Promise<boolean> {
    const first = await simulate(this.#simulator, runs)
    const second = await simulate(this.#simulator, runs)
    const isSame = first.kind === 'passed' && second.kind === 'passed' && first.traceHash === second.traceHash
    if (!isSame) this.alarms.set(rangeOf(runs), 'two processes ran these seeds differently, or not to their end')
    return isSame
  }

  /** Runs seeds 1 … count; what fails becomes an alarm. */
  async areWell (count: number): Promise<void> {
    for (let from = 1; from <= count;) {
      const group = Math.min(GROUP_SEEDS_MAX, count - from + 1)
      const verdict = await simulate(this.#simulator, { scenario: undefined, from, count: group })
      if (verdict.kind === 'unfinished') this.alarms.set(rangeOf({ scenario: undefined, from, count: group }), verdict.reason)
      if (verdict.kind === 'failed') this.alarms.set(String(verdict.seed), `${verdict.invariant}: ${verdict.text}`)
      from = verdict.kind === 'failed' ? verdict.seed + 1 : from + group
    }
  }
}

export interface HuntOptions {
  readonly checkout: Checkout
  readonly control: Control
  /** Instead of the mutant's own limit, where that is greater. */
  readonly seedsMax: number
  /** Told how many seeds a mutant has survived so far. */
  readonly survived: (mutant: Mutant, seeds: number) => void
}

/** Plants a mutant and looks for the first run that shows it. */
export async function hunt (mutant: Mutant, options: HuntOptions): Promise<Outcome> {
  const startMs = performance.now()
  const planted = await plant(options.checkout, editsOf(mutant))
  try {
    const result = await search(mutant, planted.simulator, options)
    return { mutant, result, seconds: (performance.now() - startMs) / 1000 }
  } finally {
    planted.remove()
  }
}

async function search (mutant: Mutant, simulator: string, { checkout, control, seedsMax, survived }: HuntOptions): Promise<Outcome['result']> {
  const seeds = Math.min(mutant.seedsMax, seedsMax)
  const scenario = mutant.scenario === undefined ? undefined : scenarioFile(checkout.root, mutant.scenario)
  if (scenario !== undefined) {
    const found = await searchRange(mutant, simulator, control, { scenario, from: 1, count: SCENARIO_SEEDS })
    if (found !== undefined) return found
  }
  let group = GROUP_SEEDS_MIN
  for (let from = 1; from <= seeds; group = Math.min(group * 2, GROUP_SEEDS_MAX)) {
    const count = Math.min(group, seeds - from + 1)
    const found = await searchRange(mutant, simulator, control, { scenario: undefined, from, count })
    if (found !== undefined) return found
    from += count
    survived(mutant, from - 1)
  }
  return { kind: 'survived', seeds }
}

/** Undefined where no run of the range shows anything that the unmodified program does not show as well. */
async function searchRange (mutant: Mutant, simulator: string, control: Control, runs: Runs): Promise<Outcome['result'] | undefined> {
  const end = runs.from + runs.count
  for (let from = runs.from; from < end;) {
    const rest = { ...runs, from, count: end - from }
    const verdict = await simulate(simulator, rest)
    if (verdict.kind === 'unfinished') return { kind: 'unclear', reason: verdict.reason }
    if (verdict.kind === 'passed') return mutant.twice === true ? await compareTraces(simulator, control, rest, verdict.traceHash) : undefined
    if (await control.isWell({ ...runs, from: verdict.seed })) {
      return { kind: 'killed', by: nameOf(runs.scenario, verdict.seed), invariant: verdict.invariant, text: verdict.text }
    }
    from = verdict.seed + 1
  }
  return undefined
}

/** Another process runs the same seeds: its trace must be the same. */
async function compareTraces (simulator: string, control: Control, runs: Runs, traceHash: string): Promise<Outcome['result'] | undefined> {
  const again = await simulate(simulator, runs)
  if (again.kind === 'unfinished') return { kind: 'unclear', reason: again.reason }
  if (again.kind === 'passed' && again.traceHash === traceHash) return undefined
  if (!await control.isSteady(runs)) return undefined
  return { kind: 'killed', by: rangeOf(runs), invariant: 'trace-hash', text: 'two processes ran these seeds differently' }
}

const rangeOf = ({ from, count }: Runs): string => `${from} … ${from + count - 1}`

/** As the table names a run: a seed, or a scenario and its seed. */
function nameOf (scenario: string | undefined, seed: number): string {
  return scenario === undefined ? String(seed) : `${/([^/\\]+)\.yaml$/.exec(scenario)?.[1] ?? scenario} (${seed})`
}

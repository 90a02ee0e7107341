import { calmLink } from '../network/link-options.js'
import { runScenario } from '../run/index.js'
import type { RunResult } from '../run/index.js'
import { lateMax } from '../scenario/index.js'
import type { Scenario, Step } from '../scenario/scenario.js'

export interface ShrinkOptions {
  readonly seed: string
  /** Runs it may take. Up: smaller results; down: sooner. */
  readonly runsMax: number
  /** Told after every run. */
  readonly progress?: (runs: number, events: number) => void
}

export interface Shrunk {
  readonly scenario: Scenario
  /** The broken promise that was kept. */
  readonly invariant: string
  /** Fault steps and client operations, before and after. */
  readonly eventsBefore: number
  readonly eventsAfter: number
  readonly runs: number
}

/** Ids of client operations that became steps: above those of every fault. */
const OPERATION_ID_MIN = 100_000
/** What a run goes on for after the event that broke the promise. */
const MARGIN_US = 200_000

/**
 * Reduces a failing life to what the failure needs (delta debugging: Zeller and Hildebrandt, "Simplifying and Isolating
 * Failure-Inducing Input", IEEE TSE 2002): client operations become steps of their own, then steps, knobs, partitions
 * and nodes are left out as long as the same promise stays broken. Random choices belong to steps and links, so that
 * leaving one out does not shift the others.
 */
export async function shrink (scenario: Scenario, first: RunResult, options: ShrinkOptions): Promise<Shrunk> {
  const violation = first.violations[0]
  if (violation === undefined) throw new Error('a run without a violation cannot be shrunk')
  const { invariant } = violation
  const eventsBefore = scenario.steps.length + first.operations
  let runs = 0
  let best = scenario

  const fails = async (candidate: Scenario): Promise<boolean> => {
    if (runs >= options.runsMax) return false
    runs++
    const result = await runScenario(candidate, { seed: options.seed, stopAtFirst: true })
    options.progress?.(runs, best.steps.length)
    return result.violations.some((each) => each.invariant === invariant)
  }
  const accept = async (candidate: Scenario): Promise<boolean> => {
    if (!await fails(candidate)) return false
    best = candidate
    return true
  }

  const explicit = withOperations(scenario, first)
  if (!await accept(explicit)) best = scenario
  const brokenAfterUs = violation.atUs - first.warmUpEndUs
  if (brokenAfterUs > 0 && brokenAfterUs + MARGIN_US < best.durationUs) await accept(cutShort(best, brokenAfterUs + MARGIN_US))
  await leaveOutSteps(() => best, accept)
  for (const simpler of simplifications) {
    for (let candidate = simpler(best); candidate !== undefined; candidate = simpler(best)) {
      if (!await accept(candidate)) break
    }
  }
  await leaveOutSteps(() => best, accept)
  const name = `shrunk ${options.seed}`
  const about = `Given the life of seed ${options.seed}, reduced from ${eventsBefore} events to what breaks ${invariant}; then: ${violation.text.split('\n')[0]}`
  return { scenario: { ...best, name, about }, invariant, eventsBefore, eventsAfter: best.steps.length + (best.clients === undefined ? 0 : first.operations), runs }
}

/** The same life with every client operation that was sent as a step. */
function withOperations (scenario: Scenario, first: RunResult): Scenario {
  const operations = first.history.requests().filter(({ calledUs }) => calledUs >= first.warmUpEndUs && calledUs < (first.healedUs ?? Infinity))
  const steps = operations.map(({ number, calledUs, request }): Step => {
    const { key, value, through, timeoutUs, kind, consistency } = request
    const when = { kind: 'at', atUs: calledUs - first.warmUpEndUs } as const
    const id = OPERATION_ID_MIN + number
    switch (kind) {
      case 'set': return { id, when, action: { do: 'set', key, value: value ?? '', through, timeoutUs, answer: undefined } }
      case 'delete': return { id, when, action: { do: 'delete', key, through, timeoutUs, answer: undefined } }
      case 'get': return { id, when, action: { do: 'get', key, through, consistency, timeoutUs, answer: undefined } }
    }
  })
  return { ...scenario, clients: undefined, steps: [...scenario.steps, ...steps] }
}

function cutShort (scenario: Scenario, durationUs: number): Scenario {
  const isDue = ({ when }: Step): boolean => (when.kind === 'at' ? when.atUs : when.fromUs) < durationUs
  return { ...scenario, durationUs, steps: scenario.steps.filter(isDue) }
}

/** ddmin: leaves out ever smaller chunks of the steps. */
async function leaveOutSteps (current: () => Scenario, accept: (candidate: Scenario) => Promise<boolean>): Promise<void> {
  for (let size = Math.ceil(current().steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < current().steps.length;) {
      const { steps } = current()
      if (!await accept({ ...current(), steps: [...steps.slice(0, from), ...steps.slice(from + size)] })) from += size
    }
  }
}

/** Each makes a life simpler in one way; undefined where it is that simple already. */
const simplifications: ReadonlyArray<(scenario: Scenario) => Scenario | undefined> = [
  (scenario) => Object.keys(scenario.clocks).length === 0 ? undefined : { ...scenario, clocks: {} },
  (scenario) => scenario.late.length === 0 ? undefined : { ...scenario, late: [] },
  (scenario) => Object.keys(scenario.slowness).length === 0 ? undefined : { ...scenario, slowness: {} },
  (scenario) => isCalm(scenario) ? undefined : { ...scenario, network: calmLink },
  (scenario) => scenario.turnUs === 20 ? undefined : { ...scenario, turnUs: 20 },
  (scenario) => scenario.disk.flushUsMax <= 400 ? undefined : { ...scenario, disk: { flushUsMin: 100, flushUsMax: 400 } },
  (scenario) => Object.keys(scenario.tuning).length === 0 ? undefined : { ...scenario, tuning: {} },
  (scenario) => scenario.partitions === 1 ? undefined : { ...scenario, partitions: scenario.partitions / 2 },
  (scenario) => scenario.groups === undefined ? undefined : { ...scenario, groups: undefined },
  (scenario) => scenario.nodes <= 1 || scenario.groups !== undefined || scenario.late.length > lateMax(scenario.nodes - 1) || mentions(scenario, `node${scenario.nodes}`) ? undefined : { ...scenario, nodes: scenario.nodes - 1 }
]

const isCalm = ({ network }: Scenario): boolean => JSON.stringify(network) === JSON.stringify(calmLink)

const mentions = ({ steps, clocks, slowness, late, expect }: Scenario, name: string): boolean => JSON.stringify([steps, clocks, slowness, late, expect]).includes(`"${name}"`)

import { PARTITION_REPLICA_COUNT_MAX } from '../../protocols/index.js'
import { calmLink } from '../network/link-options.js'
import { findContradictions } from './contradictions.js'
import { defaulted, form, Mapping, partialForm, perNode } from './form.js'
import type { Fields } from './form.js'
import { count, listOf, optional, period, text, textual } from './kinds.js'
import type { Context, Kind } from './kinds.js'
import { gatherProblems } from './problem.js'
import type { Problem, Report } from './problem.js'
import type { Scenario } from './scenario.js'
import { nodeName } from './selector.js'
import { clientLoad, clock, defaultDisk, defaultExpectation, diskSpeed, expectation, linkFields, TURN_US_DEFAULT, tuningFields } from './setup-forms.js'
import { endOf, readSteps } from './step-form.js'
import type { LocatedStep } from './step-form.js'
import { readTree } from './yaml-tree.js'
import type { Located } from './yaml-tree.js'

export { formatProblem } from './problem.js'
export type { Problem } from './problem.js'

export const NODES_DEFAULT = 3
const NODES_MAX = 16
const PARTITIONS_MAX = 1024
const SLOWNESS_MAX = 10_000
const NAME_SIZE_MAX = 200
const ABOUT_SIZE_MAX = 10_000
/** At least so long where a file does not say, and so much longer than its last step. */
const DURATION_US_MIN = 10_000_000
const AFTER_LAST_STEP_US = 5_000_000

const powerOfTwo: Kind<number> = textual({
  expected: 'a power of two',
  parse: (given) => {
    const value = /^\d{1,4}$/.test(given) ? Number(given) : 0
    const isPower = value >= 1 && value <= PARTITIONS_MAX && (value & (value - 1)) === 0
    return isPower ? { value } : { wrong: `must be a power of two from 1 to ${PARTITIONS_MAX}` }
  },
  write: String
})

type Sizes = Pick<Scenario, 'nodes' | 'partitions'>
type Setup = Omit<Scenario, keyof Sizes | 'name' | 'about' | 'durationUs' | 'steps' | 'expect'>

/** What all else is read by. */
export const sizeFields: Fields<Sizes> = {
  nodes: defaulted('nodes', count(1, NODES_MAX), NODES_DEFAULT),
  partitions: defaulted('partitions', powerOfTwo, 1)
}

export const setupFields: Fields<Setup> = {
  groups: defaulted('groups', optional(listOf(listOf(nodeName, 1, PARTITION_REPLICA_COUNT_MAX), 1, PARTITIONS_MAX)), undefined),
  replicas: defaulted('replicas', count(0, PARTITION_REPLICA_COUNT_MAX), 0),
  tuning: defaulted('tuning', partialForm(tuningFields), {}),
  network: defaulted('network', form(linkFields), calmLink),
  disk: defaulted('disk', diskSpeed, defaultDisk),
  turnUs: defaulted('turn', period, TURN_US_DEFAULT),
  clocks: defaulted('clocks', perNode(nodeName, clock), {}),
  slowness: defaulted('slowness', perNode(nodeName, count(1, SLOWNESS_MAX)), {}),
  clients: defaulted('clients', optional(clientLoad), undefined),
  late: defaulted('late', listOf(nodeName, 0, NODES_MAX), [])
}

/**
 * Reads a scenario file. Every problem is found at once; nothing is repaired. Never throws, whatever the text.
 * @param file its path: the scenario is named after it where the text gives no name
 */
export function readScenario (source: string, file: string): { readonly scenario: Scenario } | { readonly problems: readonly Problem[] } {
  const { report, problems } = gatherProblems()
  const root = readTree(source, report)
  const scenario = root === undefined ? undefined : readRoot(root, file, report)
  return scenario === undefined || problems().length > 0 ? { problems: problems() } : { scenario }
}

function readRoot (root: Located, file: string, report: Report): Scenario | undefined {
  const mapping = new Mapping('', root, report)
  // Where one of these is wrong, what follows from it is not reported as well.
  const loose: Context = { report, nodes: NODES_MAX, partitions: PARTITIONS_MAX, hasIt: false }
  const nodes = mapping.read(sizeFields.nodes, loose)
  const partitions = mapping.read(sizeFields.partitions, loose)
  const context: Context = { ...loose, nodes: nodes?.value ?? NODES_MAX, partitions: partitions?.value ?? PARTITIONS_MAX }
  const name = mapping.read(defaulted('name', text(1, NAME_SIZE_MAX), nameOf(file)), context)
  const about = mapping.read(defaulted('about', text(0, ABOUT_SIZE_MAX), ''), context)
  const setup = mapping.readAll(setupFields, context)
  const steps = readSteps(mapping.entry('steps')?.value ?? { kind: 'nothing', at: root.at }, context)
  const duration = mapping.read(defaulted('duration', period, durationFor(steps)), context)
  const expect = mapping.read(defaulted('expect', expectation, defaultExpectation), context)
  mapping.finish(context)
  if (nodes === undefined || partitions === undefined || name === undefined || about === undefined) return undefined
  if (setup === undefined || duration === undefined || expect === undefined) return undefined
  const scenario: Scenario = {
    name: name.value, about: about.value, nodes: nodes.value, partitions: partitions.value, ...setup.value,
    durationUs: duration.value, steps: steps.map(({ step }) => step), expect: expect.value
  }
  findContradictions(scenario, steps, mapping, report)
  return scenario
}

/** `figure-8` for `sim/scenarios/figure-8.yaml`. */
function nameOf (file: string): string {
  const name = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1).replace(/\.ya?ml$/, '').slice(0, NAME_SIZE_MAX)
  return name === '' ? 'scenario' : name
}

/** Long enough for every step and what it takes. */
function durationFor (steps: readonly LocatedStep[]): number {
  return Math.max(DURATION_US_MIN, ...steps.map(({ step }) => endOf(step) + AFTER_LAST_STEP_US))
}

import type { RecordedFault, Recording } from '../run/recording.js'
import type { Action, DiskFault, Scenario } from '../scenario/scenario.js'
import type { Intern } from './columns.js'
import type { FaultSpan, ProcessSpan } from './page-data.js'

/** Faults of the network that last until somebody heals it. */
const CUTS: ReadonlySet<Action['do']> = new Set(['cut', 'cut-one-way', 'isolate', 'bridge', 'ring', 'chain', 'star', 'flap'])
/** Faults of a disk that last. */
const LASTING: ReadonlySet<DiskFault> = new Set(['stall', 'slow', 'full', 'read-error', 'lies'])
/** What a healed network is called in the notes of a run. */
const HEAL = 'heal'

/** The faults with their ends, as far as the scenario and later notes tell. */
export function faultSpans (recording: Recording, nodeOf: Intern): FaultSpan[] {
  const { faults, scenario, endUs } = recording
  const actions = actionsById(scenario)
  const worldEndUs = recording.healedUs ?? endUs
  const seen = new Set<number>()
  const heals = faults.filter(({ text }) => text === HEAL).map(({ atUs }) => atUs)
  return faults.map((fault) => {
    const action = actions.get(fault.step)
    const isFirst = !seen.has(fault.step)
    seen.add(fault.step)
    const toUs = action === undefined ? fault.atUs : Math.max(fault.atUs, Math.min(endOf(action, fault, isFirst, heals, worldEndUs), endUs))
    return { fromUs: fault.atUs, toUs, step: fault.step, text: fault.text, nodes: fault.nodes.map(nodeOf) }
  })
}

/** When processes were held up. */
export function pauseSpans (recording: Recording, nodeOf: Intern): ProcessSpan[] {
  const actions = actionsById(recording.scenario)
  const pauses = faultSpans(recording, nodeOf).filter(({ step, fromUs, toUs }) => actions.get(step)?.do === 'pause' && toUs > fromUs)
  return pauses.flatMap(({ nodes, fromUs, toUs }) => nodes.map((node): ProcessSpan => ({ kind: 'paused', node, fromUs, toUs })))
}

function actionsById ({ steps }: Scenario): Map<number, Action> {
  return new Map(steps.map(({ id, action }) => [id, action]))
}

/** @param isFirst the first note of its step: the others tell of its end @param worldEndUs when everything is mended */
function endOf (action: Action, fault: RecordedFault, isFirst: boolean, heals: readonly number[], worldEndUs: number): number {
  const { atUs } = fault
  if (fault.text === HEAL) return atUs
  if (CUTS.has(action.do)) return Math.min(heals.find((healUs) => healUs > atUs) ?? Infinity, worldEndUs)
  if (!isFirst) return atUs
  const forUs = 'forUs' in action ? action.forUs : undefined
  if (forUs !== undefined) return Math.min(atUs + forUs, worldEndUs)
  if (action.do === 'link' || (action.do === 'disk' && LASTING.has(action.fault))) return worldEndUs
  return atUs
}

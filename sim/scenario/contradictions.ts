import { PARTITION_REPLICA_COUNT_MAX } from '../../protocols/index.js'
import type { Mapping } from './form.js'
import { writeDuration } from './kinds.js'
import { reportLate } from './late.js'
import { quote } from './problem.js'
import type { Report } from './problem.js'
import type { Scenario } from './scenario.js'
import { tuningProblems } from './setup-forms.js'
import type { LocatedStep } from './step-form.js'

/** Reports what is wrong with values that are each right alone. */
export function findContradictions (scenario: Scenario, steps: readonly LocatedStep[], file: Mapping, report: Report): void {
  const { groups, nodes, clients, durationUs } = scenario
  const at = (key: string): Parameters<Report>[0] => file.entry(key)?.keyAt ?? file.located.at
  if (groups === undefined && nodes > PARTITION_REPLICA_COUNT_MAX) {
    report(at('nodes'), `at most ${PARTITION_REPLICA_COUNT_MAX} nodes may hold one partition, so ${nodes} nodes need groups`)
  }
  for (const group of groups ?? []) {
    const twice = group.find((name, index) => group.indexOf(name) < index)
    if (twice !== undefined) report(at('groups'), `a group names ${twice} twice`)
  }
  reportLate(scenario, (message) => { report(at('late'), message) })
  for (const problem of tuningProblems(scenario.tuning)) report(at('tuning'), `tuning: ${problem}`)
  if (clients !== undefined && clients.sets + clients.deletes + clients.gets === 0) report(at('clients'), 'clients neither set nor delete nor get anything')
  const images = new Set(steps.map(({ step: { action } }) => action.do === 'image' ? action.as : undefined))
  for (const { step: { when, action }, at: stepAt } of steps) {
    const fromUs = when.kind === 'at' ? when.atUs : when.fromUs
    if (fromUs > durationUs) report(stepAt, `this step is not before ${writeDuration(fromUs)}, and the scenario's duration is ${writeDuration(durationUs)}`)
    if (action.do === 'restore' && !images.has(action.from)) report(stepAt, `no step takes an image as ${quote(action.from)}`)
    if (action.do === 'disk' && (action.fault === 'slow') !== (action.factor !== undefined)) {
      report(stepAt, action.fault === 'slow' ? 'disk.factor is missing: how many times slower' : `disk.factor belongs to the fault slow, not to ${action.fault}`)
    }
  }
}

import { writeFields } from './form.js'
import { writeDuration, writeText } from './kinds.js'
import { setupFields, sizeFields } from './read.js'
import type { Scenario } from './scenario.js'
import { expectation, defaultExpectation } from './setup-forms.js'
import { writeStep } from './step-form.js'

const HEADER = '# A life of a cluster for the simulator: npm run sim -- --scenario FILE --seed SEED'

/** The scenario as a file: `readScenario` gives back an equal one. What is as by default is left out, save the duration. */
export function writeScenario (scenario: Scenario): string {
  const expected = expectation.write(scenario.expect)
  const lines = [
    HEADER,
    `name: ${writeText(scenario.name)}`,
    ...writeAbout(scenario.about),
    ...[...writeFields(sizeFields, scenario), ...writeFields(setupFields, scenario)].map(([key, text]) => `${key}: ${text}`),
    `duration: ${writeDuration(scenario.durationUs)}`,
    ...(scenario.steps.length === 0 ? [] : ['steps:']),
    ...scenario.steps.flatMap((step, index) => writeStep(step, index).map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`)),
    ...(expected === expectation.write(defaultExpectation) ? [] : [`expect: ${expected}`])
  ]
  return `${lines.join('\n')}\n`
}

/** As it is, line by line, where YAML keeps it so; otherwise in double quotes. */
function writeAbout (about: string): string[] {
  if (about === '') return []
  const lines = about.split('\n')
  const isLiteral = /^\S/.test(about) && !about.endsWith('\n') && lines.every((line) => /^[\t\x20-\x7e\xa0-\ud7ff\ue000-\ufefe]*$/.test(line))
  return isLiteral ? ['about: |-', ...lines.map((line) => line === '' ? '' : `  ${line}`)] : [`about: ${JSON.stringify(about)}`]
}

import { INVARIANTS, RUN_PROMISES } from '../invariants/names.js'
import type { Recording } from '../run/recording.js'
import { writeScenario } from '../scenario/index.js'
import { escapeHtml, escapeShell } from './escape.js'
import { msText } from './format.js'
import { optionRows } from './options-table.js'
import type { KeyStory, PageData, PageViolation } from './page-data.js'

/** Violations and broken keys listed at most; the time-line has all. */
const LISTED_MAX = 200
/** The command that makes the same run again, as far as a recording tells where its scenario came from. */
export function againCommand ({ scenario, seed }: Pick<Recording, 'scenario' | 'seed'>): string {
  if (scenario.name === `seed ${seed}`) return `npm run sim -- --seed ${escapeShell(seed)} --time ${scenario.durationUs / 1000}ms`
  return `npm run sim -- --scenario ${escapeShell(`sim/scenarios/${scenario.name}.yaml`)} --seed ${escapeShell(seed)}`
}

/** What the run was and what it broke. */
export function headerHtml (recording: Recording, data: PageData, again: string): string {
  const { scenario, seed, commit, traceHash, omitted } = recording
  const { violations, messages, operations, endUs } = data
  const count = violations.length
  const broken = data.keys.filter(({ verdict }) => verdict === 'illegal' || verdict === 'unknown')
  const pill = count === 0 ? '<span class="pill">every promise kept</span>' : `<span class="pill bad">${plural(count, 'violation')}</span>`
  const figures: ReadonlyArray<readonly [string, string]> = [
    ['seed', seed], ['commit', commit], ['trace', traceHash], ['ran', `${msText(endUs)} ms`],
    ['messages', grouped(messages.text.length)], ['operations', grouped(operations.length)], ...(omitted > 0 ? [['left out', grouped(omitted)] as const] : [])
  ]
  return `<header>
<div class="title"><h1>${escapeHtml(scenario.name)}</h1>${pill}<span class="facts">${figures.map(([name, value]) => `<span>${name} <b>${escapeHtml(value)}</b></span>`).join('')}</span><button id="theme" type="button">light / dark</button></div>
<p class="about">${escapeHtml(scenario.about)}</p>
<div class="again"><code id="again">${escapeHtml(again)}</code><button id="copy" type="button">copy</button></div>
${violationEnds(violations)}
${broken.length === 0 ? '' : `<ul class="broken">${broken.slice(0, LISTED_MAX).map(keyHtml).join('')}</ul>`}
<div class="more">${allViolations(violations)}<details><summary>Options</summary><dl class="options">${optionRows(scenario).map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl></details>
<details><summary>Scenario as a file</summary><pre>${escapeHtml(writeScenario(scenario))}</pre></details></div>
</header>`
}

function violationEnds (violations: readonly PageViolation[]): string {
  const first = violations[0]
  const last = violations[violations.length - 1]
  if (first === undefined || last === undefined) return ''
  return `<ul class="broken">${violationHtml(first, 0, 'first')}${last === first ? '' : violationHtml(last, violations.length - 1, 'last')}</ul>`
}

function allViolations (violations: readonly PageViolation[]): string {
  if (violations.length < 3) return ''
  const listed = violations.slice(0, LISTED_MAX).map((violation, i) => violationHtml(violation, i, String(i + 1))).join('')
  const more = violations.length > LISTED_MAX ? `<li>and ${violations.length - LISTED_MAX} more</li>` : ''
  return `<details><summary>All ${violations.length} violations</summary><ul class="broken">${listed}${more}</ul></details>`
}

function violationHtml ({ invariant, atUs, text }: PageViolation, i: number, which: string): string {
  const promise = Object.entries({ ...INVARIANTS, ...RUN_PROMISES }).find(([name]) => name === invariant)?.[1]
  return `<li><span class="which">${which}</span> <b>${escapeHtml(invariant)}</b> <a href="#" data-violation="${i}">${msText(atUs)} ms</a> ${escapeHtml(text)}${promise === undefined ? '' : ` <span class="promise">(promised: ${escapeHtml(promise)})</span>`}</li>`
}

function keyHtml ({ key, blocked, text }: KeyStory): string {
  const name = blocked < 0 ? escapeHtml(key) : `<a href="#" data-operation="${blocked}">${escapeHtml(key)}</a>`
  return `<li><span class="which">key</span> ${name} ${escapeHtml(text)}</li>`
}

const grouped = (count: number): string => count.toLocaleString('en')
const plural = (count: number, noun: string): string => `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`

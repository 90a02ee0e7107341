import type { Outcome } from './hunt.js'
import type { Mutant } from './mutant.js'

const BEGIN = '<!-- mutants: written by npm run sim:mutants -->'
const END = '<!-- /mutants -->'
const HEAD = '| mutant | area | first run that shows it | what fired | seconds |\n| --- | --- | ---: | --- | ---: |'

/** A document between whose markers the rows of the outcomes stand instead of what was there of the same mutants; undefined: it has no markers. */
export function withRows (document: string, outcomes: readonly Outcome[], order: readonly string[], control: string | undefined): string | undefined {
  const begin = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (begin === -1 || end < begin) return undefined
  const rows = new Map<string, string>()
  let lastRow = control
  for (const line of document.slice(begin, end).split('\n')) {
    const [, id] = /^\| `([\w-]+)` \|/.exec(line) ?? []
    if (id !== undefined) rows.set(id, line)
    else if (line.startsWith('| *unmodified*')) lastRow ??= line
  }
  for (const outcome of outcomes) rows.set(outcome.mutant.id, rowOf(outcome))
  const sorted = order.flatMap((id) => rows.get(id) ?? [])
  return `${document.slice(0, begin)}${[BEGIN, '', HEAD, ...sorted, ...lastRow === undefined ? [] : [lastRow], ''].join('\n')}\n${document.slice(end)}`
}

/** One line of the table. */
export function rowOf ({ mutant, result, seconds }: Outcome): string {
  return `| \`${mutant.id}\` | ${mutant.area} | ${cellsOf(result)} | ${seconds.toFixed(0)} |`
}

function cellsOf (result: Outcome['result']): string {
  switch (result.kind) {
    case 'killed': return `${result.by} | ${result.invariant}`
    case 'survived': return `**survives ${result.seeds}** | `
    case 'unclear': return '**unclear** | '
  }
}

/** The row of the unmodified program: its alarms in so many runs. */
export function controlRow (alarms: number, runs: number, seconds: number): string {
  return `| *unmodified* | | ${alarms} alarms in ${runs} | | ${seconds.toFixed(0)} |`
}

/** An outcome for a terminal, in one line. */
export function lineOf ({ mutant, result, seconds }: Outcome): string {
  return `${mutant.id.padEnd(44)} ${seconds.toFixed(1).padStart(7)} s  ${fateOf(mutant, result)}`
}

function fateOf (mutant: Mutant, result: Outcome['result']): string {
  switch (result.kind) {
    case 'killed': return `killed by ${result.by}: ${result.invariant}: ${result.text}`
    case 'survived': return `SURVIVES ${result.seeds} seeds; what should be seen broken: ${mutant.breaks}`
    case 'unclear': return `UNCLEAR: ${result.reason}`
  }
}

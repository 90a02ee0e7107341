import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArguments, USAGE } from './arguments.js'
import type { MutantArguments } from './arguments.js'
import { Bar } from './bar.js'
import { checkTypes } from './check-types.js'
import { editedFiles } from './edits.js'
import { Control, hunt } from './hunt.js'
import type { Outcome } from './hunt.js'
import { MUTANTS } from './list/index.js'
import { editsOf } from './mutant.js'
import type { Mutant } from './mutant.js'
import { plant } from './plant.js'
import type { Checkout } from './plant.js'
import { scenarioFile } from './scenario-file.js'
import { controlRow, lineOf, withRows } from './table.js'

const OK = 0
const FAILED = 1
const BAD_USAGE = 2

/** The sources are those of the working directory, the compiled program is the one that this file is part of. */
const checkout: Checkout = { root: process.cwd(), compiled: fileURLToPath(new URL('../..', import.meta.url)) }
const README = join(checkout.root, 'sim', 'README.md')

async function main (args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args)
  if ('problem' in parsed || args.includes('--help')) {
    process.stderr.write('problem' in parsed ? `${parsed.problem}\n\n${USAGE}` : USAGE)
    return 'problem' in parsed ? BAD_USAGE : OK
  }
  if (!existsSync(join(checkout.root, 'src', 'node', 'driver.ts'))) {
    process.stderr.write('the sources are not here: run this in a checkout\n')
    return BAD_USAGE
  }
  const { only } = parsed
  const unknown = only?.filter((name) => !MUTANTS.some(({ id, area }) => id === name || area === name)) ?? []
  if (unknown.length > 0) {
    process.stderr.write(`there is no mutant or area ${unknown.join(', ')}\n`)
    return BAD_USAGE
  }
  const mutants = MUTANTS.filter(({ id, area }) => only === undefined || only.includes(id) || only.includes(area))
  return parsed.check ? await check(mutants) : await run(mutants, parsed)
}

/** Whether every mutant can be planted into the sources as they are. */
async function check (mutants: readonly Mutant[]): Promise<number> {
  let misfits = 0
  const fitting = mutants.filter((mutant) => {
    try {
      editedFiles(checkout.root, editsOf(mutant))
      return true
    } catch (error) {
      misfits++
      process.stdout.write(`${mutant.id}: ${error instanceof Error ? error.message : String(error)}\n`)
      return false
    }
  })
  const problems = await checkTypes(checkout.root, fitting, (count) => { if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${count}/${fitting.length} checked`) })
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  for (const { mutant, text } of problems) process.stdout.write(`${mutant.id}: ${text}\n`)
  process.stdout.write(`${mutants.length} mutants, ${misfits} do not fit, ${new Set(problems.map(({ mutant }) => mutant)).size} have wrong types\n`)
  return misfits === 0 && problems.length === 0 ? OK : FAILED
}

async function run (mutants: readonly Mutant[], { seedsMax, control: controlSeeds, jobs, only, isDry }: MutantArguments): Promise<number> {
  const unmodified = await plant(checkout, [])
  try {
    const control = new Control(unmodified.simulator)
    const controlled = await runControl(control, mutants, controlSeeds)
    const bar = new Bar(mutants.length, process.stderr)
    const outcomes: Outcome[] = []
    const waiting = [...mutants]
    const work = async (): Promise<void> => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        bar.trying(mutant.id, 0)
        const outcome = await hunt(mutant, { checkout, control, seedsMax, survived: ({ id }, seeds) => { bar.trying(id, seeds) } })
        outcomes.push(outcome)
        bar.done(mutant.id, outcome.result.kind === 'killed', lineOf(outcome))
      }
    }
    await Promise.all(Array.from({ length: jobs }, work))
    bar.clear()
    for (const [name, text] of control.alarms) process.stdout.write(`ALARM without any mutant, ${name}: ${text}\n`)
    const killed = outcomes.filter(({ result }) => result.kind === 'killed').length
    process.stdout.write(`${killed} of ${mutants.length} mutants killed, ${control.alarms.size} alarms without any\n`)
    if (!isDry) writeTable(outcomes, only === undefined ? controlRow(control.alarms.size, controlled.runs, controlled.seconds) : undefined)
    return killed === mutants.length && control.alarms.size === 0 ? OK : FAILED
  } finally {
    unmodified.remove()
  }
}

/** Runs the unmodified program: every scenario that a mutant rests on, and drawn lives. */
async function runControl (control: Control, mutants: readonly Mutant[], seeds: number): Promise<{ readonly runs: number, readonly seconds: number }> {
  const startMs = performance.now()
  const scenarios = [...new Set(mutants.flatMap(({ scenario }) => scenario ?? []))]
  for (const scenario of scenarios) await control.isWell({ scenario: scenarioFile(checkout.root, scenario), from: 1, count: 1 })
  await control.areWell(seeds)
  const seconds = (performance.now() - startMs) / 1000
  process.stdout.write(`${'unmodified'.padEnd(44)} ${seconds.toFixed(1).padStart(7)} s  ${control.alarms.size} alarms in ${seeds} drawn lives and ${scenarios.length} scenarios\n`)
  return { runs: seeds + scenarios.length, seconds }
}

function writeTable (outcomes: readonly Outcome[], control: string | undefined): void {
  const document = readFileSync(README, 'utf8')
  const written = withRows(document, outcomes, MUTANTS.map(({ id }) => id), control)
  if (written === undefined) process.stdout.write(`${README} has no markers for the table and was left as it is\n`)
  else writeFileSync(README, written)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { process.exit(FAILED) })

process.exitCode = await main(process.argv.slice(2))

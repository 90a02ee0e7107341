import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runScenario } from '../../sim/run/index.js'
import { readScenario } from '../../sim/scenario/index.js'
import { expect, suite } from '../harness.js'

/** Lives that failed once (sim/seeds) go the way they went; directed scenarios are tried with two seeds. */
const SEEDS = ['1', '2']
const root = process.cwd()

function filesOf (directory: string): string[] {
  return readdirSync(join(root, 'sim', directory)).filter((name) => name.endsWith('.yaml')).sort()
}

function load (directory: string, name: string) {
  const path = join(root, 'sim', directory, name)
  const read = readScenario(readFileSync(path, 'utf8'), path)
  if (!('scenario' in read)) throw new Error(read.problems.map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`).join('\n'))
  return read.scenario
}

suite('directed scenarios', ({ test }) => {
  for (const name of filesOf('scenarios')) {
    test(`${name} comes out as it says`, async () => {
      for (const seed of SEEDS) {
        const result = await runScenario(load('scenarios', name), { seed })
        expect.equal(result.violations, [], `npm run sim -- --scenario sim/scenarios/${name} --seed ${seed}`)
      }
    }, { limitMs: 60_000 })
  }
})

suite('failures that are kept', ({ test }) => {
  test('every kept life keeps every promise now', async () => {
    for (const name of filesOf('seeds')) {
      const result = await runScenario(load('seeds', name), { seed: name.replace(/\.yaml$/, '') })
      expect.equal(result.violations, [], `npm run sim -- --scenario sim/seeds/${name} --seed ${name.replace(/\.yaml$/, '')}`)
    }
  }, { limitMs: 120_000 })
})

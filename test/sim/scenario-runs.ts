import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runScenario } from '../../sim/run/index.js'
import { readScenario } from '../../sim/scenario/index.js'
import { expect, suite } from '../harness.js'

/** Test files that share the directed scenarios, so that two run side by side. */
const SHARES = 4

const root = process.cwd()

export function filesOf (directory: string): string[] {
  return readdirSync(join(root, 'sim', directory)).filter((name) => name.endsWith('.yaml')).sort()
}

export function load (directory: string, name: string) {
  const path = join(root, 'sim', directory, name)
  const read = readScenario(readFileSync(path, 'utf8'), path)
  if (!('scenario' in read)) throw new Error(read.problems.map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`).join('\n'))
  return read.scenario
}

/** Runs one share of the directed scenarios, each with a seed of the share's own. */
export function directedScenarios (share: number): void {
  suite(`directed scenarios, share ${share} of ${SHARES}`, ({ test }) => {
    for (const name of filesOf('scenarios').filter((_, i) => i % SHARES === share - 1)) {
      test(`${name} comes out as it says`, async () => {
        const seed = String(share)
        const result = await runScenario(load('scenarios', name), { seed })
        expect.equal(result.violations, [], `npm run sim -- --scenario sim/scenarios/${name} --seed ${seed}`)
      }, { limitMs: 60_000 })
    }
  })
}

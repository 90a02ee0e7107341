import { runScenario } from '../../sim/run/index.js'
import { expect, suite } from '../harness.js'
import { filesOf, load } from './scenario-runs.js'

suite('failures that are kept', ({ test }) => {
  for (const name of filesOf('seeds')) {
    const seed = name.replace(/\.yaml$/, '')
    test(`${seed} keeps every promise now`, async () => {
      const result = await runScenario(load('seeds', name), { seed })
      expect.equal(result.violations, [], `npm run sim -- --scenario sim/seeds/${name} --seed ${seed}`)
    }, { limitMs: 60_000 })
  }
})

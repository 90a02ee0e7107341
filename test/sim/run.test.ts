import { execFileSync } from 'node:child_process'
import { drawScenario } from '../../sim/nemesis/index.js'
import { runScenario } from '../../sim/run/index.js'
import { expect, suite } from '../harness.js'

const DURATION_US = 3_000_000
const SEEDS = ['determinism 1', 'determinism 2', 'determinism 3']

const run = (seed: string) => runScenario(drawScenario(seed, { durationUs: DURATION_US }), { seed })

suite('a run follows from its seed', ({ test }) => {
  for (const seed of SEEDS) {
    test(`${seed} goes the same way twice, and in another process`, async () => {
      const here = await run(seed)
      expect.is((await run(seed)).traceHash, here.traceHash)
      const program = new URL('../../sim/main.js', import.meta.url)
      const output = execFileSync(process.execPath, [program.pathname, '--seed', seed, '--time', '3s', '--no-progress'], { encoding: 'utf8' })
      expect.is(output.trimEnd().split('\n').at(-1), `trace hash ${here.traceHash}`)
    }, { limitMs: 60_000 })
  }

  test('other seeds go other ways', async () => {
    const hashes = new Set<string>()
    for (const seed of SEEDS) hashes.add((await run(seed)).traceHash)
    expect.is(hashes.size, SEEDS.length)
  }, { limitMs: 60_000 })

  test('a life has clients, faults and acknowledged writes', async () => {
    const faults = new Set<string>()
    let acknowledged = 0
    for (let i = 0; i < 6; i++) {
      const result = await run(`busy ${i}`)
      expect.equal(result.violations, [])
      acknowledged += result.acknowledged
      for (const fault of result.faults.keys()) faults.add(fault)
    }
    expect.ok(acknowledged > 100, `${acknowledged} acknowledged writes in six lives`)
    expect.ok(faults.size >= 5, `only ${[...faults].join(', ')} happened`)
  }, { limitMs: 60_000 })
})

import { noTotals, runInterval } from '../../sim/membership/interval.js'
import { modeOf } from '../../sim/membership/modes.js'
import { measureInterval } from '../../sim/membership/workloads/w2.js'
import { suite, expect } from '../harness.js'

suite('sim: membership interval workload', ({ test }) => {
  test('[M17] interval workload, four of the pull-request cells: as shipped FP <= 1 % of plain SWIM\'s, FP- none, messages <= 115 %', () => {
    const deal = { part: 0, parts: 3 }
    const swim = measureInterval('swim', { seed: 'M17', seeds: 1 }, deal)
    const ours = measureInterval('gokeydb', { seed: 'M17', seeds: 1 }, deal)
    expect.is(swim.runs, 4)
    expect.ok(swim.falsePositives > 100, `plain SWIM has only ${swim.falsePositives} false positives: nothing is compared, seed M17`)
    expect.ok(ours.falsePositives <= swim.falsePositives / 100, `${ours.falsePositives} of ${swim.falsePositives}, seed M17`)
    expect.is(ours.falsePositivesAtHealthy, 0, 'seed M17')
    expect.ok(ours.messages <= 1.15 * swim.messages, `${ours.messages} messages of ${swim.messages}, seed M17`)
  }, { limitMs: 90_000 })

  test('[M17] the same seed gives the same counts, another one others', () => {
    const run = (seed: string): unknown => {
      const totals = noTotals()
      runInterval({ seed, mode: modeOf('lifeguard'), anomalous: 4, durationMs: 2048, pauseMs: 64, size: 24, measuresBytes: true }, totals)
      return totals
    }
    expect.equal(run('a'), run('a'))
    expect.not.equal(run('a'), run('b'))
  })
})

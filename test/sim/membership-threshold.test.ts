import { median } from '../../sim/membership/metrics.js'
import { modeOf } from '../../sim/membership/modes.js'
import type { ModeName } from '../../sim/membership/modes.js'
import { runThreshold } from '../../sim/membership/threshold.js'
import type { Latencies } from '../../sim/membership/threshold.js'
import { suite, expect } from '../harness.js'

/** Some of W1: enough members for a median within 1 %. */
function latencies (name: ModeName, seed: string): Latencies {
  const into: Latencies = { firstS: [], fullS: [], virtualS: 0 }
  for (const anomalous of [8, 16, 24, 32]) {
    for (const durationMs of [16_384, 32_768]) runThreshold({ seed: `${seed} ${anomalous} ${durationMs}`, mode: modeOf(name), anomalous, durationMs }, into)
  }
  return into
}

const isWithin = (value: number, of: number): boolean => Math.abs(value / of - 1) <= 0.03

suite('sim: membership threshold workload', ({ test }) => {
  for (const name of ['swim', 'lifeguard'] as const) {
    test(`[M18] threshold workload at alpha 5, ${name}: median first detection 12.44 s ±3 %, median full dissemination 12.90 s ±3 %`, () => {
      const { firstS, fullS } = latencies(name, 'M18')
      expect.ok(firstS.length > 150, `${firstS.length} members detected, seed M18`)
      expect.ok(isWithin(median(firstS), 12.44), `first ${median(firstS)} s, seed M18`)
      expect.ok(isWithin(median(fullS), 12.90), `full ${median(fullS)} s, seed M18`)
    }, { limitMs: 60_000 })
  }

  test('[M18] an anomaly shorter than the shortest trial condemns nobody', () => {
    const into: Latencies = { firstS: [], fullS: [], virtualS: 0 }
    runThreshold({ seed: 'M18 short', mode: modeOf('swim'), anomalous: 16, durationMs: 8192 }, into)
    expect.equal(into.firstS, [])
  })

  test('[M18] the same seed gives the same latencies to the microsecond, another one others', () => {
    const run = (seed: string): Latencies => {
      const into: Latencies = { firstS: [], fullS: [], virtualS: 0 }
      runThreshold({ seed, mode: modeOf('lifeguard'), anomalous: 8, durationMs: 16_384, size: 48 }, into)
      return into
    }
    expect.equal(run('a'), run('a'))
    expect.not.equal(run('a'), run('b'))
  })
})

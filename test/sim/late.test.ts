import { SYSTEM_PARTITION } from '../../src/base/index.js'
import { drawScenario } from '../../sim/nemesis/index.js'
import { runScenario } from '../../sim/run/index.js'
import type { RunSink } from '../../sim/run/index.js'
import { lateMax, readScenario } from '../../sim/scenario/index.js'
import type { Scenario } from '../../sim/scenario/index.js'
import { expect, suite } from '../harness.js'

function read (text: string): Scenario {
  const result = readScenario(text, 'late.yaml')
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  return result.scenario
}

/** Every start of a node, as `node5 at 2000 ms`, and the violations. */
async function startsOf (scenario: Scenario, seed: string): Promise<{ readonly starts: string[], readonly violations: string[], readonly healedMs: number }> {
  const starts: Array<{ node: string, atUs: number }> = []
  const sink: RunSink = {
    fact: (fact) => { if (fact.kind === 'started') starts.push(fact) }, sent () {}, delivered () {}, fault () {}, operation () {}, violation () {}
  }
  const { violations, warmUpEndUs, healedUs = 0 } = await runScenario(scenario, { seed, sink })
  return {
    starts: starts.map(({ node, atUs }) => `${node} at ${atUs < warmUpEndUs ? 'warm-up' : `${Math.round((atUs - warmUpEndUs) / 1000)} ms`}`),
    violations: violations.map(({ invariant, text }) => `${invariant}: ${text}`), healedMs: Math.round((healedUs - warmUpEndUs) / 1000)
  }
}

suite('nodes that come late', ({ test }) => {
  test('come by a step that names them, and not with all the others', async () => {
    const { starts, violations } = await startsOf(read('nodes: 4\nlate: [node4]\nduration: 4s\nsteps:\n  - {at: 1s, start-all: }\n  - {at: 1500ms, check: {stopped: node4}}\n  - {at: 2s, start: node4}\n  - {at: 3s, check: {running: node4}}\n'), 'late 1')
    expect.equal(violations, [])
    expect.equal(starts, ['node1 at warm-up', 'node2 at warm-up', 'node3 at warm-up', 'node4 at 2000 ms'])
  })

  test('come with the healing where no step starts them, and then have everything', async () => {
    const { starts, violations, healedMs } = await startsOf(read('nodes: 6\nlate: [node3, node5]\nclients: 50/s\nduration: 3s\n'), 'late 2')
    expect.equal(violations, [])
    expect.equal(starts.slice(4), [`node3 at ${healedMs} ms`, `node5 at ${healedMs} ms`])
  }, { limitMs: 60_000 })

  test('are never so many that nobody could found the cluster', () => {
    expect.equal([1, 2, 3, 4, 5, 6, 7, 16].map(lateMax), [0, 0, 0, 1, 1, 2, 2, 7])
  })

  test('are drawn in a third of the lives of four nodes and more, half of them started by a step of their own', () => {
    let large = 0
    let late = 0
    let started = 0
    for (let seed = 1; seed <= 1000; seed++) {
      const scenario = drawScenario(String(seed), { durationUs: 1_000_000 })
      expect.ok(scenario.late.length <= lateMax(scenario.nodes) && !scenario.late.includes('node1'), `seed ${seed}`)
      if (scenario.nodes >= 4) large++
      if (scenario.late.length > 0) late++
      if (scenario.steps.some(({ action }) => action.do === 'start' && scenario.late.includes(action.node))) started++
    }
    expect.ok(late > large / 4 && late < large / 2, `${late} of ${large}`)
    expect.ok(started > late / 3 && started < late, `${started} of ${late}`)
  })

  test('a voter that comes when the map has changed begins with a snapshot of the map, not with the newer one it was sent', async () => {
    const installed: string[] = []
    const sink: RunSink = {
      fact: (fact) => { if (fact.kind === 'installed' && fact.partition === SYSTEM_PARTITION) installed.push(fact.node) }, sent () {}, delivered () {}, fault () {}, operation () {}, violation () {}
    }
    const scenario = read('nodes: 5\nlate: [node5]\ntuning: {lazy-flush: 0s, inflight-appends-max: 1, append-entries-max: 1}\nduration: 4s\nsteps:\n  - {at: 1s, start: node5}\n')
    const { violations } = await runScenario(scenario, { seed: 'late voter', sink })
    expect.equal(violations, [])
    expect.equal(installed, ['node5'])
  }, { limitMs: 60_000 })
})

import { calmLink } from '../../sim/network/link-options.js'
import { runScenario } from '../../sim/run/index.js'
import type { Scenario, Step } from '../../sim/scenario/index.js'
import { readScenario, writeScenario } from '../../sim/scenario/index.js'
import { shrink } from '../../sim/shrink/index.js'
import { expect, suite } from '../harness.js'

const crashAll: Step['action'] = { do: 'crash-all', loses: 'everything', restartUs: 50_000 }

/** Disks that lie and lose their power in the middle of a busy life: acknowledged writes are gone. */
const LOSING: Scenario = {
  name: 'lying disks', about: 'Given disks that lie, when all nodes lose their power, then acknowledged writes are lost.',
  nodes: 3, partitions: 2, groups: undefined, replicas: 0, tuning: { lazyFlushMs: 1 }, network: { ...calmLink, jitterUs: 500 }, disk: { flushUsMin: 100, flushUsMax: 900 }, turnUs: 100,
  clocks: { node2: { offsetUs: 1000, driftPpm: 50 } }, slowness: {},
  clients: { operationsPerSecond: 100, keys: 5, sets: 3, deletes: 0, gets: 3, timeoutUsMin: 300_000, timeoutUsMax: 900_000, retries: 1 },
  durationUs: 3_000_000, late: [],
  steps: [
    ...[1, 2, 3].map((node, id): Step => ({ id, when: { kind: 'at', atUs: 500_000 }, action: { do: 'disk', node: `node${node}`, fault: 'lies', forUs: undefined, factor: undefined } })),
    ...Array.from({ length: 12 }, (_, i): Step => ({ id: 10 + i, when: { kind: 'at', atUs: 200_000 * i }, action: { do: 'pause', node: 'any running', forUs: 20_000 } })),
    { id: 30, when: { kind: 'at', atUs: 1_500_000 }, action: crashAll }
  ],
  expect: { violated: [], ended: {}, lost: [], heals: true, acknowledgedMin: 0, masterChangesMax: undefined }
}

suite('the shrinker', ({ test }) => {
  test('reduces a failure to at most a fifth of its events, and what is left still fails from its file', async () => {
    const seed = 'shrink'
    const first = await runScenario(LOSING, { seed, stopAtFirst: true })
    expect.ok(first.violations.length > 0, 'lying disks should have lost something')
    const shrunk = await shrink(LOSING, first, { seed, runsMax: 400 })
    expect.ok(shrunk.eventsAfter * 5 <= shrunk.eventsBefore, `${shrunk.eventsBefore} events became ${shrunk.eventsAfter}`)
    const read = readScenario(writeScenario(shrunk.scenario), 'shrunk.yaml')
    if (!('scenario' in read)) throw new Error(JSON.stringify(read.problems))
    const again = await runScenario(read.scenario, { seed })
    expect.ok(again.violations.some(({ invariant }) => invariant === shrunk.invariant), `${shrunk.invariant} is not broken any more`)
  }, { limitMs: 120_000 })
})

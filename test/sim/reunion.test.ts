import { SYSTEM_PARTITION, toNodeName } from '../../src/base/index.js'
import type { Multiaddr } from '../../src/base/index.js'
import type { NodeOrigin } from '../../src/node/index.js'
import type { RUN_PROMISES } from '../../sim/invariants/index.js'
import { Observer } from '../../sim/observe/index.js'
import { lag } from '../../sim/run/checks.js'
import { Clients } from '../../sim/run/clients.js'
import { findReunionProblem } from '../../sim/run/reunion.js'
import { verify } from '../../sim/run/verify.js'
import { readScenario } from '../../sim/scenario/index.js'
import { World } from '../../sim/world/world.js'
import { expect, suite } from '../harness.js'

const NAMES = ['a', 'b', 'c']
const NOBODY: ReadonlySet<string> = new Set()

/** Three nodes that are ready, of so many that the configuration names. */
async function three (seed: string, named: readonly string[] = NAMES): Promise<World> {
  const world = new World({ seed })
  const [master = '', ...slaves] = named
  const origin: NodeOrigin = {
    kind: 'named', partitions: 1, replicas: 3, configuration: 'one', groups: [{ master: toNodeName(master), slaves: slaves.map(toNodeName) }],
    peers: named.map((name, i) => ({ name: toNodeName(name), multiaddr: `/ip4/10.0.0.${i + 1}/tcp/9080` as Multiaddr }))
  }
  for (const name of named) world.add(name, origin)
  for (const name of NAMES) world.start(name)
  expect.ok(await world.until(() => world.running().length === 3 && world.running().every((node) => node.driver?.readiness().ready === true), 30_000))
  await world.run(3000)
  return world
}

suite('what membership owes when everything has healed', ({ test }) => {
  test('nodes that believe each other alive for a while are together', async () => {
    const world = await three('together')
    expect.is(await findReunionProblem({ world, lost: NOBODY }), undefined)
  })

  test('a node that the others do not hear is missed, by name, unless it may be lost', async () => {
    const world = await three('apart')
    world.partition(['a', 'b'], ['c'])
    await world.run(20_000)
    const problem = await findReunionProblem({ world, lost: NOBODY })
    expect.ok(problem?.includes('believes c dead'), problem)
    expect.is(await findReunionProblem({ world, lost: new Set(['c']) }), undefined)
  })

  test('who was missed may still come back within the time there is', async () => {
    const world = await three('again')
    world.partition(['a', 'b'], ['c'])
    await world.run(20_000)
    world.network.heal()
    expect.is(await findReunionProblem({ world, lost: NOBODY }), undefined)
  })

  test('a run that ends with a node nobody hears breaks the promise, under a name that is listed', async () => {
    const world = await three('verified')
    world.partition(['a', 'b'], ['c'])
    const read = readScenario('nodes: 3', 'three.yaml')
    if ('problems' in read) throw new Error(JSON.stringify(read.problems))
    const broken: string[] = []
    await verify({
      world, scenario: read.scenario, clients: new Clients(world, 'verified', { acknowledged () {}, broken () {} }), observer: new Observer({ onViolation () {} }), lost: NOBODY, masterChanges: 0,
      violate: (invariant) => { broken.push(invariant) }
    })
    expect.ok(broken.includes('membership' satisfies keyof typeof RUN_PROMISES), broken.join(' '))
  }, { limitMs: 60_000 })
})

suite('whether everybody has the newest map', ({ test }) => {
  test('a node that is stopping is not ready, unless it may be lost', async () => {
    const world = await three('stopping')
    expect.is(lag(world, SYSTEM_PARTITION), undefined)
    world.stop('c')
    expect.ok(await world.until(() => world.node('c').driver?.readiness().ready === false, 5000))
    expect.ok(lag(world, SYSTEM_PARTITION)?.startsWith('c is not ready: running'), lag(world, SYSTEM_PARTITION))
    expect.is(lag(world, SYSTEM_PARTITION, new Set(['c'])), undefined)
  })

  test('a node that did not hear of a newer map is behind until it does', async () => {
    const world = await three('maps', ['a', 'b', 'c', 'd'])
    world.partition(['a', 'b', 'd'], ['c'])
    world.start('d')
    expect.ok(await world.until(() => world.node('d').driver?.status().admitted === true, 20_000))
    await world.run(1000)
    expect.ok(lag(world, SYSTEM_PARTITION)?.includes('c has the map of epoch 1'), lag(world, SYSTEM_PARTITION))
    world.network.heal()
    expect.ok(await world.until(() => lag(world, SYSTEM_PARTITION) === undefined, 60_000))
  })
})

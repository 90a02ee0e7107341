import { isDataKey } from '../../src/layout/index.js'
import type { KvErrorDetail } from '../../src/base/index.js'
import { World } from '../../sim/world/world.js'
import type { WorldOptions } from '../../sim/world/world.js'
import { expect, suite } from '../harness.js'

/** A lone founder `a` and joiners, started one after another. */
async function grown (seed: string, names: readonly string[], options: { readonly partitions?: number, readonly replicas?: number } & Partial<WorldOptions> = {}): Promise<World> {
  const { partitions = 4, replicas = 3, ...rest } = options
  const world = new World({ seed, ...rest })
  for (const [i, name] of names.entries()) {
    if (i === 0) world.add(name, { kind: 'lone', partitions, replicas })
    else world.add(name, { kind: 'joiner' }, [world.node(names[0] as string).address])
    world.start(name)
    expect.ok(await world.until(() => world.node(name).driver?.readiness().ready === true, 20_000), `${name} is admitted`)
  }
  return world
}

/** How many replicas of key partitions each node holds on its disk and serves. */
const held = (world: World): Record<string, number> => Object.fromEntries(world.running().map((node) => [node.name, node.driver?.status().partitions.replicas ?? 0]))
const mastered = (world: World): number[] => world.running().map((node) => node.driver?.status().partitions.masters ?? 0)

async function settles (world: World, expected: Record<string, number>, limitMs = 60_000): Promise<void> {
  const isSettled = (): boolean => Object.entries(expected).every(([name, count]) => held(world)[name] === count)
  expect.ok(await world.until(isSettled, limitMs), `${JSON.stringify(held(world))}, not ${JSON.stringify(expected)}`)
}

async function filled (world: World, count: number): Promise<void> {
  for (let i = 0; i < count; i++) expect.is((await world.set('a', `key ${i}`, `value ${i}`, 20_000)).kind, 'set')
}

async function complete (world: World, at: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const answer = await world.get(at, `key ${i}`, { timeoutMs: 20_000 })
    expect.is(answer.kind === 'value' ? Buffer.from(answer.value).toString() : JSON.stringify(answer), `value ${i}`, `key ${i} at ${at}`)
  }
}

function ask (world: World, at: string, name: string, change: 'leave' | 'stay' = 'leave'): Promise<KvErrorDetail | undefined> {
  let answered = false
  let failure: KvErrorDetail | undefined
  world.node(at).driver?.changeMember(name, change, { timeoutMs: 10_000 }, (given) => {
    answered = true
    failure = given
  })
  return world.until(() => answered, 15_000).then(() => failure)
}

suite('replicas that are placed by the coordinator', ({ test }) => {
  test('three nodes that joined by multiaddr alone hold three copies, and survive the loss of any one', async () => {
    for (const victim of ['a', 'b', 'c']) {
      const world = await grown(`three ${victim}`, ['a', 'b', 'c'])
      await filled(world, 20)
      await settles(world, { a: 4, b: 4, c: 4 })
      expect.ok(await world.until(() => Math.max(...mastered(world)) - Math.min(...mastered(world)) <= 1 && mastered(world).reduce((sum, each) => sum + each) === 4, 30_000), `masters ${mastered(world).join()}`)
      world.crash(victim)
      const other = victim === 'c' ? 'b' : 'c'
      await complete(world, other, 20)
      expect.is((await world.set(other, 'after', victim, 20_000)).kind, 'set')
    }
  }, { limitMs: 60_000 })

  test('a fourth node takes its share, by its data and not by a copy of the log alone', async () => {
    const world = await grown('fourth', ['a', 'b', 'c'], { tuning: { logRetainBytes: 1, logBytesMin: 1000 } })
    await filled(world, 200)
    await settles(world, { a: 4, b: 4, c: 4 })
    world.add('d', { kind: 'joiner' }, [world.node('b').address])
    world.start('d')
    await settles(world, { a: 3, b: 3, c: 3, d: 3 })
    await complete(world, 'd', 200)
    // what has moved away is deleted where it was
    for (const node of world.running()) {
      const data = node.disk.entries({ from: Buffer.of(0), to: Buffer.of(0xff) }).filter(({ key }) => isDataKey(key)).length
      expect.ok(data < 200, `${node.name} holds ${data} keys`)
    }
  }, { limitMs: 60_000 })

  test('a member that leaves hands everything over first, and holds nothing afterwards', async () => {
    const world = await grown('leave', ['a', 'b', 'c', 'd'])
    await filled(world, 50)
    await settles(world, { a: 3, b: 3, c: 3, d: 3 })
    expect.is(await ask(world, 'b', 'a'), undefined)
    expect.ok(await world.until(() => world.node('a').hasDeparted, 60_000), `a has left: ${JSON.stringify(held(world))} ${JSON.stringify(world.node('a').driver?.members()[0])}`)
    await settles(world, { a: 0, b: 4, c: 4, d: 4 })
    world.crash('a')
    await complete(world, 'c', 50)
    expect.not.ok(world.node('b').driver?.members().some(({ name, memberId }) => name === 'a' && memberId !== undefined))
    const data = world.node('a').disk.entries({ from: Buffer.of(0), to: Buffer.of(0xff) }).filter(({ key }) => isDataKey(key))
    expect.is(data.length, 0)
  }, { limitMs: 60_000 })

  test('leaving is refused with the reason where the copies could not be held', async () => {
    const world = await grown('refused', ['a', 'b', 'c'])
    await settles(world, { a: 4, b: 4, c: 4 })
    const failure = await ask(world, 'b', 'a')
    expect.is(failure?.code, 'change_refused')
    expect.match(failure?.code === 'change_refused' ? failure.reason : '', /3 replicas of every partition are wished, and without a there would be 2 members/)
    expect.is((await ask(world, 'b', 'nobody'))?.code, 'member_unknown')
    world.add('d', { kind: 'joiner' }, [world.node('b').address])
    world.start('d')
    await settles(world, { a: 3, b: 3, c: 3, d: 3 })
    world.crash('d')
    expect.ok(await world.until(() => world.node('b').driver?.members().some(({ name, health }) => name === 'd' && health === 'dead') === true, 60_000))
    const gone = await ask(world, 'b', 'a')
    expect.match(gone?.code === 'change_refused' ? gone.reason : '', /there are 2 members to hold 3 replicas of every partition, since d cannot be reached/)
  }, { limitMs: 60_000 })

  test('a member that is gone for long is replaced, and has nothing when it returns', async () => {
    const world = await grown('replace', ['a', 'b', 'c', 'd'], { tuning: { replaceAfterMs: 20_000 } })
    await filled(world, 50)
    await settles(world, { a: 3, b: 3, c: 3, d: 3 })
    world.crash('c')
    await settles(world, { a: 4, b: 4, d: 4 }, 120_000)
    await complete(world, 'd', 50)
    world.start('c')
    await settles(world, { a: 3, b: 3, c: 3, d: 3 }, 60_000)
    await complete(world, 'c', 50)
  }, { limitMs: 60_000 })

  test('the system partition has as many voters as there are members for, and outlives its founder', async () => {
    const world = await grown('voters', ['a', 'b', 'c', 'd', 'e'])
    const voters = (): number => world.running().filter((node) => node.disk.entries({ from: Buffer.of(0x06), to: Buffer.of(0x07) }).length > 0).length
    expect.ok(await world.until(() => voters() === 5, 60_000), `${voters()} voters`)
    world.crash('a')
    world.add('f', { kind: 'joiner' }, [world.node('b').address])
    world.start('f')
    expect.ok(await world.until(() => world.node('f').driver?.readiness().ready === true, 30_000), 'somebody else coordinates')
  }, { limitMs: 60_000 })
})

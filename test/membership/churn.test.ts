import { suite, expect } from '../harness.js'
import { World } from './world.js'
import type { Node } from './world.js'

/** Short times, so that deaths, syncs and knocks all happen within a minute of chaos. */
const options = {
  probeIntervalMs: 500, probeTimeoutMs: 200, gossipIntervalMs: 100, suspicionMaxMultiplier: 3,
  syncIntervalMs: 5000, reconnectIntervalMs: 2000, deadRememberedMs: 50_000, leftRememberedMs: 50_000
}

/** One run: 30 s of kills, restarts, moves, leaves, pauses, lost messages and cuts among 7 nodes; then all is well. */
function chaos (seed: string): { readonly world: World, readonly healMs: number } {
  const world = new World({ seed, options, delayMs: [1, 20], lossPerMille: 20 })
  const nodes = world.add(7)
  for (const node of nodes.slice(1)) world.connect(node, nodes[0]!)
  const { random } = world
  const paused = new Set<Node>()
  for (let step = 0; step < 25; step++) {
    world.runFor(random.between(0, 2400))
    const node = nodes[random.below(nodes.length)]!
    switch (random.below(8)) {
      case 0: world.crash(node, random.chance(1, 2) ? 'killed' : 'host down'); break
      case 1: if (node.core === undefined) world.restart(node); break
      case 2: world.restart(node, 9000 + random.below(1000)); break
      case 3: world.cut(new Set(nodes.filter(() => random.chance(1, 2)))); break
      case 4: world.isCut = (from, to) => from === node && to.number % 2 === 0; break
      case 5: world.cut(); break
      case 6:
        if (node.core === undefined || node.paused !== undefined) break
        world.act(node, (core) => { core.leave(world.nowMs) })
        world.runFor(random.below(300))
        world.crash(node)
        break
      default:
        if (node.core === undefined || node.paused !== undefined) break
        world.pause(node)
        paused.add(node)
    }
    for (const each of paused) {
      if (each.paused === undefined) paused.delete(each)
      else if (random.chance(1, 3)) world.resume(each)
    }
  }
  for (const node of nodes) {
    if (node.paused !== undefined) world.resume(node)
    if (node.core === undefined) world.restart(node)
  }
  world.cut()
  return { world, healMs: world.runUntil(() => world.isOneView, 60_000, 250) }
}

suite('membership: churn', ({ test }) => {
  test('200 random histories of churn and cuts end in one view', () => {
    let worstMs = 0
    for (let number = 0; number < 200; number++) {
      const seed = `churn ${number}`
      const { world, healMs } = chaos(seed)
      worstMs = Math.max(worstMs, healMs)
      if (healMs === Infinity) throw new Error(`seed "${seed}" never becomes one view:\n${world.nodes.map((node) => `${node.number}: ${world.nodes.map((other) => node.stateOf(other)).join(' ')}`).join('\n')}`)
      const conflict = world.nodes.find((node) => node.conflict !== undefined)
      if (conflict !== undefined) throw new Error(`seed "${seed}": node ${conflict.number} sees its identity contested`)
    }
    expect.ok(worstMs <= 30_000, `the slowest took ${worstMs} ms`)
    if (process.env['WORST'] !== undefined) console.log(worstMs)
  })

  test('the same seed gives the same history', () => {
    const [a, b] = [chaos('churn again'), chaos('churn again')]
    expect.equal([a.world.sentCount, a.world.nowMs, a.world.nodes.map(({ events }) => events)], [b.world.sentCount, b.world.nowMs, b.world.nodes.map(({ events }) => events)])
  })
})

import type { Mode } from './modes.js'
import type { MemberNode } from './node.js'
import { drawMembers, quietWorld } from './workload.js'

/** Lifeguard's cluster. */
export const LIFEGUARD_SIZE = 128
/** ms after which a run ends at the latest. */
const LIMIT_MS = 120_000
/** ms between two looks whether all is well again. */
const LOOK_MS = 500

export interface ThresholdCell {
  readonly seed: string
  readonly mode: Mode
  /** C: members that become anomalous together. */
  readonly anomalous: number
  /** D, ms. */
  readonly durationMs: number
  readonly size?: number
}

export interface Latencies {
  /** s from the start of the anomaly until the first member anywhere holds the anomalous one dead. */
  readonly firstS: number[]
  /** s until all healthy members do. */
  readonly fullS: number[]
  virtualS: number
}

/** One run of W1: how soon those who block are held dead. Members that nobody condemned have no latency. */
export function runThreshold (cell: ThresholdCell, into: Latencies): void {
  const world = quietWorld({ seed: cell.seed, size: cell.size ?? LIFEGUARD_SIZE, mode: cell.mode })
  const anomalous = new Set(drawMembers(world, cell.anomalous, cell.seed))
  const startUs = world.nowUs
  const holders = new Map<MemberNode, Set<MemberNode>>()
  const found = new Set<MemberNode>()
  const healthyCount = world.nodes.length - anomalous.size
  world.onEvent = (observer, subject, { kind }, atUs) => {
    if (!anomalous.has(subject)) return
    const latencyS = (atUs - startUs) / 1_000_000
    if (kind === 'died' && !found.has(subject)) {
      found.add(subject)
      into.firstS.push(latencyS)
    }
    if (anomalous.has(observer)) return
    let holding = holders.get(subject)
    if (holding === undefined) holders.set(subject, holding = new Set())
    if (kind === 'recovered') holding.delete(observer)
    if (kind !== 'died') return
    holding.add(observer)
    if (holding.size === healthyCount && !full.has(subject)) {
      full.add(subject)
      into.fullS.push(latencyS)
    }
  }
  const full = new Set<MemberNode>()
  for (const node of anomalous) world.block(node)
  world.runFor(cell.durationMs)
  for (const node of anomalous) world.release(node)
  const isWell = (): boolean => world.nodes.every((node) => node.running.aliveCount === world.nodes.length)
  world.runUntil(isWell, LIMIT_MS - world.nowMs, LOOK_MS)
  into.virtualS += world.nowMs / 1000
}

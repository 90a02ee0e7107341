import type { Mode } from './modes.js'
import { LIFEGUARD_SIZE } from './threshold.js'
import { drawMembers, quietWorld, sentBytes, sentCount } from './workload.js'

/** ms: no anomaly begins after it. */
const END_MS = 120_000

export interface IntervalCell {
  readonly seed: string
  readonly mode: Mode
  /** C: members that are anomalous, always the same. */
  readonly anomalous: number
  /** D, ms. */
  readonly durationMs: number
  /** I, ms: how long they are well in between. */
  readonly pauseMs: number
  readonly size?: number
  readonly measuresBytes?: boolean
}

/** Sums over runs. */
export interface IntervalTotals {
  /** FP: a member outside the anomalous set is held dead, counted at each member that notes it. */
  falsePositives: number
  /** FP-: of these, noted at a member outside the set. */
  falsePositivesAtHealthy: number
  messages: number
  bytes: number
  virtualS: number
}

export const noTotals = (): IntervalTotals => ({ falsePositives: 0, falsePositivesAtHealthy: 0, messages: 0, bytes: 0, virtualS: 0 })

/** One run of W2: the same members block for D and are well for I, again and again. Traffic counts from the first anomaly. */
export function runInterval (cell: IntervalCell, into: IntervalTotals): void {
  const world = quietWorld({ seed: cell.seed, size: cell.size ?? LIFEGUARD_SIZE, mode: cell.mode, measuresBytes: cell.measuresBytes === true })
  const anomalous = new Set(drawMembers(world, cell.anomalous, cell.seed))
  world.onEvent = (observer, subject, { kind }) => {
    if (kind !== 'died' || anomalous.has(subject)) return
    into.falsePositives++
    if (!anomalous.has(observer)) into.falsePositivesAtHealthy++
  }
  for (;;) {
    for (const node of anomalous) world.block(node)
    world.runFor(cell.durationMs)
    if (world.nowMs >= END_MS) break
    for (const node of anomalous) world.release(node)
    world.runFor(cell.pauseMs)
  }
  into.messages += sentCount(world)
  into.bytes += sentBytes(world)
  into.virtualS += world.nowMs / 1000
}

import { Prng } from '../../src/base/index.js'
import type { Row } from './metrics.js'
import type { ModeName } from './modes.js'
import type { MemberNode } from './node.js'
import { MembershipWorld } from './world.js'
import type { WorldSettings } from './world.js'

/** What a workload is asked for. */
export interface WorkloadRequest {
  readonly seed: string
  /** Runs per cell; undefined: the workload's own number. */
  readonly seeds?: number | undefined
  /** Everything that the specification names, whatever it takes. */
  readonly isFull?: boolean
  /** Undefined: what the workload compares. */
  readonly mode?: ModeName | undefined
  /** Lifeguard's α, β; undefined: the mode's own. */
  readonly alpha?: number | undefined
  readonly beta?: number | undefined
}

/** What a workload found. */
export interface WorkloadReport {
  readonly rows: readonly Row[]
  /** Virtual time of all its runs, s. */
  readonly virtualS: number
}

/** One of MEMBERSHIP.md section 2.4. */
export interface Workload {
  readonly id: string
  /** What happens, in a few words. */
  readonly title: string
  run (request: WorkloadRequest): WorkloadReport
}

/** ms before anything happens (MEMBERSHIP.md section 2.4). */
export const QUIET_MS = 15_000

/** A world in which everybody knows everybody, and nothing is news; counts begin after a quiet while. */
export function quietWorld (settings: WorldSettings): MembershipWorld {
  const world = new MembershipWorld(settings)
  world.startMesh()
  world.runFor(QUIET_MS)
  for (const node of world.nodes) {
    node.sentCount = 0
    node.sentBytes = 0
    node.receivedBytes = 0
  }
  return world
}

/** `count` members drawn for a purpose. */
export function drawMembers (world: MembershipWorld, count: number, seed: string): MemberNode[] {
  return new Prng(`${seed} drawn members`).shuffle([...world.nodes]).slice(0, count)
}

export const sentCount = (world: MembershipWorld): number => world.nodes.reduce((sum, node) => sum + node.sentCount, 0)
export const sentBytes = (world: MembershipWorld): number => world.nodes.reduce((sum, node) => sum + node.sentBytes, 0)

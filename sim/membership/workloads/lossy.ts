import { LossyLinks } from '../links.js'
import type { Loss } from '../links.js'
import { row } from '../metrics.js'
import type { Row } from '../metrics.js'
import { modeOf } from '../modes.js'
import { watchRemovals } from '../removals.js'
import { QUIET_MS, quietWorld } from '../workload.js'
import type { WorkloadReport, WorkloadRequest } from '../workload.js'

/** Rapid's cluster, and the members in it that the network treats badly. */
export const RAPID_SIZE = 1000
export const FAULTY = 10

export interface LossyCase {
  readonly id: string
  readonly size: number
  readonly faulty: number
  readonly durationMs: number
  /** Messages lost per thousand; the faulty members are the first ones. `atUs` counts from when the faults may begin. */
  readonly loss: Loss
  readonly published: string
  /** Whether the faulty members can be reached at times, and so may come back. */
  readonly owesRemoval: boolean
}

/** One run with bad links between healthy and faulty members. */
export function runLossy (lossy: LossyCase, request: WorkloadRequest): WorkloadReport {
  const mode = modeOf(request.mode ?? 'gokeydb', request)
  const seed = `${request.seed} ${lossy.id}`
  const beginUs = QUIET_MS * 1000
  const links = new LossyLinks(seed, (from, to, atUs) => atUs < beginUs ? 0 : lossy.loss(from, to, atUs - beginUs))
  const world = quietWorld({ seed, size: lossy.size, mode, links })
  const faulty = new Set(world.nodes.slice(0, lossy.faulty))
  const removals = watchRemovals(world, faulty)
  world.runFor(lossy.durationMs)
  const decimals = 0
  const rows: Row[] = [
    row({ metric: 'healthy members removed', published: lossy.published, decimals, value: removals.healthyRemoved, owed: { kind: 'exactly', value: 0 }, note: `${removals.healthyRemovedAtFaulty} times in the eyes of faulty members` })
  ]
  if (lossy.owesRemoval) {
    rows.push(
      row({ metric: 'faulty members removed everywhere', published: 'never all', decimals, value: removals.faultyRemoved, owed: { kind: 'exactly', value: lossy.faulty } }),
      row({ metric: 'of these taken back later', published: 'oscillates', decimals, value: removals.faultyReturned, owed: { kind: 'exactly', value: 0 }, note: `${removals.returns} times, each member counted` })
    )
  }
  return { rows, virtualS: world.nowMs / 1000 }
}

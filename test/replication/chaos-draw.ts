import { toMemberId } from '../../src/base/index.js'
import type { Prng } from '../../src/base/index.js'
import type { GroupTuning } from '../../src/replication/index.js'
import type { ClusterOptions, PlantedFault } from './virtual-node.js'
import type { LinkBehaviour } from './virtual-world.js'

/** Short timeouts, so that a second holds many elections. */
const chaosTuning: Partial<GroupTuning> = {
  heartbeatIntervalMs: 10, electionTimeoutMsMin: 60, electionTimeoutMsMax: 120, leaderLostDelayMsMax: 10, transferBackAfterMs: 100,
  snapshotTimeoutMs: 200
}

/** Faults of one seed, chances per thousand. */
export interface Nemesis {
  readonly crashAfterVote: number
  readonly crashAfterAppend: number
  readonly crashAfterLeading: number
  readonly isolateAfterLeading: number
  readonly crashInstalling: number
  readonly keepsFlight: number
  readonly fastRestart: number
  /** ms between two steps of the group's membership on average; 0: it never changes. */
  readonly changeEveryMs: number
  /** ms between two faults on average. */
  readonly faultEveryMs: number
}

export function drawLinks (random: Prng): LinkBehaviour {
  const isRough = random.chance(2, 3)
  return {
    delayMsMin: 0.2,
    delayMsMax: random.chance(1, 4) ? 12 : 2,
    lossPerMille: isRough && random.chance(1, 2) ? random.between(5, 150) : 0,
    duplicatePerMille: isRough && random.chance(1, 2) ? random.between(5, 200) : 0,
    tailPerMille: isRough && random.chance(1, 2) ? random.between(2, 60) : 0,
    tailMsMax: random.chance(1, 2) ? 300 : 1500,
    isOrdered: random.chance(1, 3)
  }
}

function drawTuning (random: Prng): Partial<GroupTuning> {
  const small = random.chance(1, 3)
  return {
    ...chaosTuning,
    appendEntriesMax: small ? random.between(1, 2) : random.chance(1, 2) ? 64 : 8,
    appendBytesMax: random.chance(1, 5) ? 100 : 4096,
    inflightAppendsMax: random.chance(1, 3) ? 1 : random.between(2, 16),
    inflightBytesMax: random.chance(1, 5) ? 200 : 65_536,
    uncommittedBytesMax: random.chance(1, 5) ? 500 : 1_000_000
  }
}

export function drawOptions (seed: string, random: Prng, fault: PlantedFault): ClusterOptions {
  const voters = [3, 5, 3, 5, 3, 4, 2, 1][random.below(8)] as number
  return {
    voters,
    spares: random.chance(1, 2) ? random.between(1, 3) : 0,
    seed,
    fault,
    tuning: drawTuning(random),
    ...(random.chance(1, 3) ? { preferred: toMemberId(random.between(1, voters)) } : {}),
    links: drawLinks(random),
    flushMs: random.chance(1, 4) ? [1, 40] : [0.1, 2],
    groupCommit: random.chance(2, 3),
    snapshotMs: random.chance(1, 3) ? [5, 150] : [1, 10],
    turnMsMax: random.chance(1, 2) ? 0 : random.between(1, 4)
  }
}

export function drawNemesis (random: Prng): Nemesis {
  const events = random.chance(3, 4)
  const some = (most: number): number => events && random.chance(1, 2) ? random.between(1, most) : 0
  return {
    crashAfterVote: some(200), crashAfterAppend: some(20), crashAfterLeading: some(300), isolateAfterLeading: some(300),
    crashInstalling: some(300), keepsFlight: random.between(0, 1000), fastRestart: random.between(0, 900),
    changeEveryMs: random.chance(2, 3) ? random.between(10, 200) : 0,
    faultEveryMs: random.between(20, 300)
  }
}

import type { World } from '../world/world.js'

/** Virtual ms from healing within which the calm must begin: some knocks at the dead, and a full exchange. */
const REUNION_MS = 60_000
/** Virtual ms of calm: five probes of the slowest tuning drawn, each of another node. */
const CALM_MS = 5000
const LOOK_MS = 100

export interface Company {
  readonly world: World
  /** Nodes that need not be there any more. */
  readonly lost: ReadonlySet<string>
}

/**
 * Whether the nodes that run find together again once everything works, and then believe each other alive: what
 * membership is for, and what no client would notice. Doubts that the faults left behind are no fault of anybody's — a
 * probe from before, a connection whose end is seen seconds later —, so that the calm may have to begin more than once.
 * @returns what is wrong, for a person
 */
export async function findReunionProblem (company: Company): Promise<string | undefined> {
  const { world } = company
  let last = doubt(company)
  let calmMs = 0
  for (let waitedMs = 0; waitedMs - calmMs <= REUNION_MS; waitedMs += LOOK_MS) {
    if (calmMs >= CALM_MS) return undefined
    await world.run(LOOK_MS)
    const problem = doubt(company)
    calmMs = problem === undefined ? calmMs + LOOK_MS : 0
    last = problem ?? last
  }
  return `nothing is wrong, and in ${REUNION_MS / 1000} s somebody always doubted somebody before ${CALM_MS / 1000} s were over: at last ${last}`
}

/** Somebody who runs and does not believe that somebody else who runs is alive. */
function doubt ({ world, lost }: Company): string | undefined {
  const running = world.running().filter((node) => !lost.has(node.name))
  for (const node of running) {
    const health = new Map(node.driver?.members().map((member) => [member.peer, member.health]))
    for (const other of running) {
      const believed = health.get(other.peer) ?? 'unknown'
      if (believed !== 'alive') return `${node.name} believes ${other.name} ${believed}`
    }
  }
  return undefined
}

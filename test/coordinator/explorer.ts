import { assert } from '../../src/base/index.js'
import { describeEvent, rulesOf, type Event, type Faults, type NodeWorld, type World } from './worlds.js'

export interface Exploration {
  readonly worldCount: number
  /** Sets of cluster ids that were founded together in some world, as text. */
  readonly foundedSets: ReadonlySet<string>
  /** How a world in which two first maps exist came about; undefined where there is none. */
  readonly split: readonly string[] | undefined
  /** Worlds from which no way leads to every node being a member of one cluster; undefined where disks may be lost. */
  readonly deadEndCount: number | undefined
  /** How many members the first maps bind. */
  readonly boundCounts: ReadonlySet<number>
}

interface Edge {
  readonly from: number
  readonly node: NodeWorld
  readonly event: Event
}

const WORLD_COUNT_MAX = 1_000_000

/** Visits every world that a founding can reach. */
export function explore (faults: Faults): Exploration {
  const { begin, successors } = rulesOf(faults)
  const isLossless = faults.founderWipesMax + faults.otherWipesMax === 0
  const first = begin()
  const numbers = new Map<string, number>([[keyOf(first), 0]])
  const worlds = [first]
  const parents: Array<Edge | undefined> = [undefined]
  const predecessors: number[][] = [[]]
  let split: number | undefined
  for (let at = 0; at < worlds.length; at++) {
    const world = worlds[at] as World
    if (world.founded.length > 1) {
      split ??= at
      continue // one is enough; what follows from it is of no interest
    }
    successors(world, (next, node, event) => {
      const key = keyOf(next)
      let known = numbers.get(key)
      if (known === undefined) {
        known = worlds.length
        assert(known < WORLD_COUNT_MAX, 'the exploration does not end')
        numbers.set(key, known)
        worlds.push(next)
        parents.push({ from: at, node, event })
        if (isLossless) predecessors.push([])
      }
      if (isLossless) predecessors[known]!.push(at)
    })
  }
  const maps = new Set(worlds.flatMap(({ founded }) => founded))
  return {
    worldCount: worlds.length,
    foundedSets: new Set(worlds.map(({ founded }) => founded.map(({ clusterId }) => clusterId).join(' '))),
    split: split === undefined ? undefined : wayTo(split, parents),
    deadEndCount: isLossless ? worlds.length - countReaching(worlds, predecessors, isComplete) : undefined,
    boundCounts: new Set([...maps].map(({ members }) => members.filter(({ peer }) => peer !== undefined).length))
  }
}

/** One character per node and message. What was founded is in the messages. */
const keyOf = ({ nodes, messages }: World): string => nodes.reduce((key, { id }) => key + String.fromCharCode(id), messages)

const isComplete = ({ nodes, founded: [map] }: World): boolean =>
  map !== undefined && nodes.every(({ clusterId }) => clusterId === map.clusterId)

function wayTo (world: number, edges: ReadonlyArray<Edge | undefined>): string[] {
  const actions: string[] = []
  for (let edge = edges[world]; edge !== undefined; edge = edges[edge.from]) {
    actions.unshift(`node${edge.node.position + 1}: ${describeEvent(edge.event)}`)
  }
  return actions
}

/** How many worlds can reach one of a kind, found backwards along the edges. */
function countReaching (worlds: readonly World[], predecessors: ReadonlyArray<readonly number[]>, isGoal: (world: World) => boolean): number {
  const reached = new Set<number>()
  const waiting = worlds.flatMap((world, at) => isGoal(world) ? [at] : [])
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (reached.has(at)) continue
    reached.add(at)
    for (const before of predecessors[at] as readonly number[]) waiting.push(before)
  }
  return reached.size
}

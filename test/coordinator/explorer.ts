import { assert, type ClusterId, type PeerId } from '../../src/base/index.js'
import {
  startFounding, stepFounding, type FoundingInput, type FoundingRecord, type FoundingSetup, type FoundingState, type FoundingStep
} from '../../src/coordinator/index.js'
import type { ClusterMap } from '../../protocols/cluster/index.js'
import { NO_PROMISES, nodeName, peerOf, setupOf } from './harness.js'

/** What may go wrong beyond messages and crashes. */
export interface Faults {
  readonly nodeCount: number
  /** How often the first-listed node's disk may be lost. */
  readonly founderWipesMax: number
  /** How many lost disks the other nodes may have together. */
  readonly otherWipesMax: number
}

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

/** One node's disk and process. Equal ones are one object, and so are equal messages. */
interface NodeWorld {
  readonly id: number
  readonly position: number
  readonly wipes: number
  readonly record: FoundingRecord
  readonly clusterId: ClusterId | undefined
  readonly state: FoundingState
}

interface Message {
  readonly id: number
  readonly to: PeerId | 'all'
  readonly input: FoundingInput
}

/** What one node does about one thing: the same at any time, so it is worked out once. */
interface Reaction {
  readonly node: NodeWorld
  readonly sent: readonly Message[]
  readonly founded: ClusterMap | undefined
}

/**
 * One moment. Messages that were ever sent stay: each may be delivered at any later moment, any number of times, or
 * never. That is every loss, repetition and order there can be.
 */
interface World {
  readonly nodes: readonly NodeWorld[]
  /** The ids of the messages as characters, ascending. */
  readonly messages: string
  readonly founded: readonly ClusterMap[]
}

type Event = Message | 'tick' | 'restart' | 'wipe'

interface Edge {
  readonly from: number
  readonly node: NodeWorld
  readonly event: Event
}

const GRACE_IS_OVER_MS = 1_000_000
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
    actions.unshift(`node${edge.node.position + 1}: ${typeof edge.event === 'string' ? edge.event : describe(edge.event.input)}`)
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

interface Rules {
  begin (): World
  successors (world: World, visit: (next: World, node: NodeWorld, event: Event) => void): void
}

function rulesOf (faults: Faults): Rules {
  const nodes = new Interned<NodeWorld>()
  const messages = new Interned<Message>()
  /** By node and message, or one of the other things that may happen to it. */
  const reactions: Array<Map<Event, Reaction>> = []

  const setup = (position: number, wipes: number): FoundingSetup => setupOf(position + 1, { count: faults.nodeCount, wipes })

  function reactionOf (node: NodeWorld, event: Event): Reaction {
    const known = reactions[node.id] ??= new Map()
    let reaction = known.get(event)
    if (reaction === undefined) {
      reaction = react(node, event)
      known.set(event, reaction)
    }
    return reaction
  }

  function react (node: NodeWorld, event: Event): Reaction {
    const { position, wipes, state, record, clusterId } = node
    const own = setup(position, wipes)
    switch (event) {
      case 'tick': return carriedOut(node, stepFounding(own, state, { kind: 'tick' }, GRACE_IS_OVER_MS))
      case 'restart': return carriedOut(node, startFounding(own, { record, clusterId }, 0))
      case 'wipe': return born(position, wipes + 1)
      default: {
        const isForNode = event.to === own.ownPeer || (event.to === 'all' && 'peer' in event.input && event.input.peer !== own.ownPeer)
        return isForNode ? carriedOut(node, stepFounding(own, state, event.input, 0)) : { node, sent: [], founded: undefined }
      }
    }
  }

  /** A step with all its effects: what was persisted is durable, what was sent is under way. */
  function carriedOut (node: NodeWorld, { state, effects }: FoundingStep): Reaction {
    const { position, wipes } = node
    const sender = { peer: peerOf(position + 1, wipes), name: nodeName(position + 1) }
    const sent: Array<Omit<Message, 'id'>> = []
    let { record, clusterId } = node
    let founded: ClusterMap | undefined
    for (const effect of effects) {
      switch (effect.kind) {
        case 'persist': record = effect.record; break
        case 'found':
        case 'adopt':
          if (effect.kind === 'found') founded = effect.map
          clusterId = effect.map.clusterId
          sent.push({ to: 'all', input: { kind: 'map', ...sender, map: effect.map } }) // asked or not, to everybody
          sent.push({ to: 'all', input: { kind: 'hello', ...sender, clusterName: 'test', clusterId } })
          break
        case 'send': {
          const { message, peer: to } = effect
          if (message.kind === 'found-propose') sent.push({ to, input: { kind: 'proposal', ...sender, clusterId: message.clusterId, configuration: message.configuration } })
          else if (message.kind === 'found-accept') sent.push({ to, input: { kind: 'acceptance', ...sender, clusterId: message.clusterId } })
          else if (message.kind === 'refuse') sent.push({ to, input: { kind: 'refusal', ...sender, code: message.code, clusterId: message.clusterId } })
        }
      }
    }
    return { node: nodes.of({ position, wipes, record, clusterId, state }), sent: sent.map((message) => messages.of(message)), founded }
  }

  function born (position: number, wipes: number): Reaction {
    const step = startFounding(setup(position, wipes), { record: NO_PROMISES, clusterId: undefined }, 0)
    const node = nodes.of({ position, wipes, record: NO_PROMISES, clusterId: undefined, state: step.state })
    const hello = messages.of({ to: 'all', input: { kind: 'hello', peer: peerOf(position + 1, wipes), name: nodeName(position + 1), clusterName: 'test', clusterId: undefined } })
    assert(step.effects.length === 0, 'nobody founds alone here')
    return { node, sent: [hello], founded: undefined }
  }

  function after (world: World, { node, sent, founded }: Reaction): World {
    return {
      nodes: world.nodes.map((other) => other.position === node.position ? node : other),
      messages: withAll(world.messages, sent),
      founded: founded === undefined ? world.founded : [...world.founded, founded]
    }
  }

  function begin (): World {
    const all = Array.from({ length: faults.nodeCount }, (_, position) => born(position, 0))
    return { nodes: all.map(({ node }) => node), messages: withAll('', all.flatMap(({ sent }) => sent)), founded: [] }
  }

  function successors (world: World, visit: (next: World, node: NodeWorld, event: Event) => void): void {
    const otherWipes = world.nodes.reduce((sum, { position, wipes }) => position === 0 ? sum : sum + wipes, 0)
    const consider = (node: NodeWorld, event: Event): void => {
      const reaction = reactionOf(node, event)
      if (reaction.node === node && withAll(world.messages, reaction.sent) === world.messages) return
      visit(after(world, reaction), node, event)
    }
    for (const node of world.nodes) {
      const { position, wipes, state } = node
      for (let at = 0; at < world.messages.length; at++) consider(node, messages.at(world.messages.charCodeAt(at)))
      if (state.phase.kind === 'proposing' && state.phase.majorityAtMs !== undefined) consider(node, 'tick')
      consider(node, 'restart')
      if (position === 0 ? wipes < faults.founderWipesMax : otherWipes < faults.otherWipesMax) consider(node, 'wipe')
    }
  }

  return { begin, successors }
}

function describe (input: FoundingInput): string {
  if (input.kind === 'tick') return 'tick'
  const id = input.kind === 'map' ? input.map.clusterId : input.clusterId
  return `${input.kind} ${id?.slice(0, 2) ?? 'none'} of ${input.peer.slice(-10)}`
}

function withAll (messages: string, added: readonly Message[]): string {
  let all = messages
  for (const { id } of added) {
    let place = 0
    while (place < all.length && all.charCodeAt(place) < id) place++
    if (all.charCodeAt(place) !== id) all = all.slice(0, place) + String.fromCharCode(id) + all.slice(place)
  }
  return all
}

/** Makes equal values one object, numbered from 0. */
class Interned<Value extends { readonly id: number }> {
  readonly #values = new Map<string, Value>()
  readonly #byId: Value[] = []

  of (value: Omit<Value, 'id'>): Value {
    const text = JSON.stringify(value, (_, inner: unknown) => inner instanceof Map ? [...inner].sort() : inner)
    let interned = this.#values.get(text)
    if (interned === undefined) {
      interned = { id: this.#values.size, ...value } as Value
      this.#values.set(text, interned)
      this.#byId.push(interned)
    }
    return interned
  }

  at (id: number): Value {
    return this.#byId[id] as Value
  }
}

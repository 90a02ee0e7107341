import { assert, type ClusterId, type PeerId } from '../../src/base/index.js'
import {
  startFounding, stepFounding, type FoundingEffect, type FoundingInput, type FoundingRecord, type FoundingSetup, type FoundingState
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

interface NodeWorld {
  readonly wipes: number
  readonly record: FoundingRecord
  readonly clusterId: ClusterId | undefined
  readonly map: ClusterMap | undefined
  readonly state: FoundingState
}

interface Message { readonly to: PeerId | 'all', readonly input: FoundingInput }

/**
 * One moment. Messages that were ever sent stay: each may be delivered at any later moment, any number of times, or
 * never. That is every loss, repetition and order there can be.
 */
interface World {
  readonly nodes: readonly NodeWorld[]
  readonly messages: ReadonlyMap<string, Message>
  /** The maps that were founded, as text. */
  readonly founded: readonly string[]
}

export interface Exploration {
  readonly worldCount: number
  /** Sets of cluster ids that were founded together in some world, as text. */
  readonly foundedSets: ReadonlySet<string>
  /** How a world in which two clusters or two first maps exist came about; undefined where there is none. */
  readonly split: readonly string[] | undefined
  /** Worlds from which no way leads to every node being a member of one cluster. */
  readonly deadEndCount: number
  /** The sizes of the first maps' bound members. */
  readonly boundCounts: ReadonlySet<number>
}

const GRACE_IS_OVER_MS = 1_000_000
const WORLD_COUNT_MAX = 400_000

/** Visits every world that a founding can reach. */
export function explore (faults: Faults): Exploration {
  const first = begin(faults)
  const keys = new Map<string, number>([[keyOf(first), 0]])
  const worlds = [first]
  const parents: Array<{ readonly from: number, readonly action: string } | undefined> = [undefined]
  const predecessors: number[][] = [[]]
  const foundedSets = new Set<string>()
  const boundCounts = new Set<number>()
  let split: number | undefined
  for (let at = 0; at < worlds.length; at++) {
    const world = worlds[at] as World
    foundedSets.add(foundedIds(world).join(' '))
    for (const text of world.founded) boundCounts.add((JSON.parse(text) as ClusterMap).members.filter(({ peer }) => peer !== undefined).length)
    if (world.founded.length > 1) {
      split ??= at
      continue // one is enough; what follows from it is of no interest
    }
    for (const [action, next] of successors(world, faults)) {
      const key = keyOf(next)
      let known = keys.get(key)
      if (known === undefined) {
        known = worlds.length
        assert(known < WORLD_COUNT_MAX, 'the exploration does not end')
        keys.set(key, known)
        worlds.push(next)
        parents.push({ from: at, action })
        predecessors.push([])
      }
      if (known !== at) predecessors[known]!.push(at)
    }
  }
  const path = (from: number): string[] => {
    const actions: string[] = []
    for (let parent = parents[from]; parent !== undefined; parent = parents[parent.from]) actions.unshift(parent.action)
    return actions
  }
  return {
    worldCount: worlds.length,
    foundedSets,
    split: split === undefined ? undefined : path(split),
    deadEndCount: worlds.length - canReach(worlds, predecessors, isComplete).size,
    boundCounts
  }
}

const foundedIds = (world: World): string[] => world.founded.map((text) => (JSON.parse(text) as ClusterMap).clusterId)

function isComplete (world: World): boolean {
  const [id] = foundedIds(world)
  return id !== undefined && world.nodes.every(({ clusterId }) => clusterId === id)
}

/** Worlds from which a world of the kind can be reached, backwards along the edges. */
function canReach (worlds: readonly World[], predecessors: ReadonlyArray<readonly number[]>, isGoal: (world: World) => boolean): Set<number> {
  const reached = new Set<number>()
  const waiting = worlds.flatMap((world, at) => isGoal(world) ? [at] : [])
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (reached.has(at)) continue
    reached.add(at)
    waiting.push(...predecessors[at] as readonly number[])
  }
  return reached
}

const setup = (position: number, wipes: number, { nodeCount }: Faults): FoundingSetup => setupOf(position + 1, { count: nodeCount, wipes })

function begin (faults: Faults): World {
  let world: World = { nodes: Array.from({ length: faults.nodeCount }, (_, position) => freshNode(position, 0, faults)), messages: new Map(), founded: [] }
  for (let position = 0; position < faults.nodeCount; position++) world = greet(world, position)
  return world
}

function freshNode (position: number, wipes: number, faults: Faults): NodeWorld {
  const { state, effects } = startFounding(setup(position, wipes, faults), { record: NO_PROMISES, clusterId: undefined }, 0)
  assert(effects.length === 0, 'nobody founds alone here')
  return { wipes, record: NO_PROMISES, clusterId: undefined, map: undefined, state }
}

function * successors (world: World, faults: Faults): Generator<[action: string, world: World]> {
  const wipes = world.nodes.map((node) => node.wipes)
  const otherWipes = wipes.slice(1).reduce((sum, count) => sum + count, 0)
  for (const [position, node] of world.nodes.entries()) {
    const self = peerOf(position + 1, node.wipes)
    for (const { to, input } of world.messages.values()) {
      if (to !== self && (to !== 'all' || ('peer' in input && input.peer === self))) continue
      yield [`node${position + 1} gets ${describe(input)}`, step(world, position, input, 0, faults)]
    }
    if (node.state.phase.kind === 'proposing' && node.state.phase.majorityAtMs !== undefined) {
      yield [`node${position + 1} waits no longer`, step(world, position, { kind: 'tick' }, GRACE_IS_OVER_MS, faults)]
    }
    const { state, effects } = startFounding(setup(position, node.wipes, faults), { record: node.record, clusterId: node.clusterId }, 0)
    assert(effects.length === 0, 'a restart sends nothing')
    yield [`node${position + 1} crashes and restarts`, replace(world, position, { ...node, state })]
    if (position === 0 ? node.wipes < faults.founderWipesMax : otherWipes < faults.otherWipesMax) {
      yield [`node${position + 1} loses its disk`, greet(replace(world, position, freshNode(position, node.wipes + 1, faults)), position)]
    }
  }
}

function describe (input: FoundingInput): string {
  if (input.kind === 'tick') return 'tick'
  const id = input.kind === 'map' ? input.map.clusterId : input.clusterId
  return `${input.kind} ${id?.slice(0, 2) ?? 'none'} of ${input.peer.slice(-10)}`
}

function replace (world: World, position: number, node: NodeWorld): World {
  return { ...world, nodes: world.nodes.map((other, at) => at === position ? node : other) }
}

/** One input with all its effects: what was persisted is durable, what was sent is under way. */
function step (world: World, position: number, input: FoundingInput, nowMs: number, faults: Faults): World {
  const node = world.nodes[position] as NodeWorld
  const self = setup(position, node.wipes, faults)
  const { state, effects } = stepFounding(self, node.state, input, nowMs)
  let next = replace(world, position, { ...node, state })
  for (const effect of effects) next = carryOut(next, position, self, effect)
  return next
}

function carryOut (world: World, position: number, self: FoundingSetup, effect: FoundingEffect): World {
  const node = world.nodes[position] as NodeWorld
  const sender = { peer: self.ownPeer, name: self.ownName }
  switch (effect.kind) {
    case 'persist': return replace(world, position, { ...node, record: effect.record })
    case 'found': return belong({ ...world, founded: [...world.founded, JSON.stringify(effect.map)] }, position, effect.map)
    case 'adopt': return belong(world, position, effect.map)
    case 'send': {
      const { message, peer } = effect
      switch (message.kind) {
        case 'found-propose': return send(world, { to: peer, input: { kind: 'proposal', ...sender, clusterId: message.clusterId, configuration: message.configuration } })
        case 'found-accept': return send(world, { to: peer, input: { kind: 'acceptance', ...sender, clusterId: message.clusterId } })
        case 'refuse': return send(world, { to: peer, input: { kind: 'refusal', ...sender, code: message.code, clusterId: message.clusterId } })
        default: return world // who has a map sends it to everybody, asked or not
      }
    }
    case 'offer-map':
    case 'wake': return world
  }
}

function belong (world: World, position: number, map: ClusterMap): World {
  const node = world.nodes[position] as NodeWorld
  const next = greet(replace(world, position, { ...node, clusterId: map.clusterId, map }), position)
  return send(next, { to: 'all', input: { kind: 'map', peer: peerOf(position + 1, node.wipes), name: nodeName(position + 1), map } })
}

function greet (world: World, position: number): World {
  const { wipes, clusterId } = world.nodes[position] as NodeWorld
  return send(world, { to: 'all', input: { kind: 'hello', peer: peerOf(position + 1, wipes), name: nodeName(position + 1), clusterName: 'test', clusterId } })
}

function send (world: World, message: Message): World {
  const key = textOf(message)
  return world.messages.has(key) ? world : { ...world, messages: new Map(world.messages).set(key, message) }
}

const textOf = (value: unknown): string => JSON.stringify(value, (_, inner: unknown) => inner instanceof Map ? [...inner].sort() : inner)

const keyOf = (world: World): string => textOf([world.nodes.map(({ map, ...node }) => [node, map?.clusterId]), [...world.messages.keys()].sort(), world.founded])

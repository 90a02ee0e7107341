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

/** One node's disk and process. Equal ones are one object, and so are equal messages. */
export interface NodeWorld {
  readonly id: number
  readonly position: number
  readonly wipes: number
  readonly record: FoundingRecord
  readonly clusterId: ClusterId | undefined
  readonly state: FoundingState
}

export interface Message {
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
export interface World {
  readonly nodes: readonly NodeWorld[]
  /** The ids of the messages as characters, ascending. */
  readonly messages: string
  readonly founded: readonly ClusterMap[]
}

export type Event = Message | 'tick' | 'restart' | 'wipe'

const GRACE_IS_OVER_MS = 1_000_000

export interface Rules {
  begin (): World
  successors (world: World, visit: (next: World, node: NodeWorld, event: Event) => void): void
}

/** What can happen next, and what comes of it. */
export function rulesOf (faults: Faults): Rules {
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
          break
        }
        case 'offer-map': // sent to everybody already
        case 'wake': // time passes when it likes
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

/** An event as a person reads it. */
export function describeEvent (event: Event): string {
  if (typeof event === 'string') return event
  const { input } = event
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
    const text = JSON.stringify(value, (_, inner: unknown) => inner instanceof Map ? [...inner].sort((left, right) => String(left) < String(right) ? -1 : 1) : inner)
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

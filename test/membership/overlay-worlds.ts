import { acquaint } from '../../sim/membership/acquaint.js'
import { modeOf } from '../../sim/membership/modes.js'
import { Prng } from '../../src/base/index.js'
import type { PeerId } from '../../src/base/index.js'
import type { MembershipOptions } from '../../src/membership/index.js'
import { OVERLAY_RINGS } from '../../src/membership/rings.js'
import type { MembershipMessage } from '../../protocols/membership/index.js'
import { World } from './world.js'
import type { Node } from './world.js'

/** Nodes that have known each other for long. */
export function acquainted (count: number, seed: string, options: Partial<MembershipOptions> = {}, lossPerMille = 0): World {
  const world = new World({ seed, options, lossPerMille })
  const mode = modeOf('gokeydb')
  const records = world.add(count).map(({ running }) => running.members()[0]!.record)
  for (const { running, peer, events } of world.nodes) {
    acquaint(running, records.filter((record) => record.peer !== peer), { ...mode, options: { ...mode.options, ...options } }, world.nowMs)
    events.length = 0
  }
  return world
}

export interface Sent {
  readonly atMs: number
  readonly from: Node
  readonly to: Node
  readonly message: MembershipMessage
}

/** Everything sent from now on; emptied by the caller as it likes. */
export function listen (world: World): Sent[] {
  const sent: Sent[] = []
  world.onSend = (from, to, message) => { sent.push({ atMs: world.nowMs, from, to, message }) }
  return sent
}

/** Neighbours of everybody by the definition: sort each ring, take who is next and who was before. */
export function neighboursBySorting (peers: readonly PeerId[]): Map<PeerId, Set<PeerId>> {
  const neighbours = new Map(peers.map((peer) => [peer, new Set<PeerId>()]))
  const positions = new Map(peers.map((peer) => {
    const chance = new Prng(peer)
    return [peer, Array.from({ length: OVERLAY_RINGS }, () => chance.uint32())]
  }))
  for (let ring = 0; ring < OVERLAY_RINGS; ring++) {
    const at = (peer: PeerId): number => positions.get(peer)![ring]!
    const sorted = [...peers].sort((a, b) => at(a) - at(b) || (a < b ? -1 : 1))
    sorted.forEach((peer, i) => {
      const next = sorted[(i + 1) % sorted.length]!
      if (next === peer) return
      neighbours.get(peer)!.add(next)
      neighbours.get(next)!.add(peer)
    })
  }
  return neighbours
}

/** How many can be reached from the first, along neighbours. */
export function reachable (neighbours: ReadonlyMap<PeerId, ReadonlySet<PeerId>>): number {
  const [first] = neighbours.keys()
  const seen = new Set(first === undefined ? [] : [first])
  for (const peer of seen) for (const next of neighbours.get(peer)!) seen.add(next)
  return seen.size
}

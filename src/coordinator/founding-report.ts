import { unreachable } from '../base/index.js'
import { acceptancesNeeded } from './founding-proposer.js'
import type { FoundingSetup, FoundingState } from './founding-types.js'

/** What a node without a map waits for, for a person; empty where it has one. */
export function describeFounding (setup: FoundingSetup, { phase, record }: FoundingState): string {
  const [first] = setup.names
  switch (phase.kind) {
    case 'waiting':
      return setup.role === 'first-listed'
        ? `no other named node has come forward; ${acceptancesNeeded(setup)} of ${setup.names.length - 1} are needed to found the cluster`
        : `waiting for ${first}, the first-listed node, to found the cluster`
    case 'proposing': {
      const missing = setup.names.filter((name) => name !== setup.ownName && !phase.acceptances.has(name))
      return `founding cluster ${phase.clusterId}: ${phase.acceptances.size} nodes accepted, ${acceptancesNeeded(setup)} of ${setup.names.length - 1} are needed; missing: ${missing.join(', ')}`
    }
    case 'promised': return `accepted cluster ${phase.clusterId}; waiting for its map`
    case 'joining':
      if (record.renounced !== undefined) return `cluster ${record.renounced} was founded or begun before with a disk this node does not have any more; waiting for its map`
      return 'waiting for the map of the cluster to join'
    case 'member': return ''
    default: return unreachable(phase)
  }
}

const EXCERPT_LENGTH = 40

/** The first difference of two texts, both in short excerpts. */
export function describeDifference (own: string, other: string): string {
  let at = 0
  while (at < own.length && own[at] === other[at]) at++
  const excerpt = (text: string): string => text.length <= at ? 'nothing more' : JSON.stringify(text.slice(at, at + EXCERPT_LENGTH))
  const before = own.slice(Math.max(0, at - EXCERPT_LENGTH), at)
  return `after ${JSON.stringify(before)}, here ${excerpt(own)}, there ${excerpt(other)}`
}

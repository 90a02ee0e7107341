import { toClusterId, toNodeName, toPeerId, type ClusterId, type NodeName, type PeerId } from '../../src/base/index.js'
import type { FoundingEffect, FoundingRecord, FoundingRole, FoundingSetup } from '../../src/coordinator/index.js'

export const NO_PROMISES: FoundingRecord = { proposed: undefined, accepted: undefined, renounced: undefined }

export const nodeName = (number: number): NodeName => toNodeName(`node${number}`)
/** The peer that a node is after its disk was lost `wipes` times. Base58 has no 0. */
export const peerOf = (number: number, wipes = 0): PeerId => toPeerId(`12D3KooWTestPeerNode${number}Disk${wipes + 1}`.replaceAll('0', 'z'))
/** The id that a node draws in its life after `wipes` lost disks. */
export const clusterIdOf = (number: number, wipes = 0): ClusterId => toClusterId(`${number}${wipes}`.padEnd(32, '0'))

export function setupOf (number: number, options: { count?: number, role?: FoundingRole, wipes?: number } & Partial<FoundingSetup> = {}): FoundingSetup {
  const { count = 4, wipes = 0, role = number === 1 ? 'first-listed' : 'named', ...rest } = options
  return {
    role,
    ownName: nodeName(number),
    ownPeer: peerOf(number, wipes),
    clusterName: 'test',
    names: Array.from({ length: count }, (_, position) => nodeName(position + 1)),
    configuration: 'nodes: 2',
    partitionCount: 2,
    replicaSets: [[0], [count - 1]],
    replicaCount: 3,
    freshClusterId: clusterIdOf(number, wipes),
    ...rest
  }
}

/** Effects in short, in their order: `persist`, `found-propose node2`, `found` … */
export function inShort (effects: readonly FoundingEffect[]): string[] {
  return effects.map((effect) => {
    switch (effect.kind) {
      case 'send': {
        const { message } = effect
        return message.kind === 'refuse' ? `refuse ${message.code}` : `${message.kind} ${effect.peer.slice(-10)}`
      }
      case 'offer-map': return `offer-map ${effect.peer.slice(-10)}`
      case 'wake': return `wake ${effect.atMs}`
      default: return effect.kind
    }
  })
}

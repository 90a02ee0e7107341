import { toEpoch, type ClusterId, type PeerId } from '../base/index.js'
import type { ClusterMessage, RefusalCode } from '../../protocols/cluster/index.js'
import type { FoundingEffect } from './founding-types.js'

export const send = (peer: PeerId, message: ClusterMessage): FoundingEffect => ({ kind: 'send', peer, message })

export function refuse (peer: PeerId, code: RefusalCode, reason: string, clusterId: ClusterId | undefined): FoundingEffect {
  return send(peer, { kind: 'refuse', code, reason, clusterId })
}

/** Any map is newer than none. */
export const requestMap = (peer: PeerId): FoundingEffect => send(peer, { kind: 'map-request', epoch: toEpoch(0) })

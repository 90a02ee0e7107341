import type { NodeName } from '../base/index.js'
import type { FoundingRole, FoundingSetup } from '../coordinator/index.js'
import { placeGroups } from '../placement/index.js'
import type { NodeOptions } from './options.js'

/** What the founding core is told of the way this node was started. */
export function foundingSetup (options: NodeOptions): FoundingSetup {
  const { origin, name, peer, clusterName, freshClusterId } = options
  const own = { ownName: name, ownPeer: peer, clusterName, freshClusterId }
  switch (origin.kind) {
    case 'lone': return { ...own, role: 'lone', names: [name], configuration: '', partitionCount: origin.partitions, replicaSets: undefined, replicaCount: origin.replicas }
    case 'joiner': return { ...own, role: 'joiner', names: [], configuration: '', partitionCount: 1, replicaSets: undefined, replicaCount: 0 }
    case 'named': {
      const names = origin.peers.map((named) => named.name)
      const role: FoundingRole = options.join.length > 0 ? 'joiner' : names[0] === name ? 'first-listed' : 'named'
      const positionOf = (member: NodeName): number => names.indexOf(member)
      const replicaSets = origin.groups === undefined
        ? undefined
        : placeGroups(origin.partitions, origin.groups.map(({ master, slaves }) => ({ master: positionOf(master), slaves: slaves.map(positionOf) })))
      return { ...own, role, names, configuration: origin.configuration, partitionCount: origin.partitions, replicaSets, replicaCount: origin.replicas }
    }
  }
}

import type { MemberId, NodeName, PeerId } from '../base/index.js'
import type { ClusterMap, MapMember } from '../../protocols/cluster/index.js'

interface MapIndex {
  readonly byId: ReadonlyMap<MemberId, MapMember>
  readonly byName: ReadonlyMap<NodeName, MapMember>
  readonly byPeer: ReadonlyMap<PeerId, MapMember>
}

/** Maps do not change, so each is indexed once, when it is first asked. */
const indexes = new WeakMap<ClusterMap, MapIndex>()

function indexOf (map: ClusterMap): MapIndex {
  let index = indexes.get(map)
  if (index === undefined) {
    index = {
      byId: new Map(map.members.map((member) => [member.id, member])),
      byName: new Map(map.members.map((member) => [member.name, member])),
      byPeer: new Map(map.members.flatMap((member) => member.peer === undefined ? [] : [[member.peer, member]]))
    }
    indexes.set(map, index)
  }
  return index
}

/** Undefined: the map has no such member. */
export const memberById = (map: ClusterMap, id: MemberId): MapMember | undefined => indexOf(map).byId.get(id)

/** Undefined: the map has no such name. */
export const memberByName = (map: ClusterMap, name: NodeName): MapMember | undefined => indexOf(map).byName.get(name)

/** Undefined: the peer is not admitted, by this epoch of the map. */
export const memberByPeer = (map: ClusterMap, peer: PeerId): MapMember | undefined => indexOf(map).byPeer.get(peer)

import { toBatchNumber, toEpoch, toGeneration, toIncarnation, toNodeName } from '../../src/base/index.js'
import type { Multiaddr } from '../../src/base/index.js'
import { encodeMembershipFrame, encodeSelfStatement } from '../../protocols/membership/index.js'
import type { MemberHealth } from '../../protocols/membership/index.js'
import type { VirtualNode, World } from '../world/world.js'

/** Gossip that nobody asked for. */
const UNASKED_SEQUENCE = 0

/**
 * Gossip of `from` about `about`, as `to` would believe it: proven, and no older than what `to` believes. A death or a
 * suspicion is of the newest announcement; that somebody who does not run is alive is an announcement it never made, and so
 * is a goodbye: the one lie that is believed at once, for which a liar needs its victim's key.
 * Undefined where one of the two does not run, or `to` does not know `about`.
 */
export function rumourFrame (world: World, from: VirtualNode, to: VirtualNode, about: VirtualNode, says: MemberHealth): Buffer | undefined {
  const status = from.driver?.status()
  const known = to.driver?.members().find(({ peer, generation }) => peer === about.peer && generation > 0)
  if (status === undefined || known === undefined) return undefined
  const isNews = says === 'alive' && about.driver === undefined
  const statement = {
    peer: about.peer, name: toNodeName(known.name), generation: toGeneration(known.generation), incarnation: toIncarnation(known.incarnation + (isNews ? 1 : 0)),
    health: says, ...(says === 'suspect' ? { accuser: from.peer } : {}), multiaddrs: known.multiaddrs as readonly Multiaddr[], http: known.http
  }
  const record = { ...statement, signature: world.signaturesOf(about.name).sign(encodeSelfStatement(statement)) }
  return encodeMembershipFrame([{
    kind: 'ack', sequence: UNASKED_SEQUENCE, epoch: toEpoch(status.epoch), durableBatch: toBatchNumber(status.storage.durableBatch), updates: [record]
  }])
}

import { Writer } from '../../src/base/index.js'
import type { MemberRecord } from './messages.js'

/** Keeps these signatures from being taken for any other that the same key makes, as libp2p's handshake does. */
const TAG = 'gokeydb/membership/self-statement/1'

/**
 * The bytes that a member signs to announce itself or, with `left`, to say goodbye: `SelfStatement` of membership.proto,
 * every field present and in order, so that equal statements have equal bytes. The cluster's id is not in it: a node
 * speaks before it belongs to one, and its identity belongs to one only. Checks nothing: what is too long or malformed is
 * refused by whoever decodes or believes the record.
 */
export function encodeSelfStatement (record: Omit<MemberRecord, 'signature'>): Uint8Array {
  const writer = new Writer(256)
  writer.string(1, TAG).string(2, record.peer).string(3, record.name).uint(4, record.generation).uint(5, record.incarnation)
  writer.bool(6, record.health === 'left')
  for (const multiaddr of record.multiaddrs) writer.string(7, multiaddr)
  writer.string(8, record.http)
  return writer.finish()
}

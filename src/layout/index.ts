/**
 * What lies on a node's disk: which keys there are, and what their records hold. Every record carries a CRC over its key
 * and its payload. Log entries, hard state, cluster map and sessions come from their own rooms as payloads, for
 * `sealRecord` and `openRecord`; the rest is encoded here.
 */
export { crc32 } from './crc32.js'
export {
  batchKey, dataKey, dataRange, foundingKey, hardStateKey, installingKey, isDataKey, logKey, logRange, logStartKey, mapKey,
  metaRange, nodeKey, peerKey, replicaStateKey, retiredKey, sessionKey, sessionRange, systemMapKey, systemMapRange, type KeyRange
} from './key-layout.js'
export { describeKey, parseDataKey, parseMetaKey, type DataKey, type MetaKey } from './key-parser.js'
export {
  CONFIGURATION_BYTES_MAX, KNOWN_ADDRESS_COUNT_MAX, decodeBatchNumber, decodeFoundingRecord, decodeKnownPeer, decodeNodeRecord,
  encodeBatchNumber, encodeFoundingRecord, encodeKnownPeer, encodeNodeRecord, type FoundingRecord, type KnownPeerRecord, type NodeRecord
} from './node-records.js'
export {
  decodeInstalling, decodeLogStart, decodeReplicaState, encodeInstalling, encodeLogStart, encodeReplicaState, type LogPosition,
  type LogStartRecord,   type ReplicaStateRecord
} from './replica-records.js'
export { decodeRetired, encodeRetired } from './retired-record.js'
export { openRecord, sealRecord } from './sealing.js'
export { decodeValueRecord, encodeValueRecord, type ValueRecord } from './value-record.js'

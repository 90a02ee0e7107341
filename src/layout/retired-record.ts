import { toLogIndex, type LogIndex, type PartitionId } from '../base/index.js'
import { retiredKey } from './key-layout.js'
import { decodeSealed, encodeSealed, readOneNumber } from './record-codec.js'

/**
 * A replica was retired: its group's configuration committed at `index` does not have it. Log, state and data are deleted;
 * term and vote stay, and so does this record: a replica that is placed here later must not vote with less of the log than
 * the one before had acknowledged, which ended at `index` at the latest.
 */
export function encodeRetired (partition: PartitionId, index: LogIndex): Buffer {
  return encodeSealed(retiredKey(partition), (writer) => { writer.uint(1, index) })
}

/** @throws {DecodeError} */
export function decodeRetired (partition: PartitionId, record: Uint8Array): LogIndex {
  return toLogIndex(decodeSealed(retiredKey(partition), record, readOneNumber))
}

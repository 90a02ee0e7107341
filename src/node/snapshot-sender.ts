import type { ClusterId, LogIndex, PartitionId, Term } from '../base/index.js'
import { decodeReplicaState, replicaStateKey } from '../layout/index.js'
import type { LoggedConfiguration } from '../../protocols/replication/index.js'
import { encodeSnapshotFrame } from '../../protocols/snapshot/index.js'
import type { SnapshotHeader, SnapshotRecord } from '../../protocols/snapshot/index.js'
import type { DiskSnapshot, KeyRange } from './ports.js'

/** Bytes of records in one frame, about; a single record of a 1 MiB value may exceed it. */
const FRAME_BYTES_TARGET = 64 * 1024

/**
 * The frames of a partition's state as one database snapshot has it: header, records in key order, end. The applied
 * position comes out of the same snapshot as the records, so that they always belong together. The snapshot is opened
 * with the first frame: a stream that never begins holds nothing.
 * @param configurationAt who is in the group as of an applied position
 * @throws {DiskError | DecodeError} while iterating
 */
export async function * snapshotFrames (
  open: () => DiskSnapshot,
  from: { readonly clusterId: ClusterId, readonly partition: PartitionId, readonly term: Term },
  ranges: readonly KeyRange[],
  configurationAt: (index: LogIndex) => LoggedConfiguration
): AsyncGenerator<Uint8Array> {
  const disk = open()
  try {
    const record = disk.get(replicaStateKey(from.partition))
    if (record === undefined) return // nothing was ever applied: the follower is served from the log
    const state = decodeReplicaState(from.partition, record)
    const header: SnapshotHeader = {
      ...from, lastIndex: state.appliedIndex, lastTerm: state.appliedTerm, revision: state.revision, keyCount: state.keyCount,
      configuration: configurationAt(state.appliedIndex)
    }
    yield encodeSnapshotFrame({ kind: 'header', header })
    let recordCount = 0
    let records: SnapshotRecord[] = []
    let bytes = 0
    for (const range of ranges) {
      for await (const entries of disk.range(range, FRAME_BYTES_TARGET)) {
        for (const entry of entries) {
          const size = entry.key.length + entry.value.length
          if (records.length > 0 && bytes + size > FRAME_BYTES_TARGET) {
            yield encodeSnapshotFrame({ kind: 'records', records })
            records = []
            bytes = 0
          }
          records.push(entry)
          bytes += size
          recordCount++
        }
      }
    }
    if (records.length > 0) yield encodeSnapshotFrame({ kind: 'records', records })
    yield encodeSnapshotFrame({ kind: 'end', recordCount })
  } finally {
    disk.close()
  }
}

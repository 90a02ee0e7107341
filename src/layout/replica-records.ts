import {
  toLogIndex, toRevision, toTerm, type LogIndex, type PartitionId, type Reader, type Revision,
  type Term
} from '../base/index.js'
import { installingKey, logStartKey, replicaStateKey } from './key-layout.js'
import { decodeSealed, encodeSealed, required } from './record-codec.js'

/** A position in a log with the term of its entry. */
export interface LogPosition {
  readonly index: LogIndex
  readonly term: Term
}

/** @param last the last position that is no longer in the log; the first entry kept follows it */
export function encodeLogStart (partition: PartitionId, last: LogPosition): Buffer {
  return encodePosition(logStartKey(partition), last)
}

/** @throws {DecodeError} */
export function decodeLogStart (partition: PartitionId, record: Uint8Array): LogPosition {
  return decodeSealed(logStartKey(partition), record, readPosition)
}

/** @param snapshot the log position whose state is being installed */
export function encodeInstalling (partition: PartitionId, snapshot: LogPosition): Buffer {
  return encodePosition(installingKey(partition), snapshot)
}

/** @throws {DecodeError} */
export function decodeInstalling (partition: PartitionId, record: Uint8Array): LogPosition {
  return decodeSealed(installingKey(partition), record, readPosition)
}

function encodePosition (key: Uint8Array, position: LogPosition): Buffer {
  return encodeSealed(key, (writer) => { writer.uint(1, position.index).uint(2, position.term) })
}

function readPosition (reader: Reader): LogPosition {
  let index: LogIndex | undefined
  let term: Term | undefined
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) index = toLogIndex(reader.uint())
    else if (field === 2) term = toTerm(reader.uint())
    else reader.skip()
  }
  return { index: required(index, 'index'), term: required(term, 'term') }
}

/** How far a replica's data contains its log, and the counters as of there; written with the data of the same step. */
export interface ReplicaStateRecord {
  readonly appliedIndex: LogIndex
  readonly appliedTerm: Term
  readonly revision: Revision
  readonly keyCount: number
}

export function encodeReplicaState (partition: PartitionId, state: ReplicaStateRecord): Buffer {
  return encodeSealed(replicaStateKey(partition), (writer) => {
    writer.uint(1, state.appliedIndex).uint(2, state.appliedTerm).uint(3, state.revision).uint(4, state.keyCount)
  })
}

/** @throws {DecodeError} */
export function decodeReplicaState (partition: PartitionId, record: Uint8Array): ReplicaStateRecord {
  return decodeSealed(replicaStateKey(partition), record, (reader) => {
    let appliedIndex: LogIndex | undefined
    let appliedTerm: Term | undefined
    let revision: Revision | undefined
    let keyCount: number | undefined
    for (let field = reader.field(); field !== 0; field = reader.field()) {
      switch (field) {
        case 1: appliedIndex = toLogIndex(reader.uint()); break
        case 2: appliedTerm = toTerm(reader.uint()); break
        case 3: revision = toRevision(reader.uint()); break
        case 4: keyCount = reader.uint(); break
        default: reader.skip()
      }
    }
    return {
      appliedIndex: required(appliedIndex, 'applied index'),
      appliedTerm: required(appliedTerm, 'applied term'),
      revision: required(revision, 'revision'),
      keyCount: required(keyCount, 'key count')
    }
  })
}

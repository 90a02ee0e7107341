import {
  toLogIndex, toRevision, toTerm, type LogIndex, type MemberId, type PartitionId, type Reader, type Revision,
  type Term
} from '../base/index.js'
import { installingKey, logStartKey, replicaStateKey } from './key-layout.js'
import { decodeSealed, encodeSealed, readMemberId, required } from './record-codec.js'

/** A position in a log with the term of its entry. */
export interface LogPosition {
  readonly index: LogIndex
  readonly term: Term
}

/** The last position that is no longer in the log, and who was in the group there. */
export interface LogStartRecord extends LogPosition {
  /** `index`: of the log entry that brought it, 0 for what the group was born with. Undefined: written by an earlier version. */
  readonly configuration: { readonly index: LogIndex, readonly voters: readonly MemberId[], readonly learners: readonly MemberId[] } | undefined
}

/** Written when a replica is created, and whenever its log is compacted; the first entry kept follows the position. */
export function encodeLogStart (partition: PartitionId, start: LogStartRecord): Buffer {
  return encodeSealed(logStartKey(partition), (writer) => {
    writer.uint(1, start.index).uint(2, start.term)
    const { configuration } = start
    if (configuration === undefined) return
    for (const member of configuration.voters) writer.uint(3, member)
    for (const member of configuration.learners) writer.uint(4, member)
    writer.uint(5, configuration.index)
  })
}

/** @throws {DecodeError} */
export function decodeLogStart (partition: PartitionId, record: Uint8Array): LogStartRecord {
  return decodeSealed(logStartKey(partition), record, (reader) => {
    let index: LogIndex | undefined
    let term: Term | undefined
    const voters: MemberId[] = []
    const learners: MemberId[] = []
    let configurationIndex: LogIndex | undefined
    for (let field = reader.field(); field !== 0; field = reader.field()) {
      switch (field) {
        case 1: index = toLogIndex(reader.uint()); break
        case 2: term = toTerm(reader.uint()); break
        case 3: voters.push(readMemberId(reader)); break
        case 4: learners.push(readMemberId(reader)); break
        case 5: configurationIndex = toLogIndex(reader.uint()); break
        default: reader.skip()
      }
    }
    return { index: required(index, 'index'), term: required(term, 'term'), configuration: configurationIndex === undefined ? undefined : { index: configurationIndex, voters, learners } }
  })
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

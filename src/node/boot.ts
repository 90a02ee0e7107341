import { DecodeError, SYSTEM_PARTITION, toBatchNumber, toGeneration, toLogIndex, toRevision, toTerm } from '../base/index.js'
import type { BatchNumber, Generation, LogIndex, NodeName, PartitionId, PeerId, Revision } from '../base/index.js'
import type { Session } from '../kv/index.js'
import { decodeSession } from '../kv/index.js'
import {
  batchKey, decodeBatchNumber, decodeFoundingRecord, decodeKnownPeer, decodeLogStart, decodeNodeRecord, decodeReplicaState, decodeRetired,
  encodeBatchNumber, encodeNodeRecord, nodeKey, openRecord, parseMetaKey
} from '../layout/index.js'
import type { FoundingRecord, KnownPeerRecord, LogStartRecord, MetaKey, NodeRecord } from '../layout/index.js'
import { findBootProblem } from '../replication/index.js'
import type { GroupBoot } from '../replication/index.js'
import { decodeClusterMap } from '../../protocols/cluster/index.js'
import type { ClusterMap } from '../../protocols/cluster/index.js'
import { decodeHardState, decodeLogEntries } from '../../protocols/replication/index.js'
import type { HardState, LogEntry, LoggedConfiguration } from '../../protocols/replication/index.js'
import type { LogRecordSpan } from './log-records.js'
import { DiskError } from './ports.js'
import type { DiskEntry, DiskOperation } from './ports.js'

/** What one partition's records say at start. */
export interface PartitionBoot {
  /** Without a configuration where the disk does not say it: the one that the group was born with. */
  readonly group: Omit<GroupBoot, 'configuration'> & { readonly configuration: LoggedConfiguration | undefined }
  readonly records: readonly LogRecordSpan[]
  readonly revision: Revision
  readonly keyCount: number
  readonly sessions: readonly Session[]
  /** The system partition's state. */
  readonly map: ClusterMap | undefined
  /** The replica that was here is retired, and none was made in its place since: what it left is to be deleted. */
  readonly isRetired: boolean
  /** Why the replica must not run: a record that cannot be trusted. */
  readonly failure: string | undefined
}

/** What a node's disk says at start. */
export interface BootState {
  /** This process's generation, not yet durable. */
  readonly generation: Generation
  readonly durableBatch: BatchNumber
  /** As the process before this one left it. */
  readonly node: NodeRecord | undefined
  readonly founding: FoundingRecord
  /** The newest map this node cached. */
  readonly map: ClusterMap | undefined
  readonly known: ReadonlyMap<PeerId, KnownPeerRecord>
  readonly partitions: ReadonlyMap<PartitionId, PartitionBoot>
}

const noHardState: HardState = { term: toTerm(0), vote: 0, commitIndex: toLogIndex(0) }

/** A replica's very first start. */
export const emptyPartition: PartitionBoot = {
  group: {
    hardState: noHardState, logStart: { index: toLogIndex(0), term: toTerm(0) }, entries: [], appliedIndex: toLogIndex(0), installing: false,
    configuration: undefined, voteFloor: toLogIndex(0)
  },
  records: [],
  revision: toRevision(0),
  keyCount: 0,
  sessions: [],
  map: undefined,
  isRetired: false,
  failure: undefined
}

class PartitionLoader {
  hardState = noHardState
  logStart: LogStartRecord = { ...emptyPartition.group.logStart, configuration: undefined }
  appliedIndex: LogIndex = toLogIndex(0)
  installing = false
  revision = emptyPartition.revision
  keyCount = 0
  failure: string | undefined
  retiredIndex: LogIndex | undefined
  hasStart = false
  readonly runs: Array<{ readonly first: LogIndex, readonly entries: readonly LogEntry[], readonly bytes: number }> = []
  readonly sessions: Session[] = []

  /** Newer runs override what earlier ones said from their first index on (log-records.ts). */
  finish (map: ClusterMap | undefined): PartitionBoot {
    const entries: LogEntry[] = []
    const records: LogRecordSpan[] = []
    for (const run of this.runs) {
      while (entries.length > 0 && (entries[entries.length - 1] as LogEntry).index >= run.first) entries.pop()
      const cut = records[records.length - 1]
      if (cut !== undefined && cut.last >= run.first) records[records.length - 1] = { ...cut, last: toLogIndex(run.first - 1) }
      for (const entry of run.entries) if (entry.index > this.logStart.index) entries.push(entry)
      records.push({ first: run.first, last: toLogIndex(run.first + run.entries.length - 1), bytes: run.bytes })
    }
    const { index, term, configuration } = this.logStart
    const group: PartitionBoot['group'] = {
      hardState: this.hardState, logStart: { index, term }, entries, appliedIndex: this.appliedIndex, installing: this.installing,
      configuration, voteFloor: this.retiredIndex ?? toLogIndex(0)
    }
    const isRetired = this.retiredIndex !== undefined && !this.hasStart
    if (isRetired) return { ...emptyPartition, group: { ...emptyPartition.group, hardState: { ...this.hardState, commitIndex: toLogIndex(0) }, voteFloor: group.voteFloor }, map, isRetired }
    const failure = this.failure ?? findBootProblem(group)
    // A replica whose records contradict each other never runs: what is left of them must not get into its group.
    if (failure !== undefined) return { ...emptyPartition, map, failure }
    return { group, records, revision: this.revision, keyCount: this.keyCount, sessions: this.sessions, map, isRetired, failure }
  }
}

/**
 * Reads everything but the data. What cannot be trusted stops the replica it belongs to, by name; where it belongs to
 * the whole node, the node cannot start.
 * @throws {DiskError} code `corrupt`
 */
export function loadBoot (records: readonly DiskEntry[]): BootState {
  const loaders = new Map<PartitionId, PartitionLoader>()
  const known = new Map<PeerId, KnownPeerRecord>()
  let node: NodeRecord | undefined
  let founding: FoundingRecord = { proposed: undefined, accepted: undefined, renounced: undefined }
  let map: ClusterMap | undefined
  let systemMap: ClusterMap | undefined
  let durableBatch = toBatchNumber(0)
  const loader = (partition: PartitionId): PartitionLoader => {
    let found = loaders.get(partition)
    if (found === undefined) {
      found = new PartitionLoader()
      loaders.set(partition, found)
    }
    return found
  }
  for (const { key, value } of records) {
    const meta = metaKey(key)
    if ('partition' in meta) {
      try {
        loadPartitionRecord(loader(meta.partition), meta, key, value)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        loader(meta.partition).failure ??= error.message
      }
      continue
    }
    try {
      switch (meta.kind) {
        case 'node': node = decodeNodeRecord(value); break
        case 'batch': durableBatch = decodeBatchNumber(value); break
        case 'founding': founding = decodeFoundingRecord(value); break
        case 'map': map = decodeClusterMap(openRecord(key, value)); break
        case 'system-map': systemMap = decodeClusterMap(openRecord(key, value)); break
        case 'peer': known.set(meta.peer, decodeKnownPeer(meta.peer, value)); break
        default: // records of a later version's features: none of this version's business
      }
    } catch (error) {
      if (error instanceof DecodeError) throw corrupt(error)
      throw error
    }
  }
  const partitions = new Map<PartitionId, PartitionBoot>()
  for (const [partition, each] of loaders) partitions.set(partition, each.finish(partition === SYSTEM_PARTITION ? systemMap : undefined))
  return { generation: toGeneration((node?.generation ?? 0) + 1), durableBatch, node, founding, map, known, partitions }
}

/**
 * What makes a disk this process's: its record with the new generation, to be written durably before anything is sent.
 * @returns the boot state as it is once the operations are durable
 * @throws {DiskError} code `corrupt` where the disk is somebody else's
 */
export function claimDisk (
  boot: BootState,
  self: { readonly peer: PeerId, readonly name: NodeName, readonly configuration: string }
): { readonly boot: BootState & { readonly node: NodeRecord }, readonly operations: readonly DiskOperation[] } {
  const before = boot.node
  if (before !== undefined && before.peer !== self.peer) {
    throw new DiskError('corrupt', `the database belongs to peer ${before.peer}, and the identity beside it is ${self.peer}: they come from two nodes; put the right one back`)
  }
  if (before !== undefined && before.name !== self.name) {
    throw new DiskError('corrupt', `the database belongs to node "${before.name}", not to "${self.name}": start it under its own name, or give "${self.name}" a data directory of its own`)
  }
  const node: NodeRecord = {
    ...self, generation: boot.generation, clusterId: before?.clusterId, memberId: before?.memberId
  }
  const durableBatch = toBatchNumber(boot.durableBatch + 1)
  return {
    boot: { ...boot, node, durableBatch },
    operations: [
      { kind: 'put', key: nodeKey(), value: encodeNodeRecord(node) },
      { kind: 'put', key: batchKey(), value: encodeBatchNumber(durableBatch) }
    ]
  }
}

function loadPartitionRecord (into: PartitionLoader, meta: MetaKey & { partition: PartitionId }, key: Uint8Array, value: Uint8Array): void {
  switch (meta.kind) {
    case 'hard-state': into.hardState = decodeHardState(openRecord(key, value)); return
    case 'log-start':
      into.logStart = decodeLogStart(meta.partition, value)
      into.hasStart = true
      return
    case 'retired': into.retiredIndex = decodeRetired(meta.partition, value); return
    case 'installing': into.installing = true; return
    case 'session': into.sessions.push(decodeSession(meta.peer, openRecord(key, value))); return
    case 'log': {
      const payload = openRecord(key, value)
      into.runs.push({ first: meta.firstIndex, entries: payload.length === 0 ? [] : decodeLogEntries(payload), bytes: value.length })
      return
    }
    case 'replica-state': {
      const state = decodeReplicaState(meta.partition, value)
      into.appliedIndex = state.appliedIndex
      into.revision = state.revision
      into.keyCount = state.keyCount
      return
    }
    default: // as above
  }
}

function metaKey (key: Uint8Array): MetaKey {
  try {
    return parseMetaKey(key)
  } catch (error) {
    if (error instanceof DecodeError) throw corrupt(error)
    throw error
  }
}

const corrupt = (cause: DecodeError): DiskError =>
  new DiskError('corrupt', `a record of the node itself is damaged (${cause.message}); restore it from another copy of this disk, or move the data directory away and let the node join as a new one`, { cause })

import { DecodeError } from '../base/index.js'
import type { Bucket, Generation, Logger, PartitionId, PeerId, Revision } from '../base/index.js'
import { decodeSession, encodeSession, KvState } from '../kv/index.js'
import type { AppliedCommand, Overlay, Session, StoredValue } from '../kv/index.js'
import {
  dataKey, dataRange, decodeValueRecord, encodeReplicaState, encodeValueRecord, isDataKey, openRecord, parseDataKey, parseMetaKey,
  replicaStateKey, sealRecord, sessionKey, sessionRange
} from '../layout/index.js'
import { bucketOf } from '../placement/index.js'
import { decodeOriginCommands } from '../../protocols/kv/index.js'
import type { CommandResult, OriginCommands } from '../../protocols/kv/index.js'
import type { LogEntry } from '../../protocols/replication/index.js'
import type { GroupCommit } from './group-commit.js'
import type { AppliedPosition, Machine } from './machine.js'
import type { Disk, DiskOperation, KeyRange } from './ports.js'

/** What a machine borrows of its node. */
export interface KvMachineContext {
  readonly commit: GroupCommit
  readonly disk: Disk
  readonly overlay: Overlay
  readonly log: Logger
  /** Told of every result, whoever's command it was. */
  applied (partition: PartitionId, result: AppliedCommand): void
}

/** The state machine of one key partition, over the disk and the overlay of what is not flushed yet. */
export class KvMachine implements Machine {
  readonly partition: PartitionId
  readonly ranges: readonly KeyRange[]
  readonly #context: KvMachineContext
  readonly #firstBucket: Bucket
  readonly #lastBucket: Bucket
  readonly #touched = new Set<PeerId>()
  readonly #read = (bucket: Bucket, key: Uint8Array): StoredValue | undefined => this.read(bucket, key)
  readonly #owns = (bucket: Bucket): boolean => bucket >= this.#firstBucket && bucket <= this.#lastBucket
  #state: KvState
  /** Kept back until `store`: where a read fails in the middle of a turn, the disk stays at the position before it. */
  #operations: DiskOperation[] = []
  #installedSessions: Session[] = []
  #installedKeys = 0

  constructor (
    context: KvMachineContext,
    partition: PartitionId,
    buckets: { readonly first: Bucket, readonly last: Bucket },
    boot: { readonly revision: Revision, readonly keyCount: number, readonly sessions: Iterable<Session> }
  ) {
    this.#context = context
    this.partition = partition
    this.#firstBucket = buckets.first
    this.#lastBucket = buckets.last
    this.ranges = [dataRange(buckets.first, buckets.last), sessionRange(partition)]
    this.#state = new KvState({ ...boot, bucketOf })
  }

  get revision (): Revision {
    return this.#state.revision
  }

  get keyCount (): number {
    return this.#state.keyCount
  }

  /** The newest applied value. @throws {DiskError | DecodeError} where it cannot be told */
  read (bucket: Bucket, key: Uint8Array): StoredValue | undefined {
    const unflushed = this.#context.overlay.get(key)
    if (unflushed !== undefined) return unflushed.value
    const storageKey = dataKey(bucket, key)
    const record = this.#context.disk.get(storageKey)
    return record === undefined ? undefined : decodeValueRecord(storageKey, record)
  }

  /** The result of a command that was applied before, if it still is remembered. */
  lookup (peer: PeerId, generation: Generation, sequence: number): CommandResult | undefined {
    return this.#state.lookup(peer, generation, sequence)
  }

  apply (entry: LogEntry): void {
    if (entry.kind !== 'commands') return
    let origins: OriginCommands[]
    try {
      origins = decodeOriginCommands(entry.payload)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      // Every replica reads the same bytes and skips them alike: a poison entry must not stop the group.
      this.#context.log.error('skipped a log entry that cannot be decoded', { partition: this.partition, index: entry.index, reason: error.message })
      return
    }
    const applied = this.#state.apply(origins, this.#read, this.#owns)
    const { commit, overlay } = this.#context
    for (const write of applied.writes) {
      const key = dataKey(write.bucket, write.key)
      if (write.value === undefined) this.#operations.push({ kind: 'delete', key })
      else this.#operations.push({ kind: 'put', key, value: encodeValueRecord(key, write.value.revision, write.value.value) })
      overlay.put(write.key, write.value, commit.gathering)
    }
    for (const peer of applied.touchedSessions) this.#touched.add(peer)
    for (const result of applied.results) this.#context.applied(this.partition, result)
  }

  store (applied: AppliedPosition): void {
    const { commit } = this.#context
    for (const operation of this.#operations) commit.add(operation)
    this.#operations = []
    for (const peer of this.#touched) {
      const key = sessionKey(this.partition, peer)
      const session = this.#state.session(peer)
      if (session === undefined) commit.delete(key)
      else commit.put(key, sealRecord(key, encodeSession(session)))
    }
    this.#touched.clear()
    commit.put(replicaStateKey(this.partition), encodeReplicaState(this.partition, {
      appliedIndex: applied.index, appliedTerm: applied.term, revision: this.#state.revision, keyCount: this.#state.keyCount
    }))
  }

  beginInstall (): void {
    this.#installedSessions = []
    this.#installedKeys = 0
    this.#touched.clear()
  }

  installRecord (key: Uint8Array, value: Uint8Array): void {
    if (isDataKey(key)) {
      if (!this.#owns(parseDataKey(key).bucket)) throw this.#foreign()
      decodeValueRecord(key, value)
      this.#installedKeys++
      return
    }
    const meta = parseMetaKey(key)
    if (meta.kind !== 'session' || meta.partition !== this.partition) throw this.#foreign()
    this.#installedSessions.push(decodeSession(meta.peer, openRecord(key, value)))
  }

  #foreign (): DecodeError {
    return new DecodeError(`a snapshot of partition ${this.partition} carries a foreign record`)
  }

  finishInstall (header: { readonly revision: Revision, readonly keyCount: number }): void {
    if (header.keyCount !== this.#installedKeys) {
      throw new DecodeError(`a snapshot of partition ${this.partition} announced ${header.keyCount} keys and carried ${this.#installedKeys}`)
    }
    this.#state = new KvState({ revision: header.revision, keyCount: header.keyCount, sessions: this.#installedSessions, bucketOf })
    this.#installedSessions = []
  }
}

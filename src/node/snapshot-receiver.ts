import { DecodeError } from '../base/index.js'
import type { ClusterId, Logger, MemberId, PartitionId, PeerId } from '../base/index.js'
import { encodeInstalling, installingKey } from '../layout/index.js'
import { decodeSnapshotFrame } from '../../protocols/snapshot/index.js'
import type { SnapshotFrame, SnapshotHeader } from '../../protocols/snapshot/index.js'
import type { GroupCommit } from './group-commit.js'
import type { Disk, DiskError, Transport } from './ports.js'
import type { Replica } from './replica.js'

/** Snapshot streams one node reads at once; more are refused and tried again later. */
const STREAMS_MAX = 8

/** What the receiver needs of its node. */
export interface SnapshotReceiverContext {
  readonly commit: GroupCommit
  readonly disk: Disk
  readonly transport: Transport
  readonly log: Logger
  clusterId (): ClusterId | undefined
  memberOf (peer: PeerId): MemberId | undefined
  replica (partition: PartitionId): Replica | undefined
  /** Runs `call` in a later turn: the way back from a callback outside any turn. */
  later (call: (nowMs: number) => void): void
  diskFailed (error: DiskError): void
}

interface Install {
  readonly stream: number
  readonly peer: PeerId
  /** 'abandoned': the stream ended while the old state was being cleared; nobody else may begin before that is over. */
  phase: 'header' | 'clearing' | 'abandoned' | 'records' | 'finishing'
  header: SnapshotHeader | undefined
  replica: Replica | undefined
  recordCount: number
}

/**
 * Installs partitions' states from snapshot streams (DESIGN.md section 5): a durable marker, clear, chunks each durable
 * before the next is asked for, then one batch that makes the state whole and removes the marker. Until then the
 * replica neither campaigns nor serves, and a restart under the marker starts over.
 */
export class SnapshotReceiver {
  readonly #context: SnapshotReceiverContext
  readonly #installs = new Map<number, Install>()

  constructor (context: SnapshotReceiverContext) {
    this.#context = context
  }

  /** Whether a stream writes to a replica, or what it began is still being cleared. */
  isReceiving (replica: Replica): boolean {
    for (const install of this.#installs.values()) if (install.replica === replica) return true
    return false
  }

  opened (stream: number, peer: PeerId): void {
    if (this.#installs.size >= STREAMS_MAX) {
      this.#context.transport.snapshotClose(stream, 'too many snapshots are being installed')
      return
    }
    this.#installs.set(stream, { stream, peer, phase: 'header', header: undefined, replica: undefined, recordCount: 0 })
    this.#context.transport.snapshotNext(stream)
  }

  frame (stream: number, payload: Uint8Array, nowMs: number): void {
    const install = this.#installs.get(stream)
    if (install === undefined) return
    try {
      this.#step(install, decodeSnapshotFrame(payload), nowMs)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#fail(install, error.message, nowMs)
    }
  }

  closed (stream: number, error: string | undefined, nowMs: number): void {
    const install = this.#installs.get(stream)
    if (install === undefined || install.phase === 'finishing') return
    if (install.phase === 'clearing') install.phase = 'abandoned'
    else this.#forget(install, error ?? 'it ended early', nowMs)
  }

  #step (install: Install, frame: SnapshotFrame, nowMs: number): void {
    if (install.phase === 'header' && frame.kind === 'header') this.#begin(install, frame.header, nowMs)
    else if (install.phase === 'records' && frame.kind === 'records') this.#records(install, frame)
    else if (install.phase === 'records' && frame.kind === 'end') this.#finish(install, frame.recordCount, nowMs)
    else throw new DecodeError(`a snapshot frame "${frame.kind}" came in phase "${install.phase}"`)
  }

  #begin (install: Install, header: SnapshotHeader, nowMs: number): void {
    const { commit, log } = this.#context
    const replica = this.#context.replica(header.partition)
    const member = this.#context.memberOf(install.peer)
    if (replica === undefined || member === undefined || header.clusterId !== this.#context.clusterId()) {
      throw new DecodeError(`this node holds no replica of partition ${header.partition} of cluster ${header.clusterId}`)
    }
    for (const other of this.#installs.values()) {
      if (other.replica === replica) throw new DecodeError(`partition ${header.partition} is being installed already`)
    }
    if (!replica.offerSnapshot(member, header, nowMs)) throw new DecodeError(`partition ${header.partition} wants no snapshot as of ${header.lastIndex}`)
    install.header = header
    install.replica = replica
    install.phase = 'clearing'
    log.info('installing a snapshot', { partition: header.partition, from: install.peer, lastIndex: header.lastIndex, keyCount: header.keyCount })
    replica.machine.beginInstall()
    commit.put(installingKey(header.partition), encodeInstalling(header.partition, { index: header.lastIndex, term: header.lastTerm }))
    commit.afterGathering(() => { this.#clear(install, 0, nowMs) })
  }

  #clear (install: Install, at: number, nowMs: number): void {
    if (install.phase === 'abandoned') {
      this.#forget(install, 'it ended while the old state was being cleared', nowMs)
      return
    }
    const range = install.replica?.machine.ranges[at]
    if (range === undefined) {
      install.phase = 'records'
      this.#context.transport.snapshotNext(install.stream)
      return
    }
    this.#context.disk.clear(range, (error) => {
      this.#context.later((laterMs) => {
        if (error !== undefined) this.#context.diskFailed(error)
        else this.#clear(install, at + 1, laterMs)
      })
    })
  }

  #records (install: Install, frame: SnapshotFrame & { kind: 'records' }): void {
    const { commit, transport } = this.#context
    for (const { key, value } of frame.records) {
      install.replica?.machine.installRecord(key, value)
      commit.put(key, value)
    }
    install.recordCount += frame.records.length
    commit.afterGathering(() => { if (this.#installs.has(install.stream)) transport.snapshotNext(install.stream) })
  }

  #finish (install: Install, recordCount: number, nowMs: number): void {
    const { commit, transport } = this.#context
    const { header, replica } = install
    if (header === undefined || replica === undefined) throw new DecodeError('a snapshot ended before it began')
    if (recordCount !== install.recordCount) throw new DecodeError(`a snapshot of ${recordCount} records carried ${install.recordCount}`)
    replica.machine.finishInstall(header)
    replica.snapshotInstalled(header, nowMs)
    commit.delete(installingKey(header.partition))
    install.phase = 'finishing'
    commit.afterGathering(() => {
      this.#installs.delete(install.stream)
      transport.snapshotClose(install.stream, undefined)
      this.#context.log.info('installed a snapshot', { partition: header.partition, lastIndex: header.lastIndex, records: recordCount })
    })
  }

  #fail (install: Install, reason: string, nowMs: number): void {
    this.#context.transport.snapshotClose(install.stream, reason)
    this.#forget(install, reason, nowMs)
  }

  #forget (install: Install, reason: string, nowMs: number): void {
    this.#installs.delete(install.stream)
    if (install.replica === undefined) return
    this.#context.log.warn('a snapshot was not installed', { partition: install.replica.partition, from: install.peer, reason })
    install.replica.snapshotFailed(nowMs)
  }
}

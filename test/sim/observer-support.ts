import { toBatchNumber, toClusterId, toEpoch, toLogIndex, toMemberId, toNodeName, toPartitionId, toPeerId, toRevision, toTerm } from '../../src/base/index.js'
import type { PartitionId } from '../../src/base/index.js'
import {
  batchKey, dataKey, encodeBatchNumber, encodeInstalling, encodeLogStart, encodeReplicaState, encodeValueRecord, hardStateKey,
  installingKey, logKey, logStartKey, mapKey, replicaStateKey, sealRecord
} from '../../src/layout/index.js'
import type { DiskEntry, DiskOperation, KeyRange, PartitionReport } from '../../src/node/index.js'
import { bucketOf } from '../../src/placement/index.js'
import { encodeClusterMap } from '../../protocols/cluster/index.js'
import { encodeHardState, encodeLogEntries, encodeReplicationFrame } from '../../protocols/replication/index.js'
import type { LogEntry, ReplicationMessage } from '../../protocols/replication/index.js'
import { Observer } from '../../sim/observe/index.js'
import type { Fact, Violation } from '../../sim/observe/index.js'

const P = toPartitionId(0)

export const NAMES = ['node1', 'node2', 'node3'] as const
const peerOf = (name: string) => toPeerId(`12D3KooW${name}`.padEnd(52, 'z'))

/** The cluster map: one partition on all of `names`, whose member ids are 1, 2 … */
export function map (names: readonly string[] = NAMES): DiskOperation {
  const members = names.map((name, at) => ({ id: toMemberId(at + 1), name: toNodeName(name), peer: peerOf(name), leaving: false }))
  const replicas = members.map(({ id }) => id)
  const value = encodeClusterMap({
    clusterId: toClusterId('0'.repeat(32)), clusterName: 'test', epoch: toEpoch(1), members, memberIdMax: toMemberId(names.length),
    systemVoters: replicas, systemInitial: replicas, replicaCount: 0, partitions: [{ replicas, initial: replicas }]
  })
  return { kind: 'put', key: mapKey(), value: sealRecord(mapKey(), value) }
}

const put = (key: Uint8Array, value: Uint8Array): DiskOperation => ({ kind: 'put', key, value })

export const hard = (term: number, vote: number, commitIndex: number, partition: PartitionId = P): DiskOperation =>
  put(hardStateKey(partition), sealRecord(hardStateKey(partition), encodeHardState({ term: toTerm(term), vote: vote === 0 ? 0 : toMemberId(vote), commitIndex: toLogIndex(commitIndex) })))

/** An entry whose payload is `text`; the same text in the same place is the same entry. */
export const entry = (index: number, term: number, text = `entry ${index} of ${term}`): LogEntry =>
  ({ index: toLogIndex(index), term: toTerm(term), kind: 'commands', payload: Buffer.from(text) })

export const log = (...entries: LogEntry[]): DiskOperation => {
  const key = logKey(P, entries[0]?.index ?? toLogIndex(1))
  return put(key, sealRecord(key, encodeLogEntries(entries)))
}

/** A record that only cuts the log at `from`. */
export const cut = (from: number): DiskOperation => put(logKey(P, toLogIndex(from)), sealRecord(logKey(P, toLogIndex(from)), new Uint8Array(0)))
export const logGone = (first: number): DiskOperation => ({ kind: 'delete', key: logKey(P, toLogIndex(first)) })
export const logStart = (index: number, term: number): DiskOperation => put(logStartKey(P), encodeLogStart(P, { index: toLogIndex(index), term: toTerm(term), configuration: undefined }))
export const installing = (index: number, term: number): DiskOperation => put(installingKey(P), encodeInstalling(P, { index: toLogIndex(index), term: toTerm(term) }))
export const installed: DiskOperation = { kind: 'delete', key: installingKey(P) }

export const state = (appliedIndex: number, appliedTerm: number, revision: number, keyCount: number): DiskOperation => put(replicaStateKey(P), encodeReplicaState(P, {
  appliedIndex: toLogIndex(appliedIndex), appliedTerm: toTerm(appliedTerm), revision: toRevision(revision), keyCount
}))

export const storageKey = (key: string): Buffer => dataKey(bucketOf(Buffer.from(key)), Buffer.from(key))
export const data = (key: string, revision: number, value: string): DiskOperation => put(storageKey(key), encodeValueRecord(storageKey(key), toRevision(revision), Buffer.from(value)))
export const dataGone = (key: string): DiskOperation => ({ kind: 'delete', key: storageKey(key) })
export const batchNumber = (number: number): DiskOperation => put(batchKey(), encodeBatchNumber(toBatchNumber(number)))

type Message<Kind extends ReplicationMessage['kind']> = ReplicationMessage & { readonly kind: Kind }

export const append = (term: number, prevIndex: number, prevTerm: number, commitIndex: number, entries: LogEntry[] = []): Message<'append'> => ({
  kind: 'append', partition: P, term: toTerm(term), prevIndex: toLogIndex(prevIndex), prevTerm: toTerm(prevTerm), commitIndex: toLogIndex(commitIndex), round: 1, entries
})
export const accept = (term: number, index: number): Message<'append-reply'> => ({
  kind: 'append-reply', partition: P, term: toTerm(term), accepted: true, index: toLogIndex(index), hintTerm: toTerm(0), round: 1, snapshotWanted: false
})
export const refuse = (term: number, index: number): Message<'append-reply'> => ({ ...accept(term, index), accepted: false })
export const vote = (term: number, options: { readonly granted?: boolean, readonly preVote?: boolean } = {}): Message<'vote-reply'> => ({
  kind: 'vote-reply', partition: P, term: toTerm(term), preVote: options.preVote ?? false, granted: options.granted ?? true
})
export const campaign = (term: number, lastIndex: number, lastTerm: number, preVote = false): Message<'vote-request'> => ({
  kind: 'vote-request', partition: P, term: toTerm(term), preVote, transfer: false, lastIndex: toLogIndex(lastIndex), lastTerm: toTerm(lastTerm)
})

export const report = (role: PartitionReport['role'], term: number, commitIndex: number, appliedIndex: number): PartitionReport => ({
  partition: P, master: undefined, slaves: [], preferred: undefined, role, term: toTerm(term), commitIndex, appliedIndex, revision: 0, keyCount: 0
})

/** A cluster of nothing but disks, played by hand. */
export class Script {
  readonly violations: Violation[] = []
  readonly facts: Fact[] = []
  readonly observer = new Observer({ onFact: (fact) => { this.facts.push(fact) }, onViolation: (violation) => { this.violations.push(violation) } })
  readonly #disks = new Map<string, Map<string, DiskEntry>>()
  readonly #batches = new Map<string, number>()
  #nowUs = 0

  constructor (names: readonly string[] = NAMES) {
    for (const name of names) {
      this.start(name)
      this.write(name, map(names))
    }
  }

  get nowUs (): number {
    return ++this.#nowUs
  }

  /** The names of what was violated, in order. */
  get broken (): string[] {
    return this.violations.map(({ invariant }) => invariant)
  }

  disk (name: string): Map<string, DiskEntry> {
    let disk = this.#disks.get(name)
    if (disk === undefined) this.#disks.set(name, disk = new Map<string, DiskEntry>())
    return disk
  }

  readonly #read = (name: string) => ({ from, to }: KeyRange): DiskEntry[] => [...this.disk(name).values()]
    .filter(({ key }) => Buffer.compare(key, from) >= 0 && Buffer.compare(key, to) < 0)
    .sort((left, right) => Buffer.compare(left.key, right.key))

  start (name: string): void {
    this.observer.started(this.nowUs, name, peerOf(name), this.#read(name))
  }

  crash (name: string): void {
    this.observer.crashed(this.nowUs, name, this.#read(name))
  }

  forget (name: string): void {
    if (this.disk(name).size === 0) this.#batches.delete(name)
    this.observer.forget(name, this.nowUs, this.#read(name))
  }

  atEnd (...names: string[]): void {
    this.observer.atEnd(names, this.nowUs)
  }

  /** A batch is handed to the disk. @returns what makes it durable */
  submit (name: string, ...operations: DiskOperation[]): () => void {
    const number = (this.#batches.get(name) ?? 0) + 1
    this.#batches.set(name, number)
    return this.submitRaw(name, ...operations, batchNumber(number))
  }

  submitRaw (name: string, ...operations: DiskOperation[]): () => void {
    this.observer.submitted(this.nowUs, name, operations)
    return () => {
      this.#put(name, operations)
      this.observer.durable(this.nowUs, name, operations)
    }
  }

  #put (name: string, operations: readonly DiskOperation[]): void {
    for (const operation of operations) {
      const key = Buffer.from(operation.key).toString('hex')
      if (operation.kind === 'put') this.disk(name).set(key, { key: operation.key, value: operation.value })
      else this.disk(name).delete(key)
    }
  }

  /** A batch is on the disk, and a crash comes before anybody is told. */
  land (name: string, ...operations: DiskOperation[]): void {
    const number = (this.#batches.get(name) ?? 0) + 1
    this.submit(name, ...operations)
    this.#put(name, [...operations, batchNumber(number)])
  }

  /** A crash leaves a part of a batch. */
  tear (name: string, ...operations: DiskOperation[]): void {
    this.#put(name, operations)
    this.observer.durable(this.nowUs, name, operations)
  }

  write (name: string, ...operations: DiskOperation[]): void {
    this.submit(name, ...operations)()
  }

  clear (name: string, ...keys: Uint8Array[]): void {
    this.#put(name, keys.map((key) => ({ kind: 'delete', key })))
    this.observer.cleared(this.nowUs, name, keys)
  }

  send (from: string, to: string, ...messages: ReplicationMessage[]): void {
    this.observer.sent(this.nowUs, from, to, 'replication', encodeReplicationFrame(messages))
  }

  /** Long enough after the last one that the reports are asked for. */
  turn (name: string, ...reports: PartitionReport[]): void {
    this.#nowUs += 1_000_000
    this.observer.turned(this.nowUs, name, () => reports)
  }

  /** A candidate wins a term with the vote of one other node, whose logs go to `lastIndex`/`lastTerm`. */
  elect (candidate: string, voter: string, term: number, lastIndex = 0, lastTerm = 0, commitIndex = 0): void {
    const member = NAMES.indexOf(candidate as typeof NAMES[number]) + 1
    this.send(candidate, voter, campaign(term, lastIndex, lastTerm, true))
    this.send(voter, candidate, vote(term, { preVote: true }))
    this.write(candidate, hard(term, member, commitIndex))
    this.send(candidate, voter, campaign(term, lastIndex, lastTerm))
    this.write(voter, hard(term, member, commitIndex))
    this.send(voter, candidate, vote(term))
  }

  /** The master replicates one entry to `followers`, durably, and commits it. */
  replicate (master: string, followers: readonly string[], next: LogEntry, before: { readonly term: number, readonly index: number }): void {
    const member = NAMES.indexOf(master as typeof NAMES[number]) + 1
    for (const each of followers) this.send(master, each, append(next.term, before.index, before.term, before.index, [next]))
    this.write(master, log(next))
    for (const each of followers) {
      this.write(each, hard(next.term, member, before.index), log(next))
      this.send(each, master, accept(next.term, next.index))
    }
    for (const each of followers) this.send(master, each, append(next.term, next.index, next.term, next.index))
    for (const each of [master, ...followers]) this.write(each, hard(next.term, member, next.index), state(next.index, next.term, 0, 0))
  }
}

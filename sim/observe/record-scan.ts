import { DecodeError, Reader, SYSTEM_PARTITION, toPartitionId } from '../../src/base/index.js'
import {
  batchKey, hardStateKey, installingKey, isDataKey, logRange, logStartKey, mapKey, openRecord, replicaStateKey, retiredKey, sessionRange, systemMapKey
} from '../../src/layout/index.js'
import { decodeClusterMap } from '../../protocols/cluster/index.js'
import type { LogRecord } from '../invariants/durable-log.js'
import type { SeenConfiguration } from '../invariants/configurations.js'
import type { MapView } from '../invariants/node-model.js'
import { EntryScan } from './entry-scan.js'
import { viewMap } from './map-view.js'
import { hashBytes } from './record-hash.js'

/** Bytes of the checksum in front of a record (src/layout/sealing.ts). */
const SEAL_BYTES = 4
const first = toPartitionId(0)
const prefixOf = (key: Uint8Array): number => key[0] ?? -1

const BATCH = prefixOf(batchKey())
const MAP = prefixOf(mapKey())
const SYSTEM_MAP = prefixOf(systemMapKey())
const HARD_STATE = prefixOf(hardStateKey(first))
const LOG_START = prefixOf(logStartKey(first))
const REPLICA_STATE = prefixOf(replicaStateKey(first))
const INSTALLING = prefixOf(installingKey(first))
const RETIRED = prefixOf(retiredKey(first))
const LOG = prefixOf(logRange(first).from)
const SESSION = prefixOf(sessionRange(first).from)

/** Who is told what the records of a disk say. */
export interface RecordVisitor {
  batch (number: number): void
  map (map: MapView): void
  hardState (partition: number, term: number, vote: number, commitIndex: number): void
  /** `hashes`: of the entries, by position in the record. */
  log (partition: number, record: LogRecord, hashes: readonly number[], configurations: readonly SeenConfiguration[]): void
  logGone (partition: number, first: number): void
  logStart (partition: number, index: number, term: number): void
  replicaState (partition: number, appliedIndex: number, appliedTerm: number, revision: number, keyCount: number): void
  installing (partition: number, isInstalling: boolean): void
  /** A replica goes: all that is left of it is what the same batch writes. */
  retired (partition: number, index: number): void
  /** A record of a replica's state; `hash` 0: it is gone. */
  state (partition: number, key: number, hash: number, isData: boolean): void
}

const entryScan = new EntryScan()
const numbers = [0, 0, 0, 0, 0]

/**
 * Tells what a record says that was written, or, with `value` undefined, deleted. Checksums are not looked at: what a
 * node writes has just been summed. What means nothing to the checks is passed over.
 * @param map the node's, to find the partition of a client's key; without one such keys are passed over
 * @param logs of the same batch, as they were scanned when it was handed over
 * @throws {DecodeError}
 */
export function scanRecord (key: Uint8Array, value: Uint8Array | undefined, map: MapView | undefined, visitor: RecordVisitor, logs?: ScannedLogs): void {
  if (isDataKey(key)) {
    if (map !== undefined) scanState(map.partitionOf(numberAt(key)), key, value, true, visitor)
    return
  }
  switch (key[0]) {
    case LOG:
      if (value === undefined) visitor.logGone(numberAt(key), indexAt(key))
      else {
        const log = logs?.take(numberAt(key), indexAt(key)) ?? scanLog(numberAt(key), indexAt(key), value)
        visitor.log(log.partition, log.record, log.hashes, log.configurations)
      }
      return
    case HARD_STATE:
      if (value === undefined) return
      readNumbers(value)
      visitor.hardState(numberAt(key), numbers[1] as number, numbers[2] as number, numbers[3] as number)
      return
    case REPLICA_STATE:
      if (value === undefined) return
      readNumbers(value)
      visitor.replicaState(numberAt(key), numbers[1] as number, numbers[2] as number, numbers[3] as number, numbers[4] as number)
      return
    case SESSION: scanState(numberAt(key), key, value, false, visitor); return
    case SYSTEM_MAP: scanState(SYSTEM_PARTITION, key, value, false, visitor); return
    case INSTALLING: visitor.installing(numberAt(key), value !== undefined); return
    case RETIRED:
      if (value === undefined) return
      readNumbers(value)
      visitor.retired(numberAt(key), numbers[1] as number)
      return
    case LOG_START:
      if (value === undefined) return
      readNumbers(value)
      visitor.logStart(numberAt(key), numbers[1] as number, numbers[2] as number)
      return
    case BATCH:
      if (value === undefined) return
      readNumbers(value)
      visitor.batch(numbers[1] as number)
      return
    case MAP:
      if (value !== undefined) visitor.map(viewMap(decodeClusterMap(openRecord(key, value))))
      return
    default: // means nothing to the checks
  }
}

/** Whether a record is part of a replica's state, and of which; undefined where it belongs to no replica. */
export function placeOf (key: Uint8Array, map: MapView | undefined): { readonly partition: number, readonly isState: boolean } | undefined {
  if (isDataKey(key)) return map === undefined ? undefined : { partition: map.partitionOf(numberAt(key)), isState: true }
  switch (key[0]) {
    case SYSTEM_MAP: return { partition: SYSTEM_PARTITION, isState: true }
    case SESSION: return { partition: numberAt(key), isState: true }
    case LOG: case HARD_STATE: case LOG_START: case REPLICA_STATE: case INSTALLING: case RETIRED: return { partition: numberAt(key), isState: false }
    default: return undefined
  }
}

/** Two bytes behind the prefix: a partition, or of a data key the bucket. */
const numberAt = (key: Uint8Array): number => (key[1] ?? 0) * 0x100 + (key[2] ?? 0)

function indexAt (key: Uint8Array): number {
  let index = 0
  for (let at = 3; at < 11; at++) index = index * 0x100 + (key[at] ?? 0)
  return index
}

/** The varint fields 1 to 4 of a sealed record. */
function readNumbers (value: Uint8Array): void {
  numbers[1] = numbers[2] = numbers[3] = numbers[4] = 0
  const reader = new Reader(value, SEAL_BYTES)
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field < numbers.length) numbers[field] = reader.uint()
    else reader.skip()
  }
}

function scanState (partition: number, key: Uint8Array, value: Uint8Array | undefined, isData: boolean, visitor: RecordVisitor): void {
  const keyHash = hashBytes(key)
  visitor.state(partition, keyHash, value === undefined ? 0 : hashRecord(keyHash, value), isData)
}

/** The checksum that every record begins with stands for the whole of it: a session is long and written every turn. */
export function hashRecord (keyHash: number, value: Uint8Array): number {
  return hashBytes(value, keyHash + value.length, 0, Math.min(SEAL_BYTES, value.length))
}

/** A record of log entries, read. */
export interface ScannedLog {
  readonly partition: number
  readonly record: LogRecord
  /** Of the entries, by position in the record. */
  readonly hashes: readonly number[]
  /** Configurations among them. */
  readonly configurations: readonly SeenConfiguration[]
}

/** The log records of one batch, kept from when it is handed over until it is durable: they are the dearest to read. */
export class ScannedLogs {
  readonly #logs: ScannedLog[] = []
  #at = 0

  add (log: ScannedLog): void {
    this.#logs.push(log)
  }

  /** The next one, if it is the record asked for. */
  take (partition: number, first: number): ScannedLog | undefined {
    const log = this.#logs[this.#at]
    if (log === undefined || log.partition !== partition || log.record.first !== first) return undefined
    this.#at++
    return log
  }
}

function scanLog (partition: number, first: number, value: Uint8Array): ScannedLog {
  const runs: number[] = []
  const hashes: number[] = []
  const configurations: SeenConfiguration[] = []
  let index = first
  let term = 0
  const reader = new Reader(value, SEAL_BYTES)
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) {
      const said = reader.uint()
      if (said !== first) throw new DecodeError(`a run of entries from ${said} lies under index ${first}`)
    } else if (field === 2) {
      const entry = reader.message()
      entryScan.scan(entry, value, value.length - reader.remaining, term)
      if (entryScan.term !== term) runs.push(index, entryScan.term)
      term = entryScan.term
      hashes.push(entryScan.hash)
      if (entryScan.voters !== undefined) configurations.push({ index, term, voters: entryScan.voters })
      index++
    } else reader.skip()
  }
  return { partition, record: { first, last: index - 1, runs }, hashes, configurations }
}

/** Who is told what matters at the moment it is handed to the disk. */
export interface SubmittedVisitor {
  hardState (partition: number, term: number, vote: number, commitIndex: number): void
  log (log: ScannedLog): void
  installing (partition: number): void
}

/** As `scanRecord`, for what facts are made of. @throws {DecodeError} */
export function scanSubmitted (key: Uint8Array, value: Uint8Array | undefined, visitor: SubmittedVisitor): void {
  if (value === undefined) return
  switch (key[0]) {
    case HARD_STATE:
      readNumbers(value)
      visitor.hardState(numberAt(key), numbers[1] as number, numbers[2] as number, numbers[3] as number)
      return
    case LOG: visitor.log(scanLog(numberAt(key), indexAt(key), value)); return
    case INSTALLING: visitor.installing(numberAt(key)); return
    default: // no fact is made of it
  }
}

import { assert, DecodeError, Reader, Writer } from '../../src/base/index.js'
import type { ClusterId, MemberId } from '../../src/base/index.js'
import { fieldSet, indexFrom, once, partitionFrom, readClusterId, readUints, requireFields, revisionFrom, termFrom } from '../fields.js'
import { decodeOneof } from '../frames.js'
import { readConfiguration, readMembers, writeConfiguration } from '../replication/index.js'
import { CONFIGURATION_LEARNER_COUNT_MAX, CONFIGURATION_VOTER_COUNT_MAX } from '../replication/limits.js'
import {
  SNAPSHOT_FRAME_SIZE_BYTES_MAX, SNAPSHOT_KEY_SIZE_BYTES_MAX, SNAPSHOT_RECORD_COUNT_MAX, SNAPSHOT_VALUE_SIZE_BYTES_MAX
} from './limits.js'
import type { SnapshotFrame, SnapshotHeader, SnapshotRecord } from './messages.js'

/** Bytes around one record at most: three tags and lengths. */
const RECORD_OVERHEAD_SIZE_BYTES = 12

const fieldByKind = { header: 1, records: 2, end: 3 } as const satisfies Record<SnapshotFrame['kind'], number>

function sizeGuess (frame: SnapshotFrame): number {
  if (frame.kind !== 'records') return 192
  let size = 8
  for (const { key, value } of frame.records) size += key.length + value.length + RECORD_OVERHEAD_SIZE_BYTES
  return size
}

/** One frame of a snapshot stream. Whoever cuts the chunks keeps to the limits: they are asserted. */
export function encodeSnapshotFrame (frame: SnapshotFrame): Buffer {
  const size = sizeGuess(frame)
  const writer = new Writer(size + 8)
  const mark = writer.begin(fieldByKind[frame.kind], size)
  switch (frame.kind) {
    case 'header': writeHeader(writer, frame.header); break
    case 'records': writeRecords(writer, frame.records); break
    case 'end': writer.uint(1, frame.recordCount); break
  }
  writer.end(mark)
  assert(writer.length <= SNAPSHOT_FRAME_SIZE_BYTES_MAX, 'a snapshot chunk with more bytes than a frame may hold')
  return writer.finish()
}

function writeHeader (writer: Writer, header: SnapshotHeader): void {
  writer.string(1, header.clusterId).uint(2, header.partition).uint(3, header.term).uint(4, header.lastIndex)
  writer.uint(5, header.lastTerm).uint(6, header.revision).uint(7, header.keyCount)
  writeConfiguration(writer, header.configuration, 8, 9)
  writer.uint(10, header.configuration.index)
}

function writeRecords (writer: Writer, records: readonly SnapshotRecord[]): void {
  assert(records.length <= SNAPSHOT_RECORD_COUNT_MAX, 'a snapshot chunk with more records than others accept')
  for (const { key, value } of records) {
    assert(key.length >= 1 && key.length <= SNAPSHOT_KEY_SIZE_BYTES_MAX, 'a storage key must have 1 byte to 2 KiB')
    assert(value.length <= SNAPSHOT_VALUE_SIZE_BYTES_MAX, 'a storage record larger than others accept')
    const mark = writer.begin(1, key.length + value.length + 4)
    writer.bytes(1, key).bytes(2, value)
    writer.end(mark)
  }
}

/** Keys and values of records are views of the payload. @throws {DecodeError} also where the kind is unknown */
export function decodeSnapshotFrame (payload: Uint8Array): SnapshotFrame {
  if (payload.length > SNAPSHOT_FRAME_SIZE_BYTES_MAX) throw new DecodeError(`a snapshot frame of ${payload.length} bytes`)
  const frame = decodeOneof(decoders, new Reader(payload))
  if (frame === undefined) throw new DecodeError('snapshot frame of no known kind')
  return frame
}

const HEADER_REQUIRED = fieldSet(1, 2, 3, 4, 5, 6, 7, 8, 10)

function readHeader (reader: Reader): SnapshotFrame {
  let seen = 0
  let clusterId: ClusterId | undefined
  let partition = 0
  let term = 0
  let lastIndex = 0
  let lastTerm = 0
  let revision = 0
  let keyCount = 0
  let voters: readonly MemberId[] = []
  let learners: readonly MemberId[] = []
  let configurationIndex = 0
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('snapshot header', seen, HEADER_REQUIRED)
        if (clusterId === undefined) throw new DecodeError('snapshot header without a cluster id')
        return {
          kind: 'header',
          header: {
            clusterId, partition: partitionFrom(partition), term: termFrom(term), lastIndex: indexFrom(lastIndex),
            lastTerm: termFrom(lastTerm), revision: revisionFrom(revision), keyCount,
            configuration: { index: indexFrom(configurationIndex), ...readConfiguration(voters, learners) }
          }
        }
      case 1: clusterId = readClusterId(reader); break
      case 2: partition = reader.uint(); break
      case 3: term = reader.uint(); break
      case 4: lastIndex = reader.uint(); break
      case 5: lastTerm = reader.uint(); break
      case 6: revision = reader.uint(); break
      case 7: keyCount = reader.uint(); break
      case 8: voters = readMembers(reader.message(), CONFIGURATION_VOTER_COUNT_MAX); break
      case 10: configurationIndex = reader.uint(); break
      case 9: learners = readMembers(reader.message(), CONFIGURATION_LEARNER_COUNT_MAX); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

function readRecords (reader: Reader): SnapshotFrame {
  const records: SnapshotRecord[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field !== 1) {
      reader.skip()
      continue
    }
    if (records.length === SNAPSHOT_RECORD_COUNT_MAX) throw new DecodeError('too many records in a snapshot frame')
    records.push(readRecord(reader.message()))
  }
  return { kind: 'records', records }
}

function readRecord (reader: Reader): SnapshotRecord {
  let seen = 0
  let key: Uint8Array | undefined
  let value: Uint8Array | undefined
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        if (key === undefined || key.length === 0) throw new DecodeError('snapshot record without a key')
        if (value === undefined) throw new DecodeError('snapshot record without a value')
        return { key, value }
      case 1: key = reader.bytes(SNAPSHOT_KEY_SIZE_BYTES_MAX); break
      case 2: value = reader.bytes(SNAPSHOT_VALUE_SIZE_BYTES_MAX); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

function readEnd (reader: Reader): SnapshotFrame {
  const [recordCount] = readUints('snapshot end', reader, 1)
  return { kind: 'end', recordCount }
}

const decoders = [undefined, readHeader, readRecords, readEnd]

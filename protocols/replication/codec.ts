import { assert, DecodeError } from '../../src/base/index.js'
import type { Reader, Writer } from '../../src/base/index.js'
import { fieldSet, indexFrom, once, partitionFrom, readUints, requireFields, termFrom } from '../fields.js'
import { decodeFrame, encodeFrame, encodeFrames } from '../frames.js'
import type { FrameCodec } from '../frames.js'
import {
  APPEND_ENTRY_COUNT_MAX, APPEND_PAYLOADS_SIZE_BYTES_MAX, REPLICATION_FRAME_SIZE_BYTES_MAX,
  REPLICATION_FRAME_SIZE_BYTES_TARGET
} from './limits.js'
import { entriesSizeGuess, readEntry, writeEntries } from './log.js'
import type { LogEntry, ReplicationMessage } from './messages.js'

type Append = Extract<ReplicationMessage, { kind: 'append' }>

const fieldByKind = {
  'append': 1, 'append-reply': 2, 'vote-request': 3, 'vote-reply': 4, 'timeout-now': 5, 'read-request': 6, 'read-reply': 7, 'retired': 8
} as const satisfies Record<ReplicationMessage['kind'], number>

function writeAppend (writer: Writer, message: Append): void {
  const { entries } = message
  let payloadsSize = 0
  for (const entry of entries) payloadsSize += entry.payload.length
  assert(entries.length <= APPEND_ENTRY_COUNT_MAX, 'an append with more entries than others accept')
  assert(payloadsSize <= APPEND_PAYLOADS_SIZE_BYTES_MAX, 'an append with more payload than a frame may hold')
  writer.uint(1, message.partition).uint(2, message.term).uint(3, message.prevIndex).uint(4, message.prevTerm)
  writer.uint(5, message.commitIndex).uint(6, message.round)
  writeEntries(writer, 7, entries, message.prevIndex, message.prevTerm)
}

const APPEND_REQUIRED = fieldSet(1, 2, 3, 4, 5, 6)
const BEFORE_ENTRIES = fieldSet(3, 4)

function readAppend (reader: Reader): Append {
  const entries: LogEntry[] = []
  let seen = 0
  let partition = 0
  let term = 0
  let prevIndex = 0
  let prevTerm = 0
  let commitIndex = 0
  let round = 0
  let lastTerm = 0
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('append', seen, APPEND_REQUIRED)
        if (lastTerm > term) throw new DecodeError(`append of term ${term} with an entry of term ${lastTerm}`)
        return {
          kind: 'append', partition: partitionFrom(partition), term: termFrom(term), prevIndex: indexFrom(prevIndex),
          prevTerm: termFrom(prevTerm), commitIndex: indexFrom(commitIndex), round, entries
        }
      case 1: partition = reader.uint(); break
      case 2: term = reader.uint(); break
      case 3: prevIndex = reader.uint(); break
      case 4: prevTerm = lastTerm = reader.uint(); break
      case 5: commitIndex = reader.uint(); break
      case 6: round = reader.uint(); break
      case 7: {
        requireFields('append, before its entries,', seen, BEFORE_ENTRIES)
        if (entries.length === APPEND_ENTRY_COUNT_MAX) throw new DecodeError('too many log entries in an append')
        const entry = readEntry(reader.message(), prevIndex + 1 + entries.length, lastTerm)
        entries.push(entry)
        lastTerm = entry.term
        continue
      }
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

function readAppendReply (reader: Reader): ReplicationMessage {
  const [partition, term, accepted, index, hintTerm, round, snapshotWanted] = readUints('append reply', reader, 7)
  return {
    kind: 'append-reply', partition: partitionFrom(partition), term: termFrom(term), accepted: accepted !== 0,
    index: indexFrom(index), hintTerm: termFrom(hintTerm), round, snapshotWanted: snapshotWanted !== 0
  }
}

function readVoteRequest (reader: Reader): ReplicationMessage {
  const [partition, term, preVote, transfer, lastIndex, lastTerm] = readUints('vote request', reader, 6)
  return {
    kind: 'vote-request', partition: partitionFrom(partition), term: termFrom(term), preVote: preVote !== 0,
    transfer: transfer !== 0, lastIndex: indexFrom(lastIndex), lastTerm: termFrom(lastTerm)
  }
}

function readVoteReply (reader: Reader): ReplicationMessage {
  const [partition, term, preVote, granted] = readUints('vote reply', reader, 4)
  return {
    kind: 'vote-reply', partition: partitionFrom(partition), term: termFrom(term), preVote: preVote !== 0,
    granted: granted !== 0
  }
}

function readTimeoutNow (reader: Reader): ReplicationMessage {
  const [partition, term] = readUints('timeout now', reader, 2)
  return { kind: 'timeout-now', partition: partitionFrom(partition), term: termFrom(term) }
}

function readReadRequest (reader: Reader): ReplicationMessage {
  const [partition, term, id] = readUints('read request', reader, 3)
  return { kind: 'read-request', partition: partitionFrom(partition), term: termFrom(term), id }
}

function readReadReply (reader: Reader): ReplicationMessage {
  const [partition, term, id, index, accepted] = readUints('read reply', reader, 5)
  return {
    kind: 'read-reply', partition: partitionFrom(partition), term: termFrom(term), id, index: indexFrom(index),
    accepted: accepted !== 0
  }
}

function readRetired (reader: Reader): ReplicationMessage {
  const [partition, term, index] = readUints('retired', reader, 3)
  return { kind: 'retired', partition: partitionFrom(partition), term: termFrom(term), index: indexFrom(index) }
}

function write (writer: Writer, message: ReplicationMessage): void {
  if (message.kind === 'append') {
    writeAppend(writer, message)
    return
  }
  writer.uint(1, message.partition).uint(2, message.term)
  switch (message.kind) {
    case 'append-reply':
      writer.bool(3, message.accepted).uint(4, message.index).uint(5, message.hintTerm).uint(6, message.round)
      writer.bool(7, message.snapshotWanted)
      return
    case 'vote-request':
      writer.bool(3, message.preVote).bool(4, message.transfer).uint(5, message.lastIndex).uint(6, message.lastTerm)
      return
    case 'vote-reply':
      writer.bool(3, message.preVote).bool(4, message.granted)
      return
    case 'timeout-now':
      return
    case 'read-request':
      writer.uint(3, message.id)
      return
    case 'read-reply':
      writer.uint(3, message.id).uint(4, message.index).bool(5, message.accepted)
      return
    case 'retired':
      writer.uint(3, message.index)
  }
}

const codec: FrameCodec<ReplicationMessage> = {
  frameSizeBytesMax: REPLICATION_FRAME_SIZE_BYTES_MAX,
  frameSizeBytesTarget: REPLICATION_FRAME_SIZE_BYTES_TARGET,
  sizeGuess: (message) => message.kind === 'append' ? 40 + entriesSizeGuess(message.entries) : 24,
  write,
  kindField: (message) => fieldByKind[message.kind],
  decoders: [
    undefined, readAppend, readAppendReply, readVoteRequest, readVoteReply, readTimeoutNow, readReadRequest, readReadReply, readRetired
  ]
}

/** One frame of all these messages. Asserts that they fit; see `encodeReplicationFrames`. */
export const encodeReplicationFrame = (messages: readonly ReplicationMessage[]): Buffer => encodeFrame(codec, messages)

/** As many frames as these messages take, whatever their number. */
export const encodeReplicationFrames = (messages: readonly ReplicationMessage[]): Buffer[] => encodeFrames(codec, messages)

/** The messages of a frame; the payloads of entries are views of it. @throws {DecodeError} */
export const decodeReplicationFrame = (payload: Uint8Array): ReplicationMessage[] => decodeFrame(codec, payload)

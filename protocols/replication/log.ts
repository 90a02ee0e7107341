import { assert, DecodeError, Reader, Writer } from '../../src/base/index.js'
import type { LogIndex, Term } from '../../src/base/index.js'
import { indexFrom, memberOrNobodyFrom, namesByNumber, once, readUints, termFrom } from '../fields.js'
import { LOG_ENTRY_OVERHEAD_SIZE_BYTES_MAX, LOG_ENTRY_PAYLOAD_SIZE_BYTES_MAX, LOG_RUN_ENTRY_COUNT_MAX } from './limits.js'
import type { EntryKind, HardState, LogEntry } from './messages.js'

const numberByKind = { noop: 1, commands: 2, map: 3, configuration: 4 } as const satisfies Record<EntryKind, number>
const kindByNumber = namesByNumber<EntryKind>(numberByKind)

/** Bytes that `writeEntries` writes at most, and about how many. */
export function entriesSizeGuess (entries: readonly LogEntry[]): number {
  let size = 0
  for (const entry of entries) size += entry.payload.length + LOG_ENTRY_OVERHEAD_SIZE_BYTES_MAX
  return size
}

/** Writes consecutive entries behind the one at (`prevIndex`, `prevTerm`) as repeated field `field`. */
export function writeEntries (writer: Writer, field: number, entries: readonly LogEntry[], prevIndex: LogIndex, prevTerm: Term): void {
  let index: number = prevIndex
  let term: number = prevTerm
  for (const entry of entries) {
    index++
    const { payload } = entry
    assert(entry.index === index, 'log entries must be consecutive')
    assert(entry.term >= term && entry.term > 0, 'terms never fall along a log')
    assert(payload.length <= LOG_ENTRY_PAYLOAD_SIZE_BYTES_MAX, 'a log entry with a larger payload than others accept')
    const mark = writer.begin(field, payload.length + 6)
    if (entry.term !== term) writer.uint(1, entry.term)
    writer.uint(2, numberByKind[entry.kind])
    if (payload.length > 0) writer.bytes(3, payload)
    writer.end(mark)
    term = entry.term
  }
}

const noPayload: Uint8Array = new Uint8Array(0)

/** The entry at `index`, whose predecessor has term `prevTerm`. Its payload is a view. */
export function readEntry (reader: Reader, index: number, prevTerm: number): LogEntry {
  if (!Number.isSafeInteger(index)) throw new DecodeError('log index beyond 2^53 - 1')
  let seen = 0
  let term = prevTerm
  let kind: EntryKind | undefined
  let payload = noPayload
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        if (kind === undefined) throw new DecodeError('log entry of no known kind')
        if (term < prevTerm || term === 0) throw new DecodeError(`log entry of term ${term} behind one of term ${prevTerm}`)
        return { term: termFrom(term), index: indexFrom(index), kind, payload }
      case 1: term = reader.uint(); break
      case 2: kind = kindByNumber[reader.uint()]; break
      case 3: payload = reader.bytes(LOG_ENTRY_PAYLOAD_SIZE_BYTES_MAX); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

/** A run of one or more consecutive entries as one record. */
export function encodeLogEntries (entries: readonly LogEntry[]): Buffer {
  const first = entries[0]
  assert(first !== undefined && first.index >= 1, 'a run of log entries begins at index 1 or later')
  assert(entries.length <= LOG_RUN_ENTRY_COUNT_MAX, 'a run of more log entries than are read back')
  const writer = new Writer(entriesSizeGuess(entries) + 16)
  writer.uint(1, first.index)
  writeEntries(writer, 2, entries, indexFrom(first.index - 1), termFrom(0))
  return writer.finish()
}

/** What `encodeLogEntries` wrote; the payloads are views of the record. @throws {DecodeError} */
export function decodeLogEntries (record: Uint8Array): LogEntry[] {
  const reader = new Reader(record)
  const entries: LogEntry[] = []
  let seen = 0
  let index = 0
  let term = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    switch (field) {
      case 1:
        seen = once(seen, field)
        index = reader.uint()
        if (index === 0) throw new DecodeError('a run of log entries from index 0')
        break
      case 2: {
        if (seen === 0) throw new DecodeError('log entries before their first index')
        if (entries.length === LOG_RUN_ENTRY_COUNT_MAX) throw new DecodeError('too many log entries in a run')
        const entry = readEntry(reader.message(), index, term)
        entries.push(entry)
        index++
        term = entry.term
        break
      }
      default: reader.skip()
    }
  }
  if (entries.length === 0) throw new DecodeError('a run without log entries')
  return entries
}

export function encodeHardState (state: HardState): Buffer {
  return new Writer(32).uint(1, state.term).uint(2, state.vote).uint(3, state.commitIndex).finish()
}

/** @throws {DecodeError} */
export function decodeHardState (record: Uint8Array): HardState {
  const [term, vote, commitIndex] = readUints('hard state', new Reader(record), 3)
  return { term: termFrom(term), vote: memberOrNobodyFrom(vote), commitIndex: indexFrom(commitIndex) }
}

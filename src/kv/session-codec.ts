import { DecodeError, Reader, Writer, toGeneration, type Generation, type PeerId } from '../base/index.js'
import { Outcomes, type OutcomeKind } from './outcomes.js'
import { SEQUENCE_MAX, STAMP_MAX, Session } from './session.js'

const FIELD = { generation: 1, floor: 2, stamp: 3, runs: 4, sequences: 5, revisions: 6 } as const

/**
 * A session as a record's payload; its peer id is in the record's key. It is written on every turn under load, so the
 * results are columns of differences, about two bytes each: sequence numbers from the one before (less one), revisions as
 * the distance from the one before, and as runs what kind of result it is and whether the revision went down. Equal
 * sessions give equal bytes.
 */
export function encodeSession (session: Session): Buffer {
  const { outcomes } = session
  const writer = new Writer(64 + 4 * outcomes.count)
  writer.uint(FIELD.generation, session.generation).uint(FIELD.floor, session.floor).uint(FIELD.stamp, session.stamp)
  if (outcomes.count === 0) return writer.finish()
  return writer
    .message(FIELD.runs, (runs) => { writeRuns(runs, outcomes) })
    .message(FIELD.sequences, (sequences) => { writeSequences(sequences, outcomes, session.floor) })
    .message(FIELD.revisions, (revisions) => { writeRevisions(revisions, outcomes) })
    .finish()
}

/** Kind of result, and 3 more where the revision is lower than the one before. */
const SYMBOL_COUNT = 6

function writeRuns (writer: Writer, outcomes: Outcomes): void {
  let symbol = outcomes.kindAt(0) as number
  let length = 1
  for (let at = 1; at < outcomes.count; at++) {
    const next = outcomes.kindAt(at) + (outcomes.revisionAt(at) < outcomes.revisionAt(at - 1) ? 3 : 0)
    if (next !== symbol) {
      writer.varint(length * SYMBOL_COUNT + symbol)
      symbol = next
      length = 0
    }
    length++
  }
  writer.varint(length * SYMBOL_COUNT + symbol)
}

function writeSequences (writer: Writer, outcomes: Outcomes, floor: number): void {
  let lowest = floor
  for (let at = 0; at < outcomes.count; at++) {
    const sequence = outcomes.sequenceAt(at)
    writer.varint(sequence - lowest)
    lowest = sequence + 1
  }
}

function writeRevisions (writer: Writer, outcomes: Outcomes): void {
  let before = 0
  for (let at = 0; at < outcomes.count; at++) {
    const revision = outcomes.revisionAt(at)
    writer.varint(Math.abs(revision - before))
    before = revision
  }
}

/** @throws {DecodeError} where the payload is no session; never makes more of it than its size allows. */
export function decodeSession (peer: PeerId, payload: Uint8Array): Session {
  const reader = new Reader(payload)
  let generation: Generation | undefined
  let floor: number | undefined
  let stamp: number | undefined
  let runs = EMPTY
  let sequences = EMPTY
  let revisions = EMPTY
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    switch (field) {
      case FIELD.generation: generation = toGeneration(reader.uint()); break
      case FIELD.floor: floor = reader.uint(); break
      case FIELD.stamp: stamp = reader.uint(); break
      case FIELD.runs: runs = reader.message(); break
      case FIELD.sequences: sequences = reader.message(); break
      case FIELD.revisions: revisions = reader.message(); break
      default: reader.skip()
    }
  }
  if (generation === undefined || floor === undefined || stamp === undefined) throw new DecodeError('a session lacks generation, floor or stamp')
  if (stamp > STAMP_MAX) throw new DecodeError('a stamp beyond 2^52')
  return new Session({ peer, generation, floor, stamp, outcomes: readOutcomes(floor, runs, sequences, revisions) })
}

const EMPTY = new Reader(new Uint8Array(0))

function readOutcomes (floor: number, runs: Reader, sequences: Reader, revisions: Reader): Outcomes {
  const outcomes = new Outcomes()
  let lowest = floor
  let revision = 0
  let symbol = 0
  let runLength = 0
  while (sequences.remaining > 0) {
    if (runLength === 0) {
      const run = runs.varint()
      symbol = run % SYMBOL_COUNT
      runLength = (run - symbol) / SYMBOL_COUNT
      if (runLength === 0) throw new DecodeError('a run of no results')
    }
    runLength--
    const sequence = lowest + sequences.varint()
    if (sequence > SEQUENCE_MAX) throw new DecodeError('a sequence number beyond 2^53')
    const distance = revisions.varint()
    revision += symbol >= 3 ? -distance : distance
    if (revision < 0 || revision > Number.MAX_SAFE_INTEGER) throw new DecodeError('a revision out of range')
    outcomes.add(sequence, (symbol % 3) as OutcomeKind, revision)
    lowest = sequence + 1
  }
  if (runLength !== 0 || runs.remaining > 0 || revisions.remaining > 0) throw new DecodeError('the columns of a session differ in length')
  return outcomes
}

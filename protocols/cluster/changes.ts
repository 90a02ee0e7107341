import { assert, DecodeError } from '../../src/base/index.js'
import type { MemberId, Reader, Writer } from '../../src/base/index.js'
import { fieldSet, indexFrom, once, partitionFrom, requireFields, termFrom } from '../fields.js'
import { GROUP_VOTER_COUNT_MAX, MAP_PARTITION_COUNT_MAX, PARTITION_REPLICA_COUNT_MAX } from './limits.js'
import { readMapCommand, writeMapCommand } from './map-command.js'
import { readMembers, writeMembers } from './map.js'
import { readRefuse, writeRefuse } from './refuse.js'
import type { ChangeOutcome, ClusterMessage, GroupPlacement, MapCommand } from './messages.js'

type PlacementReport = Extract<ClusterMessage, { kind: 'placement-report' }>
type ChangeRequest = Extract<ClusterMessage, { kind: 'change-request' }>
type ChangeReply = Extract<ClusterMessage, { kind: 'change-reply' }>

/** Placements of one report: every partition and the system partition. */
export const PLACEMENTS_PER_REPORT_MAX = MAP_PARTITION_COUNT_MAX + 1

/** Bytes of one placement in a report, about. */
export const PLACEMENT_SIZE_GUESS = 64

export function writePlacementReport (writer: Writer, { placements }: PlacementReport): void {
  assert(placements.length <= PLACEMENTS_PER_REPORT_MAX, 'a report with more placements than others accept')
  for (const { partition, term, index, voters, learners } of placements) {
    const mark = writer.begin(1)
    writer.uint(1, partition).uint(2, term).uint(3, index)
    writeMembers(writer, 4, voters)
    if (learners.length > 0) writeMembers(writer, 5, learners)
    writer.end(mark)
  }
}

export function readPlacementReport (reader: Reader): PlacementReport {
  const placements: GroupPlacement[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field !== 1) {
      reader.skip()
      continue
    }
    if (placements.length === PLACEMENTS_PER_REPORT_MAX) throw new DecodeError('too many placements in a report')
    placements.push(readPlacement(reader.message()))
  }
  return { kind: 'placement-report', placements }
}

const PLACEMENT_REQUIRED = fieldSet(1, 2, 3, 4)

function readPlacement (reader: Reader): GroupPlacement {
  let seen = 0
  let partition = 0
  let term = 0
  let index = 0
  let voters: MemberId[] = []
  let learners: MemberId[] = []
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('group placement', seen, PLACEMENT_REQUIRED)
        if (voters.length === 0) throw new DecodeError('a group without voters')
        if (new Set([...voters, ...learners]).size < voters.length + learners.length) throw new DecodeError('a group that has a member twice')
        return { partition: partitionFrom(partition), term: termFrom(term), index: indexFrom(index), voters, learners }
      case 1: partition = reader.uint(); break
      case 2: term = reader.uint(); break
      case 3: index = reader.uint(); break
      case 4: voters = readMembers(reader.message(), GROUP_VOTER_COUNT_MAX); break
      case 5: learners = readMembers(reader.message(), PARTITION_REPLICA_COUNT_MAX); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

export function writeChangeRequest (writer: Writer, { id, command }: ChangeRequest): void {
  writer.uint(1, id)
  const mark = writer.begin(2)
  writeMapCommand(writer, command)
  writer.end(mark)
}

export function readChangeRequest (reader: Reader): ChangeRequest {
  let seen = 0
  let id = 0
  let command: MapCommand | undefined
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('change request', seen, CHANGE_REQUIRED)
        if (command === undefined) throw new DecodeError('a change request without a command')
        return { kind: 'change-request', id, command }
      case 1: id = reader.uint(); break
      case 2: command = readMapCommand(reader.message()); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

const CHANGE_REQUIRED = fieldSet(1, 2)

const numberByOutcome = { 'done': 1, 'not-coordinator': 2, 'refused': 3 } as const satisfies Record<ChangeOutcome['kind'], number>

export function writeChangeReply (writer: Writer, { id, outcome }: ChangeReply): void {
  writer.uint(1, id).uint(2, numberByOutcome[outcome.kind])
  if (outcome.kind !== 'refused') return
  const mark = writer.begin(3)
  writeRefuse(writer, { code: outcome.code, reason: outcome.reason, clusterId: undefined })
  writer.end(mark)
}

/** Undefined: an outcome or a reason that only a newer version knows. */
export function readChangeReply (reader: Reader): ChangeReply | undefined {
  let seen = 0
  let id = 0
  let number = 0
  let refusal: ReturnType<typeof readRefuse>
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0: {
        requireFields('change reply', seen, CHANGE_REQUIRED)
        const outcome = outcomeOf(number, refusal)
        return outcome === undefined ? undefined : { kind: 'change-reply', id, outcome }
      }
      case 1: id = reader.uint(); break
      case 2: number = reader.uint(); break
      case 3: refusal = readRefuse(reader.message()); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

function outcomeOf (number: number, refusal: ReturnType<typeof readRefuse>): ChangeOutcome | undefined {
  switch (number) {
    case numberByOutcome.done: return { kind: 'done' }
    case numberByOutcome['not-coordinator']: return { kind: 'not-coordinator' }
    case numberByOutcome.refused: return refusal === undefined ? undefined : { kind: 'refused', code: refusal.code, reason: refusal.reason }
    default: return undefined
  }
}

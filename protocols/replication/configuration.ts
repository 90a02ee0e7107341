import { assert, DecodeError, Reader, Writer } from '../../src/base/index.js'
import type { MemberId } from '../../src/base/index.js'
import { memberFrom, once } from '../fields.js'
import { CONFIGURATION_LEARNER_COUNT_MAX, CONFIGURATION_VOTER_COUNT_MAX } from './limits.js'
import type { Configuration } from './messages.js'

/** What is wrong with who is in a group, if anything is; reads behind "the configuration …". */
export function findConfigurationProblem ({ voters, learners }: Configuration): string | undefined {
  if (voters.length < 1 || voters.length > CONFIGURATION_VOTER_COUNT_MAX) return `has ${voters.length} voters`
  if (learners.length > CONFIGURATION_LEARNER_COUNT_MAX) return `has ${learners.length} learners`
  const seen = new Set<MemberId>()
  for (const member of [...voters, ...learners]) {
    if (seen.has(member)) return `has member ${member} twice`
    seen.add(member)
  }
  return undefined
}

/** The payload of a `configuration` entry: equal sets have equal bytes. */
export function encodeConfiguration (configuration: Configuration): Buffer {
  const writer = new Writer(64)
  writeConfiguration(writer, configuration, 1, 2)
  return writer.finish()
}

/** Writes a configuration as two packed fields of the message it is part of. */
export function writeConfiguration (writer: Writer, configuration: Configuration, votersField: number, learnersField: number): void {
  const problem = findConfigurationProblem(configuration)
  assert(problem === undefined, `a configuration ${problem}`)
  const { voters, learners } = configuration
  writeMembers(writer, votersField, voters)
  if (learners.length > 0) writeMembers(writer, learnersField, learners)
}

function writeMembers (writer: Writer, field: number, members: readonly MemberId[]): void {
  const mark = writer.begin(field)
  for (const member of [...members].sort((a, b) => a - b)) writer.varint(member)
  writer.end(mark)
}

/** @throws {DecodeError} */
export function decodeConfiguration (payload: Uint8Array): Configuration {
  const reader = new Reader(payload)
  let seen = 0
  let voters: readonly MemberId[] = []
  let learners: readonly MemberId[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    switch (field) {
      case 1: voters = readMembers(reader.message(), CONFIGURATION_VOTER_COUNT_MAX); break
      case 2: learners = readMembers(reader.message(), CONFIGURATION_LEARNER_COUNT_MAX); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
  return readConfiguration(voters, learners)
}

/** A packed field of `writeConfiguration`. @throws {DecodeError} where members are too many, or not ascending */
export function readMembers (reader: Reader, countMax: number): MemberId[] {
  const members: MemberId[] = []
  while (reader.remaining > 0) {
    if (members.length === countMax) throw new DecodeError(`more than ${countMax} members of a kind in a configuration`)
    const member = memberFrom(reader.varint())
    if (member <= (members[members.length - 1] ?? 0)) throw new DecodeError(`member ${member} of a configuration is out of order`)
    members.push(member)
  }
  return members
}

/** What two fields read by `readMembers` make. @throws {DecodeError} where nobody votes, or somebody is both */
export function readConfiguration (voters: readonly MemberId[], learners: readonly MemberId[]): Configuration {
  const problem = findConfigurationProblem({ voters, learners })
  if (problem !== undefined) throw new DecodeError(`a configuration ${problem}`)
  return { voters, learners }
}

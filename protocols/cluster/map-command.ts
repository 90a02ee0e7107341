import { DecodeError, Reader, Writer } from '../../src/base/index.js'
import type { MemberId, NodeName, PeerId } from '../../src/base/index.js'
import { fieldSet, memberFrom, once, partitionFrom, readNodeName, readPeerId, readUints, requireFields } from '../fields.js'
import { decodeOneof } from '../frames.js'
import { PARTITION_REPLICA_COUNT_MAX } from './limits.js'
import { readMembers, writeMembers } from './map.js'
import type { MapCommand } from './messages.js'

const fieldByCommand = { bind: 1, admit: 2, place: 3, leave: 4, stay: 5, remove: 6 } as const satisfies Record<MapCommand['kind'], number>

export function writeMapCommand (writer: Writer, command: MapCommand): void {
  const mark = writer.begin(fieldByCommand[command.kind])
  switch (command.kind) {
    case 'bind':
    case 'admit':
      writer.string(1, command.name).string(2, command.peer)
      break
    case 'place':
      writer.uint(1, command.partition)
      writeMembers(writer, 2, command.from)
      writeMembers(writer, 3, command.to)
      break
    case 'leave':
    case 'stay':
    case 'remove':
      writer.uint(1, command.member)
  }
  writer.end(mark)
}

/** The payload of a `map` log entry. */
export function encodeMapCommand (command: MapCommand): Buffer {
  const writer = new Writer()
  writeMapCommand(writer, command)
  return writer.finish()
}

/** @throws {DecodeError} also where the kind is unknown: a log must be understood whole */
export const decodeMapCommand = (payload: Uint8Array): MapCommand => readMapCommand(new Reader(payload))

/** @throws {DecodeError} */
export function readMapCommand (reader: Reader): MapCommand {
  const command = decodeOneof(commandDecoders, reader)
  if (command === undefined) throw new DecodeError('map command of no known kind')
  return command
}

const PLACING_REQUIRED = fieldSet(1, 2, 3)

function readPlacing (reader: Reader): MapCommand {
  let seen = 0
  let partition = 0
  let from: MemberId[] = []
  let to: MemberId[] = []
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('placing', seen, PLACING_REQUIRED)
        if (from.length === 0 || to.length === 0) throw new DecodeError('placing from or to nobody')
        return { kind: 'place', partition: partitionFrom(partition), from, to }
      case 1: partition = reader.uint(); break
      case 2: from = readMembers(reader.message(), PARTITION_REPLICA_COUNT_MAX); break
      case 3: to = readMembers(reader.message(), PARTITION_REPLICA_COUNT_MAX); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

const readMembership = (kind: 'leave' | 'stay' | 'remove') => (reader: Reader): MapCommand => {
  const [member] = readUints('map membership', reader, 1)
  return { kind, member: memberFrom(member) }
}

const BINDING_REQUIRED = fieldSet(1, 2)

const readBinding = (kind: 'bind' | 'admit') => (reader: Reader): MapCommand => {
  let seen = 0
  let name: NodeName | undefined
  let peer: PeerId | undefined
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('map command', seen, BINDING_REQUIRED)
        if (name === undefined || peer === undefined) throw new DecodeError('map command without a name or peer')
        return { kind, name, peer }
      case 1: name = readNodeName(reader); break
      case 2: peer = readPeerId(reader); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

const commandDecoders = [
  undefined, readBinding('bind'), readBinding('admit'), readPlacing, readMembership('leave'), readMembership('stay'), readMembership('remove')
]

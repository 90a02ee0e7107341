import { assert, DecodeError, Reader, Writer } from '../../src/base/index.js'
import { fieldSet, generationFrom, once, readPeerId, requireFields } from '../fields.js'
import {
  COMMAND_OVERHEAD_SIZE_BYTES_MAX, ENTRY_COMMAND_COUNT_MAX, ENTRY_ORIGIN_COUNT_MAX, KEY_SIZE_BYTES_MAX,
  ORIGIN_OVERHEAD_SIZE_BYTES_MAX, VALUE_SIZE_BYTES_MAX
} from './limits.js'
import type { Command, OriginCommands } from './messages.js'

const OP_SET = 1
const OP_DELETE = 2

/** About how many bytes a command takes, and never more. */
export function commandSizeGuess ({ write }: Command): number {
  return COMMAND_OVERHEAD_SIZE_BYTES_MAX + write.key.length + (write.op === 'set' ? write.value.length : 0)
}

export function writeKey (writer: Writer, field: number, key: Uint8Array): void {
  assert(key.length >= 1 && key.length <= KEY_SIZE_BYTES_MAX, 'a key must have 1 to 1024 bytes')
  writer.bytes(field, key)
}

export function readKey (reader: Reader): Uint8Array {
  const key = reader.utf8(KEY_SIZE_BYTES_MAX)
  if (key.length === 0) throw new DecodeError('empty key')
  return key
}

export function writeValue (writer: Writer, field: number, value: Uint8Array): void {
  assert(value.length <= VALUE_SIZE_BYTES_MAX, 'a value must have at most 1 MiB')
  writer.bytes(field, value)
}

export const readValue = (reader: Reader): Uint8Array => reader.bytes(VALUE_SIZE_BYTES_MAX)

export function writeCommand (writer: Writer, field: number, command: Command): void {
  const { write } = command
  const mark = writer.begin(field, commandSizeGuess(command))
  writer.uint(1, command.sequence)
  if (write.op === 'set') {
    writer.uint(2, OP_SET)
    writeKey(writer, 3, write.key)
    writeValue(writer, 4, write.value)
  } else {
    writer.uint(2, OP_DELETE)
    writeKey(writer, 3, write.key)
  }
  writer.end(mark)
}

const COMMAND_REQUIRED = fieldSet(1, 2, 3)

/** Key and value are views. Undefined: an operation that only a newer version knows. @throws {DecodeError} */
export function readCommand (reader: Reader): Command | undefined {
  let seen = 0
  let sequence = 0
  let op = 0
  let key: Uint8Array | undefined
  let value: Uint8Array | undefined
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('command', seen, COMMAND_REQUIRED)
        return commandOf(sequence, op, key, value)
      case 1: sequence = reader.uint(); break
      case 2: op = reader.uint(); break
      case 3: key = readKey(reader); break
      case 4: value = readValue(reader); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

function commandOf (sequence: number, op: number, key: Uint8Array | undefined, value: Uint8Array | undefined): Command | undefined {
  if (key === undefined) throw new DecodeError('command without a key')
  if (op === OP_SET) {
    if (value === undefined) throw new DecodeError('set without a value')
    return { sequence, write: { op: 'set', key, value } }
  }
  if (op === OP_DELETE) {
    if (value !== undefined) throw new DecodeError('delete with a value')
    return { sequence, write: { op: 'delete', key } }
  }
  return undefined
}

function originSizeGuess (origin: OriginCommands): number {
  let size = ORIGIN_OVERHEAD_SIZE_BYTES_MAX
  for (const command of origin.commands) size += commandSizeGuess(command)
  return size
}

/** The payload of a `commands` log entry. Whoever gathers the commands keeps to the limits: they are asserted. */
export function encodeOriginCommands (origins: readonly OriginCommands[]): Buffer {
  assert(origins.length <= ENTRY_ORIGIN_COUNT_MAX, 'a log entry with more origins than are read back')
  let size = 0
  let count = 0
  for (const origin of origins) {
    size += originSizeGuess(origin)
    count += origin.commands.length
  }
  assert(count <= ENTRY_COMMAND_COUNT_MAX, 'a log entry with more commands than are read back')
  const writer = new Writer(size)
  for (const origin of origins) {
    const mark = writer.begin(1, origins.length === 1 ? size : originSizeGuess(origin))
    writer.string(1, origin.peer).uint(2, origin.generation).uint(3, origin.floor)
    for (const command of origin.commands) writeCommand(writer, 4, command)
    writer.end(mark)
  }
  return writer.finish()
}

/**
 * What `encodeOriginCommands` wrote; keys and values are views of the payload. An unknown operation is an error here: a
 * log must be understood whole. @throws {DecodeError}
 */
export function decodeOriginCommands (payload: Uint8Array): OriginCommands[] {
  const reader = new Reader(payload)
  const origins: OriginCommands[] = []
  let commandsLeft = ENTRY_COMMAND_COUNT_MAX
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field !== 1) {
      reader.skip()
      continue
    }
    if (origins.length === ENTRY_ORIGIN_COUNT_MAX) throw new DecodeError('too many origins in a log entry')
    const origin = readOrigin(reader.message(), commandsLeft)
    origins.push(origin)
    commandsLeft -= origin.commands.length
  }
  return origins
}

const ORIGIN_REQUIRED = fieldSet(1, 2, 3)

function readOrigin (reader: Reader, commandCountMax: number): OriginCommands {
  const commands: Command[] = []
  let seen = 0
  let peer: OriginCommands['peer'] | undefined
  let generation = 0
  let floor = 0
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('origin', seen, ORIGIN_REQUIRED)
        if (peer === undefined) throw new DecodeError('origin without a peer')
        return { peer, generation: generationFrom(generation), floor, commands }
      case 1: peer = readPeerId(reader); break
      case 2: generation = reader.uint(); break
      case 3: floor = reader.uint(); break
      case 4: {
        if (commands.length === commandCountMax) throw new DecodeError('too many commands in a log entry')
        const command = readCommand(reader.message())
        if (command === undefined) throw new DecodeError('unknown operation in a log entry')
        commands.push(command)
        continue
      }
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

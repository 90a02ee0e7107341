import { DecodeError } from '../../src/base/index.js'
import type { Reader, Writer } from '../../src/base/index.js'
import { epochFrom, fieldSet, generationFrom, namesByNumber, once, partitionFrom, requireFields } from '../fields.js'
import { readCommand, readKey, writeCommand, writeKey } from './commands.js'
import { KV_TIMEOUT_MS_MAX } from './limits.js'
import type { Command, Consistency, KvMessage, KvRequestMessage } from './messages.js'

const numberByConsistency = { linearizable: 1, local: 2 } as const satisfies Record<Consistency, number>
const consistencyByNumber = namesByNumber<Consistency>(numberByConsistency)

/** A deadline is never promised longer than it is: whole milliseconds, rounded down, 0 where it has passed. */
const wholeTimeoutMs = (timeoutMs: number): number => Math.min(Math.max(Math.floor(timeoutMs), 0), KV_TIMEOUT_MS_MAX)

/** Writes the fields of `GetRequest` or `WriteRequest`. */
export function writeRequest (writer: Writer, request: KvRequestMessage): void {
  writer.uint(1, request.id).uint(2, request.partition).uint(3, request.epoch).uint(4, wholeTimeoutMs(request.timeoutMs))
  if (request.op === 'get') {
    writeKey(writer, 5, request.key)
    writer.uint(6, numberByConsistency[request.consistency])
  } else {
    writer.uint(5, request.generation).uint(6, request.floor)
    writeCommand(writer, 7, request.command)
  }
}

function timeoutMsFrom (uint: number): number {
  if (uint > KV_TIMEOUT_MS_MAX) throw new DecodeError(`timeout of ${uint} ms`)
  return uint
}

const GET_REQUIRED = fieldSet(1, 2, 3, 4, 5, 6)

/** Undefined: a consistency that only a newer version knows. @throws {DecodeError} */
export function readGet (reader: Reader): KvMessage | undefined {
  let seen = 0
  let id = 0
  let partition = 0
  let epoch = 0
  let timeoutMs = 0
  let key: Uint8Array | undefined
  let consistencyNumber = 0
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0: {
        requireFields('get', seen, GET_REQUIRED)
        const consistency = consistencyByNumber[consistencyNumber]
        if (key === undefined || consistency === undefined) return undefined
        return {
          kind: 'request',
          request: {
            id, partition: partitionFrom(partition), epoch: epochFrom(epoch), timeoutMs: timeoutMsFrom(timeoutMs),
            op: 'get', key, consistency
          }
        }
      }
      case 1: id = reader.uint(); break
      case 2: partition = reader.uint(); break
      case 3: epoch = reader.uint(); break
      case 4: timeoutMs = reader.uint(); break
      case 5: key = readKey(reader); break
      case 6: consistencyNumber = reader.uint(); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

const WRITE_REQUIRED = fieldSet(1, 2, 3, 4, 5, 6, 7)

/** Undefined: an operation that only a newer version knows. @throws {DecodeError} */
export function readWrite (reader: Reader): KvMessage | undefined {
  let seen = 0
  let id = 0
  let partition = 0
  let epoch = 0
  let timeoutMs = 0
  let generation = 0
  let floor = 0
  let command: Command | undefined
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('write', seen, WRITE_REQUIRED)
        if (command === undefined) return undefined
        return {
          kind: 'request',
          request: {
            id, partition: partitionFrom(partition), epoch: epochFrom(epoch), timeoutMs: timeoutMsFrom(timeoutMs),
            op: 'write', generation: generationFrom(generation), floor, command
          }
        }
      case 1: id = reader.uint(); break
      case 2: partition = reader.uint(); break
      case 3: epoch = reader.uint(); break
      case 4: timeoutMs = reader.uint(); break
      case 5: generation = reader.uint(); break
      case 6: floor = reader.uint(); break
      case 7: command = readCommand(reader.message()); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

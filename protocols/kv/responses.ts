import type { Reader, Writer } from '../../src/base/index.js'
import { fieldSet, memberOrNobodyFrom, namesByNumber, once, readUints, requireFields, revisionFrom, writeCutString } from '../fields.js'
import { REASON_SIZE_BYTES_MAX } from '../limits.js'
import { readValue, writeValue } from './commands.js'
import type { KvFailureCode, KvMessage, KvResponseMessage } from './messages.js'

const numberByFailure = {
  not_master: 1, misrouted: 2, mastership_lost: 3, overloaded: 4, disk_full: 5, storage_failed: 6, expired: 7,
  read_timeout: 8, stopping: 9
} as const satisfies Record<KvFailureCode, number>
const failureByNumber = namesByNumber<KvFailureCode>(numberByFailure)

/** An age is never promised smaller than it is. */
const wholeAgeMs = (ageMs: number): number => Math.min(Math.ceil(ageMs), Number.MAX_SAFE_INTEGER)

/** Writes the fields of the response's kind. */
export function writeResponse (writer: Writer, response: KvResponseMessage): void {
  writer.uint(1, response.id)
  switch (response.kind) {
    case 'result':
      if (response.result.kind === 'expired') return
      writer.uint(2, response.result.revision)
      if (response.result.kind === 'delete') writer.bool(3, response.result.deleted)
      return
    case 'value':
      writer.uint(2, response.revision).uint(3, wholeAgeMs(response.ageMsMax))
      writeValue(writer, 4, response.value)
      return
    case 'missing':
      writer.uint(2, response.revision).uint(3, wholeAgeMs(response.ageMsMax))
      return
    case 'failed':
      writer.uint(2, numberByFailure[response.code]).uint(3, response.master)
      writeCutString(writer, 4, response.reason, REASON_SIZE_BYTES_MAX)
  }
}

export function readSetResult (reader: Reader): KvMessage {
  const [id, revision] = readUints('set result', reader, 2)
  return { kind: 'response', response: { id, kind: 'result', result: { kind: 'set', revision: revisionFrom(revision) } } }
}

export function readDeleteResult (reader: Reader): KvMessage {
  const [id, revision, deleted] = readUints('delete result', reader, 3)
  return {
    kind: 'response',
    response: { id, kind: 'result', result: { kind: 'delete', deleted: deleted !== 0, revision: revisionFrom(revision) } }
  }
}

export function readExpired (reader: Reader): KvMessage {
  const [id] = readUints('expired', reader, 1)
  return { kind: 'response', response: { id, kind: 'result', result: { kind: 'expired' } } }
}

export function readMissing (reader: Reader): KvMessage {
  const [id, revision, ageMsMax] = readUints('missing', reader, 3)
  return { kind: 'response', response: { id, kind: 'missing', revision: revisionFrom(revision), ageMsMax } }
}

const VALUE_REQUIRED = fieldSet(1, 2, 3, 4)

export function readValueResponse (reader: Reader): KvMessage | undefined {
  let seen = 0
  let id = 0
  let revision = 0
  let ageMsMax = 0
  let value: Uint8Array | undefined
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('value', seen, VALUE_REQUIRED)
        if (value === undefined) return undefined
        return { kind: 'response', response: { id, kind: 'value', value, revision: revisionFrom(revision), ageMsMax } }
      case 1: id = reader.uint(); break
      case 2: revision = reader.uint(); break
      case 3: ageMsMax = reader.uint(); break
      case 4: value = readValue(reader); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

const FAILED_REQUIRED = fieldSet(1, 2, 3, 4)

/** Undefined: a failure that only a newer version knows. */
export function readFailed (reader: Reader): KvMessage | undefined {
  let seen = 0
  let id = 0
  let code = 0
  let master = 0
  let reason = ''
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0: {
        requireFields('failed', seen, FAILED_REQUIRED)
        const name = failureByNumber[code]
        if (name === undefined) return undefined
        return { kind: 'response', response: { id, kind: 'failed', code: name, master: memberOrNobodyFrom(master), reason } }
      }
      case 1: id = reader.uint(); break
      case 2: code = reader.uint(); break
      case 3: master = reader.uint(); break
      case 4: reason = reader.string(REASON_SIZE_BYTES_MAX); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

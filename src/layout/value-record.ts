import { DecodeError, type Revision } from '../base/index.js'
import { describeKey } from './key-parser.js'
import { SEAL_BYTES, checkSeal, sealInPlace } from './sealing.js'

/** A value and the revision that wrote it. */
export interface ValueRecord {
  readonly revision: Revision
  readonly value: Uint8Array
}

/** The only form there is yet; a record of another one was written by a newer version and is refused, not misread. */
const FORMAT_PLAIN = 0

/**
 * checksum(4) ‖ format(1) ‖ revision(varint) ‖ value: one allocation. `key` is the storage key the record will lie under.
 */
export function encodeValueRecord (key: Uint8Array, revision: Revision, value: Uint8Array): Buffer {
  let revisionSize = 1
  for (let rest: number = revision; rest >= 0x80; rest = Math.floor(rest / 0x80)) revisionSize++
  const record = Buffer.allocUnsafe(SEAL_BYTES + 1 + revisionSize + value.length)
  record[SEAL_BYTES] = FORMAT_PLAIN
  let at = SEAL_BYTES + 1
  let rest: number = revision
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) record[at++] = (rest % 0x80) | 0x80
  record[at++] = rest
  record.set(value, at)
  return sealInPlace(key, record)
}

/** The value is a view of `record`. @throws {DecodeError} naming the key */
export function decodeValueRecord (key: Uint8Array, record: Uint8Array): ValueRecord {
  checkSeal(key, record)
  if (record[SEAL_BYTES] !== FORMAT_PLAIN) throw new DecodeError(`${describeKey(key)}: unknown value format ${record[SEAL_BYTES]}`)
  let revision = 0
  let scale = 1
  let at = SEAL_BYTES + 1
  for (;;) {
    const byte = record[at++]
    if (byte === undefined) throw new DecodeError(`${describeKey(key)}: truncated revision`)
    revision += (byte & 0x7f) * scale
    if (revision > Number.MAX_SAFE_INTEGER || at > SEAL_BYTES + 9) throw new DecodeError(`${describeKey(key)}: the revision is beyond 2^53`)
    if (byte < 0x80) break
    scale *= 0x80
  }
  return { revision: revision as Revision, value: record.subarray(at) }
}

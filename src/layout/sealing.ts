import { DecodeError } from '../base/index.js'
import { crc32 } from './crc32.js'
import { describeKey } from './key-parser.js'

/** Size of the checksum in front of every payload. */
export const SEAL_BYTES = 4

/**
 * A record as it lies on the disk: the CRC-32 of key and payload, big-endian, then the payload. LevelDB does not verify
 * its own checksums on reads (LIBRARIES.md section 12); with the key in the sum, a good record under another key is as
 * wrong as a flipped bit.
 */
export function sealRecord (key: Uint8Array, payload: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(SEAL_BYTES + payload.length)
  record.set(payload, SEAL_BYTES)
  return sealInPlace(key, record)
}

/** Fills in the checksum of a record whose payload already stands behind the first four bytes. */
export function sealInPlace (key: Uint8Array, record: Buffer): Buffer {
  record.writeUInt32BE(crc32(record, crc32(key), SEAL_BYTES), 0)
  return record
}

/** The payload, a view. @throws {DecodeError} naming the key where the checksum does not fit */
export function openRecord (key: Uint8Array, record: Uint8Array): Uint8Array {
  checkSeal(key, record)
  return record.subarray(SEAL_BYTES)
}

/** @throws {DecodeError} naming the key where the checksum does not fit */
export function checkSeal (key: Uint8Array, record: Uint8Array): void {
  if (record.length < SEAL_BYTES) throw new DecodeError(`${describeKey(key)}: ${record.length} bytes are no record`)
  const stored = ((record[0] as number) << 24 | (record[1] as number) << 16 | (record[2] as number) << 8 | (record[3] as number)) >>> 0
  const actual = crc32(record, crc32(key), SEAL_BYTES)
  if (stored !== actual) {
    throw new DecodeError(`${describeKey(key)}: the checksum is ${hex(stored)} and the bytes give ${hex(actual)}; the record is damaged or lies under a wrong key`)
  }
}

const hex = (value: number): string => value.toString(16).padStart(8, '0')

import {
  DecodeError, Reader, Writer, isClusterId, isNodeName, isPeerId, toClusterId, toMemberId, toNodeName, toPeerId, type ClusterId,
  type MemberId, type NodeName, type PeerId
} from '../base/index.js'
import { describeKey } from './key-parser.js'
import { SEAL_BYTES, openRecord, sealInPlace } from './sealing.js'

const SEAL_PLACE = new Uint8Array(SEAL_BYTES)

/** One sealed record written without an intermediate copy. */
export function encodeSealed (key: Uint8Array, write: (writer: Writer) => void): Buffer {
  const writer = new Writer().raw(SEAL_PLACE)
  write(writer)
  return sealInPlace(key, writer.finish())
}

/** Opens a record and reads its fields; whatever is wrong is said with the key's name. @throws {DecodeError} */
export function decodeSealed<Value> (key: Uint8Array, record: Uint8Array, read: (reader: Reader) => Value): Value {
  const payload = openRecord(key, record)
  try {
    return read(new Reader(payload))
  } catch (error) {
    if (error instanceof DecodeError) throw new DecodeError(`${describeKey(key)}: ${error.message}`, { cause: error })
    throw error
  }
}

/** A field that has to be there. */
export function required<Value> (value: Value | undefined, name: string): Value {
  if (value === undefined) throw new DecodeError(`${name} is missing`)
  return value
}

const TEXT_ID_BYTES_MAX = 128

export function readClusterId (reader: Reader): ClusterId {
  const text = reader.string(TEXT_ID_BYTES_MAX)
  if (!isClusterId(text)) throw new DecodeError(`not a cluster id: ${text}`)
  return toClusterId(text)
}

export function readPeerId (reader: Reader): PeerId {
  const text = reader.string(TEXT_ID_BYTES_MAX)
  if (!isPeerId(text)) throw new DecodeError(`not a peer id: ${text}`)
  return toPeerId(text)
}

export function readNodeName (reader: Reader): NodeName {
  const text = reader.string(TEXT_ID_BYTES_MAX)
  if (!isNodeName(text)) throw new DecodeError(`not a node name: ${text}`)
  return toNodeName(text)
}

export function readMemberId (reader: Reader): MemberId {
  const number = reader.uint()
  if (number < 1 || number > 0xffffffff) throw new DecodeError(`member id out of range: ${number}`)
  return toMemberId(number)
}

/** A record whose only field is a number. */
export function readOneNumber (reader: Reader): number {
  let number: number | undefined
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) number = reader.uint()
    else reader.skip()
  }
  return required(number, 'number')
}

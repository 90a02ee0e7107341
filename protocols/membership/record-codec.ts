import { assert, DecodeError } from '../../src/base/index.js'
import type { Multiaddr, NodeName, PeerId, Reader, Writer } from '../../src/base/index.js'
import {
  fieldSet, generationFrom, incarnationFrom, namesByNumber, once, readHttp, readMultiaddr, readNodeName, readPeerId, requireFields,
  writeHttp, writeMultiaddrs
} from '../fields.js'
import { SIGNATURE_SIZE_BYTES } from './limits.js'
import type { MemberHealth, MemberRecord, MemberVersion } from './messages.js'

/** `MemberRecord` and `MemberVersion` of membership.proto. */

const numberByHealth = { alive: 1, suspect: 2, dead: 3, left: 4 } as const satisfies Record<MemberHealth, number>
const healthByNumber = namesByNumber<MemberHealth>(numberByHealth)

/** About how many bytes a record takes: ids, counters and signature, and what varies. */
function recordSizeGuess (record: MemberRecord): number {
  let size = 166 + record.name.length + record.http.length + (record.accuser === undefined ? 0 : record.accuser.length + 2)
  for (const multiaddr of record.multiaddrs) size += multiaddr.length + 3
  return size
}

export function recordsSizeGuess (records: readonly MemberRecord[]): number {
  let size = 0
  for (const record of records) size += recordSizeGuess(record)
  return size
}

export function writeRecord (writer: Writer, field: number, record: MemberRecord): void {
  const mark = writer.begin(field, recordSizeGuess(record))
  writer.string(1, record.peer).string(2, record.name).uint(3, record.generation).uint(4, record.incarnation)
  writer.uint(5, numberByHealth[record.health])
  writeMultiaddrs(writer, 6, record.multiaddrs)
  writeHttp(writer, 7, record.http)
  assert(record.signature.length === SIGNATURE_SIZE_BYTES, 'a record without a signature is not passed on')
  writer.bytes(8, record.signature)
  if (record.health === 'suspect' && record.accuser !== undefined) writer.string(9, record.accuser)
  writer.end(mark)
}

const RECORD_REQUIRED = fieldSet(1, 2, 3, 4, 5, 7, 8)

/** Undefined: a health that only a newer version knows. @throws {DecodeError} */
export function readRecord (reader: Reader): MemberRecord | undefined {
  const multiaddrs: Multiaddr[] = []
  let seen = 0
  let peer: PeerId | undefined
  let name: NodeName | undefined
  let generation = 0
  let incarnation = 0
  let healthNumber = 0
  let http = ''
  let signature: Uint8Array | undefined
  let accuser: PeerId | undefined
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0: {
        requireFields('member record', seen, RECORD_REQUIRED)
        const health = healthByNumber[healthNumber]
        if (peer === undefined || name === undefined || signature === undefined || health === undefined) return undefined
        const record = {
          peer, name, generation: generationFrom(generation), incarnation: incarnationFrom(incarnation), health, multiaddrs, http, signature
        }
        return accuser === undefined || health !== 'suspect' ? record : { ...record, accuser }
      }
      case 1: peer = readPeerId(reader); break
      case 2: name = readNodeName(reader); break
      case 3: generation = reader.uint(); break
      case 4: incarnation = reader.uint(); break
      case 5: healthNumber = reader.uint(); break
      case 6: readMultiaddr(reader, multiaddrs); continue
      case 7: http = readHttp(reader); break
      case 8: signature = readSignature(reader); break
      case 9: accuser = readPeerId(reader); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

/** A copy: records are kept for long, and a view would keep the whole frame. */
function readSignature (reader: Reader): Uint8Array {
  const signature = reader.bytes(SIGNATURE_SIZE_BYTES)
  if (signature.length !== SIGNATURE_SIZE_BYTES) throw new DecodeError(`a signature of ${signature.length} bytes`)
  return new Uint8Array(signature)
}

export function writeVersion (writer: Writer, field: number, version: MemberVersion): void {
  const mark = writer.begin(field, VERSION_SIZE_GUESS)
  writer.string(1, version.peer).uint(2, version.generation).uint(3, version.incarnation).uint(4, numberByHealth[version.health])
  writer.end(mark)
}

/** About how many bytes a version takes. */
export const VERSION_SIZE_GUESS = 70
const VERSION_REQUIRED = fieldSet(1, 2, 3, 4)

/** Undefined: a health that only a newer version knows. @throws {DecodeError} */
export function readVersion (reader: Reader): MemberVersion | undefined {
  let seen = 0
  let peer: PeerId | undefined
  let generation = 0
  let incarnation = 0
  let healthNumber = 0
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0: {
        requireFields('member version', seen, VERSION_REQUIRED)
        const health = healthByNumber[healthNumber]
        if (peer === undefined || health === undefined) return undefined
        return { peer, generation: generationFrom(generation), incarnation: incarnationFrom(incarnation), health }
      }
      case 1: peer = readPeerId(reader); break
      case 2: generation = reader.uint(); break
      case 3: incarnation = reader.uint(); break
      case 4: healthNumber = reader.uint(); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

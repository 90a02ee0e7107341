/**
 * The door between numbers and texts of a wire and the branded types of src/base: everything is checked here, once, and
 * what does not pass is a `DecodeError`. Base's `toX` constructors assert, and what a peer sent is never asserted.
 */
import { assert, DecodeError, isClusterId, isNodeName, isPeerId, PARTITION_COUNT_MAX, SYSTEM_PARTITION } from '../src/base/index.js'
import type {
  BatchNumber, ClusterId, Epoch, Generation, Incarnation, LogIndex, MemberId, Multiaddr, NodeName, PartitionId, PeerId,
  Reader, Revision, Term, Writer
} from '../src/base/index.js'
import {
  CLUSTER_ID_SIZE_BYTES, HTTP_SIZE_BYTES_MAX, MULTIADDR_COUNT_MAX, MULTIADDR_SIZE_BYTES_MAX, NODE_NAME_SIZE_BYTES_MAX,
  PEER_ID_SIZE_BYTES_MAX
} from './limits.js'

/** Notes that a singular field was read. Protobuf lets the last one win; here a second one is refused. */
export function once (seen: number, field: number): number {
  const bit = 1 << field
  if ((seen & bit) !== 0) throw new DecodeError(`field ${field} twice`)
  return seen | bit
}

/** The set of these field numbers (1 to 30), to be required. */
export function fieldSet (...fields: readonly number[]): number {
  return fields.reduce((set, field) => set | (1 << field), 0)
}

/** @throws {DecodeError} where a field of `required` was not seen. */
export function requireFields (message: string, seen: number, required: number): void {
  const missing = required & ~seen
  if (missing !== 0) throw new DecodeError(`${message} lacks field ${31 - Math.clz32(missing)}`)
}

/** A tuple of so many numbers. */
type Numbers<Count extends number, Held extends number[] = []> = Held['length'] extends Count ? Held : Numbers<Count, [...Held, number]>

/** A message whose fields 1 to `count` are required varints and that has no other known field. @throws {DecodeError} */
export function readUints<const Count extends number> (message: string, reader: Reader, count: Count): Numbers<Count> {
  const values: number[] = []
  for (let i = 0; i < count; i++) values.push(0)
  let seen = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field > count) {
      reader.skip()
      continue
    }
    values[field - 1] = reader.uint()
    seen = once(seen, field)
  }
  requireFields(message, seen, (2 << count) - 2)
  return values as Numbers<Count>
}

/** Terms, indexes and other counters are what `Reader.uint` returns: safe non-negative integers, as base asks for. */
export const termFrom = (uint: number): Term => uint as Term
export const indexFrom = (uint: number): LogIndex => uint as LogIndex
export const epochFrom = (uint: number): Epoch => uint as Epoch
export const revisionFrom = (uint: number): Revision => uint as Revision
export const generationFrom = (uint: number): Generation => uint as Generation
export const incarnationFrom = (uint: number): Incarnation => uint as Incarnation
export const batchNumberFrom = (uint: number): BatchNumber => uint as BatchNumber

export function partitionFrom (uint: number): PartitionId {
  if (uint >= PARTITION_COUNT_MAX && uint !== SYSTEM_PARTITION) throw new DecodeError(`partition ${uint}`)
  return uint as PartitionId
}

export function memberFrom (uint: number): MemberId {
  if (uint === 0 || uint > 0xffffffff) throw new DecodeError(`member ${uint}`)
  return uint as MemberId
}

/** 0 is nobody. */
export const memberOrNobodyFrom = (uint: number): MemberId | 0 => uint === 0 ? 0 : memberFrom(uint)

export function readPeerId (reader: Reader): PeerId {
  const text = reader.string(PEER_ID_SIZE_BYTES_MAX)
  if (!isPeerId(text)) throw new DecodeError('malformed peer id')
  return text as PeerId
}

export function readNodeName (reader: Reader): NodeName {
  const text = reader.string(NODE_NAME_SIZE_BYTES_MAX)
  if (!isNodeName(text)) throw new DecodeError('malformed node name')
  return text as NodeName
}

export function readClusterId (reader: Reader): ClusterId {
  const text = reader.string(CLUSTER_ID_SIZE_BYTES)
  if (!isClusterId(text)) throw new DecodeError('malformed cluster id')
  return text as ClusterId
}

/** Printable ASCII that begins with `/`; whether it can be dialled is the transport's to find out. */
const isMultiaddrText = (text: string): boolean => text.length <= MULTIADDR_SIZE_BYTES_MAX && /^\/[\x21-\x7e]+$/.test(text)
const isHttpText = (text: string): boolean => text.length <= HTTP_SIZE_BYTES_MAX && /^[\x21-\x7e]*$/.test(text)

/** Reads one more address. */
export function readMultiaddr (reader: Reader, into: Multiaddr[]): void {
  if (into.length === MULTIADDR_COUNT_MAX) throw new DecodeError(`more than ${MULTIADDR_COUNT_MAX} multiaddrs`)
  const text = reader.string(MULTIADDR_SIZE_BYTES_MAX)
  if (!isMultiaddrText(text)) throw new DecodeError('malformed multiaddr')
  into.push(text as Multiaddr)
}

export function writeMultiaddrs (writer: Writer, field: number, multiaddrs: readonly Multiaddr[]): void {
  assert(multiaddrs.length <= MULTIADDR_COUNT_MAX, 'a member announces more multiaddrs than others accept')
  for (const multiaddr of multiaddrs) {
    assert(isMultiaddrText(multiaddr), 'a member announces a multiaddr that others refuse')
    writer.string(field, multiaddr)
  }
}

export function readHttp (reader: Reader): string {
  const text = reader.string(HTTP_SIZE_BYTES_MAX)
  if (!isHttpText(text)) throw new DecodeError('malformed HTTP address')
  return text
}

export function writeHttp (writer: Writer, field: number, http: string): void {
  assert(isHttpText(http), 'a member announces an HTTP address that others refuse')
  writer.string(field, http)
}

/** Writes text that may come from anywhere, cut to `sizeBytesMax` bytes between two characters. */
export function writeCutString (writer: Writer, field: number, text: string, sizeBytesMax: number): void {
  if (text.length * 3 <= sizeBytesMax || Buffer.byteLength(text) <= sizeBytesMax) {
    writer.string(field, text)
    return
  }
  const bytes = Buffer.from(text.slice(0, sizeBytesMax + 1))
  let end = sizeBytesMax
  while (((bytes[end] as number) & 0xc0) === 0x80) end--
  writer.bytes(field, bytes.subarray(0, end))
}

/** The names that a table of wire numbers gives to numbers; undefined where a newer version knows better. */
export function namesByNumber<Name extends string> (numbers: Readonly<Record<Name, number>>): ReadonlyArray<Name | undefined> {
  const names: Array<Name | undefined> = []
  for (const name of Object.keys(numbers) as Name[]) names[numbers[name]] = name
  return names
}

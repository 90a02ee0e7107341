import { assert, DecodeError } from '../../src/base/index.js'
import type { Multiaddr, NodeName, PeerId, Reader, Writer } from '../../src/base/index.js'
import {
  batchNumberFrom, epochFrom, fieldSet, generationFrom, incarnationFrom, namesByNumber, once, readHttp, readMultiaddr,
  readNodeName, readPeerId, requireFields, writeHttp, writeMultiaddrs
} from '../fields.js'
import { decodeFrame, encodeFrame, encodeFrames } from '../frames.js'
import type { FrameCodec } from '../frames.js'
import {
  MEMBERSHIP_FRAME_SIZE_BYTES_MAX, MEMBERSHIP_FRAME_SIZE_BYTES_TARGET, PROBE_UPDATE_COUNT_MAX, SYNC_RECORD_COUNT_MAX
} from './limits.js'
import type { MemberHealth, MemberRecord, MembershipMessage, ProbeHeader } from './messages.js'

const fieldByKind = {
  'ping': 1, 'ack': 2, 'ping-request': 3, 'nack': 4, 'sync': 5
} as const satisfies Record<MembershipMessage['kind'], number>

const numberByHealth = { alive: 1, suspect: 2, dead: 3, left: 4 } as const satisfies Record<MemberHealth, number>
const healthByNumber = namesByNumber<MemberHealth>(numberByHealth)

/** About how many bytes a record takes: ids and counters, and what varies. */
function recordSizeGuess (record: MemberRecord): number {
  let size = 100 + record.name.length + record.http.length
  for (const multiaddr of record.multiaddrs) size += multiaddr.length + 3
  return size
}

function recordsSizeGuess (records: readonly MemberRecord[]): number {
  let size = 0
  for (const record of records) size += recordSizeGuess(record)
  return size
}

function writeRecord (writer: Writer, field: number, record: MemberRecord): void {
  const mark = writer.begin(field, recordSizeGuess(record))
  writer.string(1, record.peer).string(2, record.name).uint(3, record.generation).uint(4, record.incarnation)
  writer.uint(5, numberByHealth[record.health])
  writeMultiaddrs(writer, 6, record.multiaddrs)
  writeHttp(writer, 7, record.http)
  writer.end(mark)
}

const RECORD_REQUIRED = fieldSet(1, 2, 3, 4, 5, 7)

/** Undefined: a health that only a newer version knows. */
function readRecord (reader: Reader): MemberRecord | undefined {
  const multiaddrs: Multiaddr[] = []
  let seen = 0
  let peer: PeerId | undefined
  let name: NodeName | undefined
  let generation = 0
  let incarnation = 0
  let healthNumber = 0
  let http = ''
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0: {
        requireFields('member record', seen, RECORD_REQUIRED)
        const health = healthByNumber[healthNumber]
        if (peer === undefined || name === undefined || health === undefined) return undefined
        return {
          peer, name, generation: generationFrom(generation), incarnation: incarnationFrom(incarnation), health, multiaddrs, http
        }
      }
      case 1: peer = readPeerId(reader); break
      case 2: name = readNodeName(reader); break
      case 3: generation = reader.uint(); break
      case 4: incarnation = reader.uint(); break
      case 5: healthNumber = reader.uint(); break
      case 6: readMultiaddr(reader, multiaddrs); continue
      case 7: http = readHttp(reader); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

function writeProbe (writer: Writer, probe: ProbeHeader, target: PeerId | undefined): void {
  assert(probe.updates.length <= PROBE_UPDATE_COUNT_MAX, 'a probe with more updates than others accept')
  writer.uint(1, probe.sequence).uint(2, probe.epoch).uint(3, probe.durableBatch)
  for (const update of probe.updates) writeRecord(writer, 4, update)
  if (target !== undefined) writer.string(5, target)
}

/** Reads `Probe` or, with a target, `TargetedProbe`. */
function readProbe (reader: Reader): { readonly header: ProbeHeader, readonly target: PeerId | undefined } {
  const updates: MemberRecord[] = []
  let seen = 0
  let sequence = 0
  let epoch = 0
  let durableBatch = 0
  let updateCount = 0
  let target: PeerId | undefined
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('probe', seen, PROBE_REQUIRED)
        return { header: { sequence, epoch: epochFrom(epoch), durableBatch: batchNumberFrom(durableBatch), updates }, target }
      case 1: sequence = reader.uint(); break
      case 2: epoch = reader.uint(); break
      case 3: durableBatch = reader.uint(); break
      case 4: {
        updateCount++
        if (updateCount > PROBE_UPDATE_COUNT_MAX) throw new DecodeError('too many updates in a probe')
        const update = readRecord(reader.message())
        if (update !== undefined) updates.push(update)
        continue
      }
      case 5: target = readPeerId(reader); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

const PROBE_REQUIRED = fieldSet(1, 2, 3)

const readUntargeted = (kind: 'ping' | 'ack') => (reader: Reader): MembershipMessage => ({ kind, ...readProbe(reader).header })

const readTargeted = (kind: 'ping-request' | 'nack') => (reader: Reader): MembershipMessage => {
  const { header, target } = readProbe(reader)
  if (target === undefined) throw new DecodeError(`${kind} without a target`)
  return { kind, target, ...header }
}

const SYNC_REQUIRED = fieldSet(1)

function readSync (reader: Reader): MembershipMessage {
  const records: MemberRecord[] = []
  let seen = 0
  let reply = false
  let recordCount = 0
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('sync', seen, SYNC_REQUIRED)
        return { kind: 'sync', reply, records }
      case 1: reply = reader.bool(); break
      case 2: {
        recordCount++
        if (recordCount > SYNC_RECORD_COUNT_MAX) throw new DecodeError('too many records in a sync')
        const record = readRecord(reader.message())
        if (record !== undefined) records.push(record)
        continue
      }
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

function write (writer: Writer, message: MembershipMessage): void {
  switch (message.kind) {
    case 'ping':
    case 'ack':
      writeProbe(writer, message, undefined)
      return
    case 'ping-request':
    case 'nack':
      writeProbe(writer, message, message.target)
      return
    case 'sync':
      assert(message.records.length <= SYNC_RECORD_COUNT_MAX, 'a sync with more records than others accept')
      writer.bool(1, message.reply)
      for (const record of message.records) writeRecord(writer, 2, record)
  }
}

const codec: FrameCodec<MembershipMessage> = {
  frameSizeBytesMax: MEMBERSHIP_FRAME_SIZE_BYTES_MAX,
  frameSizeBytesTarget: MEMBERSHIP_FRAME_SIZE_BYTES_TARGET,
  sizeGuess: (message) => message.kind === 'sync' ? 8 + recordsSizeGuess(message.records) : 96 + recordsSizeGuess(message.updates),
  write,
  kindField: (message) => fieldByKind[message.kind],
  decoders: [undefined, readUntargeted('ping'), readUntargeted('ack'), readTargeted('ping-request'), readTargeted('nack'), readSync]
}

/** One frame of all these messages. Asserts that they fit; see `encodeMembershipFrames`. */
export const encodeMembershipFrame = (messages: readonly MembershipMessage[]): Buffer => encodeFrame(codec, messages)

/** As many frames as these messages take, whatever their number. */
export const encodeMembershipFrames = (messages: readonly MembershipMessage[]): Buffer[] => encodeFrames(codec, messages)

/** @throws {DecodeError} */
export const decodeMembershipFrame = (payload: Uint8Array): MembershipMessage[] => decodeFrame(codec, payload)

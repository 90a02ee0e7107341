import { assert, DecodeError } from '../../src/base/index.js'
import type { PeerId, Reader, Writer } from '../../src/base/index.js'
import { batchNumberFrom, epochFrom, fieldSet, once, readPeerId, requireFields } from '../fields.js'
import { decodeFrame, encodeFrame, encodeFrames } from '../frames.js'
import type { FrameCodec } from '../frames.js'
import {
  DIGEST_VERSION_COUNT_MAX, MEMBERSHIP_FRAME_SIZE_BYTES_MAX, MEMBERSHIP_FRAME_SIZE_BYTES_TARGET, PROBE_UPDATE_COUNT_MAX,
  SYNC_RECORD_COUNT_MAX
} from './limits.js'
import type { MemberRecord, MembershipMessage, MemberVersion, ProbeHeader } from './messages.js'
import { readRecord, readVersion, recordsSizeGuess, VERSION_SIZE_GUESS, writeRecord, writeVersion } from './record-codec.js'

const fieldByKind = {
  'ping': 1, 'ack': 2, 'ping-request': 3, 'nack': 4, 'sync': 5, 'digest': 6
} as const satisfies Record<MembershipMessage['kind'], number>

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

function readSync (reader: Reader): MembershipMessage {
  const records: MemberRecord[] = []
  let recordCount = 0
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field !== 1) {
      reader.skip()
      continue
    }
    recordCount++
    if (recordCount > SYNC_RECORD_COUNT_MAX) throw new DecodeError('too many records in a sync')
    const record = readRecord(reader.message())
    if (record !== undefined) records.push(record)
  }
  return { kind: 'sync', records }
}

const DIGEST_REQUIRED = fieldSet(1)

function readDigest (reader: Reader): MembershipMessage {
  const listed: MemberVersion[] = []
  const remembered: MemberVersion[] = []
  let seen = 0
  let reply = false
  let listedCount = 0
  let rememberedCount = 0
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('digest', seen, DIGEST_REQUIRED)
        return { kind: 'digest', reply, listed, remembered }
      case 1:
        reply = reader.bool()
        seen = once(seen, field)
        break
      case 2:
      case 3: {
        const count = field === 2 ? ++listedCount : ++rememberedCount
        if (count > DIGEST_VERSION_COUNT_MAX) throw new DecodeError('too many versions in a digest')
        const version = readVersion(reader.message())
        if (version !== undefined) (field === 2 ? listed : remembered).push(version)
        break
      }
      default: reader.skip()
    }
  }
}

function writeDigest (writer: Writer, digest: MembershipMessage & { readonly kind: 'digest' }): void {
  const { reply, listed, remembered } = digest
  assert(Math.max(listed.length, remembered.length) <= DIGEST_VERSION_COUNT_MAX, 'a digest with more versions than others accept')
  writer.bool(1, reply)
  for (const version of listed) writeVersion(writer, 2, version)
  for (const version of remembered) writeVersion(writer, 3, version)
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
      for (const record of message.records) writeRecord(writer, 1, record)
      return
    case 'digest':
      writeDigest(writer, message)
  }
}

function sizeGuess (message: MembershipMessage): number {
  switch (message.kind) {
    case 'sync': return 8 + recordsSizeGuess(message.records)
    case 'digest': return 8 + (message.listed.length + message.remembered.length) * (VERSION_SIZE_GUESS + 2)
    default: return 96 + recordsSizeGuess(message.updates)
  }
}

const codec: FrameCodec<MembershipMessage> = {
  frameSizeBytesMax: MEMBERSHIP_FRAME_SIZE_BYTES_MAX,
  frameSizeBytesTarget: MEMBERSHIP_FRAME_SIZE_BYTES_TARGET,
  sizeGuess,
  write,
  kindField: (message) => fieldByKind[message.kind],
  decoders: [undefined, readUntargeted('ping'), readUntargeted('ack'), readTargeted('ping-request'), readTargeted('nack'), readSync, readDigest]
}

/** One frame of all these messages. Asserts that they fit; see `encodeMembershipFrames`. */
export const encodeMembershipFrame = (messages: readonly MembershipMessage[]): Buffer => encodeFrame(codec, messages)

/** As many frames as these messages take, whatever their number. */
export const encodeMembershipFrames = (messages: readonly MembershipMessage[]): Buffer[] => encodeFrames(codec, messages)

/** @throws {DecodeError} */
export const decodeMembershipFrame = (payload: Uint8Array): MembershipMessage[] => decodeFrame(codec, payload)

/**
 * Whether somebody waits for what this frame says: it holds an ack of a question, or a nack. An ack of question 0 only
 * carries news. A frame that cannot be read holds none.
 */
export function holdsAnswer (payload: Uint8Array): boolean {
  try {
    return decodeMembershipFrame(payload).some((message) => message.kind === 'nack' || (message.kind === 'ack' && message.sequence !== 0))
  } catch (error) {
    if (error instanceof DecodeError) return false
    throw error
  }
}

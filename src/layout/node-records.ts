import {
  DecodeError, assert, toBatchNumber, toGeneration, toIncarnation, type BatchNumber, type ClusterId, type Generation, type Incarnation,
  type MemberId, type Multiaddr, type NodeName, type PeerId, type Reader
} from '../base/index.js'
import { batchKey, foundingKey, nodeKey, peerKey } from './key-layout.js'
import { decodeSealed, encodeSealed, readClusterId, readMemberId, readNodeName, readOneNumber, readPeerId, required } from './record-codec.js'

/** The longest configuration signature kept, in bytes of UTF-8. */
export const CONFIGURATION_BYTES_MAX = 1024 * 1024
/** Addresses remembered of one peer; of more, the first. */
export const KNOWN_ADDRESS_COUNT_MAX = 32
const ADDRESS_BYTES_MAX = 1024
/** Bytes of a peer's signature, of whatever kind. */
const SIGNATURE_BYTES_MAX = 256

/** Who this node is; written at start, on admission and on adoption. */
export interface NodeRecord {
  readonly name: NodeName
  /** Whose disk this is: another peer id than the process's own betrays a wrong disk. */
  readonly peer: PeerId
  /** The process start that wrote this last. */
  readonly generation: Generation
  /** Undefined: belongs to no founded cluster yet. */
  readonly clusterId: ClusterId | undefined
  /** Undefined: not admitted yet. */
  readonly memberId: MemberId | undefined
  /** The `cluster` section last started with; empty where there was none. A file that differs is a proposal. */
  readonly configuration: string
}

export function encodeNodeRecord (record: NodeRecord): Buffer {
  assert(Buffer.byteLength(record.configuration) <= CONFIGURATION_BYTES_MAX, 'the configuration signature is too long')
  return encodeSealed(nodeKey(), (writer) => {
    writer.string(1, record.name).string(2, record.peer).uint(3, record.generation).string(4, record.configuration)
    if (record.clusterId !== undefined) writer.string(5, record.clusterId)
    if (record.memberId !== undefined) writer.uint(6, record.memberId)
  })
}

/** @throws {DecodeError} */
export function decodeNodeRecord (record: Uint8Array): NodeRecord {
  return decodeSealed(nodeKey(), record, (reader) => {
    let name: NodeName | undefined
    let peer: PeerId | undefined
    let generation: Generation | undefined
    let configuration: string | undefined
    let clusterId: ClusterId | undefined
    let memberId: MemberId | undefined
    for (let field = reader.field(); field !== 0; field = reader.field()) {
      switch (field) {
        case 1: name = readNodeName(reader); break
        case 2: peer = readPeerId(reader); break
        case 3: generation = toGeneration(reader.uint()); break
        case 4: configuration = reader.string(CONFIGURATION_BYTES_MAX); break
        case 5: clusterId = readClusterId(reader); break
        case 6: memberId = readMemberId(reader); break
        default: reader.skip()
      }
    }
    return {
      name: required(name, 'name'),
      peer: required(peer, 'peer'),
      generation: required(generation, 'generation'),
      clusterId,
      memberId,
      configuration: required(configuration, 'configuration')
    }
  })
}

export function encodeBatchNumber (batch: BatchNumber): Buffer {
  return encodeSealed(batchKey(), (writer) => { writer.uint(1, batch) })
}

/** @throws {DecodeError} */
export function decodeBatchNumber (record: Uint8Array): BatchNumber {
  return decodeSealed(batchKey(), record, (reader) => toBatchNumber(readOneNumber(reader)))
}

/** What this node promised while a cluster was founded; the rules are the coordinator room's. */
export interface FoundingRecord {
  readonly proposed: ClusterId | undefined
  readonly accepted: ClusterId | undefined
  readonly renounced: ClusterId | undefined
}

export function encodeFoundingRecord (record: FoundingRecord): Buffer {
  return encodeSealed(foundingKey(), (writer) => {
    if (record.proposed !== undefined) writer.string(1, record.proposed)
    if (record.accepted !== undefined) writer.string(2, record.accepted)
    if (record.renounced !== undefined) writer.string(3, record.renounced)
  })
}

/** @throws {DecodeError} */
export function decodeFoundingRecord (record: Uint8Array): FoundingRecord {
  return decodeSealed(foundingKey(), record, (reader) => {
    let proposed: ClusterId | undefined
    let accepted: ClusterId | undefined
    let renounced: ClusterId | undefined
    for (let field = reader.field(); field !== 0; field = reader.field()) {
      switch (field) {
        case 1: proposed = readClusterId(reader); break
        case 2: accepted = readClusterId(reader); break
        case 3: renounced = readClusterId(reader); break
        default: reader.skip()
      }
    }
    return { proposed, accepted, renounced }
  })
}

/** Another node, as last heard of: enough to find it again after a restart, and to tell it when its disk went back. */
export interface KnownPeerRecord {
  readonly name: NodeName
  readonly generation: Generation
  readonly multiaddrs: readonly Multiaddr[]
  readonly http: string
  /** The newest batch of its disk it announced as durable. */
  readonly heardBatch: BatchNumber
  /** Which of its announcements this is; 0 in records of earlier versions. */
  readonly incarnation: Incarnation
  /** Whether it had said goodbye. */
  readonly left: boolean
  /** Its own, of what stands here; empty in records of earlier versions. */
  readonly signature: Uint8Array
}

/** What is too long or too much to be remembered is left out: a peer said it, and it may be asked again. */
export function encodeKnownPeer (peer: PeerId, record: KnownPeerRecord): Buffer {
  return encodeSealed(peerKey(peer), (writer) => {
    writer.string(1, record.name).uint(2, record.generation).uint(3, record.heardBatch)
    writer.string(4, Buffer.byteLength(record.http) <= ADDRESS_BYTES_MAX ? record.http : '')
    for (const multiaddr of record.multiaddrs.filter(isRememberedAddress).slice(0, KNOWN_ADDRESS_COUNT_MAX)) writer.string(5, multiaddr)
    writer.uint(6, record.incarnation).bool(7, record.left).bytes(8, record.signature)
  })
}

/** @throws {DecodeError} */
export function decodeKnownPeer (peer: PeerId, record: Uint8Array): KnownPeerRecord {
  return decodeSealed(peerKey(peer), record, (reader) => {
    let name: NodeName | undefined
    let generation: Generation | undefined
    let heardBatch: BatchNumber | undefined
    let http: string | undefined
    let incarnation = toIncarnation(0)
    let left = false
    let signature = new Uint8Array(0)
    const multiaddrs: Multiaddr[] = []
    for (let field = reader.field(); field !== 0; field = reader.field()) {
      switch (field) {
        case 1: name = readNodeName(reader); break
        case 2: generation = toGeneration(reader.uint()); break
        case 3: heardBatch = toBatchNumber(reader.uint()); break
        case 4: http = reader.string(ADDRESS_BYTES_MAX); break
        case 5: multiaddrs.push(readAddress(reader, multiaddrs.length)); break
        case 6: incarnation = toIncarnation(reader.uint()); break
        case 7: left = reader.bool(); break
        case 8: signature = new Uint8Array(reader.bytes(SIGNATURE_BYTES_MAX)); break
        default: reader.skip()
      }
    }
    return {
      name: required(name, 'name'),
      generation: required(generation, 'generation'),
      multiaddrs,
      http: required(http, 'http'),
      heardBatch: required(heardBatch, 'heard batch'),
      incarnation,
      left,
      signature
    }
  })
}

const isRememberedAddress = (text: string): boolean => text.startsWith('/') && Buffer.byteLength(text) <= ADDRESS_BYTES_MAX

function readAddress (reader: Reader, count: number): Multiaddr {
  if (count >= KNOWN_ADDRESS_COUNT_MAX) throw new DecodeError(`more than ${KNOWN_ADDRESS_COUNT_MAX} addresses`)
  const text = reader.string(ADDRESS_BYTES_MAX)
  if (!isRememberedAddress(text)) throw new DecodeError(`not a multiaddr: ${text}`)
  return text as Multiaddr
}

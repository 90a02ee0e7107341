import { assert, DecodeError } from '../../src/base/index.js'
import type { ClusterId, Multiaddr, NodeName, Reader, Writer } from '../../src/base/index.js'
import {
  batchNumberFrom, epochFrom, fieldSet, generationFrom, once, readClusterId, readHttp, readMultiaddr, readNodeName, readUints,
  requireFields, writeHttp, writeMultiaddrs
} from '../fields.js'
import { decodeFrame, encodeFrame, encodeFrames } from '../frames.js'
import type { FrameCodec } from '../frames.js'
import {
  PLACEMENT_SIZE_GUESS, readChangeReply, readChangeRequest, readPlacementReport, writeChangeReply, writeChangeRequest, writePlacementReport
} from './changes.js'
import {
  CLUSTER_FRAME_SIZE_BYTES_MAX, CLUSTER_FRAME_SIZE_BYTES_TARGET, CLUSTER_NAME_SIZE_BYTES_MAX, CONFIGURATION_SIZE_BYTES_MAX
} from './limits.js'
import { mapSizeGuess, readMap, writeMap } from './map.js'
import type { ClusterMessage } from './messages.js'
import { readRefuse, writeRefuse } from './refuse.js'

type Hello = Extract<ClusterMessage, { kind: 'hello' }>

const fieldByKind = {
  'hello': 1, 'refuse': 2, 'found-propose': 3, 'found-accept': 4, 'map-request': 5, 'map': 6, 'admit-request': 7,
  'placement-report': 8, 'change-request': 9, 'change-reply': 10
} as const satisfies Record<ClusterMessage['kind'], number>

function writeHello (writer: Writer, hello: Hello): void {
  assert(Buffer.byteLength(hello.clusterName) <= CLUSTER_NAME_SIZE_BYTES_MAX, 'a cluster name longer than others accept')
  writer.uint(1, hello.version).string(2, hello.clusterName)
  if (hello.clusterId !== undefined) writer.string(3, hello.clusterId)
  writer.string(4, hello.name).uint(5, hello.generation)
  writeMultiaddrs(writer, 6, hello.multiaddrs)
  writeHttp(writer, 7, hello.http)
  writer.uint(8, hello.epoch).uint(9, hello.durableBatch).uint(10, hello.heardBatch)
}

const HELLO_REQUIRED = fieldSet(1, 2, 4, 5, 7, 8, 9, 10)

function readHello (reader: Reader): Hello {
  const multiaddrs: Multiaddr[] = []
  let seen = 0
  let version = 0
  let clusterName = ''
  let clusterId: ClusterId | undefined
  let name: NodeName | undefined
  let generation = 0
  let http = ''
  let epoch = 0
  let durableBatch = 0
  let heardBatch = 0
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        requireFields('hello', seen, HELLO_REQUIRED)
        if (name === undefined) throw new DecodeError('hello without a name')
        return {
          kind: 'hello', version, clusterName, clusterId, name, generation: generationFrom(generation), multiaddrs, http,
          epoch: epochFrom(epoch), durableBatch: batchNumberFrom(durableBatch), heardBatch: batchNumberFrom(heardBatch)
        }
      case 1: version = reader.uint(); break
      case 2: clusterName = reader.string(CLUSTER_NAME_SIZE_BYTES_MAX); break
      case 3: clusterId = readClusterId(reader); break
      case 4: name = readNodeName(reader); break
      case 5: generation = reader.uint(); break
      case 6: readMultiaddr(reader, multiaddrs); continue
      case 7: http = readHttp(reader); break
      case 8: epoch = reader.uint(); break
      case 9: durableBatch = reader.uint(); break
      case 10: heardBatch = reader.uint(); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

/** Reads `FoundPropose` or, without a configuration, `FoundAccept`. */
function readFounding (reader: Reader): { readonly clusterId: ClusterId, readonly configuration: string | undefined } {
  let seen = 0
  let clusterId: ClusterId | undefined
  let configuration: string | undefined
  for (;;) {
    const field = reader.field()
    switch (field) {
      case 0:
        if (clusterId === undefined) throw new DecodeError('founding without a cluster id')
        return { clusterId, configuration }
      case 1: clusterId = readClusterId(reader); break
      case 2: configuration = reader.string(CONFIGURATION_SIZE_BYTES_MAX); break
      default: reader.skip(); continue
    }
    seen = once(seen, field)
  }
}

function readFoundPropose (reader: Reader): ClusterMessage {
  const { clusterId, configuration } = readFounding(reader)
  if (configuration === undefined) throw new DecodeError('founding proposal without a configuration')
  return { kind: 'found-propose', clusterId, configuration }
}

const readFoundAccept = (reader: Reader): ClusterMessage => ({ kind: 'found-accept', clusterId: readFounding(reader).clusterId })

function readMapRequest (reader: Reader): ClusterMessage {
  const [epoch] = readUints('map request', reader, 1)
  return { kind: 'map-request', epoch: epochFrom(epoch) }
}

function readAdmitRequest (reader: Reader): ClusterMessage {
  let seen = 0
  let name: NodeName | undefined
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field !== 1) {
      reader.skip()
      continue
    }
    seen = once(seen, field)
    name = readNodeName(reader)
  }
  if (name === undefined) throw new DecodeError('admission without a name')
  return { kind: 'admit-request', name }
}

function write (writer: Writer, message: ClusterMessage): void {
  switch (message.kind) {
    case 'hello': writeHello(writer, message); return
    case 'refuse': writeRefuse(writer, message); return
    case 'found-propose':
      assert(Buffer.byteLength(message.configuration) <= CONFIGURATION_SIZE_BYTES_MAX, 'a configuration larger than others accept')
      writer.string(1, message.clusterId).string(2, message.configuration)
      return
    case 'found-accept': writer.string(1, message.clusterId); return
    case 'map-request': writer.uint(1, message.epoch); return
    case 'map': writeMap(writer, message.map); return
    case 'admit-request': writer.string(1, message.name); return
    case 'placement-report': writePlacementReport(writer, message); return
    case 'change-request': writeChangeRequest(writer, message); return
    case 'change-reply': writeChangeReply(writer, message)
  }
}

function sizeGuess (message: ClusterMessage): number {
  switch (message.kind) {
    case 'map': return mapSizeGuess(message.map)
    case 'found-propose': return 64 + message.configuration.length
    case 'hello': return 512
    case 'placement-report': return 8 + message.placements.length * PLACEMENT_SIZE_GUESS
    default: return 96
  }
}

const codec: FrameCodec<ClusterMessage> = {
  frameSizeBytesMax: CLUSTER_FRAME_SIZE_BYTES_MAX,
  frameSizeBytesTarget: CLUSTER_FRAME_SIZE_BYTES_TARGET,
  sizeGuess,
  write,
  kindField: (message) => fieldByKind[message.kind],
  decoders: [
    undefined, readHello, readRefuse, readFoundPropose, readFoundAccept, readMapRequest,
    (reader) => ({ kind: 'map', map: readMap(reader) }), readAdmitRequest, readPlacementReport, readChangeRequest, readChangeReply
  ]
}

/** One frame of all these messages. Asserts that they fit; see `encodeClusterFrames`. */
export const encodeClusterFrame = (messages: readonly ClusterMessage[]): Buffer => encodeFrame(codec, messages)

/** As many frames as these messages take, whatever their number. */
export const encodeClusterFrames = (messages: readonly ClusterMessage[]): Buffer[] => encodeFrames(codec, messages)

/** @throws {DecodeError} */
export const decodeClusterFrame = (payload: Uint8Array): ClusterMessage[] => decodeFrame(codec, payload)

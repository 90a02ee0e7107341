import type { PeerId } from '../base/index.js'
import type { ClusterMessage } from '../../protocols/cluster/index.js'
import { encodeClusterFrame } from '../../protocols/cluster/index.js'
import type { KvMessage } from '../../protocols/kv/index.js'
import { encodeKvFrame } from '../../protocols/kv/index.js'
import type { MembershipMessage } from '../../protocols/membership/index.js'
import { encodeMembershipFrame } from '../../protocols/membership/index.js'
import type { ReplicationMessage } from '../../protocols/replication/index.js'
import { encodeReplicationFrame } from '../../protocols/replication/index.js'
import type { Transport } from './ports.js'

/** A frame is closed once its payloads reach this: well below every frame limit, so that one more message still fits. */
const FRAME_BYTES_TARGET = 1024 * 1024
/** Messages in one frame at most; the decoders refuse more than four times this. */
const FRAME_MESSAGES_MAX = 1024

class PeerBox {
  readonly cluster: ClusterMessage[] = []
  readonly membership: MembershipMessage[] = []
  readonly replication: ReplicationMessage[] = []
  readonly kv: KvMessage[] = []
}

/** Everything one turn says, joined into one frame per peer and channel when the turn ends. */
export class Outbox {
  readonly #transport: Transport
  readonly #boxes = new Map<PeerId, PeerBox>()

  constructor (transport: Transport) {
    this.#transport = transport
  }

  #box (peer: PeerId): PeerBox {
    let box = this.#boxes.get(peer)
    if (box === undefined) {
      box = new PeerBox()
      this.#boxes.set(peer, box)
    }
    return box
  }

  cluster (to: PeerId, message: ClusterMessage): void {
    this.#box(to).cluster.push(message)
  }

  membership (to: PeerId, message: MembershipMessage): void {
    this.#box(to).membership.push(message)
  }

  replication (to: PeerId, message: ReplicationMessage): void {
    this.#box(to).replication.push(message)
  }

  kv (to: PeerId, message: KvMessage): void {
    this.#box(to).kv.push(message)
  }

  /** Hands every frame to the transport. */
  flush (): void {
    if (this.#boxes.size === 0) return
    for (const [peer, box] of this.#boxes) {
      if (box.cluster.length > 0) this.#transport.send(peer, 'cluster', encodeClusterFrame(box.cluster))
      if (box.replication.length > 0) {
        for (const part of parts(box.replication, replicationBytes)) this.#transport.send(peer, 'replication', encodeReplicationFrame(part))
      }
      if (box.kv.length > 0) {
        for (const part of parts(box.kv, kvBytes)) this.#transport.send(peer, 'kv', encodeKvFrame(part))
      }
      if (box.membership.length > 0) {
        for (const message of membershipParts(box.membership)) this.#transport.send(peer, 'membership', encodeMembershipFrame(message))
      }
    }
    this.#boxes.clear()
  }
}

/** A full sync is large: it gets a frame of its own, and probes never wait behind one in the same frame. */
function membershipParts (messages: readonly MembershipMessage[]): MembershipMessage[][] {
  const probes = messages.filter((message) => message.kind !== 'sync')
  const syncs = messages.filter((message) => message.kind === 'sync').map((message) => [message])
  return probes.length > 0 ? [probes, ...syncs] : syncs
}

/** Splits what would make an oversized frame; one frame is by far the usual case. */
function parts<Message> (messages: readonly Message[], sizeOf: (message: Message) => number): ReadonlyArray<readonly Message[]> {
  let bytes = 0
  for (const message of messages) bytes += sizeOf(message)
  if (bytes <= FRAME_BYTES_TARGET && messages.length <= FRAME_MESSAGES_MAX) return [messages]
  const frames: Message[][] = []
  let frame: Message[] = []
  bytes = 0
  for (const message of messages) {
    if (frame.length > 0 && (bytes >= FRAME_BYTES_TARGET || frame.length >= FRAME_MESSAGES_MAX)) {
      frames.push(frame)
      frame = []
      bytes = 0
    }
    frame.push(message)
    bytes += sizeOf(message)
  }
  frames.push(frame)
  return frames
}

function replicationBytes (message: ReplicationMessage): number {
  if (message.kind !== 'append') return 32
  let bytes = 48
  for (const entry of message.entries) bytes += entry.payload.length + 16
  return bytes
}

function kvBytes (message: KvMessage): number {
  if (message.kind === 'response') {
    const { response } = message
    return 32 + (response.kind === 'value' ? response.value.length : 0)
  }
  const { request } = message
  if (request.op === 'get') return 48 + request.key.length
  const { write } = request.command
  return 64 + write.key.length + (write.op === 'set' ? write.value.length : 0)
}

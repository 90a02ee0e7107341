import type { PeerId } from '../base/index.js'
import { encodeClusterFrames } from '../../protocols/cluster/index.js'
import type { ClusterMessage } from '../../protocols/cluster/index.js'
import { encodeKvFrames } from '../../protocols/kv/index.js'
import type { KvMessage } from '../../protocols/kv/index.js'
import { encodeMembershipFrames } from '../../protocols/membership/index.js'
import type { MembershipMessage } from '../../protocols/membership/index.js'
import { encodeReplicationFrames } from '../../protocols/replication/index.js'
import type { ReplicationMessage } from '../../protocols/replication/index.js'
import type { ChannelName, Transport } from './ports.js'

class PeerBox {
  readonly cluster: ClusterMessage[] = []
  readonly membership: MembershipMessage[] = []
  readonly replication: ReplicationMessage[] = []
  readonly kv: KvMessage[] = []
}

/** Everything one turn says, joined into one frame per peer and channel (more where it is too much) when the turn ends. */
export class Outbox {
  readonly #transport: Pick<Transport, 'send'>
  readonly #spoken: (to: PeerId) => void
  readonly #boxes = new Map<PeerId, PeerBox>()

  /** @param spoken called for each peer that a flush has frames for */
  constructor (transport: Pick<Transport, 'send'>, spoken: (to: PeerId) => void = () => {}) {
    this.#transport = transport
    this.#spoken = spoken
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
    for (const [peer, box] of this.#boxes) {
      this.#spoken(peer)
      this.#send(peer, 'cluster', box.cluster, encodeClusterFrames)
      this.#send(peer, 'replication', box.replication, encodeReplicationFrames)
      this.#send(peer, 'kv', box.kv, encodeKvFrames)
      this.#send(peer, 'membership', box.membership, encodeMembershipFrames)
    }
    this.#boxes.clear()
  }

  #send<Message> (peer: PeerId, channel: ChannelName, messages: readonly Message[], encode: (messages: readonly Message[]) => Buffer[]): void {
    if (messages.length === 0) return
    for (const frame of encode(messages)) this.#transport.send(peer, channel, frame)
  }

  #box (peer: PeerId): PeerBox {
    let box = this.#boxes.get(peer)
    if (box === undefined) {
      box = new PeerBox()
      this.#boxes.set(peer, box)
    }
    return box
  }
}

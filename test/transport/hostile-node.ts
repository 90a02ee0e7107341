import '../../src/runtime/polyfill.js'
import { createLibp2p } from 'libp2p'
import { tcp } from '@libp2p/tcp'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { toPeerId } from '../../src/base/index.js'
import type { Multiaddr, PeerId } from '../../src/base/index.js'
import { TypedEventEmitter } from '@libp2p/interface'
import type { Connection, Libp2p, MessageStream, Stream, StreamMuxer, StreamMuxerEvents, StreamMuxerFactory } from '@libp2p/interface'

/** A peer that speaks libp2p and then does as a test pleases. */
export interface HostileNode {
  readonly node: Libp2p
  readonly peer: PeerId
  connect (address: Multiaddr): Promise<Connection>
}

const running = new Set<Libp2p>()

/** @param handlers what it does with streams that are opened to it, by protocol */
export async function startHostileNode (handlers: Readonly<Record<string, (stream: Stream) => void>> = {}, muxer: () => StreamMuxerFactory = yamux()): Promise<HostileNode> {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [muxer],
    connectionMonitor: { enabled: false }
  })
  for (const [protocol, handle] of Object.entries(handlers)) await node.handle(protocol, handle)
  running.add(node)
  return { node, peer: toPeerId(node.peerId.toString()), connect: async (address) => await node.dial(multiaddr(address)) }
}

export async function stopHostileNodes (): Promise<void> {
  const nodes = [...running]
  running.clear()
  await Promise.all(nodes.map(async (node) => { await node.stop() }))
}

class NoMuxer extends TypedEventEmitter<StreamMuxerEvents> implements StreamMuxer {
  readonly protocol = '/yamux/1.0.0'
  readonly streams: Stream[] = []
  readonly status = 'open'
  async createStream (): Promise<Stream> { throw new Error('no streams here') }
  abort (): void {}
  async close (): Promise<void> {}
}

/** A muxer that is none: it hands out the encrypted connection underneath. */
export function rawMuxer (onConnection: (connection: MessageStream) => void): () => StreamMuxerFactory {
  return () => ({
    protocol: '/yamux/1.0.0',
    createStreamMuxer: (connection) => {
      connection.addEventListener('message', () => {})
      onConnection(connection)
      return new NoMuxer()
    }
  })
}

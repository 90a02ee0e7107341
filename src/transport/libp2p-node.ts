import '../runtime/polyfill.js'
import { createLibp2p } from 'libp2p'
import { noise } from '@chainsafe/libp2p-noise'
import { tcp } from '@libp2p/tcp'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import type { Multiaddr as Libp2pMultiaddr } from '@multiformats/multiaddr'
import { DHT_PROTOCOL } from './channel-table.js'
import { messageOf, TransportError } from './errors.js'
import { HandshakeGuard } from './handshake-guard.js'
import { guardedYamux } from './yamux-guard.js'
import type { TransportLimits } from './options.js'

/** The libp2p node underneath a transport. */
export type Node = Libp2p<{ dht: KadDHT }>

export interface NodeOptions {
  readonly privateKey: PrivateKey
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  /** See `derivePrologue`; undefined where the cluster has no secret. */
  readonly prologue: Uint8Array | undefined
  readonly limits: TransportLimits
  /** Where the listeners really are, once they are: libp2p itself keeps back public addresses nobody has verified. */
  readonly announceFilter: (verified: Libp2pMultiaddr[]) => Libp2pMultiaddr[]
}

/**
 * The receive window of one stream, which is also what one stream may have on its way: yamux's own 256 KiB, never grown.
 * What the kernel has taken cannot be overtaken, and it takes megabytes; so the windows of all bulk streams of a
 * connection (replication, kv, 4 snapshots: 1.5 MiB) are what a probe may have to wait for, 126 ms at 100 Mb/s (here: 430
 * ms while yamux let them grow to 1 MiB). Raising it speeds up single streams over long distances, which pass a window
 * per round trip (5 MB/s at 50 ms); lowering it is not possible, since the other side supposes these 256 KiB.
 */
const STREAM_WINDOW_BYTES_MAX = 256 * 1024
/** Above the window, or a paused reader would be reset with a full window on its way (LIBP2P.md section 1.5). */
const STREAM_READ_BUFFER_BYTES_MAX = 2 * STREAM_WINDOW_BYTES_MAX
/** Above every queue of ours: reaching it is a bug of the writer, who waits for `drain`. */
const STREAM_WRITE_BUFFER_BYTES_MAX = 16 * 1024 * 1024
/** Streams of one connection and direction: 4 protocols of ours, snapshots, 32 of the DHT, identify and ping. */
const STREAMS_PER_CONNECTION_MAX = 128
const CLOSE_TIMEOUT_MS = 500
/**
 * libp2p forgets where a peer listens an hour after it last connected, even while it is connected, and the DHT would then
 * know nobody. The store is in memory, so a restart forgets anyway.
 */
const ADDRESS_AGE_MS_MAX = 365 * 24 * 3_600_000

/**
 * Makes a libp2p node, not started yet, so that its protocols can be handled before anyone connects. The object given to
 * libp2p is new each time: `createLibp2p` writes into it (LIBRARIES.md section 1).
 */
export async function createNode (options: NodeOptions): Promise<Node> {
  const { limits, prologue } = options
  return await createLibp2p({
    start: false,
    privateKey: options.privateKey,
    nodeInfo: { name: 'gokeydb', version: '1.0.0', userAgent: 'gokeydb/1.0.0' },
    addresses: { listen: [...options.listen], announce: [...options.announce], announceFilter: options.announceFilter },
    transports: [tcp()],
    connectionProtector: () => new HandshakeGuard(),
    connectionEncrypters: [prologue === undefined ? noise() : noise({ prologueBytes: prologue })],
    streamMuxers: [guardedYamux({
      maxInboundStreams: STREAMS_PER_CONNECTION_MAX,
      maxOutboundStreams: STREAMS_PER_CONNECTION_MAX,
      streamOptions: {
        maxStreamWindowSize: STREAM_WINDOW_BYTES_MAX,
        maxReadBufferLength: STREAM_READ_BUFFER_BYTES_MAX,
        maxWriteBufferLength: STREAM_WRITE_BUFFER_BYTES_MAX
      }
    }, STREAM_WINDOW_BYTES_MAX)],
    connectionManager: {
      maxConnections: limits.connectionsMax,
      inboundConnectionThreshold: limits.inboundPerSecondMax,
      maxIncomingPendingConnections: limits.inboundPendingMax,
      inboundUpgradeTimeout: limits.handshakeTimeoutMs,
      inboundStreamProtocolNegotiationTimeout: limits.streamOpenTimeoutMs,
      outboundStreamProtocolNegotiationTimeout: limits.streamOpenTimeoutMs,
      connectionCloseTimeout: CLOSE_TIMEOUT_MS,
      maxParallelDials: limits.dialsMax * 2, // the DHT dials too
      dialTimeout: limits.dialTimeoutMs,
      addressDialTimeout: limits.addressDialTimeoutMs,
      reconnectRetries: 0 // the driver decides who is dialled again
    },
    peerStore: { maxAddressAge: ADDRESS_AGE_MS_MAX },
    connectionMonitor: { enabled: false }, // SWIM decides who is alive
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({ protocol: DHT_PROTOCOL, clientMode: false, peerInfoMapper: passthroughMapper, allowQueryWithZeroPeers: true })
    }
  })
}

/** Starts the node. @throws {TransportError} which says which address cannot be listened at, and why */
export async function startNode (node: Node): Promise<void> {
  try {
    await node.start()
  } catch (cause) {
    throw listenError(cause)
  }
}

/** libp2p reports every address that failed in one text: `  /ip4/…/tcp/9080: Error: listen EADDRINUSE: …`. */
function listenError (cause: unknown): TransportError {
  const text = messageOf(cause)
  const failed = [...text.matchAll(/^\s*(\/\S+): (?:Error: )?(.*)$/gm)].map(([, address = '', reason = '']) => ({ address, reason }))
  const inUse = failed.find(({ reason }) => reason.includes('EADDRINUSE'))
  if (inUse !== undefined) {
    return new TransportError('address_in_use', `${inUse.address} is in use by another process; stop it or choose another port`, { cause })
  }
  const [first] = failed
  const why = first === undefined ? text : `${first.address}: ${first.reason}`
  return new TransportError('address_invalid', `cannot listen for other nodes: ${why}`, { cause })
}

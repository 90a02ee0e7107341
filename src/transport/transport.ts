import '../runtime/polyfill.js'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { Listener } from '@libp2p/interface'
import type { Multiaddr as Libp2pMultiaddr } from '@multiformats/multiaddr'
import type { TransportInput } from '../node/index.js'
import { loopbackFirst, parseMultiaddr } from './addresses.js'
import { TransportError } from './errors.js'
import { createNode } from './libp2p-node.js'
import { NodeTransport } from './node-transport.js'
import type { Libp2pTransport } from './node-transport.js'
import { transportLimits } from './options.js'
import type { TransportOptions } from './options.js'
import { derivePrologue } from './secret.js'

/**
 * Starts listening. Inputs are given from libp2p's event handlers, one after another, the first ones after the returned
 * promise has settled.
 * @throws {TransportError} where an address is no multiaddr, or cannot be listened at
 */
export async function createTransport (options: TransportOptions, onInput: (input: TransportInput) => void): Promise<Libp2pTransport> {
  for (const address of [...options.listen, ...options.announce ?? []]) {
    if (parseMultiaddr(address) === undefined) {
      throw new TransportError('address_invalid', `${address} is no multiaddr; write it like /ip4/0.0.0.0/tcp/9080`)
    }
  }
  const listeners = new Set<Listener>()
  const announced = (options.announce ?? []).length > 0
  const self = peerIdFromPrivateKey(options.privateKey).toString()
  const limits = { ...transportLimits, ...options.limits }
  const node = await createNode({
    privateKey: options.privateKey,
    listen: options.listen,
    announce: options.announce ?? [],
    prologue: options.secret === undefined ? undefined : await derivePrologue(options.secret),
    limits,
    announceFilter: (verified) => announced ? verified : listeningAt(listeners, self)
  })
  node.addEventListener('transport:listening', ({ detail }) => { listeners.add(detail) })
  node.addEventListener('transport:close', ({ detail }) => { listeners.delete(detail) })
  const transport = new NodeTransport(node, limits, options.logger, onInput)
  await transport.start()
  for (const [peer, addresses] of options.knownPeers ?? []) transport.learn(peer, addresses)
  options.logger.info('listening for other nodes', { cluster: options.clusterName, peer: self, multiaddrs: transport.multiaddrs(), secret: options.secret !== undefined })
  return transport
}

/** Every address of the listeners; libp2p would keep back public ones that no AutoNAT has verified. */
const listeningAt = (listeners: ReadonlySet<Listener>, self: string): Libp2pMultiaddr[] =>
  loopbackFirst([...listeners].flatMap((listener) => listener.getAddrs())).map((address) => address.encapsulate(`/p2p/${self}`))

import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr as Libp2pMultiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '../base/index.js'

/** Longer texts are no address. */
const MULTIADDR_CHARS_MAX = 512

/** Undefined where the text is no multiaddr. */
export function parseMultiaddr (text: string): Libp2pMultiaddr | undefined {
  if (text.length > MULTIADDR_CHARS_MAX) return undefined
  try {
    return multiaddr(text)
  } catch {
    return undefined
  }
}

/** The peer an address names with its last `/p2p/…`. */
export const peerOfMultiaddr = (address: Libp2pMultiaddr): string | undefined =>
  address.getComponents().findLast(({ name }) => name === 'p2p')?.value

/** An address as text, without the peer it names. */
export const bareText = (address: Libp2pMultiaddr): string => address.toString().replace(/\/p2p\/[^/]*$/, '')

/** An address in our words. */
export const toMultiaddr = (address: Libp2pMultiaddr): Multiaddr => address.toString() as Multiaddr

/** The addresses of one peer, each with its `/p2p/…`; what is none, or names another peer, is left out. */
export function addressesOfPeer (peer: string, texts: readonly string[], countMax: number): Libp2pMultiaddr[] {
  const addresses = new Map<string, Libp2pMultiaddr>()
  for (const text of texts) {
    if (addresses.size >= countMax) break
    const parsed = parseMultiaddr(text)
    if (parsed === undefined || parsed.getComponents().length === 0) continue
    const named = peerOfMultiaddr(parsed)
    if (named !== undefined && named !== peer) continue
    const address = named === undefined ? parseMultiaddr(`${text}/p2p/${peer}`) : parsed
    if (address !== undefined) addresses.set(address.toString(), address)
  }
  return [...addresses.values()]
}

/** For people and for joining on one machine: loopback first, otherwise in order. */
export function loopbackFirst (addresses: readonly Libp2pMultiaddr[]): Libp2pMultiaddr[] {
  const isLoopback = (address: Libp2pMultiaddr): boolean => /^\/ip4\/127\.|^\/ip6\/::1\//.test(address.toString())
  return [...addresses.filter(isLoopback), ...addresses.filter((address) => !isLoopback(address))]
}

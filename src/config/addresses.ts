import type { Multiaddr, NodeName } from '../base/index.js'
import type { ConfigKeys } from './keys.js'
import { dialableIp, formatTcpAddress, hostAddress } from './multiaddr.js'
import type { TcpAddress } from './multiaddr.js'

export const HTTP_PORT_DEFAULT = 8080
export const P2P_PORT_DEFAULT = 9080
/** Loopback: without a secret the ports trust the network, so nothing is open to it unasked. */
export const BIND_IP_DEFAULT = '127.0.0.1'
/** With `network.hosts` the nodes must be reachable from other machines. */
export const BIND_IP_DEFAULT_HOSTS = '0.0.0.0'

/** One node of a file and where it is to be found. */
export interface NodeAddress {
  readonly name: NodeName
  /** Where clients and other nodes reach the machine, without a port: an IP address or a host name. */
  readonly host: string
  /** The address the HTTP port is bound to. */
  readonly bindIp: string
  /** 0 lets the system choose. */
  readonly httpPort: number
  readonly p2pPort: number
  /** Where the other nodes dial it, with `/p2p/ID` only where the file gives it. */
  readonly multiaddr: Multiaddr
  /** Where it listens for libp2p. */
  readonly listen: readonly Multiaddr[]
  /** What `network.announce` has it tell others instead of where it listens; empty where that was not given. */
  readonly announce: readonly Multiaddr[]
  /** Where `network.hosts` puts it; announced unless something else is. */
  readonly hosted: Multiaddr | undefined
}

/** A node's address with the parts the checks need. */
export interface PlacedNode extends NodeAddress {
  /** Equal for nodes on one machine, as far as the file says. */
  readonly machine: string
  readonly listenParts: readonly TcpAddress[]
}

/** Numbers the nodes of each machine from the base ports upward (DESIGN.md section 2). Ports may come out too large. */
export function placeNodes (names: readonly NodeName[], keys: ConfigKeys): readonly PlacedNode[] {
  const counts = new Map<string, number>()
  return names.map((name) => {
    const entry = keys.hosts?.entries.find((each) => each.name.value === name)?.address?.value
    const machine = entry?.host.toLowerCase() ?? ''
    const offset = counts.get(machine) ?? 0
    counts.set(machine, offset + 1)
    return placeNode(name, keys, { entry, machine, offset })
  })
}

function placeNode (name: NodeName, keys: ConfigKeys, { entry, machine, offset }: { entry: TcpAddress | undefined, machine: string, offset: number }): PlacedNode {
  const bindIp = effectiveBindIp(keys)
  const base = baseP2pPort(keys)
  const count = (port: number): number => port === 0 ? 0 : port + offset
  const p2pPort = entry?.port ?? count(base)
  const move = (address: TcpAddress): TcpAddress => ({ ...address, port: address.port === base ? p2pPort : count(address.port ?? base) })
  const listenParts = baseListen(keys).map(move)
  const reached = entry ?? dialable(listenParts.find(({ port }) => port === p2pPort) ?? { ...ipAddress(bindIp), port: p2pPort })
  const multiaddr = inRange({ ...reached, port: p2pPort })
  return {
    name,
    host: entry?.host ?? dialableIp(bindIp),
    bindIp,
    httpPort: count(keys.port?.value ?? HTTP_PORT_DEFAULT),
    p2pPort,
    multiaddr,
    listen: listenParts.map(inRange),
    announce: keys.announce?.value.map(({ value }) => inRange(move(value))) ?? [],
    hosted: entry === undefined ? undefined : inRange({ ...entry, port: p2pPort, peer: undefined }),
    machine,
    listenParts
  }
}

/** Where a node without a file of nodes listens for libp2p. */
export function baseListen (keys: ConfigKeys): readonly TcpAddress[] {
  return keys.listen?.value.map(({ value }) => value) ?? [{ ...ipAddress(effectiveBindIp(keys)), port: baseP2pPort(keys) }]
}

export function effectiveBindIp (keys: ConfigKeys): string {
  return keys.bindIp?.value ?? (keys.hosts === undefined ? BIND_IP_DEFAULT : BIND_IP_DEFAULT_HOSTS)
}

/** `network.p2p_port`, or the first port of `network.listen`, or the default. */
export function baseP2pPort (keys: ConfigKeys): number {
  return keys.p2pPort?.value ?? keys.listen?.value[0]?.value.port ?? P2P_PORT_DEFAULT
}

function ipAddress (ip: string): TcpAddress {
  return hostAddress(ip) ?? { protocol: 'ip4', host: ip, port: undefined, peer: undefined }
}

const dialable = (address: TcpAddress): TcpAddress => ({ ...address, host: dialableIp(address.host) })

/** A port beyond the range is reported by `checkPorts`; until then the text must still be made. */
const inRange = (address: TcpAddress): Multiaddr => formatTcpAddress({ ...address, port: Math.min(address.port ?? 0, 65535) })

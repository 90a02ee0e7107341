import { isIP } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { isPeerId } from '../base/index.js'
import type { Multiaddr } from '../base/index.js'
import { MULTIADDR_SIZE_BYTES_MAX } from '../../protocols/index.js'

/** The parts of a multiaddr that GoKeyDB speaks: `/ip4/10.0.0.4/tcp/9080/p2p/12D3KooW…`. */
export interface TcpAddress {
  readonly protocol: 'ip4' | 'ip6' | 'dns' | 'dns4' | 'dns6'
  readonly host: string
  /** 0 lets the system choose; undefined where the text ends after the host. */
  readonly port: number | undefined
  readonly peer: string | undefined
}

export type TcpAddressResult =
  | { readonly ok: true, readonly address: TcpAddress }
  /** `reason` continues the sentence "it …". */
  | { readonly ok: false, readonly reason: string }

const PROTOCOLS = ['ip4', 'ip6', 'dns', 'dns4', 'dns6'] as const

/** Takes a multiaddr apart; only TCP over an IP address or a DNS name is spoken here. */
export function parseTcpAddress (text: string): TcpAddressResult {
  if (text.length > MULTIADDR_SIZE_BYTES_MAX) return { ok: false, reason: `is longer than ${MULTIADDR_SIZE_BYTES_MAX} characters` }
  let components
  try {
    components = multiaddr(text).getComponents()
  } catch (problem) {
    return { ok: false, reason: `is malformed (${problem instanceof Error ? problem.message : String(problem)})` }
  }
  const [host, tcp, p2p, ...rest] = components
  const protocol = PROTOCOLS.find((known) => known === host?.name)
  if (protocol === undefined || host?.value === undefined) return { ok: false, reason: 'must begin with /ip4, /ip6, /dns, /dns4 or /dns6' }
  if (protocol.startsWith('dns') && !isHostName(host.value)) return { ok: false, reason: `names a malformed host "${host.value}"` }
  const base = { protocol, host: host.value, port: undefined, peer: undefined }
  if (tcp === undefined) return { ok: true, address: base }
  if (tcp.name !== 'tcp') return { ok: false, reason: `has /${tcp.name} after the host where only /tcp is spoken` }
  const address = { ...base, port: Number(tcp.value) }
  if (p2p === undefined) return { ok: true, address }
  if (p2p.name !== 'p2p' || rest.length > 0) return { ok: false, reason: 'may have nothing but /p2p/ID after the port' }
  if (p2p.value === undefined || !isPeerId(p2p.value)) return { ok: false, reason: `has a malformed peer id "${p2p.value ?? ''}"` }
  return { ok: true, address: { ...address, peer: p2p.value } }
}

/** The canonical text of an address; the one place outside the transport where a `Multiaddr` is made. */
export function formatTcpAddress ({ protocol, host, port, peer }: TcpAddress): Multiaddr {
  const text = `/${protocol}/${host}${port === undefined ? '' : `/tcp/${port}`}${peer === undefined ? '' : `/p2p/${peer}`}`
  return multiaddr(text).toString() as Multiaddr
}

/** An IP address or a host name as the beginning of a multiaddr; undefined where it is neither. */
export function hostAddress (host: string): TcpAddress | undefined {
  const version = isIP(host)
  if (version === 4) return { protocol: 'ip4', host, port: undefined, peer: undefined }
  if (version === 6) return host.includes('%') ? undefined : { protocol: 'ip6', host, port: undefined, peer: undefined }
  return isHostName(host) ? { protocol: 'dns', host: host.toLowerCase(), port: undefined, peer: undefined } : undefined
}

/** Labels of letters, digits, `-` and `_`; the last is no number, so that a mistyped IPv4 address is not a name. */
function isHostName (text: string): boolean {
  const labels = text.split('.')
  return text.length <= 253 && labels.every((label) => /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? '')
}

export const isWildcard = (ip: string): boolean => ip === '0.0.0.0' || /^[0:]+$/.test(ip)

export const isLoopback = (host: string): boolean => host.startsWith('127.') || host === '::1' || host === 'localhost'

/** Where a process on the same machine reaches something bound to `ip`. */
export function dialableIp (ip: string): string {
  if (!isWildcard(ip)) return ip
  return isIP(ip) === 6 ? '::1' : '127.0.0.1'
}

import { AskedNode } from './ask-node.js'

/** One member as `GET /v1/members` gives it; a field that the asked node does not know is null. */
interface Member {
  readonly name: string
  readonly peer: string
  readonly health: string
  readonly sinceMs: number
  readonly generation: number
  readonly incarnation: number
  readonly multiaddrs: readonly string[]
  readonly http: string
  readonly self: boolean
  readonly rttMs?: number | null
  readonly localHealth?: number | null
}

/** Where a node's HTTP port is if nobody says otherwise: the default of `network.port`, on this machine. */
const ADDRESS_DEFAULT = '127.0.0.1:8080'
const HEAD = ['NAME', 'STATE', 'SINCE', 'GEN.INC', 'RTT MS', 'HEALTH', 'HTTP', 'ADDRESS', 'PEER'] as const

/** `http://HOST:PORT` of `HOST:PORT`, `PORT` or a URL; undefined where it is none of these. */
export function nodeUrl (address = ADDRESS_DEFAULT): string | undefined {
  const text = /^\d+$/.test(address) ? `http://127.0.0.1:${address}` : address.includes('://') ? address : `http://${address}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url === undefined || url.protocol !== 'http:' || url.hostname === '' || url.pathname !== '/' ? undefined : url.origin
}

/**
 * Asks the node at `url` who is there, as a table.
 * @throws {Error} that says what to do, where the node does not answer or answers with something else
 */
export async function membersTable (url: string): Promise<string> {
  return renderMembers(await new AskedNode(url, 'members').members<Member>())
}

/** One line per member, the asked node first and marked. */
export function renderMembers (members: readonly Member[]): string {
  const rows = members.map((member) => [
    `${member.name}${member.self ? ' *' : ''}`,
    member.health,
    age(member.sinceMs),
    `${member.generation}.${member.incarnation}`,
    typeof member.rttMs === 'number' ? member.rttMs.toFixed(1) : '-',
    typeof member.localHealth === 'number' ? String(member.localHealth) : '-',
    member.http === '' ? '-' : member.http.replace('http://', ''),
    member.multiaddrs[0] ?? '-',
    member.peer === '' ? '-' : member.peer
  ])
  const widths = HEAD.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  return [HEAD, ...rows].map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`).join('')
}

/** The two greatest units are enough for a person. */
function age (ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`
  const hours = Math.floor(seconds / 3600)
  return hours < 24 ? `${hours}h${Math.floor(seconds / 60) % 60}m` : `${Math.floor(hours / 24)}d${hours % 24}h`
}

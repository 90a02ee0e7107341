import { isIP } from 'node:net'
import * as v from 'valibot'
import { isNodeName, PARTITION_COUNT_MAX, toNodeName } from '../base/index.js'
import type { NodeName } from '../base/index.js'
import { MAP_MEMBER_COUNT_MAX, MULTIADDR_COUNT_MAX, PARTITION_REPLICA_COUNT_MAX } from '../../protocols/index.js'
import { hostAddress, parseTcpAddress } from './multiaddr.js'
import type { TcpAddress } from './multiaddr.js'

/** What a single value must be. Messages continue the sentence "<key> …" and end before ", found …". */
export type ValueSchema<Value> = v.GenericSchema<unknown, Value>

/** Slaves and master of one partition together. Each write waits for a majority of them. */
export const REPLICAS_MAX = PARTITION_REPLICA_COUNT_MAX
/** Nodes that one file may name: what the cluster map has room for. */
export const NODES_MAX = MAP_MEMBER_COUNT_MAX
/** Items of one list: addresses that one node may listen at, announce or join. */
export const LIST_ITEMS_MAX = MULTIADDR_COUNT_MAX
export const TEXT_SIZE_MAX = 4096
export const SECRET_SIZE_MAX = 1024

export function wholeNumber (min: number, max: number): ValueSchema<number> {
  const message = `must be a whole number from ${min} to ${max}`
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message))
}

export const portSchema = wholeNumber(0, 65535)

const isPowerOfTwo = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= PARTITION_COUNT_MAX && (value & (value - 1)) === 0

/** The partition count. */
export const partitionsSchema: ValueSchema<number> = v.pipe(
  v.number(`must be a power of two from 1 to ${PARTITION_COUNT_MAX}`),
  v.check(isPowerOfTwo, (issue) => `must be a power of two from 1 to ${PARTITION_COUNT_MAX}${nearestPowers(issue.input)}`)
)

function nearestPowers (value: number): string {
  if (!(value > 1 && value < PARTITION_COUNT_MAX)) return ''
  const below = 2 ** Math.floor(Math.log2(value))
  return ` (the nearest are ${below} and ${below * 2})`
}

export const textSchema: ValueSchema<string> = v.pipe(
  v.string('must be text'),
  v.check((text) => text.length >= 1 && text.length <= TEXT_SIZE_MAX && !text.includes('\0'), `must be text of 1 to ${TEXT_SIZE_MAX} characters`)
)

export const secretSchema: ValueSchema<string> = v.pipe(
  v.string('must be text (quote it)'),
  v.check((text) => text.length >= 1 && text.length <= SECRET_SIZE_MAX, `must be text of 1 to ${SECRET_SIZE_MAX} characters`)
)

const NAME_MESSAGE = 'must be a name of 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit'

export const nodeNameSchema: ValueSchema<NodeName> = v.pipe(v.string(NAME_MESSAGE), v.check(isNodeName, NAME_MESSAGE), v.transform(toNodeName))

export const clusterNameSchema: ValueSchema<string> = v.pipe(v.string(NAME_MESSAGE), v.check(isNodeName, NAME_MESSAGE))

const IP_MESSAGE = 'must be an IP address of this machine, or 0.0.0.0 for all of them'

export const bindIpSchema: ValueSchema<string> = v.pipe(v.string(IP_MESSAGE), v.check((text) => isIP(text) !== 0 && !text.includes('%'), IP_MESSAGE))

const HOST_MESSAGE = 'must be an IP address, a host name without a port, or a multiaddr such as /ip4/10.0.0.4/tcp/9080'

/** The machine a node runs on: an address without a port, or a multiaddr with or without one. */
export const hostSchema: ValueSchema<TcpAddress> = v.pipe(v.string(HOST_MESSAGE), v.rawTransform(({ dataset, addIssue, NEVER }) => {
  const text = dataset.value
  const parsed = text.startsWith('/') ? parseTcpAddress(text) : undefined
  if (parsed?.ok === false) {
    addIssue({ message: `${HOST_MESSAGE}; it ${parsed.reason}` })
    return NEVER
  }
  const address = parsed?.address ?? hostAddress(text)
  if (address !== undefined && address.port !== 0) return address
  addIssue({ message: address === undefined ? HOST_MESSAGE : 'must name a port that others can dial, not 0' })
  return NEVER
}))

/** What a multiaddr is for decides what it may contain. */
export type MultiaddrUse = 'listen' | 'join' | 'announce'

const EXAMPLES: Record<MultiaddrUse, string> = {
  listen: 'must be a multiaddr such as /ip4/0.0.0.0/tcp/9080',
  join: 'must be a multiaddr such as /ip4/10.0.0.4/tcp/9080 or /ip4/10.0.0.4/tcp/9080/p2p/ID',
  announce: 'must be a multiaddr such as /ip4/203.0.113.7/tcp/9080 or /dns4/db.example.org/tcp/9080'
}

export function multiaddrSchema (use: MultiaddrUse): ValueSchema<TcpAddress> {
  return v.pipe(v.string(EXAMPLES[use]), v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const parsed = parseTcpAddress(dataset.value)
    const reason = parsed.ok ? unfit(parsed.address, use) : parsed.reason
    if (parsed.ok && reason === undefined) return parsed.address
    addIssue({ message: `${EXAMPLES[use]}; it ${reason ?? ''}` })
    return NEVER
  }))
}

/** Why a well-formed address does not serve this use. */
function unfit ({ protocol, port, peer }: TcpAddress, use: MultiaddrUse): string | undefined {
  if (port === undefined) return 'has no /tcp/PORT'
  if (use === 'listen' && protocol.startsWith('dns')) return 'names a host; a node listens at an IP address'
  if (use !== 'listen' && port === 0) return 'has port 0, which nobody can dial'
  if (use !== 'join' && peer !== undefined) return 'ends in /p2p/ID, which each node adds by itself'
  return undefined
}

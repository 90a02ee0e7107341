import { join as joinPath, resolve } from 'node:path'
import { assert } from '../base/index.js'
import type { Multiaddr, NodeName } from '../base/index.js'
import { baseListen, effectiveBindIp, HTTP_PORT_DEFAULT } from './addresses.js'
import type { ReplicaGroup } from './groups.js'
import { readKeys } from './keys.js'
import type { SecretSource } from './keys.js'
import { dialableIp, formatTcpAddress, parseTcpAddress } from './multiaddr.js'
import { CLUSTER_NAME_DEFAULT, REPLICAS_DEFAULT, STORAGE_PATH_DEFAULT } from './parse.js'
import type { ClusterConfig } from './parse.js'
import { gatherProblems, originOf } from './problem.js'
import type { ConfigProblem, Report } from './problem.js'
import { checkValue } from './reader.js'
import type { Field, KeyOverride } from './reader.js'
import { LIST_ITEMS_MAX, multiaddrSchema, portSchema } from './schema.js'
import { clusterSignature } from './signature.js'
import type { Tuning } from './tuning.js'

/** The partition count of a cluster founded without a file. */
export const PARTITIONS_DEFAULT = 16

/** What one node is to do, whatever said so. */
export interface NodeSettings {
  /** Undefined: a prefix of the peer id, once it is known. */
  readonly name: NodeName | undefined
  /** Absolute. */
  readonly dataDirectory: string
  readonly httpHost: string
  /** 0 lets the system choose. */
  readonly httpPort: number
  /** The host others reach this node's HTTP port at: never a wildcard. */
  readonly advertisedHost: string
  readonly listen: readonly Multiaddr[]
  /** Told to others instead of where the node listens; empty where that is told. */
  readonly announce: readonly Multiaddr[]
  /** Contacts in a cluster that exists already; a node given one never founds. */
  readonly join: readonly Multiaddr[]
  /** Every node that the file names, this one too, in its order; empty without a file. */
  readonly nodes: ReadonlyArray<{ readonly name: NodeName, readonly multiaddr: Multiaddr }>
  /** Whether the file names this node first: it proposes the cluster id. */
  readonly isFirstListed: boolean
  readonly partitions: number
  readonly groups: readonly ReplicaGroup[] | undefined
  readonly replicas: number
  readonly clusterName: string
  readonly secret: Field<SecretSource> | undefined
  /** The canonical `cluster` section; undefined without a file. */
  readonly signature: string | undefined
  readonly tuning: Tuning
}

/** What flags say of one node of a file, exactly as they say it: nothing is counted up. */
export interface NodeOverrides {
  readonly httpPort?: number
  readonly listen?: readonly Multiaddr[]
  readonly announce?: readonly Multiaddr[]
}

/** Checks a node's own `--port`, `--listen` and `--announce`. */
export function readNodeOverrides (
  flags: { readonly port: string | undefined, readonly listen: readonly string[], readonly announce: readonly string[] },
  report: Report
): NodeOverrides {
  const port = flags.port === undefined
    ? undefined
    : checkValue({ name: '--port', at: originOf('--port'), rank: 2, value: /^\d{1,9}$/.test(flags.port) ? Number(flags.port) : flags.port }, portSchema, report)
  const addresses = (name: 'listen' | 'announce'): readonly Multiaddr[] => flags[name].flatMap((value, index) => {
    if (index === LIST_ITEMS_MAX) report(originOf(`--${name}`), `is given more than ${LIST_ITEMS_MAX} times`)
    const checked = checkValue({ name: `--${name}`, at: originOf(`--${name}`), rank: 2, value }, multiaddrSchema(name), report)
    return checked === undefined ? [] : [formatTcpAddress(checked.value)]
  })
  return {
    ...port === undefined ? {} : { httpPort: port.value },
    ...flags.listen.length === 0 ? {} : { listen: addresses('listen') },
    ...flags.announce.length === 0 ? {} : { announce: addresses('announce') }
  }
}

/** What one node of a file is to do. `name` must be one of the file's nodes. */
export function nodeSettings (config: ClusterConfig, name: NodeName, overrides: NodeOverrides): NodeSettings {
  const node = config.nodes.find((each) => each.name === name)
  assert(node !== undefined, `"${name}" is a node of the file`)
  const hosted = node.hosted === undefined || overrides.listen !== undefined ? [] : [node.hosted]
  return {
    name,
    dataDirectory: resolve(joinPath(config.storagePath, name)),
    httpHost: node.bindIp,
    httpPort: overrides.httpPort ?? node.httpPort,
    advertisedHost: node.host,
    listen: overrides.listen ?? node.listen,
    announce: overrides.announce ?? (node.announce.length > 0 ? node.announce : hosted),
    join: config.join,
    nodes: config.nodes.map((each) => ({ name: each.name, multiaddr: each.multiaddr })),
    isFirstListed: config.nodes[0]?.name === name,
    partitions: config.partitions,
    groups: config.groups,
    replicas: config.replicas,
    clusterName: config.clusterName,
    secret: config.secret,
    signature: clusterSignature(config),
    tuning: config.tuning
  }
}

/** What a node without a file is to do: what the environment and flags say, and the defaults. */
export function standaloneSettings (
  name: NodeName | undefined, overrides: readonly KeyOverride[]
): { readonly ok: true, readonly settings: NodeSettings } | { readonly ok: false, readonly problems: readonly ConfigProblem[] } {
  const { report, problems } = gatherProblems()
  const keys = readKeys({ kind: 'scalar', at: originOf('the environment and flags'), value: null }, overrides, report)
  if (problems().length > 0) return { ok: false, problems: problems() }
  const bindIp = effectiveBindIp(keys)
  const settings: NodeSettings = {
    name,
    dataDirectory: resolve(keys.storagePath?.value ?? STORAGE_PATH_DEFAULT),
    httpHost: bindIp,
    httpPort: keys.port?.value ?? HTTP_PORT_DEFAULT,
    advertisedHost: dialableIp(bindIp),
    listen: baseListen(keys).map(formatTcpAddress),
    announce: keys.announce?.value.map(({ value }) => formatTcpAddress(value)) ?? [],
    join: keys.join?.value.map(({ value }) => formatTcpAddress(value)) ?? [],
    nodes: [],
    isFirstListed: false,
    partitions: keys.partitions?.value ?? PARTITIONS_DEFAULT,
    groups: undefined,
    replicas: keys.replicas?.value ?? REPLICAS_DEFAULT,
    clusterName: keys.clusterName?.value ?? CLUSTER_NAME_DEFAULT,
    secret: keys.secret,
    signature: undefined,
    tuning: keys.tuning
  }
  return { ok: true, settings }
}

/** HTTP and libp2p cannot share a port, and nothing can listen twice at one address. */
export function checkOwnPorts ({ httpPort, listen }: NodeSettings, report: Report): void {
  const seen = new Set<string>()
  for (const text of listen) {
    const parsed = parseTcpAddress(text)
    if (!parsed.ok || parsed.address.port === 0) continue
    if (parsed.address.port === httpPort) report(originOf(text), `this node's HTTP port is ${httpPort} too; give one of them another`)
    if (seen.has(text)) report(originOf(text), 'this node would listen there twice; name it once')
    seen.add(text)
  }
}

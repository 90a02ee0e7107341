import { toNodeName } from '../base/index.js'
import type { Multiaddr, NodeName } from '../base/index.js'
import { placeNodes } from './addresses.js'
import type { NodeAddress } from './addresses.js'
import { readDocument } from './document.js'
import type { ReplicaGroup } from './groups.js'
import { checkHosts } from './hosts.js'
import { readKeys } from './keys.js'
import type { ConfigKeys, SecretSource } from './keys.js'
import { formatTcpAddress } from './multiaddr.js'
import { checkPorts } from './ports.js'
import { gatherProblems } from './problem.js'
import type { ConfigProblem, Origin, Report } from './problem.js'
import type { Field, KeyOverride } from './reader.js'
import { NODES_MAX } from './schema.js'
import type { Tuning } from './tuning.js'

export const CLUSTER_NAME_DEFAULT = 'gokeydb'
export const REPLICAS_DEFAULT = 3
/** Relative to the working directory. */
export const STORAGE_PATH_DEFAULT = './data'

/** A whole configuration file, checked. */
export interface ClusterConfig {
  readonly file: string
  /** A power of two, 1–1024 (`cluster.nodes`). */
  readonly partitions: number
  /** Undefined: the coordinator places `replicas` replicas of each partition. */
  readonly groups: readonly ReplicaGroup[] | undefined
  readonly replicas: number
  readonly clusterName: string
  /** Not yet read where it is in a file of its own. */
  readonly secret: Field<SecretSource> | undefined
  /** Relative to the working directory; each node's data lies in a directory of its name below. */
  readonly storagePath: string
  /** In order of appearance; the first founds the cluster. Never empty. */
  readonly nodes: readonly NodeAddress[]
  /** Contacts in a cluster that exists already. */
  readonly join: readonly Multiaddr[]
  readonly tuning: Tuning
}

/** The nodes a file names, in order of appearance, and where it does so. */
export interface NodeNames {
  readonly names: readonly NodeName[]
  readonly at: Origin
}

export type ParseResult =
  | { readonly ok: true, readonly config: ClusterConfig, readonly named: NodeNames }
  /** `named` is there where that part of the file could be read. */
  | { readonly ok: false, readonly problems: readonly ConfigProblem[], readonly named: NodeNames | undefined }

/**
 * Reads a configuration file, and what the environment and flags say instead of it. Every problem is found at once;
 * nothing is repaired, nothing is read or created.
 */
export function parseConfig (text: string, file: string, overrides: readonly KeyOverride[] = []): ParseResult {
  const { report, problems } = gatherProblems()
  const root = readDocument(text, file, report)
  if (root === undefined) return { ok: false, problems: problems(), named: undefined }
  const keys = readKeys(root, overrides, report)
  const partitions = keys.partitions?.value
  if (!keys.partitionsGiven) report(keys.at.cluster, 'cluster.nodes is missing: give the number of partitions, a power of two')
  const named = namedNodes(keys, report)
  const nodes = named === undefined ? [] : placeNodes(named.names, keys)
  if (nodes.length > NODES_MAX) report(named?.at ?? keys.at.cluster, tooManyNodes(nodes.length, keys))
  else if (keys.networkComplete) checkPorts(nodes, keys, report)
  if (problems().length > 0 || named === undefined || partitions === undefined) return { ok: false, problems: problems(), named }
  const config: ClusterConfig = {
    file,
    partitions,
    groups: keys.groups?.groups,
    replicas: keys.replicas?.value ?? REPLICAS_DEFAULT,
    clusterName: keys.clusterName?.value ?? CLUSTER_NAME_DEFAULT,
    secret: keys.secret,
    storagePath: keys.storagePath?.value ?? STORAGE_PATH_DEFAULT,
    nodes: nodes.map(({ machine, listenParts, ...node }) => node),
    join: keys.join?.value.map(({ value }) => formatTcpAddress(value)) ?? [],
    tuning: keys.tuning
  }
  return { ok: true, config, named }
}

/** Who is named: by `master_slaves`, else by `hosts`, else `node1` … as many as there are partitions. */
function namedNodes (keys: ConfigKeys, report: Report): NodeNames | undefined {
  const { groups, hosts, partitions } = keys
  if (groups !== undefined) {
    if (!groups.complete) return undefined
    if (hosts !== undefined) checkHosts(hosts, groups.names, report)
    return { names: groups.names, at: keys.at.groups }
  }
  if (hosts !== undefined) return { names: hosts.entries.map(({ name }) => name.value), at: hosts.at }
  if (partitions === undefined) return undefined
  return { names: Array.from({ length: partitions.value }, (_, index) => toNodeName(`node${index + 1}`)), at: partitions.at }
}

function tooManyNodes (count: number, { groups, hosts }: ConfigKeys): string {
  const advice = groups === undefined && hosts === undefined ? ': name them in cluster.master_slaves or network.hosts to have fewer nodes than partitions' : ''
  return `the file stands for ${count} nodes; at most ${NODES_MAX} are allowed${advice}`
}

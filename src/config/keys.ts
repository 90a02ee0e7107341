import type { Located } from './document.js'
import { readGroups } from './groups.js'
import type { GroupsRead } from './groups.js'
import { readHosts } from './hosts.js'
import type { HostsRead } from './hosts.js'
import type { TcpAddress } from './multiaddr.js'
import type { Origin, Report } from './problem.js'
import { MappingReader } from './reader.js'
import type { Field, KeyOverride } from './reader.js'
import {
  bindIpSchema, clusterNameSchema, multiaddrSchema, partitionsSchema, portSchema, REPLICAS_MAX, secretSchema, textSchema, wholeNumber
} from './schema.js'
import { readTuning } from './tuning.js'
import type { Tuning } from './tuning.js'

/** Every key as it was given, each checked on its own; undefined where it was not given or is wrong. */
export interface ConfigKeys {
  readonly clusterName: Field<string> | undefined
  readonly partitions: Field<number> | undefined
  /** Whether anything was given as the partition count, right or wrong. */
  readonly partitionsGiven: boolean
  readonly replicas: Field<number> | undefined
  readonly secret: Field<SecretSource> | undefined
  readonly groups: GroupsRead | undefined
  readonly storagePath: Field<string> | undefined
  readonly port: Field<number> | undefined
  readonly p2pPort: Field<number> | undefined
  readonly bindIp: Field<string> | undefined
  readonly hosts: HostsRead | undefined
  readonly listen: AddressList
  readonly join: AddressList
  readonly announce: AddressList
  readonly tuning: Tuning
  /** False where something in `network` is wrong, so that ports cannot be told. */
  readonly networkComplete: boolean
  /** Where each section stands, for what concerns more than one key. */
  readonly at: { readonly cluster: Origin, readonly groups: Origin, readonly network: Origin }
}

export type AddressList = Field<ReadonlyArray<Field<TcpAddress>>> | undefined

/** The secret itself, or the file that holds it, relative to the working directory. */
export type SecretSource =
  | { readonly kind: 'text', readonly text: string }
  | { readonly kind: 'file', readonly path: string }

/** The keys that may also be given as text, by an environment variable or a flag. */
export const OVERRIDABLE_KEYS = {
  'cluster.nodes': 'one',
  'cluster.replicas': 'one',
  'cluster.name': 'one',
  'cluster.secret': 'one',
  'cluster.secret_file': 'one',
  'storage.path': 'one',
  'network.port': 'one',
  'network.p2p_port': 'one',
  'network.bind_ip': 'one',
  'network.listen': 'list',
  'network.join': 'list',
  'network.announce': 'list',
  'tuning.heartbeat_ms': 'one',
  'tuning.election_timeout_ms': 'one',
  'tuning.probe_interval_ms': 'one',
  'tuning.probe_timeout_ms': 'one',
  'tuning.sync_interval_ms': 'one',
  'tuning.reconnect_interval_ms': 'one',
  'tuning.dead_remembered_ms': 'one',
  'tuning.replace_after_ms': 'one',
  'tuning.timeout_ms_default': 'one',
  'tuning.requests_max': 'one'
} as const satisfies Record<string, 'one' | 'list'>

export type OverridableKey = keyof typeof OVERRIDABLE_KEYS

/** Reads the whole tree; relations between keys are checked by those who use them. */
export function readKeys (root: Located, overrides: readonly KeyOverride[], report: Report): ConfigKeys {
  const file = new MappingReader('', root, report)
  let networkComplete = true
  const networkReport: Report = (at, message) => {
    networkComplete = false
    report(at, message)
  }
  const section = (name: string, to = report): MappingReader =>
    new MappingReader(name, file.located(name) ?? { kind: 'scalar', at: file.at, value: null }, to, overrides)
  const cluster = section('cluster')
  const storage = section('storage')
  const network = section('network', networkReport)
  const tuning = section('tuning')
  file.finish()

  const groups = cluster.located('master_slaves')
  const hosts = network.located('hosts')
  const keys = {
    clusterName: cluster.text('name', clusterNameSchema),
    partitions: cluster.number('nodes', partitionsSchema),
    partitionsGiven: cluster.located('nodes') !== undefined || overrides.some(({ key }) => key === 'cluster.nodes'),
    replicas: cluster.number('replicas', wholeNumber(1, REPLICAS_MAX)),
    secret: readSecret(cluster, report),
    groups: groups === undefined ? undefined : readGroups(groups, report),
    storagePath: storage.text('path', textSchema),
    port: network.number('port', portSchema),
    p2pPort: network.number('p2p_port', portSchema),
    bindIp: network.text('bind_ip', bindIpSchema),
    hosts: hosts === undefined ? undefined : readHosts(hosts, networkReport),
    listen: network.list('listen', multiaddrSchema('listen')),
    join: network.list('join', multiaddrSchema('join')),
    announce: network.list('announce', multiaddrSchema('announce')),
    tuning: readTuning(tuning, report),
    at: { cluster: file.keyAt('cluster'), groups: cluster.keyAt('master_slaves'), network: file.keyAt('network') }
  }
  for (const reader of [cluster, storage, network]) reader.finish()
  return { ...keys, networkComplete }
}

/** `secret` and `secret_file` say the same: of two given in one place, neither can be preferred. */
function readSecret (cluster: MappingReader, report: Report): Field<SecretSource> | undefined {
  const text = cluster.text('secret', secretSchema)
  const file = cluster.text('secret_file', textSchema)
  if (text !== undefined && file !== undefined && text.rank === file.rank) {
    report(file.at, 'cluster.secret and cluster.secret_file are both given; keep one of them')
  }
  if (file !== undefined && (text === undefined || file.rank >= text.rank)) return { ...file, value: { kind: 'file', path: file.value } }
  return text === undefined ? undefined : { ...text, value: { kind: 'text', text: text.value } }
}

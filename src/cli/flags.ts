import { OVERRIDABLE_KEYS } from '../config/index.js'
import type { OverridableKey } from '../config/index.js'

/** One flag of `start` or `local`; `-name`, `-name=value`, `--name value` and `--name=value` mean the same. */
export interface Flag {
  /** Undefined: takes no value. */
  readonly value?: string
  readonly repeats?: true
  /** The key of the file that it beats; the environment variable is called after it. */
  readonly key?: OverridableKey
  /** The environment variable of a flag without a key. */
  readonly variable?: string
  /** One sentence for `--help`. */
  readonly help: string
}

export const FLAGS = {
  config: { value: 'FILE', help: 'the configuration file of a cluster; without it one node starts alone or joins' },
  node: { value: 'NAME', variable: 'GOKEYDB_NODE', help: 'which of the file\'s nodes this is (with --config)' },
  name: { value: 'NAME', variable: 'GOKEYDB_NAME', help: 'this node\'s name (without --config); a prefix of its peer id if left out' },
  data: { value: 'DIR', key: 'storage.path', help: 'where data lies; with --config in DIR/<node> (./data)' },
  port: { value: 'PORT', key: 'network.port', help: 'the HTTP port; 0 lets the system choose (8080)' },
  bind: { value: 'IP', key: 'network.bind_ip', help: 'the address HTTP is bound to, 0.0.0.0 for all (127.0.0.1)' },
  listen: { value: 'MULTIADDR', repeats: true, key: 'network.listen', help: 'where libp2p listens; repeats (/ip4/<bind>/tcp/9080)' },
  join: { value: 'MULTIADDR', repeats: true, key: 'network.join', help: 'a node of the cluster to join, with or without /p2p/ID; repeats' },
  announce: { value: 'MULTIADDR', repeats: true, key: 'network.announce', help: 'told to others instead of where libp2p listens; repeats' },
  partitions: { value: 'COUNT', key: 'cluster.nodes', help: 'partitions of a cluster founded here, a power of two from 1 to 1024 (16)' },
  'secret-file': { value: 'FILE', key: 'cluster.secret_file', help: 'holds the cluster\'s secret; without one, ports trust the network' },
  'log-level': { value: 'LEVEL', variable: 'GOKEYDB_LOG_LEVEL', help: 'debug, info, warn, error or silent (info)' },
  help: { help: 'shows this' },
  version: { help: 'shows the version' }
} as const satisfies Record<string, Flag>

export type FlagName = keyof typeof FLAGS

/** The same table without the literal types, for lookups. */
export const flagTable: ReadonlyMap<string, Flag> = new Map(Object.entries(FLAGS))

/** `storage.path` is `GOKEYDB_STORAGE_PATH`. */
export const variableOf = (key: OverridableKey): string => `GOKEYDB_${key.toUpperCase().replace('.', '_')}`

export const overridableKeys: ReadonlyArray<{ readonly key: OverridableKey, readonly variable: string, readonly list: boolean }> =
  keysOf(OVERRIDABLE_KEYS).map((key) => ({ key, variable: variableOf(key), list: OVERRIDABLE_KEYS[key] === 'list' }))

/** `Object.keys` of a constant table, which has no other keys than its type says. */
function keysOf<Table extends object> (table: Table): Array<keyof Table> {
  return Object.keys(table) as Array<keyof Table>
}

/** What the environment says, or undefined; an empty variable counts as absent. */
export type Environment = Readonly<Record<string, string | undefined>>

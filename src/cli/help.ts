import { flagTable, overridableKeys, variableOf } from './flags.js'
import type { Flag } from './flags.js'

const HEAD = `gokeydb: a replicated key-value store of peers that find each other

  gokeydb [start] -config=config.yaml -node=node1     starts one node of the file
  gokeydb [start] --data DIR --port 8081 --listen /ip4/127.0.0.1/tcp/9081 --join /ip4/127.0.0.1/tcp/9080
                                                      starts a node without a file; with --join it joins
  gokeydb local --config config.yaml                  runs every node of the file on this machine
  gokeydb members 127.0.0.1:8080                      who is there, as that running node sees it
  gokeydb leave 127.0.0.1:8080                        that node hands everything over and leaves the cluster;
                                                      with -node=NAME another one does
  gokeydb sim --seeds 100                             tries this very code under crashes, cuts and broken disks in
                                                      virtual time; gokeydb sim --help says more

Flags take one dash or two; a flag beats the environment, which beats the file, which beats the default.
With --config, --port, --listen and --announce are exactly this node's own; a variable stands for the key of the
file, from which ports are counted up. Lists in variables are separated by commas.
`

const TAIL = `
Exit codes: 0 stopped, 1 failed while running, 2 bad usage or configuration (nothing was started or created).
`

/** What `--help` prints. */
export function helpText (): string {
  const flags = [...flagTable].map(([name, flag]) => [`  --${name}${flag.value === undefined ? '' : ` ${flag.value}`}`, `${flag.help}${variableNote(flag)}`])
  const flagged = new Set([...flagTable.values()].map(({ key }) => key))
  const others = overridableKeys.filter(({ key }) => !flagged.has(key)).map(({ key, variable }) => [`  ${variable}`, `${key} of the file`])
  return `${HEAD}\nFlags (default):\n${columns(flags)}\nVariables for what has no flag; config.yaml describes the keys:\n${columns(others)}${TAIL}`
}

function variableNote ({ key, variable }: Flag): string {
  const name = key === undefined ? variable : variableOf(key)
  return name === undefined ? '' : ` [${name}]`
}

function columns (rows: readonly string[][]): string {
  const width = Math.max(...rows.map(([left = '']) => left.length))
  return rows.map(([left = '', right = '']) => `${left.padEnd(width)}  ${right}\n`).join('')
}

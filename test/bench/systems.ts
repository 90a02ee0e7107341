import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, eventually, freePorts, NodeProcess, setKey } from '../process/processes.js'
import { VALUE_BYTES } from './load.js'
import type { Work } from './load.js'

/** A system under load: how to set and to get, and how to end it. */
export interface System {
  readonly name: string
  readonly set: Work
  readonly get: Work
  /** Resident memory of its busiest process in MiB, where that can be told. */
  memoryMib (): number | undefined
  stop (): Promise<void>
}

const VALUE = 'v'.repeat(VALUE_BYTES)

/** Three GoKeyDB nodes on loopback, four partitions, fsync on (there is no way to turn it off). */
export async function startGoKeyDb (directory: string): Promise<System> {
  const port = await freePorts(8)
  const config = join(directory, 'config.yaml')
  writeFileSync(config, `cluster:\n  nodes: 4\n  master_slaves:\n    - master: node1\n      slaves: [node2, node3]\nstorage:\n  path: ${join(directory, 'data')}\nnetwork:\n  port: ${port}\n  p2p_port: ${port + 4}\n  bind_ip: 127.0.0.1\n`)
  const nodes = ['node1', 'node2', 'node3'].map((name) => new NodeProcess([`-config=${config}`, `-node=${name}`, '--log-level=warn']))
  const [first] = await Promise.all(nodes.map((node) => node.ready()))
  const base = first?.http ?? ''
  await eventually('the cluster writes', async () => (await setKey(base, 'key-0', VALUE)).status === 200)
  await eventually('node1 masters every partition', async () => {
    const { partitions } = JSON.parse((await ask(base, 'GET', '/v1/partitions')).body) as { partitions: Array<{ role: string }> }
    return partitions.every(({ role }) => role === 'master')
  })
  return {
    name: 'gokeydb',
    set: { base, method: 'POST', path: '/set', body: `key={key}&value=${VALUE}` },
    get: { base, method: 'GET', path: '/get?key={key}', body: undefined },
    memoryMib: () => Math.max(...nodes.map((node) => residentMib(node.child.pid))),
    stop: async () => { await Promise.all(nodes.map((node) => node.kill())) }
  }
}

/** Three etcd members with fsync on and the v2 API, whose form PUT and quorum GET are the same work. */
export async function startEtcd (script: string, directory: string): Promise<System> {
  const started = spawnSync('bash', [script, 'start', directory], { stdio: ['ignore', 'ignore', 'inherit'], timeout: 30_000 })
  if (started.status !== 0) throw new Error('etcd did not start')
  const bases = [1, 2, 3].map((i) => `http://127.0.0.1:1237${i}`)
  let base = bases[0] as string
  for (const each of bases) {
    const self = JSON.parse((await ask(each, 'GET', '/v2/stats/self')).body) as { state: string }
    if (self.state === 'StateLeader') base = each
  }
  return {
    name: 'etcd',
    set: { base, method: 'PUT', path: '/v2/keys/{key}', body: `value=${VALUE}` },
    get: { base, method: 'GET', path: '/v2/keys/{key}?quorum=true', body: undefined },
    memoryMib: () => undefined,
    stop: () => new Promise((resolve) => { spawn('bash', [script, 'stop', directory], { stdio: 'ignore' }).on('close', () => { resolve() }) })
  }
}

/** `../shared/peers/etcd.sh`, if it and etcd are there. */
export function findEtcdScript (): string | undefined {
  const script = join(process.cwd(), '..', 'shared', 'peers', 'etcd.sh')
  return existsSync(script) && spawnSync('etcd', ['--version']).error === undefined ? script : undefined
}

function residentMib (pid: number | undefined): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.[1] ?? 0) / 1024
}

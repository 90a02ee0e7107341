import { join } from 'node:path'
import { ask, each, setKey, temporaryDirectory } from '../process/processes.js'
import { measureFailover } from './failover.js'
import { hasWrk, KEY_COUNT, load, VALUE_BYTES } from './load.js'
import type { Result, Work } from './load.js'
import { findEtcdScript, startEtcd, startGoKeyDb } from './systems.js'
import type { System } from './systems.js'

/**
 * `npm run bench [-- throughput|memory|failover] [--peers] [--seconds N] [--rounds N]`: three nodes on this machine, one client.
 * Rounds alternate between the systems, so that a busy neighbour hits both; medians are printed.
 */
const CONNECTIONS = [1, 16, 64, 256]
const WARM_UP_SECONDS = 2

const args = process.argv.slice(2)
const option = (name: string, fallback: number): number => {
  const at = args.indexOf(name)
  return at === -1 ? fallback : Number(args[at + 1])
}
const seconds = option('--seconds', 5)
const rounds = option('--rounds', 3)

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN

async function throughput (): Promise<void> {
  const directory = temporaryDirectory()
  const systems: System[] = [await startGoKeyDb(directory)]
  if (args.includes('--peers')) {
    const script = findEtcdScript()
    if (script === undefined) console.log('etcd is not installed here, or ../shared/peers/etcd.sh is missing: no peers')
    else systems.push(await startEtcd(script, join(directory, 'etcd')))
  }
  try {
    console.log(`three nodes, fsync on, ${VALUE_BYTES}-byte values, ${hasWrk() ? 'wrk' : 'autocannon'} on the same machine, ${rounds} rounds of ${seconds} s after ${WARM_UP_SECONDS} s of warm-up; medians`)
    console.log('work  connections  system      per second   p50 ms   p99 ms   failures')
    for (const system of systems) await preload(system)
    for (const kind of ['set', 'get'] as const) {
      for (const connections of CONNECTIONS) await compare(kind, connections, systems, directory)
    }
    const memory = systems[0]?.memoryMib()
    if (memory !== undefined) console.log(`largest node after the load: ${memory.toFixed(0)} MiB resident`)
  } finally {
    for (const system of systems) await system.stop()
  }
}

/** Sets every key once, so that a get finds it. */
async function preload (system: System): Promise<void> {
  const { base, method, path, body = '' } = system.set
  await each(Array.from({ length: KEY_COUNT }, (_, i) => `key-${i}`), 64, async (key) => {
    const answer = await ask(base, method, path.replace('{key}', key), body.replace('{key}', key))
    if (answer.status >= 300) throw new Error(`${system.name}: ${answer.body}`)
  })
}

async function compare (kind: 'set' | 'get', connections: number, systems: readonly System[], directory: string): Promise<void> {
  const results = new Map<string, Result[]>(systems.map((system) => [system.name, []]))
  for (const system of systems) await load(system[kind], { connections, seconds: WARM_UP_SECONDS, directory })
  for (let round = 0; round < rounds; round++) {
    for (const system of systems) {
      const work: Work = system[kind]
      results.get(system.name)?.push(await load(work, { connections, seconds, directory }))
    }
  }
  const rates = systems.map(({ name }) => {
    const all = results.get(name) ?? []
    const rate = median(all.map((result) => result.perSecond))
    const failures = all.reduce((sum, result) => sum + result.failures, 0)
    console.log(`${kind.padEnd(6)}${String(connections).padEnd(13)}${name.padEnd(12)}${rate.toFixed(0).padStart(10)}${median(all.map((result) => result.p50Ms)).toFixed(2).padStart(9)}${median(all.map((result) => result.p99Ms)).toFixed(2).padStart(9)}${String(failures).padStart(11)}`)
    return rate
  })
  const [own, peer] = rates
  if (own !== undefined && peer !== undefined) console.log(`${kind.padEnd(6)}${String(connections).padEnd(13)}ratio       ${(own / peer).toFixed(2).padStart(10)} ×`)
}

/** 100,000 keys of 100 bytes, and what the nodes hold afterwards. */
async function memory (): Promise<void> {
  const count = option('--keys', 100_000)
  const system = await startGoKeyDb(temporaryDirectory())
  try {
    const value = 'v'.repeat(VALUE_BYTES)
    const keys = Array.from({ length: count }, (_, i) => `memory-${i}`)
    const begunMs = performance.now()
    await each(keys, 64, async (key) => {
      const answer = await setKey(system.set.base, key, value)
      if (answer.status !== 200) throw new Error(answer.body)
    })
    const seconds = (performance.now() - begunMs) / 1000
    console.log(`${count} keys of ${VALUE_BYTES} bytes in ${seconds.toFixed(1)} s; largest node: ${system.memoryMib()?.toFixed(0)} MiB resident`)
  } finally {
    await system.stop()
  }
}

/** How long a master is missed that was killed, or that stopped running. */
async function failover (): Promise<void> {
  console.log('three nodes, two partitions; from the fault of the node that masters both to the next acknowledged write through a slave, ms')
  console.log('fault      times   median     90 %     99 %  longest')
  for (const fault of ['kill -9', 'SIGSTOP'] as const) {
    const times = await measureFailover(fault, option('--rounds', 30))
    const at = (share: number): string => (times[Math.min(times.length - 1, Math.ceil(times.length * share) - 1)] ?? NaN).toFixed(0).padStart(9)
    console.log(`${fault.padEnd(8)}${String(times.length).padStart(8)}${at(0.5)}${at(0.9)}${at(0.99)}${at(1)}`)
  }
}

await (args[0] === 'memory' ? memory() : args[0] === 'failover' ? failover() : throughput())
process.exit(0)

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, eventually, freePorts, NodeProcess, setKey, temporaryDirectory } from '../process/processes.js'

const NAMES = ['node1', 'node2', 'node3']

/** What happens to the master: its process is gone, and its connections with it; or it stops running, and nobody is told. */
export type Fault = 'kill -9' | 'SIGSTOP'

/** ms from the fault of the master to the next write that succeeds through a slave, once per round, sorted. */
export async function measureFailover (fault: Fault, rounds: number): Promise<number[]> {
  const directory = temporaryDirectory()
  const port = await freePorts(8)
  const config = join(directory, 'config.yaml')
  writeFileSync(config, `cluster:\n  nodes: 2\n  master_slaves:\n    - master: node1\n      slaves: [node2, node3]\nstorage:\n  path: ${join(directory, 'data')}\nnetwork:\n  port: ${port}\n  p2p_port: ${port + 4}\n  bind_ip: 127.0.0.1\n`)
  const nodes = new Map<string, NodeProcess>()
  const start = async (name: string): Promise<NodeProcess> => {
    const node = new NodeProcess([`-config=${config}`, `-node=${name}`, '--log-level=error'])
    nodes.set(name, node)
    await node.ready()
    return node
  }
  let master: NodeProcess | undefined
  for (const name of NAMES) {
    const node = await start(name)
    master ??= node
  }
  const mastersHome = async (): Promise<boolean> => {
    const { partitions } = JSON.parse((await ask(`http://127.0.0.1:${port}`, 'GET', '/v1/partitions')).body) as { partitions: Array<{ role: string }> }
    return partitions.length > 0 && partitions.every(({ role }) => role === 'master')
  }
  const slave = `http://127.0.0.1:${port + 1}`
  const written = async (): Promise<boolean> => (await setKey(slave, 'key', 'value', '?timeout=5000')).status === 200
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    await eventually('node1 masters every partition', mastersHome, 60_000)
    await eventually('writes succeed', written)
    const begunMs = performance.now()
    if (fault === 'kill -9') await master?.kill()
    else master?.signal('SIGSTOP')
    await eventually('writes succeed again', written)
    times.push(performance.now() - begunMs)
    if (fault === 'kill -9') master = await start('node1')
    else master?.signal('SIGCONT')
  }
  await Promise.all([...nodes.values()].map((node) => node.kill()))
  return times.sort((a, b) => a - b)
}

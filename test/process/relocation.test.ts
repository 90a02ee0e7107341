import { join } from 'node:path'
import { expect, suite } from '../harness.js'
import { ask, eventually, getKey, json, NodeProcess, setKey, temporaryDirectory } from './processes.js'

interface Member { readonly name: string, readonly memberId: number | null, readonly replicas: number | null }

const KEYS = 200

/** Nodes started with `--join` alone, as a newcomer starts them. */
class Joined {
  readonly directory = temporaryDirectory()
  readonly nodes = new Map<string, NodeProcess>()
  readonly http = new Map<string, string>()
  #seed = ''

  async start (name: string, ...more: string[]): Promise<void> {
    const join_ = this.#seed === '' ? [] : ['--join', this.#seed]
    const node = new NodeProcess(['start', '--name', name, '--data', join(this.directory, name), '--port', '0', '--listen', '/ip4/127.0.0.1/tcp/0', ...join_, ...more])
    this.nodes.set(name, node)
    const { http, multiaddr } = await node.ready()
    this.http.set(name, http)
    this.#seed = multiaddr // of the newest: the first ones may be gone
  }

  node (name: string): NodeProcess {
    return this.nodes.get(name) as NodeProcess
  }

  at (name: string): string {
    return this.http.get(name) as string
  }

  /** Replicas that a node serves. */
  async held (name: string): Promise<number> {
    return ((await json(this.at(name), '/status')) as { partitions: { replicas: number } }).partitions.replicas
  }

  async members (at: string): Promise<readonly Member[]> {
    return ((await json(this.at(at), '/v1/members')) as { members: Member[] }).members
  }

  async settle (expected: Readonly<Record<string, number>>): Promise<void> {
    await eventually(`the replicas are at ${JSON.stringify(expected)}`, async () => {
      for (const [name, count] of Object.entries(expected)) if (await this.held(name) !== count) return false
      return true
    }, 60_000)
  }

  async stop (): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.exit === undefined ? node.kill() : Promise.resolve()))
  }
}

async function complete (cluster: Joined, at: string): Promise<void> {
  for (let i = 0; i < KEYS; i++) {
    const { status, body } = await getKey(cluster.at(at), `key ${i}`, '&timeout=20000')
    if (status !== 200 || body !== `value ${i}`) throw new Error(`key ${i} at ${at}: ${status} ${body}`)
  }
}

suite('nodes that joined by multiaddr alone, in real processes', ({ test, after }) => {
  const cluster = new Joined()
  after(() => cluster.stop())

  test('three of them hold three copies of everything, and survive the loss of the first', async () => {
    await cluster.start('a', '--partitions', '4')
    for (const name of ['b', 'c']) await cluster.start(name)
    await eventually('writes succeed', async () => (await setKey(cluster.at('a'), 'probe', 'x', '?timeout=2000')).status === 200)
    for (let i = 0; i < KEYS; i++) expect.is((await setKey(cluster.at('a'), `key ${i}`, `value ${i}`, '?timeout=20000')).status, 200)
    await cluster.settle({ a: 4, b: 4, c: 4 })
    await cluster.node('a').kill()
    await complete(cluster, 'c')
    expect.is((await setKey(cluster.at('b'), 'after', 'the loss', '?timeout=20000')).status, 200)
    cluster.nodes.delete('a')
  }, { limitMs: 120_000 })

  test('newcomers take the share of one that is declared gone, and then one of them leaves, with everything handed over', async () => {
    await cluster.start('d')
    await cluster.start('e')
    // The first may come back, as far as its cluster knows: nothing is moved until somebody says that it will not.
    const farewell = new NodeProcess(['leave', cluster.at('b').replace('http://', ''), '-node=a'])
    expect.equal(await farewell.exited, { code: 0, signal: null }, farewell.err + farewell.out)
    await eventually('the newcomers hold replicas', async () => await cluster.held('d') > 0 && await cluster.held('e') > 0, 60_000)
    const leave = new NodeProcess(['leave', cluster.at('e').replace('http://', '')])
    expect.equal(await leave.exited, { code: 0, signal: null }, leave.err + leave.out)
    expect.match(leave.out, /e has left: it holds nothing any more/)
    expect.equal(await cluster.node('e').exited, { code: 0, signal: null }, 'its process ends by itself')
    expect.is((await cluster.members('b')).find(({ name }) => name === 'e')?.memberId ?? null, null)
    await complete(cluster, 'd')
  }, { limitMs: 120_000 })

  test('whoever may not leave is told why, and nothing changes', async () => {
    const leave = new NodeProcess(['leave', cluster.at('b').replace('http://', ''), '-node=c'])
    expect.is((await leave.exited).code, 1)
    expect.match(leave.err, /the cluster was not changed: .*replicas of every partition/)
    expect.is((await ask(cluster.at('b'), 'POST', '/v1/cluster/leave?member=nobody')).status, 404)
    await complete(cluster, 'b')
  }, { limitMs: 60_000 })
})

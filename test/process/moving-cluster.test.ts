import { join } from 'node:path'
import { expect, suite } from '../harness.js'
import { ask, each, eventually, getKey, NodeProcess, setKey, temporaryDirectory } from './processes.js'

const NAMES = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8']

interface Seen {
  readonly name: string
  readonly health: string
  readonly generation: number
  readonly http: string
}

/** Eight nodes without a file: the first founds, the others were once told where it was; every start takes other ports. */
class Eight {
  readonly directory = temporaryDirectory()
  readonly nodes = new Map<string, NodeProcess>()
  readonly http = new Map<string, string>()
  #joinAt: string | undefined

  async start (names: readonly string[]): Promise<void> {
    for (const name of names) {
      const join_ = this.#joinAt === undefined ? [] : ['--join', this.#joinAt]
      this.nodes.set(name, new NodeProcess(['start', '--name', name, '--data', join(this.directory, name), '--port', '0', '--listen', '/ip4/127.0.0.1/tcp/0', '--partitions', '4', ...join_]))
    }
    for (const name of names) {
      const { http, multiaddr } = await this.node(name).ready(60_000)
      this.http.set(name, http)
      this.#joinAt ??= multiaddr
    }
  }

  node (name: string): NodeProcess {
    return this.nodes.get(name) as NodeProcess
  }

  at (name: string): string {
    return this.http.get(name) as string
  }

  /** Everybody sees all eight alive at the ports they have now. */
  async isWhole (): Promise<boolean> {
    const expected = NAMES.map((name) => `${name} alive ${this.at(name)}`)
    for (const name of NAMES) {
      const { members } = JSON.parse((await ask(this.at(name), 'GET', '/v1/members')).body) as { members: Seen[] }
      const seen = members.map((member) => `${member.name} ${member.health} ${member.http}`).sort()
      if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error(`${name} sees ${seen.join(', ')}`)
    }
    return true
  }

  async stop (): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.exit === undefined ? node.kill() : Promise.resolve()))
  }
}

suite('eight nodes that move, in real processes', ({ test, after }) => {
  const cluster = new Eight()
  after(() => cluster.stop())

  test('find each other through one address', async () => {
    await cluster.start(['n1'])
    await cluster.start(NAMES.slice(1))
    await eventually('all see all', () => cluster.isWhole(), 60_000)
    await eventually('a write succeeds', async () => (await setKey(cluster.at('n8'), 'kept', 'value')).status === 200)
  }, { limitMs: 110_000 })

  test('each restarted on other ports, one after another, they re-form: the address they were told is long gone', async () => {
    for (const name of NAMES) {
      await cluster.node(name).kill()
      await cluster.start([name])
    }
    await eventually('all see all at their new ports', () => cluster.isWhole(), 60_000)
    await each(NAMES, 8, async (name) => { expect.is((await getKey(cluster.at(name), 'kept')).body, 'value') })
  }, { limitMs: 110_000 })

  test('half of them restarted on other ports at once, they re-form', async () => {
    const half = NAMES.filter((_, i) => i % 2 === 0) // the only replica is among them
    await Promise.all(half.map((name) => cluster.node(name).kill()))
    await cluster.start(half)
    await eventually('all see all at their new ports', () => cluster.isWhole(), 60_000)
    await each(NAMES, 8, async (name) => { expect.is((await getKey(cluster.at(name), 'kept')).body, 'value') })
    await eventually('a write succeeds', async () => (await setKey(cluster.at('n2'), 'kept', 'other')).status === 200)
  }, { limitMs: 110_000 })
})

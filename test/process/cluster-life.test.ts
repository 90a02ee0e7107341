import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, suite } from '../harness.js'
import { ask, each, eventually, freePorts, getKey, json, NodeProcess, setKey, temporaryDirectory } from './processes.js'
import type { HttpAnswer } from './processes.js'

const outcomeOf = ({ body }: HttpAnswer): string => (JSON.parse(body) as { error: { outcome: string } }).error.outcome

/** A cluster of three with one group, on ports of its own. */
class Three {
  readonly directory = temporaryDirectory()
  readonly nodes = new Map<string, NodeProcess>()
  readonly http = new Map<string, string>()
  readonly names = ['a', 'b', 'c']
  #config = ''

  async configure (more = ''): Promise<void> {
    const port = await freePorts(8)
    this.#config = join(this.directory, 'config.yaml')
    writeFileSync(this.#config, `cluster:\n  nodes: 2\n${more}  master_slaves:\n    - master: a\n      slaves: [b, c]\nstorage:\n  path: ${join(this.directory, 'data')}\nnetwork:\n  port: ${port}\n  p2p_port: ${port + 4}\n  bind_ip: 127.0.0.1\n`)
  }

  async start (...names: string[]): Promise<void> {
    for (const name of names) this.nodes.set(name, new NodeProcess([`-config=${this.#config}`, `-node=${name}`]))
    for (const name of names) this.http.set(name, (await this.node(name).ready()).http)
  }

  node (name: string): NodeProcess {
    return this.nodes.get(name) as NodeProcess
  }

  at (name: string): string {
    return this.http.get(name) as string
  }

  async writable (through: string): Promise<void> {
    await eventually('writes succeed', async () => (await setKey(this.at(through), 'probe', 'x', '?timeout=2000')).status === 200)
  }

  async stop (): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.exit === undefined ? node.kill() : Promise.resolve()))
  }
}

suite('founding, in real processes', ({ test, after }) => {
  const cluster = new Three()
  after(() => cluster.stop())

  test('one node of three is ready to talk and founds nothing; a majority of the others makes a cluster', async () => {
    await cluster.configure()
    await cluster.start('a')
    expect.is((await ask(cluster.at('a'), 'GET', '/readyz')).status, 503)
    const early = await setKey(cluster.at('a'), 'k', 'v', '?timeout=300')
    expect.is(early.status, 503)
    expect.ok(early.headers['retry-after'] !== undefined)
    expect.is(outcomeOf(early), 'unchanged')
    await cluster.start('b', 'c')
    await cluster.writable('c')
    expect.is((await ask(cluster.at('b'), 'GET', '/readyz')).status, 200)
  })

  test('a minority answers 503 with Retry-After and changes nothing; with the majority back it goes on', async () => {
    expect.is((await setKey(cluster.at('a'), 'kept', 'before')).status, 200)
    await Promise.all([cluster.node('b').kill(), cluster.node('c').kill()])
    // The master steps down within two election timeouts; until then a write may be unknown.
    await eventually('writes are refused', async () => {
      const answer = await setKey(cluster.at('a'), 'refused', 'x', '?timeout=400')
      return answer.status === 503 && answer.headers['retry-after'] !== undefined && outcomeOf(answer) === 'unchanged'
    })
    expect.is((await getKey(cluster.at('a'), 'kept', '&timeout=400')).status, 503)
    const local = await getKey(cluster.at('a'), 'kept', '&consistency=local')
    expect.is(local.body, 'before')
    expect.ok(Number(local.headers['x-max-age-ms']) > 0)
    await cluster.start('b', 'c')
    await cluster.writable('b')
    expect.is((await getKey(cluster.at('c'), 'kept')).body, 'before')
  }, { limitMs: 60_000 })

  test('a node whose whole directory is wiped never returns as its old self; it says so and still answers', async () => {
    await cluster.node('a').kill()
    rmSync(join(cluster.directory, 'data', 'a'), { recursive: true })
    await cluster.start('a')
    await eventually('it says why it is not admitted', async () => {
      const answer = await ask(cluster.at('a'), 'GET', '/readyz?verbose')
      return answer.status === 503 && /bound to another peer id/.test(answer.body)
    })
    expect.is((await getKey(cluster.at('a'), 'kept')).body, 'before')
    expect.is((await setKey(cluster.at('a'), 'kept', 'after')).status, 200)
    expect.is((await getKey(cluster.at('b'), 'kept')).body, 'after')
    const status = (await json(cluster.at('a'), '/status')) as { admitted: boolean, partitions: { replicas: number } }
    expect.is(status.admitted, false)
    expect.is(status.partitions.replicas, 0)
  }, { limitMs: 60_000 })
})

suite('a slave that was away for long', ({ test, after }) => {
  const cluster = new Three()
  after(() => cluster.stop())

  test('is filled by a snapshot and answers for every key', async () => {
    await cluster.configure()
    await cluster.start('a', 'b', 'c')
    await cluster.writable('a')
    await cluster.node('c').kill()
    const value = 'x'.repeat(50_000)
    const keys = Array.from({ length: 400 }, (_, i) => `big-${i}`)
    // 20 MB through two partitions: more than the 4 MiB of log that each replica keeps.
    await each(keys, 16, async (key) => {
      const answer = await setKey(cluster.at('a'), key, `${key} ${value}`)
      expect.is(answer.status, 200, answer.body)
    })
    await cluster.start('c')
    await eventually('a snapshot was installed', () => cluster.node('c').err.includes('installed a snapshot'))
    await eventually('it has caught up', async () => {
      const [mine, theirs] = await Promise.all(['c', 'a'].map(async (name) => ((await json(cluster.at(name), '/v1/partitions')) as { partitions: Array<{ appliedIndex: number, keyCount: number, role: string }> }).partitions))
      return mine !== undefined && theirs !== undefined && mine.every((partition, i) => partition.role === 'slave' && partition.appliedIndex === theirs[i]?.appliedIndex && partition.keyCount === theirs[i]?.keyCount)
    })
    await each(keys, 16, async (key) => {
      const answer = await getKey(cluster.at('c'), key, '&consistency=local')
      expect.is(answer.body.slice(0, 20), `${key} ${value}`.slice(0, 20))
    })
  }, { limitMs: 120_000 })
})

suite('cluster.secret', ({ test, after }) => {
  const cluster = new Three()
  const strangers: NodeProcess[] = []
  after(async () => {
    await cluster.stop()
    for (const stranger of strangers) if (stranger.exit === undefined) await stranger.kill()
  })

  test('a node without it can do nothing and is told why; one that has it joins', async () => {
    await cluster.configure('  secret: open sesame and more\n')
    await cluster.start('a', 'b', 'c')
    await cluster.writable('a')
    const { multiaddr } = await cluster.node('a').ready()
    const stranger = new NodeProcess(['--data', join(cluster.directory, 'stranger'), '--port', '0', '--listen', '/ip4/127.0.0.1/tcp/0', '--join', multiaddr])
    strangers.push(stranger)
    const { http } = await stranger.ready()
    await eventually('the stranger is told why', () => /secret/.test(stranger.err.split('\n').filter((line) => line.includes('cannot be reached')).join('\n')))
    expect.match((await ask(http, 'GET', '/readyz?verbose')).body, /secret/)
    expect.is((await getKey(http, 'probe', '&timeout=300')).status, 503)

    const secretFile = join(cluster.directory, 'secret')
    writeFileSync(secretFile, 'open sesame and more\n')
    const friend = new NodeProcess(['--data', join(cluster.directory, 'friend'), '--port', '0', '--listen', '/ip4/127.0.0.1/tcp/0', '--join', multiaddr, '--secret-file', secretFile])
    strangers.push(friend)
    const ready = await friend.ready()
    await eventually('the friend answers', async () => (await getKey(ready.http, 'probe')).body === 'x')
  }, { limitMs: 60_000 })
})

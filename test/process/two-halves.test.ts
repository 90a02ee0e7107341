import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, suite } from '../harness.js'
import { insideNamespace, Machine } from './namespaces.js'
import { ask, each, eventually, getKey, NodeProcess, setKey, temporaryDirectory } from './processes.js'

const LEFT = ['n1', 'n2', 'n3', 'n4']
const RIGHT = ['n5', 'n6', 'n7', 'n8']
const NAMES = [...LEFT, ...RIGHT]
/** Some of either partition. */
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f']
/** ms that a dead member stays listed here; a day by default. */
const DEAD_REMEMBERED_MS = 5000

interface Seen {
  readonly name: string
  readonly health: string
}

/** Eight nodes on two machines; either half has a majority of one of the two partitions. */
class Halves {
  readonly directory = temporaryDirectory()
  readonly nodes = new Map<string, NodeProcess>()
  readonly #machines: readonly [Machine, Machine]
  readonly #config = join(this.directory, 'config.yaml')

  constructor (machines: readonly [Machine, Machine]) {
    this.#machines = machines
    const hosts = NAMES.map((name) => `    ${name}: ${this.machineOf(name).address}\n`).join('')
    writeFileSync(this.#config, `cluster:
  nodes: 2
  master_slaves:
    - master: n1
      slaves: [n2, n3, n5]
    - master: n6
      slaves: [n7, n8, n4]
storage:
  path: ${join(this.directory, 'data')}
network:
  bind_ip: 0.0.0.0
  hosts:
${hosts}tuning:
  probe_interval_ms: 500
  probe_timeout_ms: 200
  sync_interval_ms: 500
  reconnect_interval_ms: 1000
  dead_remembered_ms: ${DEAD_REMEMBERED_MS}
`)
  }

  machineOf (name: string): Machine {
    return this.#machines[LEFT.includes(name) ? 0 : 1]
  }

  async start (names: readonly string[]): Promise<void> {
    for (const name of names) this.nodes.set(name, new NodeProcess([`-config=${this.#config}`, `-node=${name}`], {}, undefined, this.machineOf(name).prefix))
    for (const name of names) await this.node(name).ready(60_000)
  }

  node (name: string): NodeProcess {
    return this.nodes.get(name) as NodeProcess
  }

  /** Where this test reaches a node's HTTP port: nodes are counted up per machine. */
  at (name: string): string {
    const order = NAMES.filter((other) => this.machineOf(other) === this.machineOf(name)).indexOf(name)
    return `http://${this.machineOf(name).controlAddress}:${8080 + order}`
  }

  /** Whether every one of `names` sees these alive, and the rest as `others` says. */
  async see (names: readonly string[], alive: readonly string[], others: RegExp): Promise<boolean> {
    for (const name of names) {
      const { members } = JSON.parse((await ask(this.at(name), 'GET', '/v1/members')).body) as { members: Seen[] }
      const wrong = NAMES.filter((other) => {
        const health = members.find((member) => member.name === other)?.health ?? 'missing'
        return alive.includes(other) ? health !== 'alive' : !others.test(health)
      })
      if (wrong.length > 0) throw new Error(`${name} sees ${members.map((member) => `${member.name} ${member.health}`).join(', ')}`)
    }
    return true
  }

  /** Whether a write of a key of either partition is acknowledged through each of these nodes. */
  async write (names: readonly string[], keys: readonly string[], value: string): Promise<boolean> {
    for (const name of names) {
      for (const key of keys) {
        const { status, body } = await setKey(this.at(name), key, value, '?timeout=2000')
        if (status !== 200) throw new Error(`${name}: ${body}`)
      }
    }
    return true
  }

  async stop (): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.exit === undefined ? node.kill() : Promise.resolve()))
    for (const machine of this.#machines) machine.end()
  }
}

const outside = insideNamespace(import.meta.url)
const machines: readonly [Machine, Machine] | undefined = outside === undefined ? [await Machine.make(1), await Machine.make(2)] : undefined

suite('eight nodes on two machines, in real processes and network namespaces', ({ test, after }) => {
  if (machines === undefined) {
    test(`cannot run here: ${outside?.cannot}`, () => { expect.ok(outside) })
    return
  }
  const cluster = new Halves(machines)
  after(() => cluster.stop())
  /** A key of each partition, by which half masters it. */
  let leftKey = ''
  let rightKey = ''

  test('are one cluster', async () => {
    await cluster.start(NAMES)
    await eventually('all see all', () => cluster.see(NAMES, NAMES, /^$/), 60_000)
    await eventually('writes succeed', () => cluster.write(NAMES, KEYS, 'before'), 60_000)
  }, { limitMs: 110_000 })

  test('cut for longer than the dead are listed, each half goes on with the partition it has a majority of', async () => {
    machines[1].unplug()
    await eventually('each half holds the other dead', async () =>
      await cluster.see(LEFT, LEFT, /^(dead|unknown)$/) && await cluster.see(RIGHT, RIGHT, /^(dead|unknown)$/), 60_000)
    await each(KEYS, KEYS.length, async (key) => {
      const [left, right] = await Promise.all([setKey(cluster.at('n1'), key, 'left', '?timeout=3000'), setKey(cluster.at('n6'), key, 'right', '?timeout=3000')])
      const isLeft = left.status === 200
      const isRight = right.status === 200
      expect.ok(isLeft !== isRight, `one half has a majority for ${key}, the other refuses: ${isLeft} ${isRight}`)
      if (isLeft) leftKey = key
      else rightKey = key
    })
    expect.ok(leftKey !== '' && rightKey !== '', 'either half masters something')
    await eventually('each half has forgotten the other', async () =>
      await cluster.see(LEFT, LEFT, /^unknown$/) && await cluster.see(RIGHT, RIGHT, /^unknown$/), 60_000)
    // One of each half comes back as a new process that never heard of the others in its life.
    await Promise.all(['n3', 'n7'].map((name) => cluster.node(name).kill()))
    await cluster.start(['n3', 'n7'])
    await eventually('both are back', async () =>
      await cluster.see(LEFT, LEFT, /^unknown$/) && await cluster.see(RIGHT, RIGHT, /^unknown$/), 60_000)
  }, { limitMs: 110_000 })

  test('healed, they merge without anybody\'s help, with every write of either half', async () => {
    machines[1].plugIn()
    await eventually('all see all', () => cluster.see(NAMES, NAMES, /^$/), 60_000)
    await each(NAMES, 8, async (name) => {
      await eventually(`${name} answers for both`, async () =>
        (await getKey(cluster.at(name), leftKey)).body === 'left' && (await getKey(cluster.at(name), rightKey)).body === 'right')
    })
    await eventually('writes succeed everywhere', () => cluster.write(NAMES, [leftKey, rightKey], 'after'), 30_000)
  }, { limitMs: 110_000 })
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, suite } from '../harness.js'
import { closeLinks, Link } from '../transport/links.js'
import { eventually, freePorts, json, NodeProcess, temporaryDirectory } from './processes.js'

/** Long enough that a suspicion within a second cannot come from a probe that failed. */
const PROBE_INTERVAL_MS = 1500
/** Of two members: 4 intervals, whatever others say (MEMBERSHIP.md section 6, test 6). */
const SUSPICION_MS = 4 * PROBE_INTERVAL_MS
/** Between what happened and when this test learns of it: clocks, timers, HTTP. */
const SLACK_MS = 300

interface Member { readonly name: string, readonly health: string, readonly generation: number, readonly incarnation: number, readonly localHealth?: number }

const both = [['a', 'b'], ['b', 'a']] as const

/** Two nodes that only reach each other over links of their own. */
class Pair {
  readonly #directory = temporaryDirectory()
  readonly #ports = new Map<string, { readonly http: number, readonly peer: number }>()
  readonly links = new Map<string, Link>()
  readonly nodes = new Map<string, NodeProcess>()
  #config = ''

  async make (): Promise<void> {
    const first = await freePorts(4)
    for (const [i, name] of ['a', 'b'].entries()) {
      this.#ports.set(name, { http: first + i, peer: first + 2 + i })
      this.links.set(name, await Link.make({ to: first + 2 + i }))
    }
    this.#config = join(this.#directory, 'config.yaml')
    const hosts = [...this.links].map(([name, { port }]) => `    ${name}: /ip4/127.0.0.1/tcp/${port}\n`).join('')
    writeFileSync(this.#config, `cluster:\n  nodes: 1\n  master_slaves:\n    - master: a\n      slaves: [b]\nstorage:\n  path: ${join(this.#directory, 'data')}\n` +
      `network:\n  hosts:\n${hosts}tuning:\n  probe_interval_ms: ${PROBE_INTERVAL_MS}\n  probe_timeout_ms: 500\n`)
  }

  start (name: string): void {
    const ports = this.#ports.get(name)
    this.nodes.set(name, new NodeProcess([
      `-config=${this.#config}`, `-node=${name}`, `--port=${ports?.http}`, `--listen=/ip4/127.0.0.1/tcp/${ports?.peer}`,
      `--announce=/ip4/127.0.0.1/tcp/${this.link(name).port}`
    ]))
  }

  link (name: string): Link {
    return this.links.get(name) as Link
  }

  node (name: string): NodeProcess {
    return this.nodes.get(name) as NodeProcess
  }

  /** What one node believes of another. */
  async belief (at: string, of: string): Promise<Member> {
    const { members } = (await json(`http://127.0.0.1:${this.#ports.get(at)?.http}`, '/v1/members')) as { members: Member[] }
    const member = members.find(({ name }) => name === of)
    if (member === undefined) throw new Error(`${at} has not heard of ${of}`)
    return member
  }

  /** ms until one node believes this of another. */
  async believes (at: string, of: string, health: string, limitMs: number): Promise<number> {
    const startMs = performance.now()
    await eventually(`${at} believes ${of} ${health}`, async () => (await this.belief(at, of)).health === health, limitMs)
    return performance.now() - startMs
  }
}

suite('a closed connection, in real processes', ({ before, test, after }) => {
  const pair = new Pair()
  before(async () => {
    await pair.make()
    pair.start('a')
    pair.start('b')
    for (const name of ['a', 'b']) await pair.node(name).ready()
    await pair.believes('a', 'b', 'alive', 20_000)
    await pair.believes('b', 'a', 'alive', 20_000)
  })
  after(async () => {
    await Promise.all([...pair.nodes.values()].map(async (node) => { if (node.exit === undefined) await node.kill() }))
    await closeLinks()
  })

  test('[M23] close is only a hint, in real processes: (a) a connection that is cut between two live nodes changes nothing', async () => {
    const before = [await pair.belief('a', 'b'), await pair.belief('b', 'a')]
    const seen = new Set<string>()
    const logged = ['a', 'b'].map((name) => pair.node(name).err.length)
    for (let i = 0; i < 3; i++) {
      for (const link of pair.links.values()) link.cut()
      // a probe in vain would show within an interval
      const endMs = performance.now() + PROBE_INTERVAL_MS + SLACK_MS
      await eventually('an interval is over', async () => {
        for (const [at, of] of both) seen.add((await pair.belief(at, of)).health)
        return performance.now() > endMs
      })
    }
    expect.equal([...seen], ['alive'])
    for (const [i, [at, of]] of both.entries()) {
      const { health, generation, incarnation } = await pair.belief(at, of)
      expect.equal({ health, generation, incarnation }, { health: 'alive', generation: before[i]?.generation, incarnation: before[i]?.incarnation })
      expect.not.match(pair.node(at).err.slice(logged[i]), /"a member /)
    }
  }, { limitMs: 30_000 })

  test('[M23] close is only a hint, in real processes: (b) a killed process is suspected within a second, and dead no sooner than the suspicion ends', async () => {
    const { incarnation } = await pair.belief('a', 'b')
    pair.link('b').refuse()
    pair.node('b').signal('SIGKILL')
    const suspectMs = await pair.believes('a', 'b', 'suspect', 10_000)
    expect.ok(suspectMs < 1000, `suspected after ${Math.round(suspectMs)} ms; probes in vain take ${PROBE_INTERVAL_MS}`)
    const deadMs = await pair.believes('a', 'b', 'dead', SUSPICION_MS + 10_000)
    expect.ok(deadMs >= SUSPICION_MS - SLACK_MS, `dead ${Math.round(deadMs)} ms after the suspicion, which lasts ${SUSPICION_MS}`)
    expect.is((await pair.belief('a', 'b')).incarnation, incarnation)
  }, { limitMs: 60_000 })

  test('[M23] close is only a hint, in real processes: (c) behind a link that swallows everything nobody is suspected sooner than by a probe, nor dead before the suspicion ends', async () => {
    await pair.link('b').listen()
    pair.start('b')
    await pair.node('b').ready()
    await pair.believes('a', 'b', 'alive', 20_000)
    await eventually('a doubts itself no more', async () => (await pair.belief('a', 'a')).localHealth === 0)
    for (const link of pair.links.values()) link.swallow()
    const suspectMs = await pair.believes('a', 'b', 'suspect', 10 * PROBE_INTERVAL_MS)
    expect.ok(suspectMs >= PROBE_INTERVAL_MS - SLACK_MS, `suspected after ${Math.round(suspectMs)} ms; a probe takes ${PROBE_INTERVAL_MS}`)
    const suspectedMs = performance.now()
    for (const link of pair.links.values()) link.cut() // closed, and no dial is answered: a hint, and no more
    await pair.believes('a', 'b', 'dead', SUSPICION_MS + 10_000)
    const deadMs = performance.now() - suspectedMs
    expect.ok(deadMs >= SUSPICION_MS - SLACK_MS, `dead ${Math.round(deadMs)} ms after the suspicion, which lasts ${SUSPICION_MS}`)
    expect.is((await pair.belief('a', 'b')).incarnation, 0)
  }, { limitMs: 60_000 })
})

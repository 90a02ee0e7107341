import { assert, Prng, silentLogger, toClusterId, toNodeName, toPeerId } from '../../src/base/index.js'
import type { Logger, Multiaddr, PeerId } from '../../src/base/index.js'
import { metaRange } from '../../src/layout/index.js'
import { claimDisk, defaultTuning, loadBoot, NodeDriver } from '../../src/node/index.js'
import type { KvAnswer, NodeOptions, NodeOrigin, NodeTuning } from '../../src/node/index.js'
import { VirtualDisk } from '../disk/virtual-disk.js'
import { EventQueue } from '../kernel/event-queue.js'
import { calmNetwork, VirtualNetwork, VirtualTransport } from '../network/virtual-network.js'
import type { NetworkOptions } from '../network/virtual-network.js'

/** How long a turn waits for more inputs, in µs. */
const TURN_DELAY_US = 20

export interface WorldOptions {
  readonly seed: string
  readonly network?: NetworkOptions
  /** µs of one flush, uniform between the two. */
  readonly flushUsMin?: number
  readonly flushUsMax?: number
  readonly tuning?: Partial<NodeTuning>
  readonly log?: (node: string) => Logger
}

/** One node of a world: its disk outlives its processes. */
export interface VirtualNode {
  readonly name: string
  readonly address: Multiaddr
  peer: PeerId
  readonly disk: VirtualDisk
  readonly origin: NodeOrigin
  readonly join: readonly Multiaddr[]
  driver: NodeDriver | undefined
  transport: VirtualTransport | undefined
  /** Why the process ended itself, if it did. */
  fatal: string | undefined
  starts: number
}

/**
 * Whole nodes — the driver, all cores, the real codec, the real storage layout — on virtual clocks, disks and links.
 * Everything that happens follows from the seed.
 */
export class World {
  readonly events = new EventQueue()
  readonly random: Prng
  readonly network: VirtualNetwork
  readonly nodes = new Map<string, VirtualNode>()
  readonly #options: WorldOptions

  constructor (options: WorldOptions) {
    this.#options = options
    this.random = new Prng(`${options.seed}/world`)
    this.network = new VirtualNetwork(this.events, new Prng(`${options.seed}/network`), options.network ?? calmNetwork)
  }

  get nowMs (): number {
    return this.events.nowMs
  }

  /** Adds a node that is not running yet. */
  add (name: string, origin: NodeOrigin, join: readonly Multiaddr[] = []): VirtualNode {
    const number = this.nodes.size + 1
    const node: VirtualNode = {
      name, origin, join, address: `/ip4/10.0.0.${number}/tcp/9080` as Multiaddr, peer: peerOf(name, 0),
      disk: new VirtualDisk({
        defer: (step, kind) => {
          const { flushUsMin = 100, flushUsMax = 400 } = this.#options
          this.events.after(kind === 'flush' ? this.random.between(flushUsMin, flushUsMax) : this.random.between(1, 50), step)
        }
      }),
      driver: undefined, transport: undefined, fatal: undefined, starts: 0
    }
    this.nodes.set(name, node)
    return node
  }

  /** Starts a node's process on whatever its disk holds. */
  start (name: string): void {
    const node = this.node(name)
    assert(node.driver === undefined, `${name} runs already`)
    node.starts++
    node.fatal = undefined
    const nodeName = toNodeName(name)
    const loaded = loadBoot(node.disk.entries(metaRange()))
    const { boot, operations } = claimDisk(loaded, { peer: node.peer, name: nodeName, configuration: node.origin.kind === 'named' ? node.origin.configuration : '' })
    const start = node.starts
    node.disk.write(operations, () => {
      if (node.starts !== start) return
      const transport: VirtualTransport = new VirtualTransport(this.network, node.peer, node.address, (input) => { if (node.transport === transport) node.driver?.input(input) })
      node.transport = transport
      let turnAsked = false
      let wakeMs = Infinity
      const turn = (): void => { if (node.transport === transport) node.driver?.turn(this.nowMs) }
      const options: NodeOptions = {
        peer: node.peer, name: nodeName, clusterName: 'simulated', origin: node.origin, join: node.join, http: '', version: '0.0.0',
        tuning: { ...defaultTuning, ...this.#options.tuning }, seed: `${this.#options.seed}/${name}/${node.starts}`,
        freshClusterId: toClusterId(hex32(new Prng(`${this.#options.seed}/${name}/${node.starts}/id`)))
      }
      node.driver = new NodeDriver(options, boot, {
        disk: node.disk,
        transport,
        log: this.#options.log?.(name) ?? silentLogger,
        scheduler: {
          requestTurn: () => {
            if (turnAsked) return
            turnAsked = true
            this.events.after(TURN_DELAY_US, () => { turnAsked = false; turn() })
          },
          wakeAt: (atMs) => {
            if (atMs === Infinity || atMs === wakeMs) return
            wakeMs = atMs
            this.events.after((atMs - this.nowMs) * 1000, () => { if (wakeMs === atMs) { wakeMs = Infinity; turn() } })
          }
        },
        fatal: (reason) => {
          node.fatal = reason
          this.events.after(0, () => { if (node.transport === transport) this.crash(name) })
        }
      }, this.nowMs)
    })
  }

  /** The process dies; what was not durable is lost: all of it with the power, else all but a random prefix. */
  crash (name: string, how: 'process' | 'power' = 'process'): void {
    const node = this.node(name)
    node.starts++
    node.transport?.kill()
    node.transport = undefined
    node.driver = undefined
    node.disk.crash(how === 'process' ? this.random : undefined)
  }

  /** The node's data directory is gone, its identity with it. */
  wipe (name: string): void {
    const node = this.node(name)
    if (node.driver !== undefined) this.crash(name)
    node.disk.wipe()
    node.peer = peerOf(name, node.starts)
  }

  node (name: string): VirtualNode {
    const node = this.nodes.get(name)
    assert(node !== undefined, `there is no node ${name}`)
    return node
  }

  running (): VirtualNode[] {
    return [...this.nodes.values()].filter((node) => node.driver !== undefined)
  }

  /** Cuts every link between the groups, both ways. */
  partition (...groups: string[][]): void {
    groups.forEach((group, i) => {
      for (const others of groups.slice(i + 1)) {
        for (const a of group) {
          for (const b of others) {
            this.network.cut(this.node(a).address, this.node(b).address)
            this.network.cut(this.node(b).address, this.node(a).address)
          }
        }
      }
    })
  }

  /** Lets virtual time pass. */
  async run (ms: number): Promise<void> {
    await this.until(() => false, ms)
  }

  /** Lets time pass until the condition holds, at most `ms`; says whether it did. */
  async until (condition: () => boolean, ms: number): Promise<boolean> {
    const endUs = this.events.nowUs + Math.round(ms * 1000)
    let count = 0
    while (!condition()) {
      // Snapshot sources are promises: let them settle before time goes on, so that they take no virtual time.
      if (this.network.snapshotsUnderWay > 0) await new Promise((resolve) => { setImmediate(resolve) })
      if (++count % 20_000 === 0) await new Promise((resolve) => { setImmediate(resolve) })
      if (!this.events.step(endUs)) return condition()
    }
    return true
  }

  /** Sets a key through a node and waits for the answer. */
  async set (through: string, key: string, value: string, timeoutMs = 5000): Promise<KvAnswer> {
    return await this.#ask(through, (driver, answer) => { driver.write({ op: 'set', key: Buffer.from(key), value: Buffer.from(value) }, { timeoutMs }, answer) })
  }

  async delete (through: string, key: string, timeoutMs = 5000): Promise<KvAnswer> {
    return await this.#ask(through, (driver, answer) => { driver.write({ op: 'delete', key: Buffer.from(key) }, { timeoutMs }, answer) })
  }

  async get (through: string, key: string, options: { timeoutMs?: number, consistency?: 'linearizable' | 'local' } = {}): Promise<KvAnswer> {
    return await this.#ask(through, (driver, answer) => { driver.get(Buffer.from(key), { timeoutMs: options.timeoutMs ?? 5000, consistency: options.consistency ?? 'linearizable' }, answer) })
  }

  async #ask (through: string, send: (driver: NodeDriver, answer: (answer: KvAnswer) => void) => void): Promise<KvAnswer> {
    const { driver } = this.node(through)
    assert(driver !== undefined, `${through} is not running`)
    let got: KvAnswer | undefined
    send(driver, (answer) => {
      assert(got === undefined, 'a request was answered twice')
      got = answer
    })
    await this.until(() => got !== undefined, 120_000)
    assert(got !== undefined, 'a request was never answered')
    return got
  }
}

/** A peer id of the right form that says whose it is: base58 has no 0, O, I and l. */
function peerOf (name: string, life: number): PeerId {
  const text = `${name}Life${life}`.replace(/[^1-9A-HJ-NP-Za-km-z]/g, 'x')
  return toPeerId(`12D3KooW${text}`.padEnd(52, 'z'))
}

function hex32 (random: Prng): string {
  return Array.from({ length: 4 }, () => random.uint32().toString(16).padStart(8, '0')).join('')
}

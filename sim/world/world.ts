import { assert, Prng } from '../../src/base/index.js'
import type { Logger, Multiaddr, PeerId } from '../../src/base/index.js'
import type { AnswerCallback, KvAnswer, NodeOrigin, NodeTuning, Signatures } from '../../src/node/index.js'
import { VirtualDisk } from '../disk/virtual-disk.js'
import { EventQueue } from '../kernel/event-queue.js'
import { guarded } from '../kernel/guards.js'
import { calmLink } from '../network/link-options.js'
import type { LinkOptions } from '../network/link-options.js'
import { VirtualNetwork } from '../network/virtual-network.js'
import type { Clock, CrashLoss } from '../scenario/scenario.js'
import { NodeClock } from './node-clock.js'
import { simulatedSignatures } from './signatures.js'
import { VirtualNode } from './virtual-node.js'
import type { NodeSurroundings } from './virtual-node.js'
import type { Watcher } from './watcher.js'

export { VirtualNode } from './virtual-node.js'

/** How long a turn waits for more inputs, in µs. */
const TURN_US = 20
/** µs that one flush of a slow disk takes at most; a disk that takes longer is one that stalls, which is another fault. */
const FLUSH_US_MAX = 2_000_000
/** Events between two looks at the real event loop: promises of snapshot streams settle there. */
const EVENTS_PER_YIELD = 20_000

export interface WorldOptions {
  readonly seed: string
  readonly network?: LinkOptions
  /** µs of one flush, uniform between the two. */
  readonly flushUsMin?: number
  readonly flushUsMax?: number
  readonly turnUs?: number
  readonly tuning?: Partial<NodeTuning>
  readonly log?: (node: string) => Logger
}

/**
 * Whole nodes — the driver, all cores, the real codec, the real storage layout — on virtual clocks, disks and links.
 * Everything that happens follows from the seed.
 */
export class World {
  readonly events = new EventQueue()
  readonly network: VirtualNetwork
  readonly nodes = new Map<string, VirtualNode>()
  /** Called when a process ended, for whatever reason. */
  onEnd: (node: VirtualNode) => void = () => {}
  readonly #options: WorldOptions
  readonly #surroundings: NodeSurroundings
  /** Of addresses and of peer ids. */
  readonly #names = new Map<string, string>()

  constructor (options: WorldOptions) {
    this.#options = options
    this.network = new VirtualNetwork(this.events, `${options.seed}/network`, options.network ?? calmLink)
    this.#surroundings = {
      seed: options.seed, events: this.events, network: this.network, tuning: options.tuning ?? {}, turnUs: options.turnUs ?? TURN_US, log: options.log,
      watcher: undefined,
      ended: (node) => { this.crash(node.name, node.endLoses) }
    }
  }

  /** Tells somebody of everything that happens from now on. */
  watch (watcher: Watcher): void {
    this.#surroundings.watcher = watcher
    this.network.onSent = (from, to, channel, payload) => { watcher.sent(this.events.nowUs, this.#nameAt(from.address), this.#nameOf(to), channel, payload) }
    this.network.onDelivered = (to, from, channel, payload) => { watcher.delivered(this.events.nowUs, this.#nameAt(to.address), this.#nameOf(from), channel, payload) }
  }

  #nameAt (address: string): string {
    return this.#names.get(address) ?? address
  }

  /** The node a peer id belongs to, also one that it has no more. */
  #nameOf (peer: PeerId): string {
    let name = this.#names.get(peer)
    if (name === undefined) {
      for (const node of this.nodes.values()) this.#names.set(node.peer, node.name)
      name = this.#names.get(peer) ?? peer
    }
    return name
  }

  get nowMs (): number {
    return this.events.nowMs
  }

  /** Adds a node that is not running yet. */
  add (name: string, origin: NodeOrigin, join: readonly Multiaddr[] = [], clock: Clock = { offsetUs: 0, driftPpm: 0 }): VirtualNode {
    const { flushUsMin = 100, flushUsMax = 400, seed } = this.#options
    const times = new Prng(`${seed}/${name}/disk`)
    const disk = new VirtualDisk({
      defer: (step, kind, factor) => { this.events.after(kind === 'flush' ? Math.min(FLUSH_US_MAX, factor * times.between(flushUsMin, flushUsMax)) : times.between(1, 50), step) },
      onDurable: (operations) => { this.#surroundings.watcher?.durable(this.events.nowUs, name, operations) },
      onCleared: (keys) => { this.#surroundings.watcher?.cleared(this.events.nowUs, name, keys) }
    })
    const address = `/ip4/10.0.0.${this.nodes.size + 1}/tcp/9080` as Multiaddr
    const node = new VirtualNode(this.#surroundings, { name, address, disk, clock: new NodeClock(clock), chance: new Prng(`${seed}/${name}/crashes`), origin, join })
    this.nodes.set(name, node)
    this.#names.set(address, name)
    return node
  }

  /** Starts a node's process on whatever its disk holds. */
  start (name: string): void {
    const node = this.node(name)
    assert(node.driver === undefined, `${name} runs already`)
    node.start()
  }

  /** Starts a node unless it runs or is about to. */
  startIfStopped (name: string): void {
    const node = this.node(name)
    if (!node.isUp) node.start()
  }

  /** The process dies, and what was not durable is lost as `loses` says. */
  crash (name: string, loses: CrashLoss = 'tail'): void {
    const node = this.node(name)
    node.end()
    node.disk.crash(loses, node.chance)
    this.#surroundings.watcher?.crashed(this.events.nowUs, name, (range) => node.disk.contents(range))
    this.onEnd(node)
  }

  /** Ends in an orderly way; what is on its way to the disk gets there. */
  stop (name: string): void {
    this.node(name).stop(() => { this.crash(name, 'nothing') })
  }

  /** The node's data directory is gone, its identity with it. */
  wipe (name: string): void {
    const node = this.node(name)
    if (node.driver !== undefined) this.crash(name)
    node.disk.wipe()
    node.renew()
  }

  /** The process does not run for a while. */
  pause (name: string, forUs: number): void {
    const node = this.node(name)
    node.pausedUntilUs = Math.max(node.pausedUntilUs, this.events.nowUs + forUs)
  }

  /** What signs as a node does: for forgeries. */
  signaturesOf (name: string): Signatures {
    return simulatedSignatures(this.#surroundings.seed, this.node(name).peer)
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

  /** Lets time pass until the condition holds, at most `ms`; says whether it did. The clock, chance and timers throw. */
  async until (condition: () => boolean, ms: number): Promise<boolean> {
    const endUs = this.events.nowUs + Math.round(ms * 1000)
    for (;;) {
      const outcome = guarded(() => this.#some(condition, endUs))
      if (outcome !== undefined) return outcome
      await new Promise((resolve) => { setImmediate(resolve) })
    }
  }

  /** Runs events until it is decided, or until promises have to settle: undefined. */
  #some (condition: () => boolean, endUs: number): boolean | undefined {
    for (let count = 0; count < EVENTS_PER_YIELD; count++) {
      if (condition()) return true
      if (!this.events.step(endUs)) return condition()
      // Snapshot sources are promises: let them settle before time goes on, so that they take no virtual time.
      if (this.network.unsettledCount > 0) return undefined
    }
    return undefined
  }

  /** Sets a key through a node and waits for the answer. */
  async set (through: string, key: string, value: string, timeoutMs = 5000): Promise<KvAnswer> {
    return await this.#ask(through, (node, answer) => node.write({ op: 'set', key: Buffer.from(key), value: Buffer.from(value) }, { timeoutMs }, answer))
  }

  async delete (through: string, key: string, timeoutMs = 5000): Promise<KvAnswer> {
    return await this.#ask(through, (node, answer) => node.write({ op: 'delete', key: Buffer.from(key) }, { timeoutMs }, answer))
  }

  async get (through: string, key: string, options: { timeoutMs?: number, consistency?: 'linearizable' | 'local' } = {}): Promise<KvAnswer> {
    return await this.#ask(through, (node, answer) => node.get(Buffer.from(key), { timeoutMs: options.timeoutMs ?? 5000, consistency: options.consistency ?? 'linearizable' }, answer))
  }

  async #ask (through: string, send: (node: VirtualNode, answer: AnswerCallback) => boolean): Promise<KvAnswer> {
    let got: KvAnswer | undefined
    const isSent = send(this.node(through), (answer) => {
      assert(got === undefined, 'a request was answered twice')
      got = answer
    })
    assert(isSent, `${through} is not running`)
    await this.until(() => got !== undefined, 120_000)
    assert(got !== undefined, 'a request was never answered')
    return got
  }
}

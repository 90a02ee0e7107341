import { EventHeap } from '../../sim/kernel/event-heap.js'
import { Prng, toBatchNumber, toEpoch, toGeneration, toNodeName } from '../../src/base/index.js'
import type { PeerId } from '../../src/base/index.js'
import { Membership, defaultMembershipOptions } from '../../src/membership/index.js'
import type { IdentityConflict, MembershipEvent, MembershipOptions } from '../../src/membership/index.js'
import type { MemberRecord, MembershipMessage } from '../../protocols/membership/index.js'
import { addressOf, peerOf, probe, signaturesOf, statementOf } from './records.js'

export interface WorldSettings {
  readonly seed: string
  readonly options?: Partial<MembershipOptions>
  /** One-way delay of a message, ms, both included. */
  readonly delayMs?: readonly [from: number, to: number]
  /** Messages lost per thousand. */
  readonly lossPerMille?: number
}

/** A process and its disk. */
export class Node {
  readonly number: number
  readonly peer: PeerId
  core: Membership | undefined
  generation = 0
  port = 9080
  /** Survives a crash. */
  readonly disk = new Map<PeerId, MemberRecord>()
  readonly events: Array<MembershipEvent & { readonly atMs: number }> = []
  conflict: IdentityConflict | undefined
  /** Added to the delay of what arrives here. */
  inboundDelayMs = 0
  /** Whether a peer that sends to the stopped process is refused, or hears nothing at all. */
  isHostUp = true
  paused: Array<() => void> | undefined
  wakeAtMs = Infinity

  constructor (number: number) {
    this.number = number
    this.peer = peerOf(number)
  }

  /** The running core. */
  get running (): Membership {
    if (this.core === undefined) throw new Error(`node ${this.number} is not running`)
    return this.core
  }

  stateOf (other: Node): string {
    return statementOf(this.running.get(other.peer)?.record)
  }

  /** `kind` of all events about a member, in order. */
  told (subject: Node): string[] {
    return this.events.filter(({ record }) => record.peer === subject.peer).map(({ kind }) => kind)
  }

  /** The members that take part, as one comparable text. */
  view (): string {
    return this.running.members().filter(({ record }) => record.health === 'alive' || record.health === 'suspect')
      .map(({ record }) => `${record.peer} ${statementOf(record)} ${record.multiaddrs.join(',')}`).sort().join('\n')
  }
}

/** N cores, a virtual clock and a virtual network of ordered streams; the same seed gives the same history. */
export class World {
  readonly random: Prng
  nowMs = 0
  readonly nodes: Node[] = []
  readonly #byPeer = new Map<PeerId, Node>()
  readonly #settings: WorldSettings
  readonly #heap = new EventHeap()
  readonly #connected = new Set<string>()
  /** Cores whose process ended by itself. */
  readonly #exited = new Set<Membership>()
  readonly #arrivalMs = new Map<string, number>()
  /** Whether messages from one node to another vanish. */
  isCut: (from: Node, to: Node) => boolean = () => false
  /** Whether one message vanishes. */
  isLost: (from: Node, to: Node, message: MembershipMessage) => boolean = () => false
  /** Sees every message as it is sent, also one that will be lost. */
  onSend: (from: Node, to: Node, message: MembershipMessage) => void = () => {}
  /** Messages sent so far. */
  sentCount = 0

  constructor (settings: WorldSettings) {
    this.#settings = settings
    this.random = new Prng(settings.seed)
  }

  /** Adds `count` nodes, started, not yet connected. */
  add (count: number): Node[] {
    return Array.from({ length: count }, () => {
      const node = new Node(this.nodes.length + 1)
      this.nodes.push(node)
      this.#byPeer.set(node.peer, node)
      this.start(node)
      return node
    })
  }

  get running (): Node[] {
    return this.nodes.filter(({ core }) => core !== undefined)
  }

  /** A cluster in which everybody has joined through the first. */
  cluster (count: number): Node[] {
    const nodes = this.add(count)
    for (const node of nodes.slice(1)) this.connect(node, nodes[0] as Node)
    this.runFor(8000)
    return nodes
  }

  /** Starts a process with the next generation and what is on its disk. */
  start (node: Node): void {
    node.generation++
    node.isHostUp = true
    const random = new Prng(`${this.#settings.seed} ${node.number} ${node.generation}`)
    node.core = new Membership({
      peer: node.peer,
      name: toNodeName(`node${node.number}`),
      generation: toGeneration(node.generation),
      multiaddrs: [addressOf(node.number, node.port)],
      http: `http://10.0.0.${node.number}:8080`
    }, { ...defaultMembershipOptions, ...this.#settings.options }, random, this.nowMs, signaturesOf(node.number))
    node.core.observe({ epoch: toEpoch(1), durableBatch: toBatchNumber(node.number) })
    node.core.remember([...node.disk.values()], this.nowMs)
    this.#settle(node)
  }

  /**
   * Ends a process: killed (its connections close, its port refuses), by itself (likewise, but what it sent arrives), or
   * with its whole host (silence).
   */
  crash (node: Node, manner: 'killed' | 'exited' | 'host down' = 'killed'): void {
    if (manner === 'exited' && node.core !== undefined) this.#exited.add(node.core)
    node.core = undefined
    node.paused = undefined
    node.wakeAtMs = Infinity
    node.isHostUp = manner !== 'host down'
    for (const other of this.nodes) {
      if (this.#connected.delete(pairOf(node, other)) && node.isHostUp) this.close(other, node)
    }
  }

  restart (node: Node, port = node.port): void {
    if (node.core !== undefined) this.crash(node)
    node.port = port
    this.start(node)
  }

  /** The process stops running and its timers with it, while messages pile up, until `resume`. */
  pause (node: Node): void {
    node.paused = []
  }

  resume (node: Node): void {
    const backlog = node.paused ?? []
    node.paused = undefined
    for (const input of backlog) input()
    node.running.tick(this.nowMs)
    this.#settle(node)
  }

  /** Tells a node that its connection to another is gone. */
  close (node: Node, other: Node): void {
    this.#connected.delete(pairOf(node, other))
    this.#input(node, () => { node.core?.connectionClosed(other.peer, this.nowMs) }, this.#delayMs())
  }

  /** Makes a connection whose hello both accept. */
  connect (node: Node, other: Node): void {
    if (node.core === undefined || other.core === undefined || this.isCut(node, other) || this.isCut(other, node)) return
    this.#connected.add(pairOf(node, other))
    node.core.meet(other.peer, this.nowMs)
    other.core.meet(node.peer, this.nowMs)
    this.#settle(node)
    this.#settle(other)
  }

  /** Separates the two sides entirely, or heals with no argument; what was connected across is not any more. */
  cut (side?: ReadonlySet<Node>): void {
    this.isCut = side === undefined ? () => false : (from, to) => side.has(from) !== side.has(to)
    for (const a of this.nodes) {
      for (const b of this.nodes) {
        if (this.isCut(a, b)) this.#connected.delete(pairOf(a, b))
      }
    }
  }

  /** Gives a node an input by hand and carries out what it causes. */
  act (node: Node, input: (core: Membership) => void): void {
    input(node.running)
    this.#settle(node)
  }

  /** Lets a node hear gossip that another never sent. */
  whisper (node: Node, from: Node, ...updates: MemberRecord[]): void {
    this.act(node, (core) => { core.step(from.peer, probe('ack', 0, updates), this.nowMs) })
  }

  at (delayMs: number, run: () => void): void {
    this.#heap.push(this.nowMs + delayMs, run)
  }

  runFor (durationMs: number): void {
    const untilMs = this.nowMs + durationMs
    for (;;) {
      const { next } = this.#heap
      if (next === undefined || next.at > untilMs) break
      this.#heap.pop()
      this.nowMs = next.at
      next.run()
    }
    this.nowMs = untilMs
  }

  /** Runs until the condition holds; returns how long that took, ms, or Infinity where it never did. */
  runUntil (condition: () => boolean, limitMs: number, stepMs = 50): number {
    const startMs = this.nowMs
    while (!condition()) {
      if (this.nowMs - startMs >= limitMs) return Infinity
      this.runFor(stepMs)
    }
    return this.nowMs - startMs
  }

  /** Whether all running nodes believe exactly all running nodes present, in the same words. */
  get isOneView (): boolean {
    const { running } = this
    const view = running[0]?.view()
    return running.every((node) => node.running.aliveCount === running.length && node.view() === view) &&
      running.every((node) => running.every((other) => node.stateOf(other).startsWith('alive')))
  }

  #delayMs (): number {
    const [from, to] = this.#settings.delayMs ?? [1, 5]
    return this.random.between(from, to)
  }

  #input (node: Node, input: () => void, delayMs: number): void {
    this.at(delayMs, () => {
      if (node.core === undefined) return
      if (node.paused !== undefined) {
        node.paused.push(input)
        return
      }
      input()
      this.#settle(node)
    })
  }

  #settle (node: Node): void {
    const { core } = node
    if (core === undefined || node.paused !== undefined) return
    const effects = core.takeEffects()
    for (const event of effects.events) node.events.push({ ...event, atMs: this.nowMs })
    for (const record of effects.remember) node.disk.set(record.peer, record)
    for (const peer of effects.forget) node.disk.delete(peer)
    node.conflict ??= effects.conflict
    for (const { to, message } of effects.sends) {
      const target = this.#byPeer.get(to)
      if (target === undefined) throw new Error(`node ${node.number} writes to nobody: ${to}`)
      this.#send(node, target, message)
    }
    const wakeAtMs = Math.max(this.nowMs, core.nextDeadlineMs)
    if (wakeAtMs < node.wakeAtMs) {
      node.wakeAtMs = wakeAtMs
      this.at(wakeAtMs - this.nowMs, () => { this.#wake(node, core, wakeAtMs) })
    }
  }

  #wake (node: Node, core: Membership, wakeAtMs: number): void {
    if (node.core !== core || node.wakeAtMs !== wakeAtMs) return
    node.wakeAtMs = Infinity
    if (node.paused !== undefined) return
    if (core.nextDeadlineMs <= this.nowMs) core.tick(this.nowMs)
    if (core.nextDeadlineMs <= this.nowMs) throw new Error(`node ${node.number} is due again right after a tick at ${this.nowMs}`)
    this.#settle(node)
  }

  #send (from: Node, to: Node, message: MembershipMessage): void {
    this.sentCount++
    this.onSend(from, to, message)
    if (this.isCut(from, to) || this.isLost(from, to, message) || this.random.chance(this.#settings.lossPerMille ?? 0, 1000)) return
    const session = from.core
    const way = `${from.number}>${to.number}`
    const arrivalMs = Math.max(this.nowMs + this.#delayMs() + to.inboundDelayMs, this.#arrivalMs.get(way) ?? 0)
    this.#arrivalMs.set(way, arrivalMs)
    if (to.core === undefined) {
      if (to.isHostUp) this.#input(from, () => { from.core?.connectionRefused(to.peer, this.nowMs) }, this.#delayMs())
      return
    }
    const receiver = to.core
    this.#input(to, () => {
      if (to.core !== receiver || session === undefined || (from.core !== session && !this.#exited.has(session))) return
      if (from.core === session && !this.#connected.has(pairOf(from, to))) this.connect(from, to)
      receiver.step(from.peer, message, this.nowMs)
    }, arrivalMs - this.nowMs)
  }
}

const pairOf = (a: Node, b: Node): string => a.number < b.number ? `${a.number}-${b.number}` : `${b.number}-${a.number}`

import { assert } from '../../src/base/index.js'
import type { PeerId } from '../../src/base/index.js'
import type { Membership, MembershipEvent } from '../../src/membership/index.js'
import type { MembershipMessage } from '../../protocols/membership/index.js'
import { EventQueue } from '../kernel/event-queue.js'
import { acquaint } from './acquaint.js'
import { Anomaly } from './anomaly.js'
import type { Outgoing } from './anomaly.js'
import { SteadyLinks } from './links.js'
import type { Links } from './links.js'
import type { Mode } from './modes.js'
import { MemberNode } from './node.js'
import { Streams, wholeMs } from './streams.js'

export interface WorldSettings {
  readonly seed: string
  readonly size: number
  readonly mode: Mode
  /** `SteadyLinks` where nothing is said. */
  readonly links?: Links
  /** Every message is encoded to learn its size; otherwise it counts 0 bytes. */
  readonly measuresBytes?: boolean
}

/** ms after which a member that is alone dials its seed again. */
const JOIN_AGAIN_MS = 1000

/**
 * Membership cores alone, in virtual time: messages travel as objects over reliable ordered streams. Cores are told
 * whole milliseconds; the network counts in microseconds. The same settings and orders give the same history.
 */
export class MembershipWorld {
  readonly nodes: readonly MemberNode[]
  readonly #byPeer = new Map<PeerId, MemberNode>()
  readonly #queue = new EventQueue()
  readonly #settings: WorldSettings
  readonly #streams: Streams
  /** Sees what every member notes of another, as it notes it. */
  onEvent: ((observer: MemberNode, subject: MemberNode, event: MembershipEvent, atUs: number) => void) | undefined
  /** Sees every message as it is sent. */
  onSend: ((from: MemberNode, to: MemberNode, message: MembershipMessage, atUs: number) => void) | undefined

  constructor (settings: WorldSettings) {
    this.#settings = settings
    this.#streams = new Streams({ queue: this.#queue, input: (node, input) => { this.#input(node, input) } }, settings.links ?? new SteadyLinks(), settings.measuresBytes === true)
    this.nodes = Array.from({ length: settings.size }, (_, index) => new MemberNode(index, settings.size, settings.mode))
    for (const node of this.nodes) this.#byPeer.set(node.peer, node)
  }

  get nowUs (): number {
    return this.#queue.nowUs
  }

  get nowMs (): number {
    return wholeMs(this.#queue)
  }

  nodeOf (peer: PeerId): MemberNode {
    const node = this.#byPeer.get(peer)
    assert(node !== undefined, 'a member speaks of members of this world only')
    return node
  }

  start (node: MemberNode): void {
    node.start(this.#settings.seed, this.#settings.mode, this.nowMs)
    this.#settle(node)
  }

  /** Starts everybody, connected and known to each other, with nothing to tell. */
  startMesh (): void {
    const { nodes } = this
    for (const node of nodes) node.start(this.#settings.seed, this.#settings.mode, this.nowMs)
    const records = nodes.flatMap((node) => node.running.members()[0]?.record ?? [])
    this.#streams.connectAll(nodes)
    for (const node of nodes) {
      acquaint(node.running, records.filter(({ peer }) => peer !== node.peer), this.#settings.mode, this.nowMs)
    }
    for (const node of nodes) this.#settle(node)
  }

  /** Dials `seed`, and again each second as long as the node knows of nobody else. */
  join (node: MemberNode, seed: MemberNode): void {
    node.seed = seed
    this.#streams.dial(node, seed)
    this.after(JOIN_AGAIN_MS, () => { if (node.core?.aliveCount === 1) this.join(node, seed) })
  }

  /**
   * Ends a process. `killed`: its connections close and its port refuses; `silent`: its host is gone, so those who still
   * write to it learn of it when their streams are reset.
   */
  crash (node: MemberNode, manner: 'killed' | 'silent'): void {
    node.core = undefined
    node.anomaly = undefined
    node.wakeMs = Infinity
    node.isHostUp = manner === 'killed'
    if (node.isHostUp) for (const other of this.nodes) this.#streams.close(node, other)
  }

  /** The member blocks (see `Anomaly`) until `release`. */
  block (node: MemberNode): void {
    node.anomaly ??= new Anomaly()
  }

  release (node: MemberNode): void {
    const { anomaly, core } = node
    node.anomaly = undefined
    if (anomaly === undefined || core === undefined) return
    this.#transmitAll(node, anomaly.outgoing)
    if (core.nextDeadlineMs <= this.nowMs) core.tick(this.nowMs)
    this.#settle(node)
    for (const handle of anomaly.incoming) handle()
  }

  /** Gives a member an input by hand. */
  act (node: MemberNode, input: (core: Membership) => void): void {
    input(node.running)
    this.#settle(node)
  }

  after (delayMs: number, run: () => void): void {
    this.#queue.after(delayMs * 1000, run)
  }

  runFor (durationMs: number): void {
    const untilUs = this.#queue.nowUs + Math.round(durationMs * 1000)
    while (this.#queue.step(untilUs)) { /* until time is up */ }
  }

  /** Runs until the condition holds, looking every `stepMs`; false where it does not within the limit. */
  runUntil (condition: () => boolean, limitMs: number, stepMs: number): boolean {
    const untilMs = this.nowMs + limitMs
    while (!condition()) {
      if (this.nowMs >= untilMs) return false
      this.runFor(stepMs)
    }
    return true
  }

  #settle (node: MemberNode): void {
    const { core, anomaly } = node
    if (core === undefined) return
    const effects = core.takeEffects()
    for (const event of effects.events) this.onEvent?.(node, this.nodeOf(event.record.peer), event, this.nowUs)
    assert(effects.conflict === undefined, 'nobody has a double here')
    if (anomaly !== undefined) anomaly.holdOutgoing(effects.sends)
    else this.#transmitAll(node, effects.sends)
    if (anomaly?.isStalled !== true) this.#arm(node, core)
  }

  #arm (node: MemberNode, core: Membership): void {
    const wakeMs = Math.max(this.nowMs, core.nextDeadlineMs)
    if (wakeMs >= node.wakeMs) return
    node.wakeMs = wakeMs
    this.#queue.after(wakeMs * 1000 - this.nowUs, () => {
      if (node.core !== core || node.wakeMs !== wakeMs) return
      node.wakeMs = Infinity
      if (node.anomaly?.isStalled === true) return
      if (core.nextDeadlineMs <= this.nowMs) core.tick(this.nowMs)
      this.#settle(node)
    })
  }

  #transmitAll (node: MemberNode, sends: readonly Outgoing[]): void {
    for (const { to, message } of sends) {
      const stripped = node.ledger === undefined ? message : node.ledger.strip(to, message, node.running.aliveCount)
      this.#send(node, this.nodeOf(to), stripped)
    }
  }

  #send (from: MemberNode, to: MemberNode, message: MembershipMessage): void {
    from.sentCount++
    this.onSend?.(from, to, message, this.nowUs)
    this.#streams.send(from, to, message)
  }

  #input (node: MemberNode, input: (core: Membership) => void): void {
    const { core } = node
    if (core === undefined) return
    const handle = (): void => {
      if (node.core !== core) return
      input(core)
      this.#settle(node)
    }
    if (node.anomaly === undefined) handle()
    else node.anomaly.holdIncoming(handle)
  }
}

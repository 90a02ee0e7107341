import { DecodeError, Prng, silentLogger, toClusterId, toNodeName, toPeerId } from '../../src/base/index.js'
import type { Logger, Multiaddr, PeerId } from '../../src/base/index.js'
import { metaRange } from '../../src/layout/index.js'
import { claimDisk, defaultTuning, DiskError, loadBoot, NodeDriver } from '../../src/node/index.js'
import type { AnswerCallback, NodeOptions, NodeOrigin, NodeTuning } from '../../src/node/index.js'
import type { Consistency, WriteOperation } from '../../protocols/kv/index.js'
import type { VirtualDisk } from '../disk/virtual-disk.js'
import type { EventQueue } from '../kernel/event-queue.js'
import { LeakError } from '../kernel/guards.js'
import { VirtualTransport } from '../network/virtual-network.js'
import type { VirtualNetwork } from '../network/virtual-network.js'
import type { CrashLoss } from '../scenario/scenario.js'
import { EffectBudget, ProcessDisk, ProcessTransport } from './effects.js'
import type { NodeClock } from './node-clock.js'
import { simulatedSignatures } from './signatures.js'
import { ProcessTiming } from './process-timing.js'
import type { Machine } from './process-timing.js'
import type { Watcher } from './watcher.js'

/** What all nodes of a world share. */
export interface NodeSurroundings {
  readonly seed: string
  readonly events: EventQueue
  readonly network: VirtualNetwork
  readonly tuning: Partial<NodeTuning>
  readonly turnUs: number
  readonly log: ((node: string) => Logger) | undefined
  watcher: Watcher | undefined
  /** A process is to end at once: it said so itself, or its effects are used up. */
  ended (node: VirtualNode): void
}

/** One process: a driver over a disk and a transport that outlive it or die with it. */
interface Process {
  readonly driver: NodeDriver
  readonly transport: VirtualTransport
  readonly timing: ProcessTiming
  readonly budget: EffectBudget
}

/** ms between two looks at whether a graceful stop may go on, and for which a handover may last: as src/start-node.ts. */
const STOP_LOOK_US = 10_000
const HAND_OVER_US = 2_000_000

/** One node of a world: its disk, its address and its clock outlive its processes. */
export class VirtualNode implements Machine {
  readonly name: string
  readonly address: Multiaddr
  readonly disk: VirtualDisk
  readonly clock: NodeClock
  /** What becomes of its unflushed writes when it crashes. */
  readonly chance: Prng
  readonly origin: NodeOrigin
  readonly join: readonly Multiaddr[]
  peer: PeerId
  slowness = 1
  pausedUntilUs = 0
  /** What a process that ends by itself loses of its unflushed writes. */
  endLoses: CrashLoss = 'tail'
  /** Why the process ended itself, if it did. */
  fatal: string | undefined
  /** It has left its cluster and holds nothing any more. */
  hasDeparted = false
  /** Counts starts and ends: another number, another process. */
  starts = 0
  readonly #surroundings: NodeSurroundings
  #process: Process | undefined
  #isStarting = false

  constructor (
    surroundings: NodeSurroundings,
    node: { readonly name: string, readonly address: Multiaddr, readonly disk: VirtualDisk, readonly clock: NodeClock, readonly chance: Prng, readonly origin: NodeOrigin, readonly join: readonly Multiaddr[] }
  ) {
    this.#surroundings = surroundings
    this.name = node.name
    this.address = node.address
    this.disk = node.disk
    this.clock = node.clock
    this.chance = node.chance
    this.origin = node.origin
    this.join = node.join
    this.peer = peerOf(node.name, 0)
  }

  get driver (): NodeDriver | undefined {
    return this.#process?.driver
  }

  /** Whether a process runs, or is about to. */
  get isUp (): boolean {
    return this.#process !== undefined || this.#isStarting
  }

  get transport (): VirtualTransport | undefined {
    return this.#process?.transport
  }

  /** Starts a process on whatever the disk holds; it may find at once that it cannot run (`fatal`). */
  start (): void {
    const { events, seed, tuning, log } = this.#surroundings
    const start = ++this.starts
    this.#isStarting = true
    this.fatal = undefined
    const logger = log?.(this.name) ?? silentLogger
    const name = toNodeName(this.name)
    try {
      this.#surroundings.watcher?.started(events.nowUs, this.name, this.peer, (range) => this.disk.contents(range))
      const loaded = loadBoot(this.disk.entries(metaRange()))
      const { boot, operations } = claimDisk(loaded, { peer: this.peer, name, configuration: this.origin.kind === 'named' ? this.origin.configuration : '' })
      const options: NodeOptions = {
        peer: this.peer, name, clusterName: 'simulated', origin: this.origin, join: this.join, http: '', version: '0.0.0',
        tuning: { ...defaultTuning, ...tuning }, seed: `${seed}/${this.name}/${start}`,
        freshClusterId: toClusterId(hex32(new Prng(`${seed}/${this.name}/${start}/id`)))
      }
      this.#surroundings.watcher?.submitted(events.nowUs, this.name, operations)
      this.disk.write(operations, (error) => {
        if (this.starts !== start) return
        if (error !== undefined) this.#end(error.message)
        else this.#attempt(() => { this.#run(options, boot, logger) })
      })
    } catch (error) {
      if (!(error instanceof DiskError) && !(error instanceof DecodeError)) throw error
      this.#end(error.message)
    }
  }

  #end (reason: string): void {
    this.fatal ??= reason
    const { starts } = this
    this.#surroundings.events.after(0, () => { if (this.starts === starts) this.#surroundings.ended(this) })
  }

  #run (options: NodeOptions, boot: ConstructorParameters<typeof NodeDriver>[1], log: Logger): void {
    const { events, network } = this.#surroundings
    const start = this.starts
    let running: Process | undefined
    const isOver = (): boolean => this.starts !== start || running === undefined
    const budget = new EffectBudget(() => { events.after(0, () => { if (this.starts === start) this.#surroundings.ended(this) }) })
    const transport = new VirtualTransport(network, this.peer, this.address, (input) => { if (!isOver()) running?.driver.input(input) })
    const timing = new ProcessTiming(events, this, this.#surroundings.turnUs, (nowMs) => { if (!isOver()) this.#turn(nowMs) })
    const driver = new NodeDriver(options, boot, {
      disk: new ProcessDisk(this.disk, budget, (operations) => { this.#surroundings.watcher?.submitted(events.nowUs, this.name, operations) }),
      transport: new ProcessTransport(transport, budget),
      log,
      scheduler: timing,
      signatures: simulatedSignatures(this.#surroundings.seed, this.peer),
      fatal: (reason) => { this.#end(reason) },
      departed: () => { this.hasDeparted = true }
    }, this.clock.nowMs(events.nowUs))
    running = { driver, transport, timing, budget }
    this.#process = running
    this.#isStarting = false
  }

  /** An error that the production code lets through ends the process, as it does in production. */
  #attempt (step: () => void): void {
    try {
      step()
    } catch (error) {
      if (error instanceof LeakError) throw error
      this.#end(`it threw: ${error instanceof Error ? error.stack ?? error.message : String(error)}`)
    }
  }

  #turn (nowMs: number): void {
    const { driver } = this
    if (driver === undefined) return
    this.#attempt(() => { driver.turn(nowMs) })
    this.#surroundings.watcher?.turned(this.#surroundings.events.nowUs, this.name, () => driver.partitions())
  }

  /** The process is gone, and with it whatever was not durable as `disk.crash` has it. */
  end (): void {
    this.starts++
    this.#process?.transport.kill()
    this.#process = undefined
    this.#isStarting = false
    this.pausedUntilUs = 0
    this.endLoses = 'tail'
  }

  /** The data directory is gone, its identity with it. */
  renew (): void {
    this.peer = peerOf(this.name, this.starts)
  }

  /** After so many more effects the process ends, and its disk loses as `loses` says. */
  limitEffects (count: number, loses: CrashLoss): void {
    this.endLoses = loses
    this.#process?.budget.limit(count)
  }

  clockChanged (): void {
    this.#process?.timing.clockChanged()
  }

  /** Hands over masterships, says goodbye, and ends, as a node does on SIGTERM; calls back when it is over. */
  stop (over: () => void): void {
    const { driver } = this
    const { events } = this.#surroundings
    const start = this.starts
    if (driver === undefined) return
    const untilUs = events.nowUs + HAND_OVER_US
    let saidGoodbye = false
    driver.handOver()
    const look = (): void => {
      if (this.starts !== start) return
      if (!saidGoodbye && (!driver.canHandOver || events.nowUs >= untilUs)) {
        saidGoodbye = true
        driver.sayGoodbye()
      } else if (saidGoodbye && (driver.settled || events.nowUs >= untilUs + HAND_OVER_US)) {
        over()
        return
      }
      events.after(STOP_LOOK_US, look)
    }
    events.after(STOP_LOOK_US, look)
  }

  /** Asks the running process for a value; false where none runs. */
  get (key: Uint8Array, options: { readonly consistency: Consistency, readonly timeoutMs: number }, answer: AnswerCallback): boolean {
    const running = this.#process
    if (running === undefined) return false
    running.driver.get(key, options, this.#answering(running, answer))
    return true
  }

  write (operation: WriteOperation, options: { readonly timeoutMs: number }, answer: AnswerCallback): boolean {
    const running = this.#process
    if (running === undefined) return false
    running.driver.write(operation, options, this.#answering(running, answer))
    return true
  }

  #answering (running: Process, answer: AnswerCallback): AnswerCallback {
    return (result) => { if (this.#process === running && running.budget.take()) answer(result) }
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

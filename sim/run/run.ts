import { Prng, SYSTEM_PARTITION, toNodeName } from '../../src/base/index.js'
import type { Logger, Multiaddr } from '../../src/base/index.js'
import type { NodeOrigin } from '../../src/node/index.js'
import { TraceHash } from '../kernel/trace-hash.js'
import { LeakError } from '../kernel/guards.js'
import { calmLink } from '../network/link-options.js'
import { Observer } from '../observe/index.js'
import type { Fact, Violation } from '../observe/index.js'
import type { Scenario, Step } from '../scenario/scenario.js'
import { World } from '../world/world.js'
import type { VirtualNode } from '../world/world.js'
import { Actions } from './actions.js'
import { Clients } from './clients.js'
import type { History } from './history.js'
import { RunWatcher } from './run-watcher.js'
import type { RunSink } from './run-watcher.js'
import { Triggers } from './triggers.js'
import type { Happened } from './triggers.js'
import { verify } from './verify.js'
import type { Linearizations } from './verify.js'

export interface RunOptions {
  readonly seed: string
  /** Ends the faults at the first broken promise: quicker, for searching. */
  readonly stopAtFirst?: boolean
  /** Sees everything: a trace, a report. */
  readonly sink?: RunSink
  readonly log?: (node: string) => Logger
}

export interface RunResult {
  readonly seed: string
  readonly scenario: Scenario
  /** What was broken and was not expected, in the order it was found; empty: all is well. */
  readonly violations: readonly Violation[]
  readonly traceHash: string
  readonly virtualUs: number
  readonly operations: number
  readonly acknowledged: number
  /** Faults that took place, by action. */
  readonly faults: ReadonlyMap<string, number>
  readonly history: History
  readonly linearizations: Linearizations
  readonly warmUpEndUs: number
  readonly healedUs: number | undefined
}

const US_PER_MS = 1000
/** Virtual ms until a fresh cluster must be ready, whatever its links do. */
const WARM_UP_MS = 120_000
/** Violations kept of one run. */
const VIOLATIONS_MAX = 1000
/** How long after an excused end (its disk failed) a node is started again, as a supervisor does. */
const SUPERVISOR_US = 500_000

/**
 * One life: the nodes start, clients come, faults happen, everything heals, and what must hold is checked throughout and
 * at the end. The result follows from (scenario, seed).
 */
export async function runScenario (scenario: Scenario, options: RunOptions): Promise<RunResult> {
  const run = new Run(scenario, options)
  return await run.go()
}

class Run {
  readonly #scenario: Scenario
  readonly #options: RunOptions
  readonly #world: World
  readonly #names: readonly string[]
  readonly #violations: Violation[] = []
  readonly #hash = new TraceHash()
  readonly #observer: Observer
  readonly #clients: Clients
  readonly #actions: Actions
  readonly #triggers: Triggers
  #coordinator: string | undefined
  #masterChanges = 0
  #isChaos = false
  #isHealed = false

  constructor (scenario: Scenario, options: RunOptions) {
    const { seed } = options
    this.#scenario = scenario
    this.#options = options
    this.#names = Array.from({ length: scenario.nodes }, (_, i) => `node${i + 1}`)
    this.#world = new World({
      seed, network: scenario.network, flushUsMin: scenario.disk.flushUsMin, flushUsMax: scenario.disk.flushUsMax, turnUs: scenario.turnUs, tuning: scenario.tuning,
      ...(options.log === undefined ? {} : { log: options.log })
    })
    const world = this.#world
    for (const name of this.#names) {
      const node = world.add(name, this.#origin(), [], scenario.clocks[name] ?? { offsetUs: 0, driftPpm: 0 })
      node.slowness = scenario.slowness[name] ?? 1
    }
    this.#observer = new Observer({ onFact: (fact) => { this.#fact(fact) }, onViolation: (violation) => { this.#violated(violation) } })
    world.watch(new RunWatcher(this.#hash, this.#observer, options.sink))
    this.#clients = new Clients(world, seed, {
      acknowledged: (node) => { this.#happened({ event: 'answered', node, partition: undefined }) },
      broken: (text) => { this.#violate('client-contract', text) }
    })
    this.#actions = new Actions({
      world, seed, scenario, clients: this.#clients, observer: this.#observer,
      coordinator: () => this.#coordinator,
      violate: (invariant, text, node) => { this.#violate(invariant, text, node) },
      note: (step, text, nodes) => {
        this.#hash.text(text)
        options.sink?.fault({ atUs: world.events.nowUs, step, text, nodes })
      }
    })
    this.#triggers = new Triggers(scenario.steps, (step, node, delayUs) => { world.events.after(delayUs, () => { if (this.#isChaos) this.#actions.carryOut(step, node) }) })
    world.onEnd = (node) => { this.#ended(node) }
  }

  async go (): Promise<RunResult> {
    const { scenario, world } = { scenario: this.#scenario, world: this.#world }
    let warmUpEndUs = 0
    let healedUs: number | undefined
    let linearizations: Linearizations = new Map()
    try {
      await this.#warmUp()
      warmUpEndUs = world.events.nowUs
      await this.#chaos(warmUpEndUs)
      if (scenario.expect.heals && !this.#isOver) {
        this.#heal()
        healedUs = world.events.nowUs
      }
      this.#clients.stop()
      if (!this.#isOver) {
        linearizations = await verify({
          world, scenario, clients: this.#clients, observer: this.#observer, lost: this.#actions.lost, masterChanges: this.#masterChanges,
          violate: (invariant, text, node) => { this.#violate(invariant, text, node) }
        })
      }
    } catch (error) {
      if (error instanceof LeakError) this.#violate('determinism', error.message)
      else this.#violate('no-crash', error instanceof Error ? error.stack ?? error.message : String(error))
    }
    this.#expectViolations()
    for (const record of this.#clients.history.records()) this.#options.sink?.operation(record)
    return {
      seed: this.#options.seed, scenario, violations: this.#violations, traceHash: this.#hash.digest(), virtualUs: world.events.nowUs,
      operations: this.#clients.history.count, acknowledged: this.#clients.history.acknowledgedCount, faults: this.#actions.counts,
      history: this.#clients.history, linearizations, warmUpEndUs, healedUs
    }
  }

  get #isOver (): boolean {
    return this.#options.stopAtFirst === true && this.#violations.length > 0
  }

  #origin (): NodeOrigin {
    const { partitions, groups, replicas } = this.#scenario
    return {
      kind: 'named',
      peers: this.#names.map((name, i) => ({ name: toNodeName(name), multiaddr: `/ip4/10.0.0.${i + 1}/tcp/9080` as Multiaddr })),
      partitions,
      groups: replicas > 0 ? undefined : (groups ?? [this.#names]).map(([master = '', ...slaves]) => ({ master: toNodeName(master), slaves: slaves.map(toNodeName) })),
      replicas,
      configuration: 'simulated'
    }
  }

  async #warmUp (): Promise<void> {
    const world = this.#world
    const { late } = this.#scenario
    const early = this.#names.filter((name) => !late.includes(name))
    for (const name of early) world.start(name)
    const isReady = (): boolean => world.running().length === early.length && world.running().every((node) => node.driver?.readiness().ready === true)
    for (let waitedMs = 0; !isReady(); waitedMs += 50) {
      if (this.#isOver) return
      if (waitedMs >= WARM_UP_MS) {
        this.#violate('liveness', `the cluster is not ready after ${WARM_UP_MS / 1000} s without faults: ${world.running().map((node) => `${node.name} ${JSON.stringify(node.driver?.readiness().checks.filter((check) => !check.ok))}`).join(', ')}`)
        return
      }
      await world.run(50)
    }
    await world.run(this.#electionMs())
  }

  #electionMs (): number {
    return this.#scenario.tuning.electionTimeoutMsMax ?? 2000
  }

  async #chaos (startUs: number): Promise<void> {
    const { scenario } = { scenario: this.#scenario }
    const world = this.#world
    this.#isChaos = true
    this.#masterChanges = 0
    this.#triggers.start(startUs)
    for (const step of scenario.steps) if (step.when.kind === 'at') world.events.after(step.when.atUs, () => { if (this.#isChaos) this.#actions.carryOut(step, undefined) })
    if (scenario.clients !== undefined) this.#clients.run(scenario.clients, scenario.durationUs)
    const endUs = startUs + scenario.durationUs
    while (world.events.nowUs < endUs && !this.#isOver) await world.run(Math.min(100, (endUs - world.events.nowUs) / US_PER_MS))
    this.#isChaos = false
    this.#triggers.stop()
  }

  /** Everything works again; who is down comes back. */
  #heal (): void {
    const world = this.#world
    this.#isHealed = true
    this.#actions.end()
    world.network.heal()
    world.network.setDefault(calmLink)
    for (const node of world.nodes.values()) {
      node.pausedUntilUs = 0
      node.slowness = 1
      node.clock.drift(0, world.events.nowUs)
      node.clockChanged()
      if (node.driver === undefined && !this.#actions.lost.has(node.name)) world.startIfStopped(node.name)
    }
  }

  #fact (fact: Fact): void {
    this.#options.sink?.fact(fact)
    if (fact.kind === 'won') {
      if (fact.partition === SYSTEM_PARTITION) this.#coordinator = fact.node
      else this.#masterChanges++
    }
    switch (fact.kind) {
      case 'crashed':
      case 'term': return
      default: this.#happened({ event: fact.kind, node: fact.node, partition: 'partition' in fact ? fact.partition : undefined })
    }
  }

  #happened (happened: Happened): void {
    this.#triggers.happened(happened, this.#world.events.nowUs)
  }

  /** A process is over: its clients will not be answered, and it had better had a reason. */
  #ended (node: VirtualNode): void {
    this.#clients.nodeEnded(node)
    const { fatal, starts } = node
    const startAgain = (): void => { this.#world.events.after(SUPERVISOR_US, () => { if (node.starts === starts) this.#world.startIfStopped(node.name) }) }
    if (fatal === undefined) {
      if (this.#isHealed) startAgain() // a graceful stop that was still under way
      return
    }
    const expected = this.#scenario.expect.ended[node.name]
    if (expected !== undefined && fatal.includes(expected)) {
      this.#actions.lost.add(node.name)
      this.#endedAsExpected.add(node.name)
      return
    }
    if (!this.#actions.isExcused(node)) this.#violate('no-crash', `${node.name} ended itself: ${fatal}`, node.name)
    if (!this.#actions.lost.has(node.name)) startAgain()
  }

  readonly #endedAsExpected = new Set<string>()

  /** What a scenario wanted to see broken, and did. */
  #expectViolations (): void {
    const { violated, ended } = this.#scenario.expect
    for (const name of Object.keys(ended)) {
      if (!this.#endedAsExpected.has(name)) this.#violate('expectation', `${name} should have ended itself, saying "${ended[name]}"`, name)
    }
    if (violated.length === 0) return
    const isSeen = this.#violations.some(({ invariant }) => violated.includes(invariant))
    const others = this.#violations.filter(({ invariant }) => !violated.includes(invariant))
    this.#violations.splice(0, this.#violations.length, ...others)
    if (!isSeen) this.#violate('expectation', `none of ${violated.join(', ')} was violated`)
  }

  #violate (invariant: string, text: string, node?: string): void {
    this.#violated({ invariant, atUs: this.#world.events.nowUs, node, partition: undefined, text })
  }

  #violated (violation: Violation): void {
    this.#options.sink?.violation(violation)
    if (this.#violations.length < VIOLATIONS_MAX) this.#violations.push(violation)
  }
}

/** The random choices of one step. */
export const stepRandom = (seed: string, step: Step): Prng => new Prng(`${seed}/step ${step.id}`)

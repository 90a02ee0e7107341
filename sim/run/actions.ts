import { Prng, unreachable } from '../../src/base/index.js'
import { DiskError } from '../../src/node/index.js'
import { AVAILABLE_BYTES } from '../disk/virtual-disk.js'
import type { DiskImage } from '../disk/virtual-disk.js'
import { bridge, chain, isolate, ring, split, star } from '../network/topology.js'
import type { DirectedCut } from '../network/topology.js'
import type { Observer } from '../observe/index.js'
import type { Action, DiskFault, Scenario, Step } from '../scenario/scenario.js'
import type { VirtualNode, World } from '../world/world.js'
import { patienceUs, problemOf } from './checks.js'
import type { Clients } from './clients.js'
import { answerText } from './history.js'
import type { Request } from './history.js'
import { rumourFrame } from './rumour.js'
import { selectNode } from './selectors.js'
import type { SelectionContext } from './selectors.js'

export interface ActionContext {
  readonly world: World
  readonly seed: string
  readonly scenario: Scenario
  readonly clients: Clients
  readonly observer: Observer
  coordinator (): string | undefined
  violate (invariant: string, text: string, node?: string): void
  /** Something was done to the world. */
  note (step: number, text: string, nodes: readonly string[]): void
}

/** Damage to the disk of a node: it may find it, say so and end. */
const DAMAGE: ReadonlySet<DiskFault> = new Set(['fsync-error', 'fsync-error-lands', 'read-error', 'full', 'bit-rot-log', 'bit-rot-data', 'bit-rot-meta', 'lies'])
/** Virtual µs between two looks of a check that may wait. */
const LOOK_US = 10_000

type NodeAction = Extract<Action, { readonly node: string }>
type WorldAction = Exclude<Action, NodeAction>
type DiskAction = Extract<Action, { readonly do: 'disk' }>
type LinkAction = Extract<Action, { readonly do: 'reset' | 'half-open' | 'replay' | 'garble' | 'rumour' }>
type RequestAction = Extract<Action, { readonly do: 'set' | 'delete' | 'get' }>

/** Carries out the steps of a scenario: the hand that breaks things, mends them and asks. */
export class Actions {
  /** Steps carried out, by action. */
  readonly counts = new Map<string, number>()
  /** Nodes that need not come back. */
  readonly lost: Set<string>
  readonly #context: ActionContext
  readonly #images = new Map<string, DiskImage>()
  /** Nodes whose disk was damaged: whatever they find, they may end themselves. */
  readonly #excused = new Set<string>()
  /** What is to be undone when everything heals. */
  readonly #undo = new Set<() => void>()

  constructor (context: ActionContext) {
    this.#context = context
    this.lost = new Set(context.scenario.expect.lost)
  }

  /** Whether a node may end itself: something was done to its disk. */
  isExcused (node: VirtualNode): boolean {
    return this.#excused.has(node.name)
  }

  /** Ends every fault that lasts. */
  end (): void {
    for (const undo of this.#undo) undo()
    this.#undo.clear()
  }

  carryOut (step: Step, it: string | undefined): void {
    const { action } = step
    const { world, seed } = this.#context
    const selection: SelectionContext = { it, coordinator: this.#context.coordinator(), random: new Prng(`${seed}/step ${step.id}`) }
    if (!('node' in action)) {
      this.#count(action)
      this.#toWorld(step, action, selection)
      return
    }
    const node = selectNode(world, action.node, selection)
    if (node === undefined) return
    this.#count(action)
    this.#toNode(step, action, node)
  }

  #count (action: Action): void {
    this.counts.set(action.do, (this.counts.get(action.do) ?? 0) + 1)
  }

  #toNode (step: Step, action: NodeAction, node: VirtualNode): void {
    const { world } = this.#context
    const { name } = node
    const note = (text: string): void => { this.#context.note(step.id, text, [name]) }
    switch (action.do) {
      case 'crash':
        if (!node.isUp) return
        note(`crash ${name}, losing ${action.loses}${action.effects === 0 ? '' : `, after ${action.effects} more effects`}`)
        if (action.effects > 0) node.limitEffects(action.effects, action.loses)
        else world.crash(name, action.loses)
        if (action.restartUs !== undefined) this.#startLater(step, name, action.restartUs)
        return
      case 'start':
        if (node.isUp) return
        note(`start ${name}`)
        world.startIfStopped(name)
        return
      case 'stop':
        note(`stop ${name}`)
        world.stop(name)
        return
      case 'wipe':
        note(`wipe ${name}`)
        world.wipe(name)
        this.#context.observer.forget(name, world.events.nowUs, (range) => node.disk.contents(range))
        world.startIfStopped(name)
        return
      case 'pause':
        note(`pause ${name} for ${ms(action.forUs)}`)
        world.pause(name, action.forUs)
        this.#later(action.forUs, () => { note(`${name} goes on`) })
        return
      case 'slow':
        note(`${name} is ${action.factor} times slower for ${ms(action.forUs)}`)
        node.slowness = action.factor
        this.#later(action.forUs, () => { node.slowness = this.#context.scenario.slowness[name] ?? 1 })
        return
      case 'clock-jump':
        note(`the clock of ${name} jumps ${ms(action.byUs)}`)
        node.clock.jump(action.byUs)
        node.clockChanged()
        return
      case 'clock-drift':
        note(`the clock of ${name} drifts by ${action.ppm} ppm`)
        node.clock.drift(action.ppm, world.events.nowUs)
        node.clockChanged()
        return
      case 'isolate':
        note(`isolate ${name} (${action.direction})`)
        this.#cut(isolate(this.#addresses(), node.address, action.direction))
        return
      case 'bridge':
        note(`only ${name} sees both sides`)
        this.#cut(bridge(this.#addresses(), node.address))
        return
      case 'star':
        note(`everybody sees only ${name}`)
        this.#cut(star(this.#addresses(), node.address))
        return
      case 'disk':
        this.#toDisk(action, node, note)
        return
      case 'image':
        note(`image of ${name} as ${action.as}`)
        this.#images.set(action.as, node.disk.image())
        return
      case 'restore': {
        const image = this.#images.get(action.from)
        if (image === undefined) return
        note(`${name} comes back with the disk ${action.from}`)
        if (node.isUp) world.crash(name, 'everything')
        node.disk.restore(image)
        this.#excused.add(name)
        this.#context.observer.forget(name, world.events.nowUs, (range) => node.disk.contents(range))
        world.startIfStopped(name)
        return
      }
      default: unreachable(action)
    }
  }

  #toWorld (step: Step, action: WorldAction, selection: SelectionContext): void {
    const { world } = this.#context
    const note = (text: string, nodes: readonly string[] = []): void => { this.#context.note(step.id, text, nodes) }
    const names = (selectors: readonly string[]): VirtualNode[] =>
      selectors.map((selector) => selectNode(world, selector, selection)).filter((node) => node !== undefined)
    switch (action.do) {
      case 'crash-all':
        note(`crash all, losing ${action.loses}`)
        for (const node of world.nodes.values()) {
          if (!node.isUp) continue
          world.crash(node.name, action.loses)
          if (action.restartUs !== undefined) this.#startLater(step, node.name, action.restartUs + selection.random.below(1 + action.restartUs))
        }
        return
      case 'start-all':
        note('start all')
        for (const node of world.nodes.values()) if (node.starts > 0 && !this.lost.has(node.name)) world.startIfStopped(node.name)
        return
      case 'cut': {
        const groups = action.groups.map((group) => names(group).map((node) => node.name))
        note(`cut ${groups.map((group) => group.join(' ')).join(' | ')}`)
        this.#cut(split(groups.map((group) => group.map((name) => world.node(name).address))))
        return
      }
      case 'cut-one-way': {
        const from = names(action.from)
        const to = names(action.to)
        note(`cut ${list(from)} → ${list(to)}`)
        this.#cut(from.flatMap((a) => to.filter((b) => b !== a).map((b) => [a.address, b.address] as const)))
        return
      }
      case 'ring':
        note('everybody sees only its neighbours in a ring')
        this.#cut(ring(this.#addresses()))
        return
      case 'chain':
        note('everybody sees only its neighbours in a chain')
        this.#cut(chain(this.#addresses()))
        return
      case 'flap': {
        const groups = action.groups.map((group) => names(group))
        const cuts = split(groups.map((group) => group.map((node) => node.address)))
        const endUs = world.events.nowUs + action.forUs
        let isCut = false
        const flip = (): void => {
          if (!this.#undo.has(end)) return
          if (world.events.nowUs >= endUs) {
            end()
            return
          }
          isCut = !isCut
          note(isCut ? `cut ${groups.map(list).join(' | ')}` : 'heal')
          if (isCut) this.#cut(cuts)
          else world.network.heal()
          world.events.after(action.everyUs, flip)
        }
        const end = (): void => {
          this.#undo.delete(end)
          if (isCut) world.network.heal()
        }
        this.#undo.add(end)
        flip()
        return
      }
      case 'heal':
        note('heal')
        world.network.heal()
        return
      case 'link': {
        const from = action.from === 'all' ? [...world.nodes.values()] : names([action.from])
        const to = action.to === 'all' ? [...world.nodes.values()] : names([action.to])
        const pairs = from.flatMap((a) => to.filter((b) => b !== a).map((b) => [a, b] as const))
        note(`link ${list(from)} → ${list(to)}: ${JSON.stringify(action.set)}`, from.map((node) => node.name))
        for (const [a, b] of pairs) world.network.setLink(a.address, b.address, action.set)
        const end = (): void => { for (const [a, b] of pairs) world.network.setLink(a.address, b.address, undefined) }
        if (action.forUs !== undefined) this.#later(action.forUs, end)
        else this.#undo.add(end)
        return
      }
      case 'reset':
      case 'half-open':
      case 'replay':
      case 'garble':
      case 'rumour': {
        const [from] = names([action.from])
        const [to] = names([action.to])
        if (from === undefined || to === undefined || from === to) return
        this.#toLink(action, from, to, note, selection)
        return
      }
      case 'set':
      case 'delete':
      case 'get':
        this.#request(step, action, selection)
        return
      case 'check': {
        const untilUs = world.events.nowUs + patienceUs(action.check)
        const look = (): void => {
          const problem = problemOf(action.check, world, selection)
          if (problem === undefined) return
          if (world.events.nowUs >= untilUs) this.#context.violate('expectation', problem)
          else world.events.after(LOOK_US, look)
        }
        look()
        return
      }
      default: unreachable(action)
    }
  }

  #toLink (action: LinkAction, from: VirtualNode, to: VirtualNode, note: (text: string, nodes: readonly string[]) => void, selection: SelectionContext): void {
    const { world } = this.#context
    const { network } = world
    const nodes = [from.name, to.name]
    switch (action.do) {
      case 'reset':
        note(`reset ${from.name} – ${to.name}`, nodes)
        network.reset(from.address, to.address)
        return
      case 'half-open':
        note(`half-open ${from.name} → ${to.name} for ${ms(action.forUs)}`, nodes)
        network.halfOpen(from.address, to.address, action.forUs)
        return
      case 'replay':
        note(`replay ${action.channel} ${from.name} → ${to.name}, ${ms(action.delayUs)} later`, nodes)
        network.replay(from.address, to.address, action.channel, action.forUs, action.delayUs)
        return
      case 'garble':
        note(`garble ${action.channel} ${from.name} → ${to.name}`, nodes)
        network.garble(from.address, to.address, action.channel, selection.random)
        return
      case 'rumour': {
        const about = selectNode(world, action.about, selection)
        const frame = about === undefined || about === to ? undefined : rumourFrame(world, from, to, about, action.says)
        if (about === undefined || frame === undefined) return
        note(`rumour ${from.name} → ${to.name}: ${about.name} is ${action.says}`, [...nodes, about.name])
        network.forge(from.address, to.address, 'membership', frame)
      }
    }
  }

  #toDisk (action: DiskAction, node: VirtualNode, note: (text: string) => void): void {
    const { disk, name } = node
    const { fault } = action
    if (DAMAGE.has(fault)) this.#excused.add(name)
    const lasts = (text: string, begin: () => void, end: () => void): void => {
      note(`${text}${action.forUs === undefined ? '' : ` for ${ms(action.forUs)}`}`)
      begin()
      if (action.forUs !== undefined) this.#later(action.forUs, end)
      else this.#undo.add(end)
    }
    switch (fault) {
      case 'stall': lasts(`the disk of ${name} stalls`, () => { disk.stall(true) }, () => { disk.stall(false) }); return
      case 'slow': lasts(`the disk of ${name} is ${action.factor ?? 10} times slower`, () => { disk.flushFactor = action.factor ?? 10 }, () => { disk.flushFactor = 1 }); return
      case 'full': lasts(`the disk of ${name} is nearly full`, () => { disk.availableBytes = 0 }, () => { disk.availableBytes = AVAILABLE_BYTES }); return
      case 'read-error':
        lasts(`the disk of ${name} cannot be read`, () => { disk.failReads(new DiskError('read_failed', 'simulated read error')) }, () => { disk.failReads(undefined) })
        return
      case 'lies': lasts(`the disk of ${name} lies about fsync`, () => { disk.lie(true) }, () => { disk.lie(false) }); return
      case 'fsync-error':
      case 'fsync-error-lands':
        note(`the next flush of ${name} fails${fault === 'fsync-error' ? '' : ' and lands'}`)
        disk.failNextWrite(new DiskError('write_failed', 'simulated fsync error'), { lands: fault === 'fsync-error-lands' })
        return
      case 'bit-rot-log':
      case 'bit-rot-data':
      case 'bit-rot-meta': {
        const what = fault.slice('bit-rot-'.length) as 'log' | 'data' | 'meta'
        const rotten = disk.rot(what, new Prng(`${this.#context.seed}/${name}/rot`))
        note(`a bit of ${name}'s ${what} flips: ${rotten ?? 'there is none'}`)
        return
      }
      default: unreachable(fault)
    }
  }

  #request (step: Step, action: RequestAction, selection: SelectionContext): void {
    const node = selectNode(this.#context.world, action.through, selection)
    const expected = action.answer
    if (node?.driver === undefined) {
      if (expected !== undefined) this.#context.violate('expectation', `step ${step.id}: ${action.through} does not run and cannot be asked`)
      return
    }
    const request: Request = {
      kind: action.do, key: action.key, value: action.do === 'set' ? action.value : undefined, through: node.name, timeoutUs: action.timeoutUs,
      consistency: action.do === 'get' ? action.consistency : 'linearizable'
    }
    this.#context.clients.send(node, request, (answer) => {
      if (expected === undefined) return
      const text = answer === undefined ? 'lost' : answerText(answer)
      const value = answer?.kind === 'value' ? Buffer.from(answer.value).toString() : undefined
      const isMet = expected.startsWith('value:') ? value === expected.slice('value:'.length) : expected === 'failed' ? text !== 'ok' && text !== 'missing' : text === expected
      if (!isMet) this.#context.violate('expectation', `${action.do} ${action.key} through ${node.name} was answered ${text}${value === undefined ? '' : ` (${value})`}; expected ${expected}`, node.name)
    })
  }

  #cut (cuts: readonly DirectedCut[]): void {
    for (const [from, to] of cuts) this.#context.world.network.cut(from, to)
  }

  #addresses (): string[] {
    return [...this.#context.world.nodes.values()].map((node) => node.address)
  }

  /** Ends a fault later, or when everything heals. */
  #later (delayUs: number, end: () => void): void {
    const once = (): void => { if (this.#undo.delete(once)) end() }
    this.#undo.add(once)
    this.#context.world.events.after(delayUs, once)
  }

  #startLater (step: Step, name: string, delayUs: number): void {
    const { world } = this.#context
    world.events.after(delayUs, () => {
      if (world.node(name).isUp) return
      this.#context.note(step.id, `start ${name}`, [name])
      world.startIfStopped(name)
    })
  }
}

const ms = (us: number): string => `${us / 1000} ms`
const list = (nodes: readonly VirtualNode[]): string => nodes.map((node) => node.name).join(' ')

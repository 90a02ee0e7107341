import { Prng, toNodeName } from '../src/base/index.js'
import type { Logger, Multiaddr } from '../src/base/index.js'
import type { KvAnswer, NodeOrigin } from '../src/node/index.js'
import { checkRegister } from './linearizability/index.js'
import type { RegisterOperation } from './linearizability/index.js'
import { calmLink } from './network/link-options.js'
import { World } from './world/world.js'

export interface ChaosOptions {
  readonly seed: string
  /** Virtual ms of faults. */
  readonly chaosMs: number
  readonly log?: (node: string) => Logger
}

export interface ChaosReport {
  readonly seed: string
  /** Empty: all is well. */
  readonly violations: readonly string[]
  readonly operations: number
  readonly acknowledged: number
  readonly faults: Readonly<Record<string, number>>
  readonly virtualMs: number
}

const KEYS = 12
/** Virtual ms after which a healed cluster must answer everything. */
const HEAL_MS = 30_000

/**
 * One seeded life of a whole cluster: clients write and read while nodes crash, links are cut and frames are lost; then
 * everything heals, and what was acknowledged must be there, all replicas equal, every history linearizable.
 */
export async function runChaos (options: ChaosOptions): Promise<ChaosReport> {
  const random = new Prng(`${options.seed}/chaos`)
  const size = random.between(0, 4) === 0 ? 6 : random.chance(1, 3) ? 5 : 3
  const partitions = 2 ** random.between(0, 3)
  const world = new World({
    seed: options.seed,
    network: {
      ...calmLink, jitterUs: random.between(100, 1500), tailOneIn: random.chance(1, 2) ? random.between(20, 200) : 0, tailUs: random.between(10_000, 3_000_000),
      dropOneIn: random.chance(1, 2) ? random.between(50, 1000) : 0, cutNoticedUs: random.between(100_000, 5_000_000)
    },
    flushUsMin: 50, flushUsMax: random.chance(1, 4) ? 20_000 : 500,
    // Small logs: slaves that were away need snapshots.
    tuning: { logRetainBytes: random.chance(1, 2) ? 1 : 64 * 1024 * 1024, probeIntervalMs: 1000 },
    ...(options.log === undefined ? {} : { log: options.log })
  })
  const names = Array.from({ length: size }, (_, i) => `node${i + 1}`)
  const origin: NodeOrigin = {
    kind: 'named',
    peers: names.map((name, i) => ({ name: toNodeName(name), multiaddr: `/ip4/10.0.0.${i + 1}/tcp/9080` as Multiaddr })),
    partitions,
    groups: size === 6
      ? [{ master: toNodeName('node1'), slaves: [toNodeName('node2'), toNodeName('node3')] }, { master: toNodeName('node4'), slaves: [toNodeName('node5'), toNodeName('node6')] }]
      : [{ master: toNodeName('node1'), slaves: names.slice(1).map(toNodeName) }],
    configuration: 'chaos'
  }
  for (const name of names) world.add(name, origin)
  const violations: string[] = []
  const faults: Record<string, number> = {}
  const histories = new Map<string, RegisterOperation[]>()
  let operations = 0
  let acknowledged = 0
  let clientsActive = true
  /** The next acknowledged write is followed by a power failure of all nodes: it has to be on disks by then. */
  let powerFailsOnAck = false

  const client = (): void => {
    if (!clientsActive) return
    const running = world.running()
    const node = running[random.below(Math.max(1, running.length))]
    const key = `key-${random.below(KEYS)}`
    if (node?.driver === undefined) {
      world.events.after(20_000, client)
      return
    }
    const calledAt = world.events.nowUs
    const history = histories.get(key) ?? []
    histories.set(key, history)
    const number = ++operations
    const dice = random.below(10)
    const kind = dice < 5 ? 'set' : dice < 6 ? 'delete' : 'get'
    const value = kind === 'set' ? `value-${number}` : undefined
    let answered = false
    const unknown: RegisterOperation = { kind, value, calledAt, returnedAt: Infinity }
    const answer = (result: KvAnswer): void => {
      if (answered) violations.push(`operation ${number} was answered twice`)
      answered = true
      const returnedAt = world.events.nowUs
      if (result.kind === 'set' || result.kind === 'delete') {
        acknowledged++
        history.push({ kind, value, calledAt, returnedAt })
        if (powerFailsOnAck) {
          powerFailsOnAck = false
          world.events.after(0, () => { for (const each of world.running()) world.crash(each.name, 'everything') })
        }
      } else if (result.kind === 'value') history.push({ kind, value: Buffer.from(result.value).toString(), calledAt, returnedAt })
      else if (result.kind === 'missing') history.push({ kind, value: undefined, calledAt, returnedAt })
      else {
        if (kind !== 'get' && result.detail.code === 'write_unknown') history.push(unknown)
        else if (kind !== 'get' && result.detail.code === 'internal') violations.push(`operation ${number}: ${JSON.stringify(result.detail)}`)
      }
      pending.delete(number)
      world.events.after(random.between(1000, 40_000), client)
    }
    pending.set(number, { node: node.name, start: node.starts, lost: () => { if (kind !== 'get') history.push(unknown) } })
    const timeoutMs = random.between(300, 4000)
    if (kind === 'get') node.driver.get(Buffer.from(key), { consistency: 'linearizable', timeoutMs }, answer)
    else node.driver.write(kind === 'set' ? { op: 'set', key: Buffer.from(key), value: Buffer.from(value ?? '') } : { op: 'delete', key: Buffer.from(key) }, { timeoutMs }, answer)
  }
  const pending = new Map<number, { node: string, start: number, lost: () => void }>()
  /** A process that died answers nobody: its clients do not know. */
  const reapClients = (): void => {
    for (const [number, { node, start, lost }] of pending) {
      if (world.node(node).starts === start) continue
      pending.delete(number)
      lost()
      world.events.after(20_000, client)
    }
  }

  for (const name of names) world.start(name)
  await world.until(() => world.running().length === size && world.running().every((node) => node.driver?.readiness().ready === true), 20_000)
  for (let i = 0; i < 6; i++) world.events.after(random.between(0, 50_000), client)

  const chaosEnd = world.nowMs + options.chaosMs
  while (world.nowMs < chaosEnd) {
    await world.run(random.between(20, 1500))
    const fault = pick(random)
    faults[fault] = (faults[fault] ?? 0) + 1
    const name = names[random.below(size)] as string
    const node = world.node(name)
    switch (fault) {
      case 'crash':
        if (node.driver !== undefined) world.crash(name)
        break
      case 'crash-all':
        for (const each of world.running()) world.crash(each.name)
        break
      case 'power-on-ack':
        powerFailsOnAck = true
        break
      case 'fast-restart':
        if (node.driver !== undefined) {
          world.crash(name)
          await world.run(random.between(0, 5))
          if (world.node(name).driver === undefined) world.start(name)
        }
        break
      case 'start':
        for (const each of names) if (world.node(each).driver === undefined && random.chance(2, 3)) world.start(each)
        break
      case 'cut': {
        const shuffled = random.shuffle([...names])
        const at = random.between(1, size - 1)
        world.partition(shuffled.slice(0, at), shuffled.slice(at))
        break
      }
      case 'cut-one-way': {
        const other = names[random.below(size)] as string
        if (other !== name) world.network.cut(node.address, world.node(other).address)
        break
      }
      case 'cut-master': {
        const master = world.running().find((each) => (each.driver?.partitions() ?? []).some((partition) => partition.role === 'master'))
        if (master !== undefined) world.partition([master.name], names.filter((each) => each !== master.name))
        break
      }
      case 'crash-master': {
        const master = world.running().find((each) => (each.driver?.partitions() ?? []).some((partition) => partition.role === 'master'))
        if (master !== undefined) world.crash(master.name)
        break
      }
      case 'heal':
        world.network.heal()
        break
    }
    reapClients()
    checkMasters(world, violations)
    for (const each of world.nodes.values()) if (each.fatal !== undefined) violations.push(`${each.name} ended itself: ${each.fatal}`)
    if (violations.length > 0) break
  }

  world.network.heal()
  world.network.calm()
  for (const name of names) if (world.node(name).driver === undefined) world.start(name)
  clientsActive = false
  powerFailsOnAck = false
  await world.until(() => pending.size === 0, HEAL_MS)
  await verify(world, names, partitions, histories, violations)
  return { seed: options.seed, violations, operations, acknowledged, faults, virtualMs: Math.round(world.nowMs) }
}

function pick (random: Prng): string {
  const faults = ['crash', 'fast-restart', 'start', 'start', 'cut', 'heal', 'heal', 'cut-one-way', 'cut-master', 'crash-master', 'start', 'start', 'heal', 'power-on-ack']
  return random.chance(1, 25) ? 'crash-all' : faults[random.below(faults.length)] as string
}

/** At most one master per partition and term. */
function checkMasters (world: World, violations: string[]): void {
  const masters = new Map<string, string>()
  for (const node of world.running()) {
    for (const { partition, role, term } of node.driver?.partitions() ?? []) {
      if (role !== 'master') continue
      const place = `partition ${partition} term ${term}`
      const other = masters.get(place)
      if (other !== undefined) violations.push(`${place} has two masters: ${other} and ${node.name}`)
      masters.set(place, node.name)
    }
  }
}

async function verify (world: World, names: readonly string[], partitions: number, histories: Map<string, RegisterOperation[]>, violations: string[]): Promise<void> {
  await world.until(() => world.running().length === names.length, HEAL_MS)
  for (const [key, history] of histories) {
    const through = names[history.length % names.length] as string
    const calledAt = world.events.nowUs
    const answer = await world.get(through, key, { timeoutMs: HEAL_MS })
    if (answer.kind === 'value') history.push({ kind: 'get', value: Buffer.from(answer.value).toString(), calledAt, returnedAt: world.events.nowUs })
    else if (answer.kind === 'missing') history.push({ kind: 'get', value: undefined, calledAt, returnedAt: world.events.nowUs })
    else violations.push(`after healing, ${key} through ${through}: ${JSON.stringify(answer)}`)
  }
  for (const [key, history] of histories) {
    const verdict = checkRegister(history)
    if (verdict !== 'ok') violations.push(`${key}: ${verdict}: ${JSON.stringify(history.slice(-30))}`)
  }
  const settled = await world.until(() => replicasAgree(world, partitions) === undefined, HEAL_MS)
  if (!settled) violations.push(`replicas differ after healing: ${replicasAgree(world, partitions)}`)
  for (const node of world.nodes.values()) if (node.fatal !== undefined) violations.push(`${node.name} ended itself: ${node.fatal}`)
}

/** All replicas of a partition at the same position with the same counters; undefined where they are. */
function replicasAgree (world: World, partitions: number): string | undefined {
  for (let partition = 0; partition < partitions; partition++) {
    const states = new Set<string>()
    for (const node of world.running()) {
      const report = node.driver?.partitions()[partition]
      if (report === undefined) return `${node.name} has no map`
      if (report.role === 'none') continue
      states.add(JSON.stringify([report.appliedIndex, report.commitIndex, report.revision, report.keyCount, report.role === 'failed']))
      if (report.role === 'installing' || report.role === 'failed') return `partition ${partition} on ${node.name} is ${report.role}`
    }
    if (states.size > 1) return `partition ${partition}: ${[...states].join(' ')}`
  }
  return undefined
}

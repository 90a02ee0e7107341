import { Prng } from '../../src/base/index.js'
import { calmLink } from '../network/link-options.js'
import type { LinkOptions } from '../network/link-options.js'
import { lateMax } from '../scenario/index.js'
import type { ClientLoad, Clock, Scenario, Step } from '../scenario/scenario.js'
import { drawFaults, drawRumour } from './faults.js'

export interface DrawOptions {
  /** Virtual µs of faults. */
  readonly durationUs: number
  /** undefined: drawn. */
  readonly operationsPerSecond?: number | undefined
  readonly nodes?: number | undefined
}

const US_PER_MS = 1000

/**
 * The life that a seed stands for (swarm testing: Groce et al., "Swarm Testing", ISSTA 2012): each seed leaves out most
 * features and turns up others, which finds more than a mixture of everything does.
 */
export function drawScenario (seed: string, options: DrawOptions): Scenario {
  const random = new Prng(`${seed}/draw`)
  const nodes = options.nodes ?? pick(random, [1, 2, 3, 3, 3, 3, 3, 4, 5, 5, 5, 6])
  const partitions = 2 ** random.below(4)
  const names = Array.from({ length: nodes }, (_, i) => `node${i + 1}`)
  const tuning = drawTuning(random)
  const late = drawLate(new Prng(`${seed}/late`), names, options.durationUs)
  const scenario: Omit<Scenario, 'steps'> = {
    name: `seed ${seed}`,
    about: 'Drawn by the nemesis.',
    nodes,
    partitions,
    groups: nodes === 6 ? [names.slice(0, 3), names.slice(3)] : nodes >= 4 && random.chance(1, 3) ? overlapping(names) : undefined,
    replicas: 0,
    tuning,
    network: drawNetwork(random),
    disk: { flushUsMin: 50, flushUsMax: pick(random, [200, 500, 500, 2000, 20_000]) },
    turnUs: pick(random, [5, 20, 20, 100, 500, 1000]),
    clocks: random.chance(1, 3) ? Object.fromEntries(names.map((name) => [name, drawClock(random)])) : {},
    slowness: random.chance(1, 6) ? { [pick(random, names)]: pick(random, [2, 5, 20, 100]) } : {},
    clients: drawClients(random, options.operationsPerSecond),
    durationUs: options.durationUs,
    late: late.names,
    expect: { violated: [], ended: {}, lost: [], heals: true, acknowledgedMin: 0, masterChangesMax: undefined }
  }
  const { steps, lost } = drawFaults(new Prng(`${seed}/faults`), { names, partitions, durationUs: options.durationUs, electionUs: (tuning.electionTimeoutMsMax ?? 2000) * US_PER_MS })
  return { ...scenario, expect: { ...scenario.expect, lost }, steps: [...steps, ...late.starts].map((step, i): Step => ({ id: i + 1, ...step })) }
}

/** The faults beside which membership lies: those after which only a quorum can tell who may master. */
const KINDS_BESIDE_LIES = ['pause', 'pause-master', 'split', 'isolate-master', 'crash', 'rumour', 'heal', 'start-all']
/** Virtual µs between two lies at most. */
const LIE_GAP_US_MAX = 60_000

/** Five voters, pauses, cuts and crashes, and somebody who says all the time, with proof, that anybody is dead or alive (MEMBERSHIP.md test 25). */
export function lyingScenario (seed: string, { durationUs, operationsPerSecond }: DrawOptions): Scenario {
  const life = drawScenario(seed, { durationUs, operationsPerSecond, nodes: 5 })
  const names = Array.from({ length: life.nodes }, (_, i) => `node${i + 1}`)
  const electionUs = (life.tuning.electionTimeoutMsMax ?? 2000) * US_PER_MS
  const { steps } = drawFaults(new Prng(`${seed}/faults`), { names, partitions: life.partitions, durationUs, electionUs }, KINDS_BESIDE_LIES)
  const random = new Prng(`${seed}/lies`)
  for (let atUs = 0; atUs < durationUs; atUs += random.between(1, LIE_GAP_US_MAX)) steps.push({ when: { kind: 'at', atUs }, action: drawRumour(random) })
  return { ...life, name: `lies ${seed}`, about: 'Five voters, and a membership layer that lies.', groups: undefined, late: [], steps: steps.map((step, i): Step => ({ id: i + 1, ...step })) }
}

/**
 * Replicas that are placed by the coordinator, on four to six nodes some of which come late, and that are moved away from
 * whoever is gone for a moment: configurations change all the time.
 */
export function movingScenario (seed: string, options: DrawOptions): Scenario {
  const random = new Prng(`${seed}/moving`)
  const life = drawScenario(seed, { ...options, nodes: options.nodes ?? pick(random, [3, 4, 4, 5, 5, 6]) })
  return {
    ...life, name: `moving ${seed}`, about: 'Replicas are placed by the coordinator, and move.', groups: undefined, replicas: pick(random, [1, 2, 3, 3, 3, 5]),
    tuning: { ...life.tuning, replaceAfterMs: pick(random, [300, 1000, 3000]) }
  }
}

/** The life that speed is measured on: five nodes, a steady load, the usual faults left out. */
export function steadyScenario (durationUs: number): Scenario {
  return {
    name: 'steady', about: 'Five nodes, four partitions, 200 operations a second, nothing breaks.', nodes: 5, partitions: 4,
    groups: overlapping(['node1', 'node2', 'node3', 'node4', 'node5']), replicas: 0, tuning: {}, network: calmLink, disk: { flushUsMin: 100, flushUsMax: 400 }, turnUs: 20,
    clocks: {}, slowness: {}, late: [], clients: { operationsPerSecond: 200, keys: 50, sets: 4, deletes: 1, gets: 5, timeoutUsMin: 1_000_000, timeoutUsMax: 4_000_000, retries: 1 },
    durationUs, steps: [], expect: { violated: [], ended: {}, lost: [], heals: true, acknowledgedMin: 1, masterChangesMax: undefined }
  }
}

/** Groups of three that share nodes: node1–3, node3–5 and so on, round the ring. */
function overlapping (names: readonly string[]): string[][] {
  const groups: string[][] = []
  for (let first = 0; first < names.length; first += 2) groups.push([0, 1, 2].map((i) => names[(first + i) % names.length] as string))
  return groups
}

/** BUGGIFY: sizes so small that their edges are met all the time. */
function drawTuning (random: Prng): Scenario['tuning'] {
  const heartbeatIntervalMs = pick(random, [20, 50, 100])
  const electionTimeoutMsMin = heartbeatIntervalMs * pick(random, [3, 5, 10])
  return {
    heartbeatIntervalMs,
    electionTimeoutMsMin,
    // Without a spread votes split for ever; progress is not owed then.
    electionTimeoutMsMax: electionTimeoutMsMin * pick(random, [2, 2, 3]),
    ...pick(random, [{ probeIntervalMs: 400, probeTimeoutMs: 100 }, { probeIntervalMs: 1000, probeTimeoutMs: 500 }]),
    ...(random.chance(1, 2) ? { logRetainBytes: 1, logBytesMin: pick(random, [1, 300, 1000]) } : {}),
    lazyFlushMs: pick(random, [0, 1, 20, 20, 200]),
    inflightAppendsMax: pick(random, [1, 2, 64]),
    appendEntriesMax: pick(random, [1, 2, 64])
  }
}

function drawNetwork (random: Prng): LinkOptions {
  const rare = (oneInMin: number, oneInMax: number): number => random.chance(1, 3) ? random.between(oneInMin, oneInMax) : 0
  return {
    delayUs: random.between(20, 500),
    jitterUs: pick(random, [20, 200, 1000, 5000]),
    tailOneIn: random.chance(1, 2) ? random.between(20, 300) : 0,
    tailUs: random.between(10, 4000) * US_PER_MS,
    lossOneIn: rare(100, 2000),
    dropOneIn: rare(50, 1000),
    duplicateOneIn: rare(20, 500),
    reorderOneIn: rare(20, 500),
    corruptOneIn: rare(500, 5000),
    bandwidth: random.chance(1, 6) ? random.between(20, 1000) * 1000 : 0,
    cutNoticedUs: random.between(100, 5000) * US_PER_MS
  }
}

function drawClock (random: Prng): Clock {
  return { offsetUs: random.below(10_000_000), driftPpm: random.between(-500, 500) }
}

/** In a third of the lives that can do without somebody, some come when it has begun, half of them in the midst of the faults. */
function drawLate (random: Prng, names: readonly string[], durationUs: number): { readonly names: readonly string[], readonly starts: ReadonlyArray<Omit<Step, 'id'>> } {
  const max = lateMax(names.length)
  if (max === 0 || !random.chance(1, 3)) return { names: [], starts: [] }
  const late = random.shuffle(names.slice(1)).slice(0, random.between(1, max))
  const early = late.filter(() => random.chance(1, 2))
  return { names: late, starts: early.map((node) => ({ when: { kind: 'at', atUs: random.below(durationUs) }, action: { do: 'start', node } })) }
}

function drawClients (random: Prng, operationsPerSecond: number | undefined): ClientLoad {
  return {
    operationsPerSecond: operationsPerSecond ?? pick(random, [20, 100, 200, 200, 400]),
    keys: pick(random, [1, 3, 12, 50]),
    sets: random.between(1, 6), deletes: random.below(3), gets: random.between(1, 6),
    timeoutUsMin: 200 * US_PER_MS, timeoutUsMax: random.between(300, 5000) * US_PER_MS,
    retries: random.below(3)
  }
}

function pick<Item> (random: Prng, items: readonly Item[]): Item {
  return items[random.below(items.length)] as Item
}

import type { Prng } from '../../src/base/index.js'
import type { Action, CrashLoss, Step, When } from '../scenario/scenario.js'

export interface FaultSetting {
  readonly names: readonly string[]
  readonly partitions: number
  readonly durationUs: number
  readonly electionUs: number
}

type Drawn = Omit<Step, 'id'>

/** One kind of fault: how often it is drawn beside the others, and what it then is. */
interface Kind {
  readonly weight: number
  readonly draw: (random: Prng, setting: FaultSetting) => Action
}

const US_PER_MS = 1000

/** Faults at moments of their own. */
const KINDS: Readonly<Record<string, Kind>> = {
  crash: { weight: 4, draw: (random) => ({ do: 'crash', node: 'any running', loses: drawLoss(random), restartUs: drawRestart(random), effects: 0 }) },
  'crash-mid-turn': { weight: 3, draw: (random) => ({ do: 'crash', node: 'any running', loses: drawLoss(random), restartUs: drawRestart(random), effects: random.between(1, 6) }) },
  'crash-master': { weight: 2, draw: (random, setting) => ({ do: 'crash', node: masterOf(random, setting), loses: drawLoss(random), restartUs: drawRestart(random), effects: 0 }) },
  'crash-all': { weight: 1, draw: (random) => ({ do: 'crash-all', loses: drawLoss(random), restartUs: random.between(1, 500) * US_PER_MS }) },
  stop: { weight: 1, draw: () => ({ do: 'stop', node: 'any running' }) },
  start: { weight: 3, draw: () => ({ do: 'start', node: 'any stopped' }) },
  'start-all': { weight: 3, draw: () => ({ do: 'start-all' }) },
  pause: { weight: 2, draw: (random, { electionUs }) => ({ do: 'pause', node: 'any running', forUs: random.between(1000, 4 * electionUs) }) },
  'pause-master': { weight: 1, draw: (random, setting) => ({ do: 'pause', node: masterOf(random, setting), forUs: random.between(1000, 4 * setting.electionUs) }) },
  slow: { weight: 1, draw: (random) => ({ do: 'slow', node: 'any running', factor: pick(random, [5, 20, 100]), forUs: drawTime(random) }) },
  'clock-jump': { weight: 1, draw: (random) => ({ do: 'clock-jump', node: 'any running', byUs: random.between(1, 5000) * US_PER_MS }) },
  'clock-drift': { weight: 1, draw: (random) => ({ do: 'clock-drift', node: 'any', ppm: random.between(-100_000, 100_000) }) },
  split: { weight: 3, draw: (random, { names }) => ({ do: 'cut', groups: split(random, names) }) },
  'cut-one-way': { weight: 2, draw: (random, { names }) => { const [from, to] = split(random, names); return { do: 'cut-one-way', from: from ?? [], to: to ?? [] } } },
  'isolate-master': { weight: 2, draw: (random, setting) => ({ do: 'isolate', node: masterOf(random, setting), direction: pick(random, ['both', 'in', 'out']) }) },
  bridge: { weight: 1, draw: () => ({ do: 'bridge', node: 'any' }) },
  ring: { weight: 1, draw: () => ({ do: 'ring' }) },
  chain: { weight: 1, draw: () => ({ do: 'chain' }) },
  star: { weight: 1, draw: () => ({ do: 'star', node: 'any' }) },
  flap: { weight: 1, draw: (random, { names }) => ({ do: 'flap', groups: split(random, names), everyUs: random.between(10, 1000) * US_PER_MS, forUs: random.between(100, 4000) * US_PER_MS }) },
  heal: { weight: 5, draw: () => ({ do: 'heal' }) },
  'slow-link': { weight: 1, draw: (random) => ({ do: 'link', from: 'any', to: 'all', set: { delayUs: random.between(1, 300) * US_PER_MS, bandwidth: pick(random, [0, 5000, 50_000]) }, forUs: drawTime(random) }) },
  'lossy-link': { weight: 1, draw: (random) => ({ do: 'link', from: 'any', to: 'any', set: { dropOneIn: random.between(2, 10), lossOneIn: random.between(5, 50) }, forUs: drawTime(random) }) },
  reset: { weight: 1, draw: () => ({ do: 'reset', from: 'any running', to: 'any running' }) },
  'half-open': { weight: 1, draw: (random) => ({ do: 'half-open', from: 'any running', to: 'any running', forUs: drawTime(random) }) },
  replay: { weight: 2, draw: (random) => ({ do: 'replay', from: 'any running', to: 'any running', channel: pick(random, ['replication', 'replication', 'membership']), forUs: drawTime(random), delayUs: drawTime(random) }) },
  garble: { weight: 1, draw: (random) => ({ do: 'garble', from: 'any running', to: 'any running', channel: pick(random, ['replication', 'kv', 'membership', 'cluster']) }) },
  rumour: { weight: 4, draw: (random) => drawRumour(random) },
  'disk-stall': { weight: 1, draw: (random) => ({ do: 'disk', node: 'any running', fault: 'stall', forUs: drawTime(random), factor: undefined }) },
  'disk-slow': { weight: 1, draw: (random) => ({ do: 'disk', node: 'any running', fault: 'slow', forUs: drawTime(random), factor: pick(random, [10, 100, 1000]) }) },
  'disk-full': { weight: 1, draw: (random) => ({ do: 'disk', node: 'any running', fault: 'full', forUs: drawTime(random), factor: undefined }) },
  'fsync-error': { weight: 1, draw: (random) => ({ do: 'disk', node: 'any running', fault: pick(random, ['fsync-error', 'fsync-error-lands']), forUs: undefined, factor: undefined }) }
}

/** Faults that wait for something: `it` is the node where it happened. */
const REACTIONS: ReadonlyArray<(random: Prng, setting: FaultSetting) => { event: (When & { kind: 'on' })['event'], action: Action }> = [
  (random) => ({ event: 'voted', action: crashIt(random) }),
  (random) => ({ event: 'won', action: crashIt(random) }),
  (random) => ({ event: 'won', action: { do: 'isolate', node: 'it', direction: pick(random, ['both', 'in', 'out']) } }),
  (random) => ({ event: 'appended', action: crashIt(random) }),
  (random) => ({ event: 'acknowledged', action: crashIt(random) }),
  (random) => ({ event: 'committed', action: crashIt(random) }),
  (random) => ({ event: 'installing', action: crashIt(random) }),
  (random, setting) => ({ event: 'installing', action: { ...crashIt(random), node: masterOf(random, setting) } }),
  (random) => ({ event: 'installed', action: crashIt(random) }),
  (random) => ({ event: 'answered', action: { do: 'crash-all', loses: 'everything', restartUs: random.between(1, 300) * US_PER_MS } }),
  (random) => ({ event: 'answered', action: crashIt(random) }),
  (random, { electionUs }) => ({ event: 'won', action: { do: 'pause', node: 'it', forUs: random.between(1000, 3 * electionUs) } }),
  () => ({ event: 'deposed', action: { do: 'heal' } }),
  () => ({ event: 'started', action: { do: 'isolate', node: 'it', direction: 'both' } })
]

/**
 * The faults of one life: some kinds only, at a drawn rate, some at random moments and some where they hurt most.
 * Recoverability budget: nothing here destroys a durable byte, so everything must come back in the end.
 * @param only these kinds, all of them; undefined: some are drawn
 */
export function drawFaults (random: Prng, setting: FaultSetting, only?: readonly string[]): { steps: Drawn[], lost: string[] } {
  const kinds = Object.entries(KINDS).filter(([name]) => only?.includes(name) ?? (random.chance(2, 5) || name === 'heal' || name === 'start-all'))
  const total = kinds.reduce((sum, [, kind]) => sum + kind.weight, 0)
  const steps: Drawn[] = []
  const gapUs = pick(random, [50, 200, 500, 500, 1000, 2000]) * US_PER_MS
  const uniform = random.chance(5, 6)
  for (let atUs = random.between(0, gapUs); uniform && atUs < setting.durationUs; atUs += random.between(1, 2 * gapUs)) {
    let dice = random.below(total)
    const [, kind] = kinds.find(([, each]) => (dice -= each.weight) < 0) as [string, Kind]
    steps.push({ when: { kind: 'at', atUs }, action: kind.draw(random, setting) })
  }
  const reactions = random.chance(1, 4) ? 0 : random.between(1, 2 + Math.ceil(setting.durationUs / 1_000_000))
  const drawn = random.shuffle([...REACTIONS]).slice(0, random.between(1, 4))
  for (let i = 0; i < reactions; i++) {
    const { event, action } = pick(random, drawn)(random, setting)
    steps.push({
      when: {
        kind: 'on', event, partition: random.chance(1, 2) ? random.below(setting.partitions) : undefined, node: undefined,
        nth: pick(random, [1, 1, 2, 5, 20]), fromUs: random.below(setting.durationUs), delayUs: random.chance(1, 2) ? 0 : random.below(3000)
      },
      action
    })
  }
  // Without anybody to start them, nodes that crashed would stay away for good.
  for (let atUs = 2_000_000; atUs < setting.durationUs; atUs += 2_000_000) {
    steps.push({ when: { kind: 'at', atUs }, action: { do: 'start-all' } }, { when: { kind: 'at', atUs: Math.min(atUs + 500_000, setting.durationUs) }, action: { do: 'heal' } })
  }
  return { steps, lost: [] }
}

const crashIt = (random: Prng): Action & { do: 'crash' } =>
  ({ do: 'crash', node: 'it', loses: drawLoss(random), restartUs: random.chance(2, 3) ? random.between(100, 3000) : drawRestart(random), effects: random.chance(1, 2) ? 0 : random.between(1, 6) })

export const drawRumour = (random: Prng): Action =>
  ({ do: 'rumour', from: 'any running', to: 'any running', about: pick(random, ['any', 'any running', 'any stopped', 'coordinator']), says: pick(random, ['left', 'left', 'dead', 'suspect', 'alive']) })

/** Never a subset: LevelDB's log is written in order. */
const drawLoss = (random: Prng): CrashLoss => pick(random, ['everything', 'tail', 'tail', 'nothing'])

/** From a tenth of a millisecond to seconds, or not by itself. */
const drawRestart = (random: Prng): number | undefined =>
  random.chance(1, 4) ? undefined : pick(random, [100, 1000, 10_000, 100_000, 1_000_000]) * random.between(1, 9)

const drawTime = (random: Prng): number => pick(random, [10, 100, 1000]) * random.between(1, 5) * US_PER_MS

const masterOf = (random: Prng, setting: FaultSetting): string => random.chance(1, 8) ? 'coordinator' : `master of ${random.below(setting.partitions)}`

function split (random: Prng, names: readonly string[]): string[][] {
  if (names.length < 2) return [[...names], []]
  const shuffled = random.shuffle([...names])
  const at = random.between(1, names.length - 1)
  return [shuffled.slice(0, at), shuffled.slice(at)]
}

function pick<Item> (random: Prng, items: readonly Item[]): Item {
  return items[random.below(items.length)] as Item
}

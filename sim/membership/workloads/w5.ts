import { Prng } from '../../../src/base/index.js'
import { mean, row } from '../metrics.js'
import type { Row } from '../metrics.js'
import { modeOf } from '../modes.js'
import type { Mode } from '../modes.js'
import { quietWorld } from '../workload.js'
import type { Workload } from '../workload.js'

const SIZES = [8, 40, 128, 512]
/** Mean round that hits, and mean wait in periods for the probe that does (MEMBERSHIP.md section 2.4, W5). */
const ROUNDS = [1.47, 1.55, 1.56, 1.58]
const WAITS = [0.89, 0.97, 0.98, 1.00]
/** Crashes per size; each of them has its own moment. */
const CRASHES = 4000
const CRASHES_FULL = 20_000
const TOLERANCE = 0.05
/** Periods of one world in which crashes are drawn, and periods after them in which each must be found. */
const PERIODS = 40
const PERIODS_AFTER = 20
/** Crashes that are carried out, one after another, for the waits with a hint. */
const HINTED = 5
const HINTED_SIZE_MAX = 128
const HINTED_GAP_MS = 30_000

/**
 * Waits, in periods, of `crashes` members that stop at a random moment for the next probe of them to begin. Nobody need
 * stop for that: until this probe begins the others do the same whether its target lives or not. In any stretch of one
 * period each member begins exactly one probe, so whole stretches from the crash on are the synchronous rounds of (a).
 */
function waits (mode: Mode, size: number, crashes: number, seed: string): { readonly waits: readonly number[], readonly virtualS: number } {
  const periodMs = mode.options.probeIntervalMs
  const found: number[] = []
  let virtualS = 0
  const perWorld = Math.max(size, 100)
  for (let number = 0; found.length < crashes; number++) {
    const random = new Prng(`${seed} crashes ${number}`)
    const world = quietWorld({ seed: `${seed} ${number}`, size, mode })
    const probesUs = world.nodes.map((): number[] => [])
    world.onSend = (_from, to, message, atUs) => { if (message.kind === 'ping') probesUs[to.index]?.push(atUs) }
    const startUs = world.nowUs
    world.runFor((PERIODS + PERIODS_AFTER) * periodMs)
    virtualS += world.nowMs / 1000
    for (let i = 0; i < perWorld; i++) {
      const crashUs = startUs + random.below(PERIODS * periodMs * 1000)
      const nextUs = probesUs[random.below(size)]?.find((atUs) => atUs > crashUs)
      if (nextUs !== undefined) found.push((nextUs - crashUs) / (periodMs * 1000))
    }
  }
  return { waits: found, virtualS }
}

/** The same where the process was killed and its connections close: the hint causes the probe. */
function hintedWaits (mode: Mode, size: number, seed: string): { readonly waits: readonly number[], readonly virtualS: number } {
  const found: number[] = []
  const world = quietWorld({ seed: `${seed} hinted`, size, mode })
  for (const node of world.nodes.slice(0, Math.min(HINTED, size - 3))) {
    const crashUs = world.nowUs
    let foundUs: number | undefined
    world.onSend = (_from, to, message, atUs) => { if (to === node && message.kind === 'ping') foundUs ??= atUs }
    world.crash(node, 'killed')
    world.runFor(HINTED_GAP_MS)
    if (foundUs !== undefined) found.push((foundUs - crashUs) / (mode.options.probeIntervalMs * 1000))
  }
  return { waits: found, virtualS: world.nowMs / 1000 }
}

/** How soon a crash meets a probe. */
export const w5: Workload = {
  id: 'W5',
  title: 'first detection: one crash',
  run: (request) => {
    const mode = modeOf(request.mode ?? 'gokeydb', request)
    const rows: Row[] = []
    let virtualS = 0
    SIZES.forEach((size, position) => {
      const seed = `${request.seed} W5 ${size}`
      const silent = waits(mode, size, request.isFull === true ? CRASHES_FULL : CRASHES, seed)
      virtualS += silent.virtualS
      const round = ROUNDS[position] as number
      const wait = WAITS[position] as number
      rows.push(
        row({ metric: `N = ${size}: (a) mean round that hits`, published: round.toFixed(2), value: mean(silent.waits.map(Math.ceil)), owed: { kind: 'within', value: round, tolerance: TOLERANCE }, note: `${silent.waits.length} crashes` }),
        row({ metric: `N = ${size}: (b) mean periods until the probe begins`, published: wait.toFixed(2), value: mean(silent.waits), owed: { kind: 'within', value: wait, tolerance: TOLERANCE } })
      )
      if (size > HINTED_SIZE_MAX) return
      const hinted = hintedWaits(mode, size, seed)
      virtualS += hinted.virtualS
      rows.push(row({ metric: `N = ${size}: (b) with close hint`, decimals: 4, value: mean(hinted.waits), owed: { kind: 'at most', value: 0.2 }, note: `${hinted.waits.length} crashes` }))
    })
    return { rows, virtualS }
  }
}

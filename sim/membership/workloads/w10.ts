import type { Workload } from '../workload.js'
import { FAULTY, RAPID_SIZE, runLossy } from './lossy.js'

const DURATION_MS = 300_000
/** µs for which nothing gets in, and as long for which all does. */
const PHASE_US = 20_000_000

/** Rapid's Figure 9: one per cent of the members go deaf for 20 s, again and again. */
export const w10: Workload = {
  id: 'W10',
  title: `${FAULTY} of ${RAPID_SIZE} lose all ingress for 20 s of every 40 s, ${DURATION_MS / 1000} s`,
  run: (request) => runLossy({
    id: 'W10',
    size: RAPID_SIZE,
    faulty: FAULTY,
    durationMs: DURATION_MS,
    loss: (_from, to, atUs) => to < FAULTY && Math.floor(atUs / PHASE_US) % 2 === 0 ? 1000 : 0,
    published: 'memberlist: views oscillate',
    owesRemoval: true
  }, request)
}

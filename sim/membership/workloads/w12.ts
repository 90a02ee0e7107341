import type { Workload } from '../workload.js'
import { runLossy } from './lossy.js'

const SIZE = 32
const DURATION_MS = 300_000

/** Rapid's section 7.3: two members cannot reach each other, everybody else reaches both. */
export const w12: Workload = {
  id: 'W12',
  title: `one link of ${SIZE} members is a black hole, ${DURATION_MS / 1000} s`,
  run: (request) => runLossy({
    id: 'W12',
    size: SIZE,
    faulty: 0,
    durationMs: DURATION_MS,
    loss: (from, to) => from + to === 1 ? 1000 : 0,
    published: 'gossip: repeated failovers; Rapid: 0',
    owesRemoval: false
  }, request)
}

import type { Workload } from '../workload.js'
import { FAULTY, RAPID_SIZE, runLossy } from './lossy.js'

const DURATION_MS = 210_000
const LOSS_PER_MILLE = 800

/** Rapid's Figure 10: one per cent of the members lose 80 % of all packets, from 90 s on in a run of 300 s. */
export const w11: Workload = {
  id: 'W11',
  title: `${FAULTY} of ${RAPID_SIZE} lose 80 % of ingress and egress, ${DURATION_MS / 1000} s`,
  run: (request) => runLossy({
    id: 'W11',
    size: RAPID_SIZE,
    faulty: FAULTY,
    durationMs: DURATION_MS,
    loss: (from, to) => to < FAULTY || from < FAULTY ? LOSS_PER_MILLE : 0,
    published: 'memberlist: views disagree',
    owesRemoval: true
  }, request)
}

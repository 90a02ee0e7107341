import type { Membership } from '../../src/membership/index.js'
import { toBatchNumber, toEpoch } from '../../src/base/index.js'
import type { MemberRecord } from '../../protocols/membership/index.js'
import { PROBE_UPDATE_COUNT_MAX } from '../../protocols/membership/index.js'
import type { Mode } from './modes.js'

/**
 * Teaches a core who the others are as if it had known them for long: it hears of some, then is made to answer pings
 * until they are no news any more, and so on. What it says meanwhile goes nowhere. Otherwise every world would begin with
 * each member telling all about all, half a minute of it among a thousand.
 */
export function acquaint (core: Membership, others: readonly MemberRecord[], mode: Mode, nowMs: number): void {
  const [first] = others
  if (first === undefined) return
  const answers = mode.options.retransmitMultiplier * Math.ceil(Math.log10(others.length + 2))
  let sequence = 0
  for (let from = 0; from < others.length; from += PROBE_UPDATE_COUNT_MAX) {
    core.step(first.peer, { kind: 'sync', records: others.slice(from, from + PROBE_UPDATE_COUNT_MAX) }, nowMs)
    for (let i = 0; i < answers; i++) {
      core.step(first.peer, { kind: 'ping', sequence: ++sequence, epoch: toEpoch(0), durableBatch: toBatchNumber(0), updates: [] }, nowMs)
    }
    core.takeEffects()
  }
}

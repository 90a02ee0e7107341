import { membershipOptionProblems } from '../../src/membership/index.js'
import { defaultTuning, membershipOptionsOf } from '../../src/node/index.js'
import type { NodeTuning } from '../../src/node/index.js'
import { calmLink } from '../network/link-options.js'
import type { LinkOptions } from '../network/link-options.js'
import { defaulted, form, perNode, required } from './form.js'
import type { Fields } from './form.js'
import { bandwidth, bytes, count, duration, durationRange, listOf, mapped, milliseconds, oneIn, optional, ppm, rate, text, yesNo } from './kinds.js'
import type { Kind } from './kinds.js'
import type { ClientLoad, Clock, DiskSpeed, Expectation } from './scenario.js'
import { nodeName } from './selector.js'

const COUNT_MAX = 1_000_000
const HOUR_MS = 3_600_000

/** One link: how it behaves where nothing else is said. */
export const linkFields: Fields<LinkOptions> = {
  delayUs: defaulted('delay', duration, calmLink.delayUs),
  jitterUs: defaulted('jitter', duration, calmLink.jitterUs),
  tailOneIn: defaulted('tail', oneIn, calmLink.tailOneIn),
  tailUs: defaulted('tail-max', duration, calmLink.tailUs),
  lossOneIn: defaulted('loss', oneIn, calmLink.lossOneIn),
  dropOneIn: defaulted('drop', oneIn, calmLink.dropOneIn),
  duplicateOneIn: defaulted('duplicate', oneIn, calmLink.duplicateOneIn),
  reorderOneIn: defaulted('reorder', oneIn, calmLink.reorderOneIn),
  corruptOneIn: defaulted('corrupt', oneIn, calmLink.corruptOneIn),
  bandwidth: defaulted('bandwidth', bandwidth, calmLink.bandwidth),
  cutNoticedUs: defaulted('cut-noticed', duration, calmLink.cutNoticedUs)
}

/** The node's own figures; those left out are the product's. */
export const tuningFields: Fields<NodeTuning> = {
  heartbeatIntervalMs: required('heartbeat', milliseconds(1, HOUR_MS)),
  electionTimeoutMsMin: required('election-timeout-min', milliseconds(1, HOUR_MS)),
  electionTimeoutMsMax: required('election-timeout-max', milliseconds(1, HOUR_MS)),
  probeIntervalMs: required('probe-interval', milliseconds(1, HOUR_MS)),
  probeTimeoutMs: required('probe-timeout', milliseconds(1, HOUR_MS)),
  syncIntervalMs: required('sync-interval', milliseconds(1, HOUR_MS)),
  reconnectIntervalMs: required('reconnect-interval', milliseconds(1, HOUR_MS)),
  deadRememberedMs: required('dead-remembered', milliseconds(1, 24 * HOUR_MS)),
  replaceAfterMs: required('replace-after', milliseconds(1, 24 * HOUR_MS)),
  meshMembersMax: required('mesh-members-max', count(1, COUNT_MAX)),
  requestsMax: required('requests-max', count(1, COUNT_MAX)),
  logRetainBytes: required('log-retain', bytes),
  logBytesMin: required('log-min', bytes),
  lazyFlushMs: required('lazy-flush', milliseconds(0, HOUR_MS)),
  inflightAppendsMax: required('inflight-appends-max', count(1, COUNT_MAX)),
  appendEntriesMax: required('append-entries-max', count(1, COUNT_MAX))
}

/** Figures that the node would not run with, in words. */
export function tuningProblems (given: Partial<NodeTuning>): string[] {
  const problems: string[] = []
  const tuning = { ...defaultTuning, ...given }
  if (tuning.heartbeatIntervalMs * 2 > tuning.electionTimeoutMsMin) {
    problems.push(`election-timeout-min (${tuning.electionTimeoutMsMin}ms) must be at least two heartbeats (${tuning.heartbeatIntervalMs}ms each)`)
  }
  if (tuning.electionTimeoutMsMin > tuning.electionTimeoutMsMax) {
    problems.push(`election-timeout-min (${tuning.electionTimeoutMsMin}ms) must be at most election-timeout-max (${tuning.electionTimeoutMsMax}ms)`)
  }
  return [...problems, ...membershipOptionProblems(membershipOptionsOf(tuning))]
}

export const diskSpeed: Kind<DiskSpeed> = mapped(durationRange, ({ min, max }) => ({ flushUsMin: min, flushUsMax: max }), ({ flushUsMin, flushUsMax }) => ({ min: flushUsMin, max: flushUsMax }))

export const clock: Kind<Clock> = form<Clock>({ offsetUs: defaulted('offset', duration, 0), driftPpm: defaulted('drift', ppm, 0) })

const weight = count(0, COUNT_MAX)

interface WrittenLoad extends Omit<ClientLoad, 'timeoutUsMin' | 'timeoutUsMax'> {
  readonly timeout: { readonly min: number, readonly max: number }
}

/** `clients: 50/s`, or a mapping. */
export const clientLoad: Kind<ClientLoad> = mapped(
  form<WrittenLoad>({
    operationsPerSecond: required('rate', rate),
    keys: defaulted('keys', count(1, 10_000), 8),
    sets: defaulted('sets', weight, 5),
    deletes: defaulted('deletes', weight, 1),
    gets: defaulted('gets', weight, 4),
    timeout: defaulted('timeout', durationRange, { min: 500_000, max: 4_000_000 }),
    retries: defaulted('retries', count(0, 100), 0)
  }, 'rate'),
  ({ timeout, ...load }) => ({ ...load, timeoutUsMin: timeout.min, timeoutUsMax: timeout.max }),
  ({ timeoutUsMin, timeoutUsMax, ...load }) => ({ ...load, timeout: { min: timeoutUsMin, max: timeoutUsMax } })
)

const NODES_MAX = 16
const NAMES_MAX = 100
const TEXT_SIZE_MAX = 1000

/** What is expected where a file says nothing of it. */
export const defaultExpectation: Expectation = { violated: [], ended: {}, lost: [], heals: true, acknowledgedMin: 0, masterChangesMax: undefined }

export const expectation: Kind<Expectation> = form<Expectation>({
  violated: defaulted('violated', listOf(text(1, TEXT_SIZE_MAX), 0, NAMES_MAX), defaultExpectation.violated),
  ended: defaulted('ended', perNode(nodeName, text(0, TEXT_SIZE_MAX)), defaultExpectation.ended),
  lost: defaulted('lost', listOf(nodeName, 0, NODES_MAX), defaultExpectation.lost),
  heals: defaulted('heals', yesNo, defaultExpectation.heals),
  acknowledgedMin: defaulted('acknowledged-min', count(0, Number.MAX_SAFE_INTEGER), defaultExpectation.acknowledgedMin),
  masterChangesMax: defaulted('master-changes-max', optional(count(0, COUNT_MAX)), defaultExpectation.masterChangesMax)
})

/** How long a turn waits where a file does not say: as `World`. */
export const TURN_US_DEFAULT = 20
export const defaultDisk: DiskSpeed = { flushUsMin: 100, flushUsMax: 400 }


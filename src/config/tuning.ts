import type { Report } from './problem.js'
import type { MappingReader } from './reader.js'
import { wholeNumber } from './schema.js'

/**
 * Numbers that trade speed of reaction for calm. Each is described in `config.yaml`, with what raising and lowering it
 * does.
 */
export interface Tuning {
  /** How often a master reassures its slaves; one message per pair of nodes, whatever they share. */
  readonly heartbeatMs: number
  /** Silence of a master after which a slave asks for an election; each waits between one and two of it. */
  readonly electionTimeoutMs: number
  /** How often a node asks one other whether it is alive. */
  readonly probeIntervalMs: number
  /** How long it waits for the answer before it asks others to try. */
  readonly probeTimeoutMs: number
  /** How often a node compares all it knows of members with one other. */
  readonly syncIntervalMs: number
  /** How often it knocks at a member that is gone. */
  readonly reconnectIntervalMs: number
  /** How long a member that is gone stays listed. */
  readonly deadRememberedMs: number
  /** How long a member is gone before its replicas are placed elsewhere. */
  readonly replaceAfterMs: number
  /** The deadline of a request that names none. */
  readonly timeoutMsDefault: number
  /** Client requests that may wait in one node at once; further ones are answered 429. */
  readonly requestsMax: number
}

/**
 * Heartbeat and election as in etcd (tuning guide); probes and syncs as in memberlist's LAN profile, what is remembered
 * as in serf, which knocks a third as often (MEMBERSHIP.md 1.2, 1.4).
 */
export const TUNING_DEFAULT: Tuning = {
  heartbeatMs: 100,
  electionTimeoutMs: 1000,
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  syncIntervalMs: 30_000,
  reconnectIntervalMs: 10_000,
  deadRememberedMs: 86_400_000,
  replaceAfterMs: 300_000,
  timeoutMsDefault: 5000,
  requestsMax: 10_000
}

/** Heartbeats that may be lost in a row before an election: fewer and one late packet unseats a master. */
const HEARTBEATS_PER_ELECTION_MIN = 3

/** Syncs that must fit into the time a dead member is listed: who forgets before all have heard is told again and again (foca #19). */
const SYNCS_PER_REMEMBERED_MIN = 10

/**
 * How long a probe through others may take: the direct wait, 80 % of it again until a helper says no, and three message
 * delays of 30 ms. A shorter interval makes a healthy prober of a dead node blame itself (MEMBERSHIP.md 1.3).
 */
const probeRoundMs = (probeTimeoutMs: number): number => probeTimeoutMs + Math.floor(0.8 * probeTimeoutMs) + 90

/** Reads the `tuning` section and checks how its numbers relate. */
export function readTuning (reader: MappingReader, report: Report): Tuning {
  const heartbeat = reader.number('heartbeat_ms', wholeNumber(10, 10_000))
  const election = reader.number('election_timeout_ms', wholeNumber(50, 120_000))
  const probeInterval = reader.number('probe_interval_ms', wholeNumber(200, 10_000))
  const probeTimeout = reader.number('probe_timeout_ms', wholeNumber(10, 5_000))
  const syncInterval = reader.number('sync_interval_ms', wholeNumber(200, 3_600_000))
  const reconnectInterval = reader.number('reconnect_interval_ms', wholeNumber(200, 3_600_000))
  const deadRemembered = reader.number('dead_remembered_ms', wholeNumber(2000, 2_592_000_000))
  const replaceAfter = reader.number('replace_after_ms', wholeNumber(1000, 2_592_000_000))
  const timeout = reader.number('timeout_ms_default', wholeNumber(1, 60_000))
  const requestsMax = reader.number('requests_max', wholeNumber(1, 65_536))
  reader.finish()
  const tuning: Tuning = {
    heartbeatMs: heartbeat?.value ?? TUNING_DEFAULT.heartbeatMs,
    electionTimeoutMs: election?.value ?? TUNING_DEFAULT.electionTimeoutMs,
    probeIntervalMs: probeInterval?.value ?? TUNING_DEFAULT.probeIntervalMs,
    probeTimeoutMs: probeTimeout?.value ?? TUNING_DEFAULT.probeTimeoutMs,
    syncIntervalMs: syncInterval?.value ?? TUNING_DEFAULT.syncIntervalMs,
    reconnectIntervalMs: reconnectInterval?.value ?? TUNING_DEFAULT.reconnectIntervalMs,
    deadRememberedMs: deadRemembered?.value ?? TUNING_DEFAULT.deadRememberedMs,
    replaceAfterMs: replaceAfter?.value ?? TUNING_DEFAULT.replaceAfterMs,
    timeoutMsDefault: timeout?.value ?? TUNING_DEFAULT.timeoutMsDefault,
    requestsMax: requestsMax?.value ?? TUNING_DEFAULT.requestsMax
  }
  if (tuning.electionTimeoutMs < HEARTBEATS_PER_ELECTION_MIN * tuning.heartbeatMs) {
    report((election ?? heartbeat ?? reader).at, `tuning.election_timeout_ms (${tuning.electionTimeoutMs}) must be at least ${HEARTBEATS_PER_ELECTION_MIN} times tuning.heartbeat_ms (${tuning.heartbeatMs}); raise the one or lower the other`)
  }
  const roundMs = probeRoundMs(tuning.probeTimeoutMs)
  if (tuning.probeIntervalMs <= roundMs) {
    report((probeInterval ?? probeTimeout ?? reader).at, `tuning.probe_interval_ms (${tuning.probeIntervalMs}) must be more than ${roundMs} for a tuning.probe_timeout_ms of ${tuning.probeTimeoutMs}, so that helpers can answer; raise the one or lower the other`)
  }
  for (const [name, number, value] of [['sync_interval_ms', syncInterval, tuning.syncIntervalMs], ['reconnect_interval_ms', reconnectInterval, tuning.reconnectIntervalMs]] as const) {
    if (value < tuning.probeIntervalMs) report((number ?? probeInterval ?? reader).at, `tuning.${name} (${value}) must be at least tuning.probe_interval_ms (${tuning.probeIntervalMs}); raise the one or lower the other`)
  }
  const rememberedMsMin = SYNCS_PER_REMEMBERED_MIN * tuning.syncIntervalMs
  if (tuning.deadRememberedMs < rememberedMsMin) {
    report((deadRemembered ?? syncInterval ?? reader).at, `tuning.dead_remembered_ms (${tuning.deadRememberedMs}) must be at least ${SYNCS_PER_REMEMBERED_MIN} times tuning.sync_interval_ms (${tuning.syncIntervalMs}), so that all hear of a death before anybody forgets it; raise the one or lower the other`)
  }
  return tuning
}

import { MEMBERS_MAX, UPDATES_PER_MESSAGE_MAX } from './limits.js'

/** The figures of membership. Defaults are memberlist's LAN profile (HEAD 1b4c746) unless another source is named. */
export interface MembershipOptions {
  /** ms between two probes (SWIM's protocol period T'). Up: less traffic; down: earlier suspicion. Default 1000. */
  readonly probeIntervalMs: number
  /**
   * ms until a direct probe counts as unanswered and helpers are asked. Up: fewer indirect probes where the network
   * retransmits (one TCP retransmission takes 200 ms and more); down: more time for the helpers. Default 500.
   */
  readonly probeTimeoutMs: number
  /**
   * ms one message takes one way at most while all is well; only the timing relation below uses it. Up: the other
   * figures must leave more room; down: they may be set closer. Default 30.
   */
  readonly networkDelayMsMax: number
  /** Helpers asked when a direct probe is unanswered (SWIM's k). Up: fewer false suspicions; down: less traffic. Default 3. */
  readonly indirectProbes: number
  /** Lifeguard's α: shortest suspicion in probe intervals, times log10 of the member count. Up: fewer false deaths; down: earlier verdicts. Default 4. */
  readonly suspicionMultiplier: number
  /**
   * Lifeguard's β: longest suspicion, unconfirmed, as a multiple of the shortest; 1 is plain SWIM. Up: a node that
   * hears nobody else's suspicion waits longer; down: it judges earlier. Default 6.
   */
  readonly suspicionMaxMultiplier: number
  /** λ: how often an update is sent, times ceil(log10(N + 1)). Up: surer spread; down: less traffic. Default 4. */
  readonly retransmitMultiplier: number
  /** ms between two rounds of gossip while there is something to tell. Up: larger batches; down: faster spread. Default 200. */
  readonly gossipIntervalMs: number
  /** Members told per round of gossip. Up: faster spread; down: less traffic. Default 3. */
  readonly gossipFanout: number
  /** Updates one message carries at most, 1–32 (what the wire allows). Up: a backlog drains sooner; down: smaller frames before a probe. Default 32. */
  readonly updatesPerMessageMax: number
  /**
   * ms between two comparisons of all beliefs with one random member, stretched above 32 members (`syncIntervalMsOf`). Up: less
   * traffic; down: whoever missed gossip catches up sooner. Default 30 000.
   */
  readonly syncIntervalMs: number
  /**
   * ms between two knocks at a dead, departed or merely remembered member (serf's ReconnectInterval is 30 s). Up: less
   * dialling of dead hosts; down: a healed cut merges sooner. Default 10 000.
   */
  readonly reconnectIntervalMs: number
  /**
   * ms a dead member stays listed; afterwards only its address is remembered, and knocked at. Up: longer in view;
   * down: shorter syncs. Default 24 h (serf, foca #19).
   */
  readonly deadRememberedMs: number
  /** The same for a member that left. Default 24 h (serf's TombstoneTimeout). */
  readonly leftRememberedMs: number
  /** Lifeguard's S: the local health score never exceeds it; 0 turns local health off. Up: a struggling node slows down more; down: less. Default 8. */
  readonly localHealthMax: number
  /**
   * ms a deadline may pass unserved before this node counts itself as stalled: its own probes are then void and
   * suspicions last as much longer; times 1 + local health. Up: a slow node judges others; down: it doubts itself
   * sooner. Default 100 (MEMBERSHIP.md section 3, Node.js).
   */
  readonly stallMsMax: number
  /** Members listed at most besides this node, 1–1023: with itself they fill a sync. Up: larger clusters; down: less memory and smaller syncs. Default 1023. */
  readonly membersMax: number
  /**
   * Members, this node included, up to which everybody watches everybody. Above it a node watches its 20 neighbours in an
   * overlay, and so at most about as many connections stand; below 90 % of it all are watched again. The same at every
   * node, or the neighbours of some do not watch back. Up: more connections (each costs 36–56 KB, LIBP2P.md section 5);
   * down: members hear of each other over more steps, and first requests between strangers must dial. Default 200
   * (MEMBERSHIP.md section 3, "Connections").
   */
  readonly meshMembersMax: number
  /** Peers remembered at most beyond the listed members; the one untouched the longest gives way. Up: more old peers can be found again; down: less memory. Default 1024. */
  readonly rememberedMax: number
}

const HOUR_MS = 3_600_000

export const defaultMembershipOptions: MembershipOptions = {
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  networkDelayMsMax: 30,
  indirectProbes: 3,
  suspicionMultiplier: 4,
  suspicionMaxMultiplier: 6,
  retransmitMultiplier: 4,
  gossipIntervalMs: 200,
  gossipFanout: 3,
  updatesPerMessageMax: 32,
  syncIntervalMs: 30_000,
  reconnectIntervalMs: 10_000,
  deadRememberedMs: 24 * HOUR_MS,
  leftRememberedMs: 24 * HOUR_MS,
  localHealthMax: 8,
  stallMsMax: 100,
  membersMax: MEMBERS_MAX,
  meshMembersMax: 200,
  rememberedMax: 1024
}

const maximumByName: Partial<Record<keyof MembershipOptions, number>> = {
  updatesPerMessageMax: UPDATES_PER_MESSAGE_MAX,
  membersMax: MEMBERS_MAX,
  indirectProbes: 16,
  gossipFanout: 64,
  retransmitMultiplier: 64,
  localHealthMax: 64
}
const zeroAllowed: ReadonlySet<string> = new Set(['localHealthMax', 'networkDelayMsMax'])

/** What is wrong with the figures, alone and together, in words; empty where nothing is. */
export function membershipOptionProblems (options: MembershipOptions): readonly string[] {
  const problems: string[] = []
  for (const name of Object.keys(defaultMembershipOptions) as Array<keyof MembershipOptions>) {
    const value = options[name]
    const minimum = zeroAllowed.has(name) ? 0 : 1
    const maximum = maximumByName[name] ?? Number.MAX_SAFE_INTEGER
    if (!Number.isSafeInteger(value) || value < minimum || value > maximum) {
      problems.push(`${name} must be a whole number from ${minimum} to ${maximum}, got ${value}`)
    }
  }
  // MEMBERSHIP.md 1.3, "Timing trap": otherwise a healthy prober of a dead member misses every nack and blames itself.
  const nackArrivesMs = options.probeTimeoutMs + nackDelayMs(options) + 3 * options.networkDelayMsMax
  if (nackArrivesMs >= options.probeIntervalMs) {
    problems.push(`probeIntervalMs must exceed ${nackArrivesMs} (probeTimeoutMs, 80 % of it until a helper's nack, and 3 networkDelayMsMax), got ${options.probeIntervalMs}`)
  }
  if (options.gossipIntervalMs > options.probeIntervalMs) problems.push('gossipIntervalMs must not exceed probeIntervalMs: a suspicion must spread within a probe')
  if (options.syncIntervalMs < options.probeIntervalMs) problems.push('syncIntervalMs must be at least probeIntervalMs')
  if (options.reconnectIntervalMs < options.probeIntervalMs) problems.push('reconnectIntervalMs must be at least probeIntervalMs')
  // A member forgotten before the news of its death has reached all by anti-entropy is news again and again (foca #19).
  const rememberedMsMin = 10 * options.syncIntervalMs
  if (options.deadRememberedMs < rememberedMsMin) problems.push(`deadRememberedMs must be at least ten syncIntervalMs (${rememberedMsMin})`)
  if (options.leftRememberedMs < rememberedMsMin) problems.push(`leftRememberedMs must be at least ten syncIntervalMs (${rememberedMsMin})`)
  return problems
}

/** ms a helper waits for the target before it sends a nack: 80 % of the probe timeout (Lifeguard, section IV-A). */
export const nackDelayMs = (options: MembershipOptions): number => Math.floor(0.8 * options.probeTimeoutMs)

/** ms of the shortest suspicion among `memberCount` members: α · max(1, log10 N) · interval (memberlist `suspicionTimeout`). */
export function suspicionMsMin (options: MembershipOptions, memberCount: number): number {
  const scale = Math.max(1, Math.log10(Math.max(1, memberCount)))
  return Math.round(options.suspicionMultiplier * scale * options.probeIntervalMs)
}

/** Confirmations that shorten a suspicion fully: K = α - 2, or 0 where too few others are there to confirm. */
export function confirmationsWanted (options: MembershipOptions, memberCount: number): number {
  const wanted = Math.max(0, options.suspicionMultiplier - 2)
  return memberCount - 2 < wanted ? 0 : wanted
}

/** How often an update is sent: λ · ceil(log10(N + 1)). */
export function retransmitLimit (options: MembershipOptions, memberCount: number): number {
  return options.retransmitMultiplier * Math.ceil(Math.log10(memberCount + 1))
}

/** ms between two syncs: the base to 32 members, then stretched with log2 N (memberlist `pushPullScale`). */
export function syncIntervalMsOf (options: MembershipOptions, memberCount: number): number {
  return memberCount <= 32 ? options.syncIntervalMs : options.syncIntervalMs * (Math.ceil(Math.log2(memberCount) - 5) + 1)
}

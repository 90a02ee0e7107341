import { SYSTEM_PARTITION } from '../base/index.js'
import type { Logger, MemberId, PartitionId } from '../base/index.js'
import { isSystemVoter, memberById, stayingMembers } from '../coordinator/index.js'
import { nextMoves } from '../placement/index.js'
import { SYSTEM_VOTER_COUNT_MAX } from '../../protocols/cluster/index.js'
import type { ClusterMap, GroupPlacement, MapCommand } from '../../protocols/cluster/index.js'

/** ms between two looks at what is to be placed. */
const LOOK_EVERY_MS = 500
/** Partitions under way at once, in all and to one member: each may stream its data. */
const MOVES_MAX = 8
const MOVES_PER_MEMBER_MAX = 2

/** What the steward needs of its node. */
export interface StewardContext {
  readonly log: Logger
  /** ms that a member is gone before its replicas are placed elsewhere. */
  readonly replaceAfterMs: number
  /** The map as of the coordinator's last applied entry; undefined where this node is not the coordinator. */
  coordinatorMap (): ClusterMap | undefined
  /** ms since when the member is not there, as membership sees it; undefined: it is there. */
  goneSinceMs (member: MemberId): number | undefined
  propose (command: MapCommand): boolean
}

/**
 * What the coordinator does for the map: gives every partition its copies on the members there are, replaces those that
 * are gone for long, empties those that leave, and keeps the system partition's voters up to five (DESIGN.md section 6). It
 * only wishes; each partition's master gets there by safe steps, and reports. What membership says of who is gone moves data,
 * never votes.
 */
export class Steward {
  readonly #context: StewardContext
  readonly #placements = new Map<PartitionId, GroupPlacement>()
  #lookAtMs = 0
  /** Since when this node coordinates: it does not know for how long others were gone before. */
  #sinceMs: number | undefined

  constructor (context: StewardContext) {
    this.#context = context
  }

  get nextDeadlineMs (): number {
    return this.#sinceMs === undefined ? Infinity : this.#lookAtMs
  }

  /** A master says where its groups' replicas are. Every voter of the system partition listens: each may coordinate next. */
  report (placements: readonly GroupPlacement[]): void {
    for (const placement of placements) {
      const known = this.#placements.get(placement.partition)
      if (known === undefined || placement.term > known.term || (placement.term === known.term && placement.index >= known.index)) {
        this.#placements.set(placement.partition, placement)
      }
    }
  }

  tick (nowMs: number): void {
    if (nowMs < this.#lookAtMs) return
    const map = this.#context.coordinatorMap()
    if (map === undefined) {
      this.#sinceMs = undefined
      return
    }
    this.#sinceMs ??= nowMs
    this.#lookAtMs = nowMs + LOOK_EVERY_MS
    for (const command of this.#wishes(map, nowMs)) this.#context.propose(command)
  }

  #wishes (map: ClusterMap, nowMs: number): MapCommand[] {
    const staying = stayingMembers(map).map(({ id }) => id)
    const isThere = (member: MemberId): boolean => this.#context.goneSinceMs(member) === undefined
    const candidates = staying.filter((member) => this.#goneMs(member, nowMs) < this.#context.replaceAfterMs)
    // Fewer copies are no safer than copies on somebody who may come back.
    const missed = staying.filter((member) => !candidates.includes(member)).sort((a, b) => this.#goneMs(a, nowMs) - this.#goneMs(b, nowMs))
    while (candidates.length < map.replicaCount && missed.length > 0) candidates.push(missed.shift() as MemberId)
    candidates.sort((a, b) => a - b)
    const commands: MapCommand[] = []
    if (map.replicaCount > 0 && candidates.length > 0) commands.push(...this.#placeCopies(map, candidates, isThere))
    const voters = this.#systemVoters(map, staying, candidates, isThere)
    if (voters !== undefined) commands.push({ kind: 'place', partition: SYSTEM_PARTITION, from: map.systemVoters, to: voters })
    for (const { id, leaving } of map.members) if (leaving && this.#isEmpty(map, id)) commands.push({ kind: 'remove', member: id })
    return commands
  }

  #goneMs (member: MemberId, nowMs: number): number {
    const sinceMs = this.#context.goneSinceMs(member)
    return sinceMs === undefined ? 0 : nowMs - Math.max(sinceMs, this.#sinceMs ?? nowMs)
  }

  #placeCopies (map: ClusterMap, members: readonly MemberId[], isThere: (member: MemberId) => boolean): MapCommand[] {
    const busy = new Set<number>()
    const arriving = new Map<MemberId, number>()
    map.partitions.forEach(({ replicas }, partition) => {
      if (this.#isSettled(partition as PartitionId, replicas)) return
      busy.add(partition)
      const voters = this.#placements.get(partition as PartitionId)?.voters ?? []
      for (const member of replicas) if (!voters.includes(member)) arriving.set(member, (arriving.get(member) ?? 0) + 1)
    })
    const moves = nextMoves({
      partitions: map.partitions.map(({ replicas }) => replicas), members, receivers: members.filter(isThere), replicaCount: map.replicaCount, busy, arriving,
      movesMax: MOVES_MAX, perMemberMax: MOVES_PER_MEMBER_MAX
    })
    // First places move no data, and still each is an entry and an epoch of the map.
    return moves.filter(({ to }) => to.length > 0).slice(0, MOVES_MAX).map(({ partition, from, to }) => ({ kind: 'place', partition: partition as PartitionId, from, to }))
  }

  /** Whether a group's replicas are where they are wished, by its master's last report. */
  #isSettled (partition: PartitionId, wish: readonly MemberId[]): boolean {
    const placement = this.#placements.get(partition)
    return placement !== undefined && placement.learners.length === 0 &&
      placement.voters.length === wish.length && wish.every((member) => placement.voters.includes(member))
  }

  /** An odd number of voters, as many as there are members for. Undefined: as they are. */
  #systemVoters (map: ClusterMap, staying: readonly MemberId[], candidates: readonly MemberId[], isThere: (member: MemberId) => boolean): MemberId[] | undefined {
    if (!this.#isSettled(SYSTEM_PARTITION, map.systemVoters)) return undefined
    const present = map.systemVoters.filter((member) => memberById(map, member)?.leaving === false)
    const available = Math.min(SYSTEM_VOTER_COUNT_MAX, new Set([...staying, ...present]).size)
    const count = available % 2 === 1 ? available : available - 1
    const kept = present.filter((member) => candidates.includes(member))
    const added = candidates.filter((member) => !present.includes(member) && isThere(member))
    const missed = present.filter((member) => !candidates.includes(member)) // one that may come, or come back, is better than none
    const voters = [...kept, ...added, ...missed].slice(0, count)
    const isSame = voters.length === map.systemVoters.length && voters.every((member) => map.systemVoters.includes(member))
    return voters.length === 0 || isSame ? undefined : voters
  }

  /** Whether a member that leaves holds no replica any more, by the map and by what every master reported since. */
  #isEmpty (map: ClusterMap, member: MemberId): boolean {
    if (isSystemVoter(map, member)) return false
    const isHolder = map.partitions.some(({ replicas }, partition) => replicas.includes(member) || this.#isHeldBy(partition as PartitionId, member))
    return !isHolder && !this.#isHeldBy(SYSTEM_PARTITION, member)
  }

  #isHeldBy (partition: PartitionId, member: MemberId): boolean {
    const placement = this.#placements.get(partition)
    return placement === undefined || placement.voters.includes(member) || placement.learners.includes(member)
  }

  /** Why a member may not leave now, beside what the map says; undefined where it may. */
  leaveProblem (map: ClusterMap, member: MemberId): string | undefined {
    const others = stayingMembers(map).filter(({ id }) => id !== member)
    const gone = others.filter(({ id }) => this.#context.goneSinceMs(id) !== undefined)
    const there = others.length - gone.length
    if (there >= Math.min(map.replicaCount, others.length)) return undefined
    const name = memberById(map, member)?.name ?? `member ${member}`
    return `without ${name} there are ${there} members to hold ${map.replicaCount} replicas of every partition, since ${gone.map((each) => each.name).join(', ')} cannot be reached`
  }
}

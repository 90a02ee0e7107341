import { SYSTEM_PARTITION } from '../base/index.js'
import type { Logger, LogIndex, MemberId, PartitionId } from '../base/index.js'
import type { ClusterMap, GroupPlacement } from '../../protocols/cluster/index.js'
import type { LoggedConfiguration } from '../../protocols/replication/index.js'
import { nextStep } from './mover.js'
import type { Replica } from './replica.js'

/** ms between two looks at groups that are not where they are wished. */
const STEP_EVERY_MS = 100
/** ms between two reports of a group that is not, and of one that is: a coordinator may have missed the first. */
const REPORT_MOVING_EVERY_MS = 1000
const REPORT_SETTLED_EVERY_MS = 30_000

/** What placing needs of its node. */
export interface PlacingContext {
  readonly log: Logger
  /** ms of silence after which a member counts as not there. */
  readonly silenceMsMax: number
  report (placements: readonly GroupPlacement[]): void
  /** A snapshot stream writes to the replica. */
  isReceiving (replica: Replica): boolean
  retire (replica: Replica, index: LogIndex): void
}

/** What was done and said about one group that this node masters. */
interface Progress {
  readonly term: number
  readonly wish: readonly MemberId[]
  readonly configuration: LoggedConfiguration
  readonly isSettled: boolean
  reportAtMs: number
}

/** A master's part in placement: brings its groups' replicas to where the map wishes them, and reports where they are. */
export class Placing {
  readonly #context: PlacingContext
  readonly #progress = new Map<PartitionId, Progress>()
  /** When a replica that is not wished here asks again. */
  readonly #asked = new Map<PartitionId, number>()
  #lookAtMs = 0

  constructor (context: PlacingContext) {
    this.#context = context
  }

  get nextDeadlineMs (): number {
    return this.#lookAtMs
  }

  /** @param replicas all of this node */
  tick (replicas: readonly Replica[], map: ClusterMap, self: MemberId, nowMs: number): void {
    if (nowMs < this.#lookAtMs) return
    this.#lookAtMs = nowMs + STEP_EVERY_MS
    const reports: GroupPlacement[] = []
    for (const replica of [...replicas]) { // retiring takes one out
      const { partition } = replica
      const wish = partition === SYSTEM_PARTITION ? map.systemVoters : map.partitions[partition]?.replicas
      if (wish === undefined || replica.failure !== undefined) continue
      if (!wish.includes(self) && !replica.isMaster) {
        this.#sayFarewell(replica, wish, nowMs)
        continue
      }
      if (!replica.isMaster || !replica.group.isLeaderReady) {
        this.#progress.delete(partition)
        continue
      }
      const { configuration, term } = replica.group
      const known = this.#progress.get(partition)
      const isKnown = known?.wish === wish && known.configuration === configuration && known.term === term
      if (isKnown && known.isSettled && nowMs < known.reportAtMs) continue
      if (!replica.group.isConfigurationCommitted) continue
      if (known?.wish !== wish) replica.prefer(wish[0])
      const isSettled = this.#step(replica, configuration, wish, self, nowMs)
      if (!isKnown || nowMs >= known.reportAtMs) {
        reports.push({ partition, term, index: configuration.index, voters: configuration.voters, learners: configuration.learners })
        this.#progress.set(partition, { term, wish, configuration, isSettled, reportAtMs: nowMs + (isSettled ? REPORT_SETTLED_EVERY_MS : REPORT_MOVING_EVERY_MS) })
      }
    }
    if (reports.length > 0) this.#context.report(reports)
  }

  /** A replica that is not wished here goes once its group goes on without it; where nobody says so, it asks. */
  #sayFarewell (replica: Replica, wish: readonly MemberId[], nowMs: number): void {
    const { retiredIndex, lastLeaderContactMs, configuration } = replica.group
    if (retiredIndex !== undefined) {
      if (this.#context.isReceiving(replica)) return // it ends, and the farewell holds
      this.#asked.delete(replica.partition)
      this.#context.retire(replica, retiredIndex)
      return
    }
    if (nowMs - lastLeaderContactMs < this.#context.silenceMsMax || nowMs < (this.#asked.get(replica.partition) ?? 0)) return
    this.#asked.set(replica.partition, nowMs + REPORT_MOVING_EVERY_MS)
    replica.askAround([...new Set([...wish, ...configuration.voters])], nowMs)
  }

  /** Returns whether there is nothing left to do. */
  #step (replica: Replica, configuration: LoggedConfiguration, wish: readonly MemberId[], self: MemberId, nowMs: number): boolean {
    const isSettled = configuration.learners.length === 0 && configuration.voters.length === wish.length && wish.every((member) => configuration.voters.includes(member))
    if (isSettled) return true
    const followers = replica.group.followers.map(({ member, isCaughtUp, answeredMs }) => ({ member, isCaughtUp, isThere: nowMs - answeredMs <= this.#context.silenceMsMax }))
    const step = nextStep({ self, configuration, followers, wish })
    if (step === undefined) return false
    if (step.kind === 'hand-over') {
      if (replica.transfer(step.to, nowMs)) this.#context.log.info('handing a mastership over to where it is wished', { partition: replica.partition, to: step.to })
      return false
    }
    const proposal = replica.changeConfiguration(step)
    const reason = proposal.kind === 'refused' ? proposal.reason : undefined
    if (reason === undefined) this.#context.log.info('a replica set changes', { partition: replica.partition, step: step.kind, member: step.member, voters: configuration.voters.length })
    else if (reason === 'invalid') this.#context.log.warn('a replica set did not change', { partition: replica.partition, step: step.kind, member: step.member, reason })
    return false
  }
}

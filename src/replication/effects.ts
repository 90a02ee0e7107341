import type { LogIndex, MemberId } from '../base/index.js'
import type { HardState, LogEntry, LoggedConfiguration, ReplicationMessage } from '../../protocols/replication/index.js'
import type { LogPosition } from './log.js'

/** A message and whom it is for. */
export interface Addressed {
  readonly to: MemberId
  readonly message: ReplicationMessage
}

/**
 * What must become durable, in one atomic batch with what the same effects apply. Carried out in the order of the
 * fields: truncate, append, then forget the head. Tokens grow; batches become durable in their order.
 */
export interface PersistEffect {
  readonly token: number
  /** Undefined: unchanged. */
  readonly hardState: HardState | undefined
  /** Stored entries from here on are void, whatever `entries` brings; undefined: none are. */
  readonly truncateFrom: LogIndex | undefined
  /** Consecutive, behind what is stored (after the truncation) or behind `logStart`. */
  readonly entries: readonly LogEntry[]
  /** The log now follows this position, as of which the configuration is this one: stored entries up to it may go. Undefined: unchanged. */
  readonly logStart: LogStart | undefined
}

/** Where the kept log begins, and who was in the group there. */
export interface LogStart extends LogPosition {
  readonly configuration: LoggedConfiguration
}

/** What a group asks of its driver after one or more inputs, in the order in which it must be done. */
export interface GroupEffects {
  readonly persist: PersistEffect | undefined
  /** May leave at once: a leader's messages, and whatever says nothing that a crash could take back. */
  readonly sendNow: readonly Addressed[]
  /** Must not leave before the newest token handed out so far, this persist's included, is durable. */
  readonly sendAfter: readonly Addressed[]
  /** A leadership ended: its proposals that were not applied before this `committed` may or may not take effect. */
  readonly steppedDown: boolean
  /** This replica leads now, since these inputs. With `steppedDown` in the same effects, that ended an earlier leadership. */
  readonly becameLeader: boolean
  /** To be applied now, in order; every position once in the life of the process. */
  readonly committed: readonly LogEntry[]
  /** Reads that may be answered once `committed` is applied. */
  readonly readsReady: readonly number[]
  /** Reads that were not confirmed: the leader is unknown or changed, or this replica is being installed. Ask again. */
  readonly readsRefused: readonly number[]
  /** Followers that need a snapshot stream of the applied state; where one is under way already, that one will do. */
  readonly snapshotsWanted: readonly MemberId[]
  /** What peers said that no correct peer says, for the log: the messages were ignored. */
  readonly anomalies: readonly string[]
}

const nothing: readonly never[] = Object.freeze([])

/** What an idle group asks for. */
export const noEffects: GroupEffects = Object.freeze({
  persist: undefined, sendNow: nothing, sendAfter: nothing, steppedDown: false, becameLeader: false, committed: nothing,
  readsReady: nothing, readsRefused: nothing, snapshotsWanted: nothing, anomalies: nothing
})

/** Reasons of anomalies kept between two calls of `takeEffects`; a peer could send any number. */
const ANOMALIES_MAX = 4

/** Gathers effects between two calls of `takeEffects`. */
export class Outbox {
  now: Addressed[] = []
  after: Addressed[] = []
  readsReady: number[] = []
  readsRefused: number[] = []
  snapshotsWanted: MemberId[] = []
  anomalies: string[] = []
  steppedDown = false
  becameLeader = false

  /** A message that says nothing a crash could take back. */
  sendNow (to: MemberId, message: ReplicationMessage): void {
    this.now.push({ to, message })
  }

  /** A message that must wait for everything this replica decided before it. */
  sendAfter (to: MemberId, message: ReplicationMessage): void {
    this.after.push({ to, message })
  }

  anomaly (reason: string): void {
    if (this.anomalies.length < ANOMALIES_MAX) this.anomalies.push(reason)
  }
}

import { assert, toLogIndex } from '../base/index.js'
import type { LogIndex, MemberId } from '../base/index.js'
import { InflightWindow } from './inflight.js'
import type { GroupOptions } from './options.js'

/**
 * How a leader sends to one follower:
 * `probe`: where their logs agree is not known; one append, then silence until it is answered or a heartbeat is due.
 * `replicate`: appends are sent one behind the other without waiting, within the window.
 * `snapshot`: the entries it needs are compacted; heartbeats only, until its log reaches the leader's.
 */
export type ProgressMode = 'probe' | 'replicate' | 'snapshot'

/** Heartbeats without an answer after which a follower counts as silent. */
const SILENT_HEARTBEATS = 3

/** What a leader knows of one follower, and its flow control (etcd's tracker.Progress, with the snapshot kept apart). */
export class Progress {
  readonly member: MemberId
  readonly inflight: InflightWindow
  readonly #silentAfterMs: number
  #mode: ProgressMode = 'probe'
  /** The follower's log agrees up to here and is durable. */
  #matchIndex = toLogIndex(0)
  /** The newest round of an answer that accepted. */
  #acceptedRound = 0
  /** The next entry to send. */
  #nextIndex: LogIndex
  /** The probe of the current position was sent. */
  isProbeSent = false
  /** The greatest commit index that messages under way or answered can give the follower. */
  commitSent = 0
  /** The newest round it echoed, and a time at or before that round's beginning. */
  echoedRound = 0
  contactMs: number
  /** When its newest answer came. */
  answeredMs: number
  /** It says that its state is gone. */
  wantsSnapshot = false
  /** No snapshot is asked for before: one is under way, or the last one failed just now. */
  snapshotHoldMs = -Infinity
  /** An answer to a later round comes from after the last stream was read to its end; Infinity: none was. */
  snapshotReadRound = Infinity

  constructor (member: MemberId, options: GroupOptions, nextIndex: LogIndex, nowMs: number) {
    this.member = member
    this.inflight = new InflightWindow(options.inflightAppendsMax, options.inflightBytesMax)
    this.#silentAfterMs = SILENT_HEARTBEATS * options.heartbeatIntervalMs
    this.#nextIndex = nextIndex
    this.contactMs = nowMs
    this.answeredMs = nowMs
  }

  get mode (): ProgressMode {
    return this.#mode
  }

  get matchIndex (): LogIndex {
    return this.#matchIndex
  }

  get nextIndex (): LogIndex {
    return this.#nextIndex
  }

  isSilent (nowMs: number): boolean {
    return nowMs - this.answeredMs > this.#silentAfterMs
  }

  /** Whether it answers, replicates and has its state. */
  isFitToLead (nowMs: number): boolean {
    return this.#mode === 'replicate' && !this.wantsSnapshot && !this.isSilent(nowMs)
  }

  /** The log up to `index` is durable there, as of an echo of `round`; whether that is news. */
  accepted (index: LogIndex, round: number, startIndex: LogIndex): boolean {
    if (round > this.#acceptedRound) this.#acceptedRound = round
    const isNews = index > this.#matchIndex
    if (isNews) {
      this.#matchIndex = index
      this.inflight.freeUpTo(index)
    }
    if (this.#matchIndex >= this.#nextIndex) this.#nextIndex = toLogIndex(this.#matchIndex + 1)
    // What agreed with a probe's position agrees with all before it: the answer may still name less, what is durable.
    if (this.#mode === 'probe' || (this.#mode === 'snapshot' && this.#matchIndex >= startIndex)) this.#enter('replicate')
    return isNews
  }

  /** An append was refused; `agreedIndex` is the next position worth trying. Duplicates and late refusals change nothing. */
  refused (agreedIndex: LogIndex): void {
    if (this.#mode === 'snapshot' || agreedIndex < this.#matchIndex) return
    const nextIndex = toLogIndex(agreedIndex + 1)
    // Every true refusal names a position before the one refused, so that probing ends.
    if (nextIndex >= this.#nextIndex) return
    this.#nextIndex = nextIndex
    this.#enter('probe')
  }

  /** Whether a refusal that names this position comes after an answer that confirmed more: late refusals do not. */
  hasForgotten (agreedIndex: LogIndex, round: number): boolean {
    return agreedIndex < this.#matchIndex && round > this.#acceptedRound
  }

  /** Another replica is in its place: nothing is known of that one's log. */
  beginsAnew (): void {
    this.#matchIndex = toLogIndex(0)
    this.#enter('probe')
  }

  /** What is under way is probably lost: begin again behind what is known. */
  lost (): void {
    if (this.#mode !== 'replicate') return
    this.#nextIndex = toLogIndex(this.#matchIndex + 1)
    this.#enter('probe')
  }

  /** The newest answer tells how the snapshot fares: not needed any more, or one that was read did not do. */
  judgeSnapshot (round: number): void {
    const isNeeded = this.#mode === 'snapshot' || this.wantsSnapshot
    if (isNeeded && round <= this.snapshotReadRound) return
    this.snapshotHoldMs = -Infinity
    this.snapshotReadRound = Infinity
  }

  needsSnapshot (): void {
    this.#enter('snapshot')
  }

  sent (lastIndex: LogIndex, bytes: number): void {
    assert(this.#mode === 'replicate' && lastIndex >= this.#nextIndex, 'only replication sends ahead')
    this.inflight.add(lastIndex, bytes)
    this.#nextIndex = toLogIndex(lastIndex + 1)
  }

  #enter (mode: ProgressMode): void {
    if (mode === 'snapshot') this.#nextIndex = toLogIndex(this.#matchIndex + 1)
    this.#mode = mode
    this.isProbeSent = false
    this.commitSent = 0
    this.inflight.clear()
  }
}

import type { MemberId } from '../base/index.js'
import type { Progress } from './progress.js'
import type { ReplicaState } from './replica-state.js'

/** After a return to the preferred voter failed, the next attempt waits for this many times its usual delay. */
const RETURN_RETRY_FACTOR = 10

interface Transfer {
  readonly to: MemberId
  readonly deadlineMs: number
  /** The target is to be told: it was not yet, or a heartbeat has passed and the message may be lost. */
  isDue: boolean
  /** Mastership goes back to the preferred voter; nobody asked for it. */
  readonly isReturn: boolean
}

/**
 * Leadership transfer (thesis section 3.10): the leader takes no more proposals, brings the target's log up to its own,
 * and tells it to campaign at once. It gives up after an election timeout, since until then nobody can write. Also
 * returns mastership to the preferred voter, once that has answered and kept up for long enough.
 */
export class Handover {
  readonly #state: ReplicaState
  readonly #followers: ReadonlyMap<MemberId, Progress>
  #transfer: Transfer | undefined
  #caughtUpSinceMs = Infinity
  #commitBefore = 0
  #noReturnBeforeMs = -Infinity

  constructor (state: ReplicaState, followers: ReadonlyMap<MemberId, Progress>) {
    this.#state = state
    this.#followers = followers
  }

  get isUnderWay (): boolean {
    return this.#transfer !== undefined
  }

  get deadlineMs (): number {
    return this.#transfer?.deadlineMs ?? Infinity
  }

  /** Begins to hand over; undefined: to the follower that is furthest. False where there is nobody to hand over to. */
  begin (to: MemberId | undefined, isReturn = false): boolean {
    if (to === undefined && this.#transfer !== undefined) return true
    const target = to === undefined ? this.furthest() : this.#followers.get(to)
    if (target === undefined || !this.#state.voters.includes(target.member)) return false
    if (this.#transfer?.to === target.member) return true
    const deadlineMs = this.#state.nowMs + this.#state.options.electionTimeoutMsMin
    this.#transfer = { to: target.member, deadlineMs, isDue: true, isReturn }
    return true
  }

  /** The voter that could lead and has the most. */
  furthest (): Progress | undefined {
    let best: Progress | undefined
    for (const progress of this.#followers.values()) {
      if (this.#state.voters.includes(progress.member) && progress.isFitToLead(this.#state.nowMs) && (best === undefined || progress.matchIndex > best.matchIndex)) best = progress
    }
    return best
  }

  /** Gives up what has taken too long: proposals were held up for it, so that a next return must not follow soon. */
  giveUpIfDue (): void {
    const { nowMs, options } = this.#state
    if (this.#transfer === undefined || nowMs < this.#transfer.deadlineMs) return
    if (this.#transfer.isReturn) {
      this.#noReturnBeforeMs = nowMs + RETURN_RETRY_FACTOR * Math.max(options.transferBackAfterMs, options.electionTimeoutMsMin)
    }
    this.#transfer = undefined
  }

  /** At every heartbeat of a leader that knows what is committed. */
  beat (): void {
    if (this.#transfer !== undefined) this.#transfer.isDue = true
    const { nowMs, options, commitIndex, isResigning, voters } = this.#state
    const preferred = this.#state.preferred === undefined ? undefined : this.#followers.get(this.#state.preferred)
    if (preferred === undefined || !voters.includes(preferred.member)) return
    // Under load the newest entries are always under way: what was committed a heartbeat ago must be there.
    const isCaughtUp = preferred.isFitToLead(nowMs) && preferred.matchIndex >= this.#commitBefore
    this.#commitBefore = commitIndex
    if (!isCaughtUp) this.#caughtUpSinceMs = Infinity
    else if (this.#caughtUpSinceMs === Infinity) this.#caughtUpSinceMs = nowMs
    if (isResigning || this.#transfer !== undefined || nowMs < this.#noReturnBeforeMs) return
    if (nowMs - this.#caughtUpSinceMs >= options.transferBackAfterMs) this.begin(preferred.member, true)
  }

  /** Tells the target to campaign, once it has the whole log. */
  collect (): void {
    const { outbox, log, partition, term } = this.#state
    const transfer = this.#transfer
    if (transfer === undefined || !transfer.isDue || this.#followers.get(transfer.to)?.matchIndex !== log.lastIndex) return
    transfer.isDue = false
    outbox.sendNow(transfer.to, { kind: 'timeout-now', partition, term })
  }
}

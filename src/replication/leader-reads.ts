import { toLogIndex } from '../base/index.js'
import type { LogIndex, MemberId } from '../base/index.js'
import type { ReplicaState } from './replica-state.js'

/** Questions of followers that wait at once; a follower repeats what was dropped. */
const FOLLOWER_REQUESTS_MAX = 4096
/** Turns whose reads wait for their rounds at once; further reads join the newest. */
const BATCHES_MAX = 256

/** The reads of one turn, which share a round. */
interface Batch {
  /** The round that confirms it; 0: not begun. */
  round: number
  /** At least every position committed before its newest read arrived; undefined: not known before an own entry is committed. */
  index: LogIndex | undefined
  readonly ids: number[]
  readonly requests: Array<{ readonly from: MemberId, readonly id: number }>
}

/**
 * ReadIndex (thesis section 6.4): a read notes the commit index, waits for a quorum to answer a round begun afterwards,
 * which shows that no later leader had been elected when the read arrived, and then for the index to be applied. A new
 * leader does not know what is committed before it has committed an entry of its own term.
 */
export class LeaderReads {
  readonly #state: ReplicaState
  #batches: Batch[] = []
  #requestCount = 0

  constructor (state: ReplicaState) {
    this.#state = state
  }

  /** Whether a round must begin for reads that came since the last one did. */
  get needsRound (): boolean {
    return this.#newest?.round === 0
  }

  get #newest (): Batch | undefined {
    return this.#batches[this.#batches.length - 1]
  }

  #join (isReady: boolean): Batch {
    let batch = this.#newest
    if (batch === undefined || (batch.round !== 0 && this.#batches.length < BATCHES_MAX)) {
      batch = { round: 0, index: undefined, ids: [], requests: [] }
      this.#batches.push(batch)
    }
    batch.round = 0 // a full queue's newest batch waits for a newer round with what joins it
    batch.index = isReady ? this.#state.commitIndex : undefined
    return batch
  }

  add (id: number, isReady: boolean): void {
    this.#join(isReady).ids.push(id)
  }

  addRequest (from: MemberId, id: number, isReady: boolean): void {
    if (this.#requestCount >= FOLLOWER_REQUESTS_MAX) return
    this.#requestCount++
    this.#join(isReady).requests.push({ from, id })
  }

  began (round: number): void {
    const batch = this.#newest
    if (batch !== undefined && batch.round === 0) batch.round = round
  }

  /** A quorum, this replica included, echoed `round`, and an entry of this term is committed. */
  confirm (round: number): void {
    let count = 0
    for (const batch of this.#batches) {
      if (batch.round === 0 || batch.round > round) break
      this.#confirmed(batch)
      count++
    }
    if (count > 0) this.#batches.splice(0, count)
  }

  #confirmed ({ index, ids, requests }: Batch): void {
    const { reads, outbox, partition, term, commitIndex } = this.#state
    const readIndex = index ?? toLogIndex(commitIndex)
    reads.add(readIndex, ids)
    for (const { from, id } of requests) {
      outbox.sendNow(from, { kind: 'read-reply', partition, term, id, index: readIndex, accepted: true })
    }
    this.#requestCount -= requests.length
  }

  /** The leadership ends: own reads are refused; followers learn it otherwise. */
  refuseAll (): void {
    for (const { ids } of this.#batches) this.#state.outbox.readsRefused.push(...ids)
    this.#batches = []
    this.#requestCount = 0
  }
}

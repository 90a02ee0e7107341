import type { LogIndex, MemberId } from '../base/index.js'
import type { ReplicaState } from './replica-state.js'

/** Questions for a read index that may wait for their answers at once; further reads gather for the next one. */
const REQUESTS_MAX = 64

/**
 * A follower's linearizable reads: it asks its leader for a read index and waits until it has applied it (thesis section
 * 6.4). All reads of a turn share one question. A question is repeated under its number, since messages get lost; its
 * number is unique among all processes this replica ever was, because an answer to an earlier process, delivered late,
 * would be too low.
 */
export class ForwardedReads {
  readonly #state: ReplicaState
  #gathered: number[] = []
  #asked = new Map<number, readonly number[]>()
  #nextRequest: number
  #repeatMs = Infinity

  constructor (state: ReplicaState) {
    this.#state = state
    // Counted from a random start below 2^48: a process that asks n questions is met by a later one with n / 2^48.
    this.#nextRequest = state.random.uint32() * 0x10000
  }

  /** When lost questions are to be repeated; Infinity where none wait. */
  get repeatMs (): number {
    return this.#asked.size > 0 ? this.#repeatMs : Infinity
  }

  add (id: number): void {
    this.#gathered.push(id)
  }

  /** Asks for what gathered. */
  ask (leader: MemberId): void {
    if (this.#gathered.length === 0 || this.#asked.size >= REQUESTS_MAX) return
    const request = this.#nextRequest++
    if (this.#asked.size === 0) this.#repeatMs = this.#state.nowMs + this.#state.options.heartbeatIntervalMs
    this.#asked.set(request, this.#gathered)
    this.#gathered = []
    this.#send(leader, request)
  }

  repeat (leader: MemberId): void {
    this.#repeatMs = this.#state.nowMs + this.#state.options.heartbeatIntervalMs
    for (const request of this.#asked.keys()) this.#send(leader, request)
  }

  #send (leader: MemberId, id: number): void {
    const { outbox, partition, term, durability } = this.#state
    const message = { kind: 'read-request', partition, term, id } as const
    if (durability.isVoteDurable) outbox.sendNow(leader, message)
    else outbox.sendAfter(leader, message)
  }

  answered (request: number, accepted: boolean, index: LogIndex): void {
    const ids = this.#asked.get(request)
    if (ids === undefined) return
    this.#asked.delete(request)
    if (accepted) this.#state.reads.add(index, ids)
    else this.#state.outbox.readsRefused.push(...ids)
  }

  /** The leader they were meant for is gone. */
  refuseAll (): void {
    const { readsRefused } = this.#state.outbox
    for (const ids of this.#asked.values()) readsRefused.push(...ids)
    readsRefused.push(...this.#gathered)
    this.#asked.clear()
    this.#gathered = []
  }
}

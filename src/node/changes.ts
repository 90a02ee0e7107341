import type { MemberId, PeerId, Prng } from '../base/index.js'
import { applyMapCommand } from '../coordinator/index.js'
import type { ChangeOutcome, ClusterMap, ClusterMessage, MapCommand } from '../../protocols/cluster/index.js'
import type { Outbox } from './outbox.js'

/** ms between two attempts to reach the coordinator with a change. */
const ASK_EVERY_MS = 300
/** Changes that wait here, of this node's clients and of other nodes': they are made by people, one at a time. */
const WAITING_MAX = 64
/** ms that the coordinator waits for a change to be committed before it forgets who asked: they ask again. */
const FORGET_MS = 10_000

/** What became of a change that a client asked for. */
export type ChangeAnswer = Exclude<ChangeOutcome, { kind: 'not-coordinator' }> | { readonly kind: 'timeout' }

export interface ChangesContext {
  readonly outbox: Pick<Outbox, 'cluster'>
  readonly random: Prng
  /** The map as this node knows it. */
  map (): ClusterMap | undefined
  /** Undefined where this node is not the coordinator. */
  coordinatorMap (): ClusterMap | undefined
  propose (command: MapCommand): boolean
  isAccepted (peer: PeerId): boolean
  peerOf (member: MemberId): PeerId | undefined
  /** Why the coordinator does not want a change that the map would take; undefined where it does. */
  objection (map: ClusterMap, command: MapCommand): string | undefined
}

interface Asked {
  readonly id: number
  readonly command: MapCommand
  readonly deadlineMs: number
  readonly answer: (answer: ChangeAnswer) => void
}

interface Proposed {
  readonly peer: PeerId | undefined
  readonly id: number
  readonly command: MapCommand
  readonly forgetAtMs: number
}

/**
 * Changes of the map that people ask for (a member shall leave): carried from any node to the coordinator, and answered when
 * a majority of the voters has them. A change is idempotent, so it is asked for again until there is an answer.
 */
export class Changes {
  readonly #context: ChangesContext
  readonly #asked = new Map<number, Asked>()
  #proposed: Proposed[] = []
  /** Not from 1: the coordinator may still answer what a process before this one asked. */
  #nextId: number
  #askAtMs = Infinity

  constructor (context: ChangesContext) {
    this.#context = context
    this.#nextId = context.random.uint32()
  }

  get nextDeadlineMs (): number {
    return this.#asked.size + this.#proposed.length > 0 ? this.#askAtMs : Infinity
  }

  /** A client of this node asks. @param answer called once */
  ask (command: MapCommand, timeoutMs: number, nowMs: number, answer: (answer: ChangeAnswer) => void): void {
    if (this.#asked.size >= WAITING_MAX) {
      answer({ kind: 'refused', code: 'outdated', reason: `${WAITING_MAX} changes of the cluster are waiting already` })
      return
    }
    const id = this.#nextId++
    this.#asked.set(id, { id, command, deadlineMs: nowMs + timeoutMs, answer })
    this.#askAtMs = nowMs
  }

  /** Another node asks for one of its clients. */
  request (from: PeerId, id: number, command: MapCommand, nowMs: number): void {
    const outcome = this.#consider(from, id, command, nowMs)
    if (outcome !== undefined) this.#reply(from, id, outcome)
  }

  reply (message: ClusterMessage & { readonly kind: 'change-reply' }): void {
    const { id, outcome } = message
    const asked = this.#asked.get(id)
    if (asked === undefined || outcome.kind === 'not-coordinator') return
    this.#asked.delete(id)
    asked.answer(outcome)
  }

  tick (nowMs: number): void {
    if (nowMs < this.#askAtMs) return
    this.#askAtMs = nowMs + ASK_EVERY_MS
    this.#settle(nowMs)
    for (const asked of this.#asked.values()) {
      if (nowMs >= asked.deadlineMs) {
        this.#asked.delete(asked.id)
        asked.answer({ kind: 'timeout' })
        continue
      }
      const outcome = this.#consider(undefined, asked.id, asked.command, nowMs)
      if (outcome?.kind === 'not-coordinator') this.#askVoters(asked)
      else if (outcome !== undefined) this.#reply(undefined, asked.id, outcome)
    }
  }

  #askVoters ({ id, command }: Asked): void {
    const { map, peerOf, isAccepted, outbox } = this.#context
    for (const voter of map()?.systemVoters ?? []) {
      const peer = peerOf(voter)
      if (peer !== undefined && isAccepted(peer)) outbox.cluster(peer, { kind: 'change-request', id, command })
    }
  }

  /** What can be said of a change at once; undefined: it is on its way. */
  #consider (peer: PeerId | undefined, id: number, command: MapCommand, nowMs: number): ChangeOutcome | undefined {
    const map = this.#context.coordinatorMap()
    if (map === undefined) return { kind: 'not-coordinator' }
    if (this.#proposed.some((each) => each.peer === peer && each.id === id)) return undefined
    if (command.kind !== 'leave' && command.kind !== 'stay') return { kind: 'refused', code: 'outdated', reason: `nobody may ask for "${command.kind}"` }
    const { outcome } = applyMapCommand(map, command)
    if (outcome === 'unchanged') return { kind: 'done' }
    if (typeof outcome === 'object') return { kind: 'refused', code: outcome.refused, reason: outcome.reason }
    const objection = this.#context.objection(map, command)
    if (objection !== undefined) return { kind: 'refused', code: 'placement_impossible', reason: objection }
    if (this.#proposed.length >= WAITING_MAX || !this.#context.propose(command)) return { kind: 'not-coordinator' }
    this.#proposed.push({ peer, id, command, forgetAtMs: nowMs + FORGET_MS })
    this.#askAtMs = Math.min(this.#askAtMs, nowMs)
    return undefined
  }

  /** Answers those whose change is in the map that the coordinator has applied, and so committed. */
  #settle (nowMs: number): void {
    const map = this.#context.coordinatorMap()
    this.#proposed = this.#proposed.filter((proposed) => {
      if (map === undefined || nowMs >= proposed.forgetAtMs) return false
      const { outcome } = applyMapCommand(map, proposed.command)
      if (outcome === 'changed') return true
      this.#reply(proposed.peer, proposed.id, typeof outcome === 'object' ? { kind: 'refused', code: outcome.refused, reason: outcome.reason } : { kind: 'done' })
      return false
    })
  }

  #reply (peer: PeerId | undefined, id: number, outcome: ChangeOutcome): void {
    const message = { kind: 'change-reply' as const, id, outcome }
    if (peer === undefined) this.reply(message)
    else this.#context.outbox.cluster(peer, message)
  }
}

import type { KvErrorDetail, Logger, LogIndex, MemberId, PeerId, Prng } from '../base/index.js'
import type { ClusterMap, ClusterMessage, GroupPlacement, MapCommand } from '../../protocols/cluster/index.js'
import type { ChangeCallback } from './api.js'
import { Changes } from './changes.js'
import type { ChangeAnswer } from './changes.js'
import type { NodeTuning } from './options.js'
import type { Outbox } from './outbox.js'
import { Placing } from './placing.js'
import type { Replica } from './replica.js'
import { Steward } from './steward.js'

/** Messages between nodes about where replicas are and who goes. */
export type RelocationMessage = Extract<ClusterMessage, { readonly kind: 'placement-report' | 'change-request' | 'change-reply' }>

/** What relocation needs of its node. */
export interface RelocationContext {
  readonly self: PeerId
  readonly outbox: Outbox
  readonly log: Logger
  readonly tuning: NodeTuning
  readonly random: Prng
  replicas (): readonly Replica[]
  /** Deletes a replica that its group goes on without. */
  retire (replica: Replica, index: LogIndex): void
  /** A snapshot stream writes to the replica. */
  isReceiving (replica: Replica): boolean
  map (): ClusterMap | undefined
  /** Undefined where this node is not the coordinator. */
  coordinatorMap (): ClusterMap | undefined
  proposeMap (command: MapCommand): boolean
  isAccepted (peer: PeerId): boolean
  peerOf (member: MemberId): PeerId | undefined
  memberOf (peer: PeerId): MemberId | undefined
  /** ms since when a peer is not there, as membership sees it; undefined: it is there. */
  goneSinceMs (peer: PeerId): number | undefined
}

/**
 * Where replicas should be, where they are, and who leaves: the coordinator's wishes (`Steward`), the masters' steps towards
 * them (`Placing`), and what people ask for (`Changes`). One for each node, whatever it is at the moment.
 */
export class Relocation {
  readonly #context: RelocationContext
  readonly #steward: Steward
  readonly #placing: Placing
  readonly #changes: Changes

  constructor (context: RelocationContext) {
    this.#context = context
    const { log, tuning, outbox } = context
    this.#steward = new Steward({
      log,
      replaceAfterMs: tuning.replaceAfterMs,
      coordinatorMap: () => context.coordinatorMap(),
      goneSinceMs: (member) => this.#goneSinceMs(member),
      propose: (command) => context.proposeMap(command)
    })
    this.#placing = new Placing({ log, silenceMsMax: tuning.electionTimeoutMsMin, isReceiving: (replica) => context.isReceiving(replica), retire: (replica, index) => { context.retire(replica, index) }, report: (placements) => { this.#report(placements) } })
    this.#changes = new Changes({
      outbox,
      random: context.random,
      map: () => context.map(),
      coordinatorMap: () => context.coordinatorMap(),
      propose: (command) => context.proposeMap(command),
      isAccepted: (peer) => context.isAccepted(peer),
      peerOf: (member) => context.peerOf(member),
      objection: (map, command) => command.kind === 'leave' ? this.#steward.leaveProblem(map, command.member) : undefined
    })
  }

  get nextDeadlineMs (): number {
    return Math.min(this.#steward.nextDeadlineMs, this.#placing.nextDeadlineMs, this.#changes.nextDeadlineMs)
  }

  tick (nowMs: number): void {
    const map = this.#context.map()
    const self = this.#context.memberOf(this.#context.self)
    if (map !== undefined && self !== undefined) this.#placing.tick(this.#context.replicas(), map, self, nowMs)
    this.#steward.tick(nowMs)
    this.#changes.tick(nowMs)
  }

  /** A message of an accepted peer. */
  step (from: PeerId, message: RelocationMessage, nowMs: number): void {
    switch (message.kind) {
      case 'placement-report': this.#steward.report(message.placements); return
      case 'change-request': this.#changes.request(from, message.id, message.command, nowMs); return
      case 'change-reply': this.#changes.reply(message)
    }
  }

  /** A client of this node wants a member to go, or to stay after all. */
  changeMember (name: string, change: 'leave' | 'stay', timeoutMs: number, nowMs: number, answer: ChangeCallback): void {
    const map = this.#context.map()
    if (map === undefined) {
      answer({ code: 'not_ready', reason: 'it belongs to no cluster yet' })
      return
    }
    const member = map.members.find((each) => each.name === name)
    if (member === undefined) answer({ code: 'member_unknown', name })
    else this.#changes.ask({ kind: change, member: member.id }, timeoutMs, nowMs, (given) => { answer(failureOf(given, name)) })
  }

  #goneSinceMs (member: MemberId): number | undefined {
    const peer = this.#context.peerOf(member)
    if (peer === this.#context.self) return undefined
    return peer === undefined ? -Infinity : this.#context.goneSinceMs(peer)
  }

  /** To every voter of the system partition: whoever coordinates next must know as well. */
  #report (placements: readonly GroupPlacement[]): void {
    const { outbox, self, map, peerOf, isAccepted } = this.#context
    for (const voter of map()?.systemVoters ?? []) {
      const peer = peerOf(voter)
      if (peer === self) this.#steward.report(placements)
      else if (peer !== undefined && isAccepted(peer)) outbox.cluster(peer, { kind: 'placement-report', placements })
    }
  }
}

function failureOf (answer: ChangeAnswer, name: string): KvErrorDetail | undefined {
  switch (answer.kind) {
    case 'done': return undefined
    case 'timeout': return { code: 'change_unknown', reason: 'the coordinator did not answer in time' }
    case 'refused': return answer.code === 'unknown_member' ? { code: 'member_unknown', name } : { code: 'change_refused', reason: answer.reason }
  }
}

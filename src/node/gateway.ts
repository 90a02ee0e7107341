import { assert, toRevision } from '../base/index.js'
import type { Bucket, Epoch, Generation, KvErrorDetail, MemberId, PartitionId, PeerId } from '../base/index.js'
import type { AppliedCommand } from '../kv/index.js'
import type { CommandResult, Consistency, KvResponseMessage, WriteOperation } from '../../protocols/kv/index.js'
import type { AnswerCallback, KvAnswer } from './api.js'
import type { Outbox } from './outbox.js'
import type { PartitionDesk } from './partition-desk.js'
import { Deadlines } from './deadlines.js'
import { SequenceWindow } from './sequence-window.js'
import type { ReadWork, WorkResult, WriteWork } from './work.js'

/** ms after which an unanswered forwarded request is sent again (a frame may have been dropped on the way). */
const RESEND_AFTER_MS = 1000
/** ms a request waits before it is routed again after a refusal that named no better node. */
const RETRY_DELAY_MS = 20
/** ms between two looks whether what was sent to a master waits there although this node knows another one by now. */
const LOOK_EVERY_MS = 100

/** What the gateway needs of its node. */
export interface GatewayContext {
  readonly self: PeerId
  readonly generation: Generation
  readonly outbox: Outbox
  readonly requestsMax: number
  /** The partition and bucket of a key; undefined before the node knows a map. */
  locate (key: Uint8Array): { readonly partition: PartitionId, readonly bucket: Bucket } | undefined
  /** This node's desk for a partition, if it holds a replica of it. */
  desk (partition: PartitionId): PartitionDesk | undefined
  /** The peers of a partition's replicas, preferred master first, without this node. */
  replicaPeers (partition: PartitionId): readonly PeerId[]
  peerOf (member: MemberId): PeerId | undefined
  isConnected (peer: PeerId): boolean
  epoch (): Epoch
  freeBytes (): number
}

/** A client's request on its way. It is answered exactly once. */
class Request implements ReadWork, WriteWork {
  readonly key: Uint8Array
  readonly bucket: Bucket
  readonly partition: PartitionId
  readonly write: WriteOperation | undefined
  readonly consistency: Consistency
  readonly deadlineMs: number
  readonly timeoutMs: number
  readonly sequence: number
  readonly answer: AnswerCallback
  readonly #gateway: Gateway
  /** 'idle': waits to be routed. */
  stage: 'idle' | 'local' | 'forwarded' | 'done' = 'idle'
  /** The forwarded message's id and receiver. */
  id = 0
  target: PeerId | undefined
  sentAtMs = 0
  retryAtMs = 0
  attempts = 0
  /** Whether an attempt that is over may have put the write into a log, or may still do so. */
  uncertain = false
  /** Whether the forwarded attempt under way found a connection; otherwise a failed dial proves that it never left. */
  left = false
  lastReason = 'the partition has no master'

  constructor (gateway: Gateway, init: {
    key: Uint8Array, bucket: Bucket, partition: PartitionId, write: WriteOperation | undefined, consistency: Consistency
    deadlineMs: number, timeoutMs: number, sequence: number, answer: AnswerCallback
  }) {
    this.#gateway = gateway
    this.key = init.key
    this.bucket = init.bucket
    this.partition = init.partition
    this.write = init.write
    this.consistency = init.consistency
    this.deadlineMs = init.deadlineMs
    this.timeoutMs = init.timeoutMs
    this.sequence = init.sequence
    this.answer = init.answer
  }

  get peer (): PeerId {
    return this.#gateway.self
  }

  get generation (): Generation {
    return this.#gateway.generation
  }

  get floor (): number {
    return this.#gateway.floor
  }

  get operation (): WriteOperation {
    assert(this.write !== undefined, 'a read has no operation')
    return this.write
  }

  settle (result: WorkResult): void {
    this.#gateway.settled(this, result)
  }
}

/** Request ids are unique beyond the life of a process: so many generations have ids of their own, each so many. */
const ID_GENERATIONS = 2 ** 20
const IDS_PER_GENERATION = 2 ** 32

/**
 * Takes clients' requests, routes each to a replica of its key's partition (here or one hop away), routes again when
 * masterships or links change, and answers by the deadline at the latest. A write keeps its sequence number through all
 * attempts, so that it is applied at most once (DESIGN.md section 3).
 */
export class Gateway {
  readonly #context: GatewayContext
  readonly #deadlines = new Deadlines<Request>()
  readonly #writes = new SequenceWindow<Request>()
  readonly #forwarded = new Map<number, Request>()
  readonly #hints = new Map<PartitionId, PeerId>()
  #idle: Request[] = []
  #nextId: number
  #nowMs: number
  #lookAtMs: number
  #waiting = 0
  #answered = 0
  #failed = 0
  #closed = false
  #rerouted = false

  constructor (context: GatewayContext, nowMs: number) {
    this.#context = context
    this.#nowMs = nowMs
    this.#lookAtMs = nowMs
    // An answer to the process before this one may still be on its way here, on a connection of this one.
    this.#nextId = (context.generation % ID_GENERATIONS) * IDS_PER_GENERATION + 1
  }

  get self (): PeerId {
    return this.#context.self
  }

  get generation (): Generation {
    return this.#context.generation
  }

  /** The lowest sequence of a write that is not answered yet. */
  get floor (): number {
    return this.#writes.floor
  }

  get counts (): { waiting: number, answered: number, failed: number } {
    return { waiting: this.#waiting, answered: this.#answered, failed: this.#failed }
  }

  get nextDeadlineMs (): number {
    let next = this.#deadlines.nextMs
    for (const request of this.#idle) if (request.retryAtMs > this.#nowMs && request.retryAtMs < next) next = request.retryAtMs
    if (this.#forwarded.size > 0) next = Math.min(next, this.#lookAtMs)
    return next
  }

  /** Whether something was sent back and can be routed again at once. */
  get wantsTurn (): boolean {
    return this.#rerouted
  }

  /** The peer that answered last for a partition this node has no replica of. */
  masterHint (partition: PartitionId): PeerId | undefined {
    return this.#hints.get(partition)
  }

  /** Refuses new requests from now on; those under way go on. */
  close (): void {
    this.#closed = true
  }

  get (key: Uint8Array, options: { readonly consistency: Consistency, readonly timeoutMs: number }, answer: AnswerCallback, nowMs: number): void {
    this.#admit(key, undefined, options.consistency, options.timeoutMs, answer, nowMs)
  }

  write (operation: WriteOperation, options: { readonly timeoutMs: number }, answer: AnswerCallback, nowMs: number): void {
    this.#admit(operation.key, operation, 'linearizable', options.timeoutMs, answer, nowMs)
  }

  #admit (key: Uint8Array, write: WriteOperation | undefined, consistency: Consistency, timeoutMs: number, answer: AnswerCallback, nowMs: number): void {
    const refusal = this.#refusal()
    if (refusal !== undefined) {
      this.#failed++
      answer({ kind: 'failed', detail: refusal })
      return
    }
    const place = this.#context.locate(key)
    if (place === undefined) {
      this.#failed++
      answer({ kind: 'failed', detail: { code: 'not_ready', reason: 'it has not found its cluster yet' } })
      return
    }
    const deadlineMs = nowMs + timeoutMs
    const sequence = write === undefined ? 0 : this.#writes.next
    const request = new Request(this, { key, bucket: place.bucket, partition: place.partition, write, consistency, deadlineMs, timeoutMs, sequence, answer })
    if (write !== undefined) this.#writes.open(request)
    this.#waiting++
    this.#deadlines.add(request)
    this.#idle.push(request)
  }

  #refusal (): KvErrorDetail | undefined {
    if (this.#closed) return { code: 'stopping' }
    if (this.#waiting >= this.#context.requestsMax) {
      return { code: 'overloaded', reason: `${this.#waiting} requests are waiting`, retryAfterSeconds: 1 }
    }
    return undefined
  }

  /** Routes what waits and expires what is late. Called once a turn, before the desks submit. */
  route (nowMs: number): void {
    this.#nowMs = nowMs
    this.#rerouted = false
    this.#deadlines.expire(nowMs, (request) => { this.#expired(request) })
    this.#resend(nowMs)
    if (this.#idle.length === 0) return
    const idle = this.#idle
    this.#idle = []
    for (const request of idle) {
      if (request.stage !== 'idle') continue
      if (request.retryAtMs > nowMs || !this.#routed(request, nowMs)) this.#idle.push(request)
    }
  }

  #routed (request: Request, nowMs: number): boolean {
    const desk = this.#context.desk(request.partition)
    if (desk !== undefined && desk.replica.serves) {
      if (request.write === undefined) {
        if (request.consistency === 'local') {
          request.stage = 'local'
          desk.readLocal(request, nowMs)
          return true
        }
        if (desk.replica.master === 0) return false
        request.stage = 'local'
        desk.read(request)
        return true
      }
      if (desk.replica.isMaster) {
        request.stage = 'local'
        desk.write(request)
        return true
      }
      const master = desk.replica.master
      const peer = master === 0 ? undefined : this.#context.peerOf(master)
      if (peer === undefined || peer === this.self) return false
      this.#forward(request, peer, nowMs)
      return true
    }
    const peer = this.#pick(request)
    if (peer === undefined) return false
    this.#forward(request, peer, nowMs)
    return true
  }

  /** Where to send what this node has no replica for: the master last heard of, else the replicas in turn, connected ones first. */
  #pick (request: Request): PeerId | undefined {
    const peers = this.#context.replicaPeers(request.partition)
    const hint = this.#hints.get(request.partition)
    if (hint !== undefined && (request.attempts === 0 || hint !== request.target) && peers.includes(hint) && this.#context.isConnected(hint)) return hint
    const connected = peers.filter((peer) => this.#context.isConnected(peer))
    const candidates = connected.length > 0 ? connected : peers
    return candidates[request.attempts % Math.max(1, candidates.length)]
  }

  #forward (request: Request, peer: PeerId, nowMs: number): void {
    request.stage = 'forwarded'
    request.target = peer
    request.id = this.#nextId++
    request.sentAtMs = nowMs
    request.attempts++
    request.left = this.#context.isConnected(peer)
    this.#forwarded.set(request.id, request)
    const common = {
      id: request.id,
      partition: request.partition,
      epoch: this.#context.epoch(),
      timeoutMs: Math.max(1, Math.ceil(request.deadlineMs - nowMs))
    }
    this.#context.outbox.kv(peer, {
      kind: 'request',
      request: request.write === undefined
        ? { ...common, op: 'get', key: request.key, consistency: request.consistency }
        : { ...common, op: 'write', generation: this.generation, floor: this.floor, command: { sequence: request.sequence, write: request.write } }
    })
  }

  #resend (nowMs: number): void {
    for (const request of this.#forwarded.values()) {
      if (request.sentAtMs > nowMs - RESEND_AFTER_MS) break // a Map keeps the order of sending
      this.#abandon(request, 'no answer came in time')
    }
    if (nowMs < this.#lookAtMs) return
    this.#lookAtMs = nowMs + LOOK_EVERY_MS
    for (const request of [...this.#forwarded.values()]) {
      if (this.#waitsAtFormerMaster(request)) this.#abandon(request, 'the partition has another master now')
    }
  }

  /** Whether this node's own replica follows another master, or is it: the former one may have stopped running, and nobody says so. */
  #waitsAtFormerMaster ({ partition, target }: Request): boolean {
    const master = this.#context.desk(partition)?.replica.master ?? 0
    const peer = master === 0 ? undefined : this.#context.peerOf(master)
    return peer !== undefined && peer !== target
  }

  /** The attempt under way is over without an answer; what it did is not known. */
  #abandon (request: Request, reason: string): void {
    this.#forwarded.delete(request.id)
    request.uncertain = true
    this.#again(request, reason)
  }

  #again (request: Request, reason: string, retryAtMs = 0): void {
    request.stage = 'idle'
    request.lastReason = reason
    request.retryAtMs = retryAtMs
    if (retryAtMs === 0) this.#rerouted = true
    this.#idle.push(request)
  }

  /** A peer's answer to a forwarded request. */
  response (from: PeerId, response: KvResponseMessage): void {
    const request = this.#forwarded.get(response.id)
    if (request === undefined || request.target !== from || !answers(response, request)) return // answered meanwhile, or never asked
    this.#forwarded.delete(response.id)
    if (response.kind !== 'failed') this.#hints.set(request.partition, from)
    this.settled(request, response)
  }

  /** A replica's answer, here or from afar. */
  settled (request: Request, result: WorkResult): void {
    if (request.stage === 'done') return
    if (result.kind === 'failed') this.#refused(request, result)
    else this.#finish(request, toAnswer(result, request))
  }

  #refused (request: Request, result: WorkResult & { kind: 'failed' }): void {
    const { code, reason, master } = result
    const isWrite = request.write !== undefined
    const mayAnswer = !request.uncertain
    switch (code) {
      case 'not_master':
      case 'misrouted': {
        const peer = master === 0 ? undefined : this.#context.peerOf(master)
        if (peer !== undefined && peer !== request.target) {
          this.#hints.set(request.partition, peer)
          request.attempts = 0
          this.#again(request, reason)
        } else {
          this.#hints.delete(request.partition)
          this.#again(request, reason, this.#nowMs + RETRY_DELAY_MS)
        }
        return
      }
      case 'mastership_lost':
        if (isWrite) request.uncertain = true
        this.#hints.delete(request.partition)
        this.#again(request, reason, this.#nowMs + RETRY_DELAY_MS)
        return
      case 'stopping':
      case 'storage_failed':
        this.#hints.delete(request.partition)
        if (this.#context.replicaPeers(request.partition).length === 0 && mayAnswer) {
          this.#finish(request, { kind: 'failed', detail: { code: 'storage_failed', reason } })
        } else {
          this.#again(request, reason, this.#nowMs + RETRY_DELAY_MS)
        }
        return
      case 'overloaded':
        if (mayAnswer) this.#finish(request, { kind: 'failed', detail: { code: 'overloaded', reason, retryAfterSeconds: 1 } })
        else this.#again(request, reason, this.#nowMs + RETRY_DELAY_MS * 5)
        return
      case 'disk_full':
        if (mayAnswer) this.#finish(request, { kind: 'failed', detail: { code: 'disk_full', reason } })
        else this.#again(request, reason, this.#nowMs + RETRY_DELAY_MS * 5)
        return
      case 'expired':
        this.#finish(request, { kind: 'failed', detail: { code: 'write_unknown', reason: 'whether an earlier attempt was applied is not remembered any more' } })
        return
      case 'read_timeout':
        this.#again(request, reason)
    }
  }

  /** A command of this node was applied by this node's own replica: as good as the master's answer. */
  applied (result: AppliedCommand): void {
    const request = this.#writes.find(result.sequence)
    if (request === undefined || request.stage === 'done' || result.result.kind === 'misrouted') return
    this.#finish(request, toAnswer({ kind: 'result', result: result.result }, request))
  }

  /** A link is gone: what it carried is asked elsewhere. */
  disconnected (peer: PeerId): void {
    for (const [partition, hint] of this.#hints) if (hint === peer) this.#hints.delete(partition)
    for (const request of [...this.#forwarded.values()]) {
      if (request.target === peer) this.#abandon(request, 'the connection to the replica was lost')
    }
  }

  /** A link stands: requests that waited for it have left. */
  connected (peer: PeerId): void {
    for (const request of this.#forwarded.values()) if (request.target === peer) request.left = true
  }

  /** A dial failed: what waited for it never left. */
  unreachable (peer: PeerId): void {
    for (const request of [...this.#forwarded.values()]) {
      if (request.target !== peer || request.left) continue
      this.#forwarded.delete(request.id)
      this.#again(request, 'the replica cannot be reached', this.#nowMs + RETRY_DELAY_MS)
    }
  }

  #expired (request: Request): void {
    const { partition, lastReason: reason } = request
    if (request.write === undefined) {
      const detail: KvErrorDetail = request.stage === 'idle' ? { code: 'no_quorum', partition, reason } : { code: 'read_timeout', reason: 'the deadline passed' }
      this.#finish(request, { kind: 'failed', detail })
    } else if (request.uncertain || request.stage !== 'idle') {
      // Also where it waits for a dial: the frame is the transport's now and may leave after this answer.
      this.#finish(request, { kind: 'failed', detail: { code: 'write_unknown', reason: 'the deadline passed while it was being replicated' } })
    } else {
      this.#finish(request, { kind: 'failed', detail: { code: 'no_quorum', partition, reason } })
    }
  }

  #finish (request: Request, answer: KvAnswer): void {
    if (request.stage === 'forwarded') this.#forwarded.delete(request.id)
    request.stage = 'done'
    this.#deadlines.remove(request)
    if (request.write !== undefined) this.#writes.close(request.sequence)
    this.#waiting--
    if (answer.kind === 'failed') this.#failed++
    else this.#answered++
    request.answer(answer)
  }
}

function toAnswer (result: Exclude<WorkResult, { kind: 'failed' }>, request: Request): KvAnswer {
  switch (result.kind) {
    case 'value': return { kind: 'value', value: result.value, revision: result.revision, ageMsMax: result.ageMsMax }
    case 'missing': return { kind: 'missing', ageMsMax: result.ageMsMax }
    case 'result': return commandAnswer(result.result, request)
  }
}

function commandAnswer (result: CommandResult, request: Request): KvAnswer {
  switch (result.kind) {
    case 'set': return { kind: 'set', revision: toRevision(result.revision) }
    case 'delete': return { kind: 'delete', deleted: result.deleted, revision: result.revision }
    case 'expired':
      return {
        kind: 'failed',
        detail: { code: 'write_unknown', reason: `whether write ${request.sequence} of this node was applied is not remembered any more` }
      }
  }
}

/** Whether this is an answer to what was asked: a write has a result, a get a value or none. */
function answers ({ kind }: KvResponseMessage, { write }: Request): boolean {
  return kind === 'failed' || (kind === 'result') === (write !== undefined)
}

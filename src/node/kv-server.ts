import type { PartitionId, PeerId } from '../base/index.js'
import type { KvRequestMessage, KvResponseMessage } from '../../protocols/kv/index.js'
import type { Outbox } from './outbox.js'
import type { PartitionDesk } from './partition-desk.js'
import { failed } from './work.js'
import type { ReadWork, WorkResult, WriteWork } from './work.js'

/** What the server needs of its node. */
export interface KvServerContext {
  readonly outbox: Outbox
  desk (partition: PartitionId): PartitionDesk | undefined
  /** The partition a key belongs to and its bucket; undefined before the node knows a map. */
  locate (key: Uint8Array): { readonly partition: PartitionId, readonly bucket: ReadWork['bucket'] } | undefined
  /** Whether the node is stopping and takes no new work. */
  stopping (): boolean
  /** Forwarded requests that may wait at once. */
  readonly requestsMax: number
}

/** Answers the requests that other nodes forward to this one's replicas. */
export class KvServer {
  readonly #context: KvServerContext
  #waiting = 0

  constructor (context: KvServerContext) {
    this.#context = context
  }

  request (from: PeerId, request: KvRequestMessage, nowMs: number): void {
    const { id, partition } = request
    this.#waiting++
    const settle = (result: WorkResult): void => {
      this.#waiting--
      this.#context.outbox.kv(from, { kind: 'response', response: toResponse(id, result) })
    }
    if (this.#waiting > this.#context.requestsMax) {
      settle(failed('overloaded', `${this.#waiting} forwarded requests are waiting`))
      return
    }
    const key = request.op === 'get' ? request.key : request.command.write.key
    const place = this.#context.locate(key)
    const desk = this.#context.desk(partition)
    if (place === undefined || desk === undefined || place.partition !== partition) {
      settle(failed('misrouted', 'this node holds no replica of the partition'))
      return
    }
    const deadlineMs = nowMs + request.timeoutMs
    if (request.op === 'write') {
      if (this.#context.stopping() && !desk.replica.isMaster) {
        settle(failed('stopping', 'this node is stopping', desk.replica.master))
        return
      }
      const { generation, floor, command } = request
      const work: WriteWork = { peer: from, generation, sequence: command.sequence, floor, operation: command.write, deadlineMs, settle }
      desk.write(work)
      return
    }
    const work: ReadWork = { bucket: place.bucket, key, deadlineMs, settle }
    if (request.consistency === 'local') desk.readLocal(work, nowMs)
    else desk.read(work)
  }
}

function toResponse (id: number, result: WorkResult): KvResponseMessage {
  return { id, ...result }
}

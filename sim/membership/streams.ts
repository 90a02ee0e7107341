import type { Membership } from '../../src/membership/index.js'
import { encodeMembershipFrames } from '../../protocols/membership/index.js'
import type { MembershipMessage } from '../../protocols/membership/index.js'
import type { EventQueue } from '../kernel/event-queue.js'
import { LOOPBACK_US } from './links.js'
import type { Links } from './links.js'
import type { MemberNode } from './node.js'

/** What connections need of their world. */
export interface StreamsHost {
  readonly queue: EventQueue
  /** Gives a core an input, or keeps it while its member is anomalous. */
  input (node: MemberNode, input: (core: Membership) => void): void
}

/** The connections of all members: one reliable ordered stream each way, made by whoever has something to say. */
export class Streams {
  readonly #host: StreamsHost
  readonly #queue: EventQueue
  readonly #links: Links
  readonly #measuresBytes: boolean
  #sessionCount = 0

  /** @param measuresBytes every message is encoded to learn its size; otherwise it counts 0 bytes */
  constructor (host: StreamsHost, links: Links, measuresBytes: boolean) {
    this.#host = host
    this.#queue = host.queue
    this.#links = links
    this.#measuresBytes = measuresBytes
  }

  get #nowMs (): number {
    return wholeMs(this.#queue)
  }

  /** Everybody has a connection to everybody, and has long had it: no core is told. */
  connectAll (nodes: readonly MemberNode[]): void {
    for (const node of nodes) node.sessions.fill(++this.#sessionCount)
  }

  /** Sends over the connection that stands, or dials first. */
  send (from: MemberNode, to: MemberNode, message: MembershipMessage): void {
    if (from.sessions[to.index] !== 0) {
      this.#transmit(from, to, message)
      return
    }
    const waiting = from.dialling.get(to.index)
    if (waiting !== undefined) waiting.push(message)
    else this.dial(from, to, message)
  }

  /** Dials, unless a dial is under way; messages wait for its end. A host that is up without a process refuses. */
  dial (from: MemberNode, to: MemberNode, ...messages: MembershipMessage[]): void {
    if (from.dialling.has(to.index)) return
    from.dialling.set(to.index, messages)
    const { core } = from
    const delayUs = to.core === undefined && !to.isHostUp ? undefined : this.#links.dialUs(from.index, to.index, this.#queue.nowUs)
    this.#queue.after(delayUs ?? this.#links.resetAfterUs, () => {
      const waiting = from.dialling.get(to.index) ?? []
      from.dialling.delete(to.index)
      if (from.core !== core || delayUs === undefined) return
      if (to.core === undefined) {
        if (to.isHostUp) this.#host.input(from, (refused) => { refused.connectionRefused(to.peer, this.#nowMs) })
        return
      }
      this.#connect(from, to)
      for (const message of waiting) this.#transmit(from, to, message)
    })
  }

  /** Ends the connection of two, if there is one; both hear of it after `delayUs`, should they still run. */
  close (node: MemberNode, other: MemberNode, delayUs = LOOPBACK_US): void {
    if (node.sessions[other.index] === 0) return
    for (const [here, there] of [[node, other], [other, node]] as const) {
      here.sessions[there.index] = 0
      here.arrivalsUs[there.index] = 0
      this.#queue.after(delayUs, () => {
        if (here.sessions[there.index] === 0) this.#host.input(here, (core) => { core.connectionClosed(there.peer, this.#nowMs) })
      })
    }
  }

  #connect (from: MemberNode, to: MemberNode): void {
    if (from.sessions[to.index] !== 0) return
    const session = ++this.#sessionCount
    from.sessions[to.index] = session
    to.sessions[from.index] = session
    this.#host.input(from, (core) => { core.meet(to.peer, this.#nowMs) })
    this.#host.input(to, (core) => { core.meet(from.peer, this.#nowMs) })
  }

  #transmit (from: MemberNode, to: MemberNode, message: MembershipMessage): void {
    const sizeBytes = this.#measuresBytes ? sizeOf(message) : 0
    from.sentBytes += sizeBytes
    const session = from.sessions[to.index]
    const freeUs = from.arrivalsUs[to.index] as number
    if (freeUs === Infinity) return // broken; the reset is on its way
    const { nowUs } = this.#queue
    const delayUs = to.core === undefined ? undefined : this.#links.delayUs(from.index, to.index, nowUs)
    if (delayUs === undefined) {
      from.arrivalsUs[to.index] = Infinity
      this.#queue.after(this.#links.resetAfterUs, () => { if (from.sessions[to.index] === session) this.close(from, to, 0) })
      return
    }
    const arrivalUs = Math.max(nowUs + delayUs, freeUs)
    from.arrivalsUs[to.index] = arrivalUs
    this.#queue.after(arrivalUs - nowUs, () => {
      if (from.sessions[to.index] !== session) return
      to.receivedBytes += sizeBytes
      this.#host.input(to, (core) => { core.step(from.peer, message, this.#nowMs) })
    })
  }
}

/** What cores are told: whole milliseconds, so that their deadlines are met exactly. */
export const wholeMs = (queue: EventQueue): number => Math.floor(queue.nowUs / 1000)

function sizeOf (message: MembershipMessage): number {
  let sizeBytes = 0
  for (const frame of encodeMembershipFrames([message])) sizeBytes += frame.length
  return sizeBytes
}

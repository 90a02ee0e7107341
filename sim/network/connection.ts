import type { ChannelName } from '../../src/node/index.js'
import { InFlight } from './in-flight.js'
import type { Link } from './link.js'
import type { SnapshotStream } from './snapshot-stream.js'
import type { Peer, VirtualTransport } from './virtual-transport.js'

/** What one end of a connection is made of. */
export interface EndParts {
  readonly owner: VirtualTransport
  /** The owner's notes on the other side. */
  readonly peer: Peer
  /** From the owner to the other side. */
  readonly link: Link
}

/** A connection stands: each owner has one end of it. */
export function joinEnds (own: EndParts, others: EndParts): void {
  const end = new End(own, others)
  own.peer.ends.push(end)
  others.peer.ends.push(end.other)
}

/**
 * One end of a connection. Each side has its own belief whether the connection stands, as with TCP: what one side knows
 * travels to the other, or is found out when frames get no answer.
 */
export class End {
  readonly owner: VirtualTransport
  readonly peer: Peer
  readonly link: Link
  readonly other: End
  readonly inFlight: InFlight
  readonly streams: SnapshotStream[] = []
  /** Whether the owner believes that the connection stands. */
  isOpen = true
  /** What the owner sends from now on gets nowhere: the stream has a hole. What is under way arrives. */
  isSilent = false
  /** What is under way gets nowhere either. */
  isBroken = false
  /** Half-open: nothing but time tells the owner. */
  #isDeluded = false
  #noticeUs = Infinity
  /** Counts the owner's connections with the peer. */
  readonly #number: number

  /** Makes both ends: `other` is only given to the second by the first. */
  constructor (own: EndParts, others: EndParts, other?: End) {
    this.owner = own.owner
    this.peer = own.peer
    this.link = own.link
    this.inFlight = new InFlight(own.owner.events, (frame) => { own.link.arrive(frame) })
    this.#number = ++own.peer.connectionCount
    this.other = other ?? new End(others, own, this)
  }

  /** Whether both sides believe in the connection and it has lost nothing. */
  get isSound (): boolean {
    return this.isOpen && !this.isSilent && !this.isBroken && !this.#isDeluded && this.other.isOpen
  }

  /** A frame arrived. Once a newer connection has brought one of its channel, older ones bring none any more: the newest stream wins. */
  receive (channel: ChannelName, payload: Uint8Array): void {
    const { newest } = this.peer
    if (this.#number < newest[channel]) return
    newest[channel] = this.#number
    this.owner.receive(this.peer.id, channel, payload)
  }

  /** The owner learns after `delayUs` that the connection is gone, if nothing tells it sooner. */
  noticeIn (delayUs: number, reason: string): void {
    const { events } = this.owner
    const atUs = events.nowUs + delayUs
    if (!this.isOpen || this.#isDeluded || atUs >= this.#noticeUs) return
    this.#noticeUs = atUs
    events.after(delayUs, () => { if (!this.#isDeluded) this.close(reason) })
  }

  /** The owner gives the connection up; the other side hears of it. */
  close (reason: string): void {
    if (!this.isOpen) return
    this.#shut()
    this.owner.closed(this.peer, reason)
    this.#tellOther(reason)
  }

  /** The owner's process is gone: its machine tells the other side. */
  die (): void {
    if (!this.isOpen) return
    this.#shut()
    this.#tellOther('closed')
  }

  /** The connection breaks for both; frames under way are lost. */
  reset (reason: string): void {
    this.isBroken = true
    this.other.isBroken = true
    this.noticeIn(this.link.controlDelayUs(), reason)
    this.other.noticeIn(this.other.link.controlDelayUs(), reason)
  }

  /** The other side lets go now, and the owner learns that after `forUs`; what it sends until then vanishes. */
  delude (forUs: number): void {
    this.#isDeluded = true
    this.owner.events.after(forUs, () => { this.close('half-open') })
    this.other.close('half-open')
  }

  /** What stood in the way is gone: a connection that lost something is reset, any other goes on. */
  mend (): void {
    if (this.isSound) return
    this.#isDeluded = false
    this.noticeIn(this.link.controlDelayUs(), 'reset after a fault')
  }

  #tellOther (reason: string): void {
    this.other.noticeIn(this.link.isCut ? this.other.link.options.cutNoticedUs : this.link.endDelayUs(this), reason)
  }

  #shut (): void {
    this.isOpen = false
    const { ends } = this.peer
    ends.splice(ends.indexOf(this), 1)
    for (const stream of [...this.streams]) stream.endClosed(this)
  }
}

import type { ChannelName } from '../../src/node/index.js'
import type { ChannelLimits } from './channel-limits.js'

export interface Queued {
  /** undefined: no channel's frame, and not bounded here. */
  readonly channel: ChannelName | undefined
  readonly sizeBytes: number
}

/** Taken items are forgotten in one go once this many have piled up at the front. */
const COMPACT_AT = 1024

/** Frames that wait for one peer, in their order; bounded for each channel as in the real transport. */
export class ChannelQueue<Item extends Queued> {
  readonly #limits: ChannelLimits
  readonly #isConnected: boolean
  readonly #loads: Readonly<Record<ChannelName, { count: number, bytes: number }>> = {
    cluster: { count: 0, bytes: 0 }, membership: { count: 0, bytes: 0 }, replication: { count: 0, bytes: 0 }, kv: { count: 0, bytes: 0 }
  }

  #items: Item[] = []
  #head = 0

  /** @param isConnected whether a connection stands: the limits of a queue before a dialled connection are lower */
  constructor (limits: ChannelLimits, isConnected: boolean) {
    this.#limits = limits
    this.#isConnected = isConnected
  }

  get count (): number {
    return this.#items.length - this.#head
  }

  /** Takes the item in, or does what the limits of its channel say. */
  push (item: Item): void {
    const { channel } = item
    if (channel === undefined) {
      this.#items.push(item)
      return
    }
    if (!this.#fits(channel, item.sizeBytes)) {
      const { overflow } = this.#limits[channel]
      if (overflow === 'drop-newest') return
      if (overflow === 'restart') {
        this.#dropAll(channel)
        return
      }
      while (!this.#fits(channel, item.sizeBytes)) this.#dropOldest(channel)
    }
    this.#items.push(item)
    const load = this.#loads[channel]
    load.count++
    load.bytes += item.sizeBytes
  }

  /** Takes the oldest out; undefined where there is none. */
  shift (): Item | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#head++
    this.#forget(item)
    if (this.#head === this.#items.length || this.#head === COMPACT_AT) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  #fits (channel: ChannelName, sizeBytes: number): boolean {
    const { count, bytes } = this.#loads[channel]
    const { queueBytesMax, waitingBytesMax, waitingFramesMax } = this.#limits[channel]
    if (count === 0) return true
    if (this.#isConnected) return bytes + sizeBytes <= queueBytesMax
    return count < waitingFramesMax && bytes + sizeBytes <= waitingBytesMax
  }

  #dropOldest (channel: ChannelName): void {
    for (let at = this.#head; at < this.#items.length; at++) {
      const item = this.#items[at] as Item
      if (item.channel !== channel) continue
      this.#items.splice(at, 1)
      this.#forget(item)
      return
    }
  }

  #dropAll (channel: ChannelName): void {
    this.#items = this.#items.slice(this.#head).filter((item) => item.channel !== channel)
    this.#head = 0
    const load = this.#loads[channel]
    load.count = 0
    load.bytes = 0
  }

  #forget ({ channel, sizeBytes }: Item): void {
    if (channel === undefined) return
    const load = this.#loads[channel]
    load.count--
    load.bytes -= sizeBytes
  }
}

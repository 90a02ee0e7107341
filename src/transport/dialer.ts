import type { Connection, Libp2p } from '@libp2p/interface'
import type { Multiaddr as Libp2pMultiaddr } from '@multiformats/multiaddr'
import { bareText, peerOfMultiaddr } from './addresses.js'
import type { Counters } from './counters.js'
import { describeDialError } from './dial-errors.js'
import { messageOf } from './errors.js'
import type { TransportLimits } from './options.js'

interface WaitingDial {
  readonly addresses: Libp2pMultiaddr[]
  readonly resolve: (connection: Connection) => void
  readonly reject: (error: Error) => void
}

/** A dial that failed; its message is meant for people. */
export class DialError extends Error {
  override readonly name = 'DialError'
}

/** Dials a bounded number of targets at once, each within a deadline that starts when its turn comes. */
export class Dialer {
  readonly #node: Libp2p
  readonly #limits: TransportLimits
  readonly #counters: Counters
  readonly #waiting: WaitingDial[] = []
  readonly #running = new Set<AbortController>()
  /** What is dialled now, by address without its peer. */
  readonly #byAddress = new Map<string, Promise<Connection>>()
  #stopped = false

  constructor (node: Libp2p, limits: TransportLimits, counters: Counters) {
    this.#node = node
    this.#limits = limits
    this.#counters = counters
  }

  /**
   * Connects to one peer at the first address that answers. A dial to one of these addresses that is on its way, for
   * whatever peer, is waited for: libp2p would open a second connection and may then close the first, with frames in it.
   * @throws {DialError}
   */
  async dial (addresses: Libp2pMultiaddr[]): Promise<Connection> {
    const wanted = addresses.map(peerOfMultiaddr).find((peer) => peer !== undefined)
    const keys = addresses.map(bareText)
    for (let other = this.#pendingAt(keys); other !== undefined; other = this.#pendingAt(keys)) {
      const connection = await other.catch(() => undefined)
      if (connection?.status === 'open' && (wanted === undefined || wanted === connection.remotePeer.toString())) return connection
    }
    const dial = this.#enqueue(addresses)
    for (const key of keys) this.#byAddress.set(key, dial)
    try {
      return await dial
    } finally {
      for (const key of keys) {
        if (this.#byAddress.get(key) === dial) this.#byAddress.delete(key)
      }
    }
  }

  /** Aborts what runs and refuses what waits. */
  stop (): void {
    this.#stopped = true
    for (const { reject } of this.#waiting.splice(0)) reject(new DialError('this node is stopping'))
    for (const controller of this.#running) controller.abort()
  }

  #pendingAt (keys: readonly string[]): Promise<Connection> | undefined {
    for (const key of keys) {
      const dial = this.#byAddress.get(key)
      if (dial !== undefined) return dial
    }
    return undefined
  }

  async #enqueue (addresses: Libp2pMultiaddr[]): Promise<Connection> {
    if (this.#stopped) throw new DialError('this node is stopping')
    if (this.#waiting.length >= this.#limits.dialsWaitingMax) throw new DialError(`${this.#waiting.length} dials are waiting already`)
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ addresses, resolve, reject })
      this.#startNext()
    })
  }

  #startNext (): void {
    if (this.#running.size >= this.#limits.dialsMax) return
    const dial = this.#waiting.shift()
    if (dial !== undefined) void this.#run(dial)
  }

  async #run ({ addresses, resolve, reject }: WaitingDial): Promise<void> {
    const controller = new AbortController()
    this.#running.add(controller)
    this.#counters.dials++
    // without a signal of its own a dial may stay in libp2p's queue for ever (js-libp2p #3289)
    const timer = setTimeout(() => { controller.abort() }, this.#limits.dialTimeoutMs)
    try {
      resolve(await this.#node.dial(addresses, { signal: controller.signal }))
    } catch (error) {
      this.#counters.dialsFailed++
      const reason = this.#stopped ? 'this node is stopping' : describeDialError(error, this.#limits.dialTimeoutMs)
      reject(new DialError(reason === '' ? messageOf(error) : reason, { cause: error }))
    } finally {
      clearTimeout(timer)
      this.#running.delete(controller)
      this.#startNext()
    }
  }
}

import type { Multiaddr, PeerId } from '../../src/base/index.js'
import type { ChannelName, Disk, DiskError, DiskOperation, DiskSnapshot, KeyRange, Transport } from '../../src/node/index.js'

/**
 * Counts what a process does to the world (batches, frames, streams, answers) and ends it after a given number of
 * them: a crash at any boundary between two effects of one turn, the rest of which never happens.
 */
export class EffectBudget {
  #left = Infinity
  #spent = false
  readonly #crash: () => void

  /** @param crash ends the process; called once, in the middle of a turn */
  constructor (crash: () => void) {
    this.#crash = crash
  }

  /** Lets `count` more effects happen, then none. */
  limit (count: number): void {
    this.#left = count
    if (count === 0) this.#exhaust()
  }

  /** Whether the process may still do something; counts it. */
  take (): boolean {
    if (this.#spent) return false
    if (--this.#left === 0) this.#exhaust()
    return true
  }

  #exhaust (): void {
    if (this.#spent) return
    this.#spent = true
    this.#crash()
  }
}

/** One process's view of its disk. */
export class ProcessDisk implements Disk {
  readonly #disk: Disk
  readonly #budget: EffectBudget
  readonly #submitted: (operations: readonly DiskOperation[]) => void

  constructor (disk: Disk, budget: EffectBudget, submitted: (operations: readonly DiskOperation[]) => void) {
    this.#disk = disk
    this.#budget = budget
    this.#submitted = submitted
  }

  get (key: Uint8Array): Uint8Array | undefined {
    return this.#disk.get(key)
  }

  write (operations: readonly DiskOperation[], done: (error: DiskError | undefined) => void): void {
    if (!this.#budget.take()) return
    this.#submitted(operations)
    this.#disk.write(operations, done)
  }

  clear (range: KeyRange, done: (error: DiskError | undefined) => void): void {
    if (this.#budget.take()) this.#disk.clear(range, done)
  }

  snapshot (): DiskSnapshot {
    return this.#disk.snapshot()
  }

  freeBytes (): number {
    return this.#disk.freeBytes()
  }
}

/** One process's view of its transport. */
export class ProcessTransport implements Transport {
  readonly self: PeerId
  readonly #transport: Transport
  readonly #budget: EffectBudget

  constructor (transport: Transport, budget: EffectBudget) {
    this.self = transport.self
    this.#transport = transport
    this.#budget = budget
  }

  multiaddrs (): readonly Multiaddr[] {
    return this.#transport.multiaddrs()
  }

  isConnected (peer: PeerId): boolean {
    return this.#transport.isConnected(peer)
  }

  send (peer: PeerId, channel: ChannelName, frame: Uint8Array): void {
    if (this.#budget.take()) this.#transport.send(peer, channel, frame)
  }

  learn (peer: PeerId, multiaddrs: readonly Multiaddr[]): void {
    this.#transport.learn(peer, multiaddrs)
  }

  dial (multiaddr: Multiaddr): void {
    if (this.#budget.take()) this.#transport.dial(multiaddr)
  }

  hangUp (peer: PeerId): void {
    if (this.#budget.take()) this.#transport.hangUp(peer)
  }

  find (peer: PeerId): void {
    this.#transport.find(peer)
  }

  discover (rendezvous: string): void {
    this.#transport.discover(rendezvous)
  }

  sendSnapshot (peer: PeerId, frames: AsyncIterable<Uint8Array>, done: (error: string | undefined) => void): void {
    if (this.#budget.take()) this.#transport.sendSnapshot(peer, frames, done)
  }

  snapshotNext (stream: number): void {
    this.#transport.snapshotNext(stream)
  }

  snapshotClose (stream: number, error: string | undefined): void {
    this.#transport.snapshotClose(stream, error)
  }
}

import type { Prng } from '../../src/base/index.js'
import { describeKey } from '../../src/layout/index.js'
import { DiskError } from '../../src/node/ports.js'
import type { Disk, DiskEntry, DiskOperation, DiskSnapshot, KeyRange } from '../../src/node/ports.js'
import { TraceHash } from '../kernel/trace-hash.js'
import type { CrashLoss } from '../scenario/scenario.js'
import { ByteMap } from './byte-map.js'
import type { ByteImage } from './byte-map.js'
import { flipBit, misdirect, pickRecord } from './damage.js'
import type { Misdirection } from './damage.js'
import { Medium } from './medium.js'
import type { MediumHooks } from './medium.js'
import { PendingQueue } from './pending-queue.js'
import type { Done, Land } from './pending-queue.js'
import { ReadFaults } from './read-faults.js'
import { EVERYTHING } from './record-class.js'
import type { RecordClass } from './record-class.js'
import { StepTimer } from './step-timer.js'
import type { DeferStep } from './step-timer.js'
import { Survival } from './survival.js'
import type { CrashOutcome } from './survival.js'
import { VirtualSnapshot } from './virtual-snapshot.js'

export interface VirtualDiskOptions extends MediumHooks {
  /** Completes what was written by itself; without it the world calls `completeNext`. */
  readonly defer?: DeferStep | undefined
  /** Keys that one chunk of a clear deletes. Lower: more crash points inside a clear. Default 64. */
  readonly clearKeysMax?: number | undefined
}

/** What is free on a fresh disk. */
export const AVAILABLE_BYTES = 1024 ** 3

/** What was there at one moment, to be put back by `restore`: an old backup, or another node's disk. */
export type DiskImage = ByteImage

/**
 * A disk in memory, without timers and chance of its own, that outlives the node on it. It behaves as `LevelDisk` does
 * (test/storage/conformance.ts): one batch at a time, visible when it is durable, told afterwards; a clear goes in
 * chunks, and a write beside its range may overtake it; after a failure nothing is written until `crash`.
 * Keys and values are neither copied in nor out: whoever changes one breaks the contract of the port.
 *
 * Faults that last (`stall`, `flushFactor`, `availableBytes`, `isFull`, `lie`, `failReads`, `shorten`) are the machine's:
 * they outlive processes, until they are ended. Damage lasts until the record is written again.
 */
export class VirtualDisk implements Disk {
  readonly #timer: StepTimer | undefined
  readonly #medium: Medium
  readonly #pending: PendingQueue
  readonly #reads = new ReadFaults()
  /** What `freeBytes` answers, where there is any space at all. */
  availableBytes = AVAILABLE_BYTES
  /** How many times slower than usual flushes begun from now on are; handed to `defer`. */
  flushFactor = 1
  #isStalled = false
  #session = 0

  constructor (options: VirtualDiskOptions = {}) {
    this.#timer = options.defer === undefined ? undefined : new StepTimer(options.defer, this.#runStep)
    this.#medium = new Medium(options)
    this.#pending = new PendingQueue(options.clearKeysMax ?? 64, (range) => this.contents(range).map(({ key }) => key))
  }

  get (key: Uint8Array): Uint8Array | undefined {
    this.#checkReadable()
    return this.#reads.value(key, this.#medium.visible.get(key))
  }

  write (operations: readonly DiskOperation[], done: Done): void {
    this.#pending.add({ kind: 'write', operations, done })
    this.#schedule()
  }

  clear (range: KeyRange, done: Done): void {
    this.#pending.add({ kind: 'clear', range, done })
    this.#schedule()
  }

  snapshot (): DiskSnapshot {
    const session = this.#session
    return new VirtualSnapshot(this.#medium.visible.fork(), this.#reads, () => {
      if (session !== this.#session) throw new DiskError('read_failed', 'the process that took this snapshot is gone')
      this.#checkReadable()
    })
  }

  freeBytes (): number {
    return this.isFull ? 0 : this.availableBytes
  }

  /** All entries of a range as a process reads them, to load what must be in memory: `LevelDisk.scan`. @throws {DiskError} */
  entries (range: KeyRange): DiskEntry[] {
    this.#checkReadable()
    return this.#reads.entries(this.contents(range))
  }

  /** All entries of a range as they lie on the disk, whether a process could read them or not; never throws. */
  contents (range: KeyRange): DiskEntry[] {
    return this.#medium.visible.entries(range)
  }

  /** 16 hex digits that say whether two disks hold the same bytes in a range, up to a chance of 2^-64. */
  digest (range: KeyRange = EVERYTHING): string {
    const hash = new TraceHash()
    for (const { key, value } of this.contents(range)) {
      hash.bytes(key)
      hash.bytes(value)
    }
    return hash.digest()
  }

  /** Number of entries on the disk. */
  get size (): number {
    return this.#medium.visible.size
  }

  /** Writes and clears whose owner was not told yet. */
  get pendingCount (): number {
    return this.#pending.count
  }

  /** Makes the next batch, or the next chunk of a clear, durable and visible without telling; false where nothing may. */
  flushNext (): boolean {
    return !this.#isStalled && !this.#pending.hasUntold && this.#pending.landNext(this.#land)
  }

  /** Flushes until somebody is to be told, and tells the first; false where nothing is pending, or may be flushed. */
  completeNext (): boolean {
    while (!this.#pending.tell()) {
      if (!this.flushNext()) return false
    }
    return true
  }

  /**
   * The process on the disk is gone: nobody is told any more, its snapshots end. What is pending is lost as `Survival`
   * says, and what was lied about is lost unless `loses` is `nothing`. The disk then serves the next process.
   * @param random chooses what survives; not needed for `everything` and `nothing`
   * @param options `tears`: the first batch of several operations that is lost leaves the first few of them
   */
  crash (loses: CrashLoss = 'everything', random?: Prng, { tears = false }: { readonly tears?: boolean } = {}): CrashOutcome {
    const survival = new Survival(this.#medium, loses, random, tears)
    this.#medium.endProcess()
    this.#pending.end(survival.land)
    if (loses !== 'nothing') this.#medium.losePower()
    this.#session++
    this.#timer?.reset()
    return survival.outcome
  }

  /** Everything on the disk is gone, as is the node's process: the data directory of a node that begins anew. */
  wipe (): void {
    this.crash()
    this.#medium.replace(new ByteMap())
  }

  /** What is there now. The image stays as it is; the next write copies the table of entries once, not the values. */
  image (): DiskImage {
    return this.#medium.visible.fork()
  }

  /** Puts an image in place of what is there; the process, if there is one, is gone. Another disk's image: a swapped disk. */
  restore (image: DiskImage): void {
    this.crash()
    this.#medium.replace(image)
  }

  /**
   * The database is gone and the data directory remembers that there was one: as `openLevelDisk` finds it, every use
   * fails with `lost` until `wipe` or `restore`. Nothing where there never was anything. The process is gone.
   */
  loseDirectory (): void {
    this.crash()
    if (this.size === 0) return
    this.#medium.replace(new ByteMap())
    this.#medium.lost = new DiskError('lost', 'the simulated database is lost: it was written to before, and is not there any more')
  }

  /** While `on`, nothing is flushed; those whose batch was flushed before are told. */
  stall (on: boolean): void {
    this.#isStalled = on
    this.#schedule()
  }

  /**
   * While `on`, flushes are acknowledged, and what they wrote is visible and lost at the next crash that loses anything.
   * What is written after the lies is durable, without what was lied about before it: as after an fsync error that was
   * swallowed, when the kernel takes the pages for clean (fsyncgate).
   */
  lie (on: boolean): void {
    this.#medium.lie(on)
  }

  /** While true there is no free space, and every write fails with `full`. Where only a node's own limit is to be felt, set `availableBytes`. */
  get isFull (): boolean {
    return this.#medium.isFull
  }

  set isFull (isFull: boolean) {
    this.#medium.isFull = isFull
  }

  /** The next batch fails; with `lands` a restart finds it on the disk all the same, as after a failed fsync. */
  failNextWrite (error: DiskError, options: { readonly lands?: boolean } = {}): void {
    this.#medium.failNext(error, options.lands ?? false)
  }

  /** All reads fail until this is called with undefined. */
  failReads (error: DiskError | undefined): void {
    this.#reads.failure = error
  }

  /** Flips one bit of a value; false where there is no such key, or only an empty value. */
  corrupt (key: Uint8Array, bit = 0): boolean {
    const value = this.#medium.visible.get(key)
    if (value === undefined || value.length === 0) return false
    flipBit(this.#medium, { key, value }, bit)
    return true
  }

  /** Flips one bit of one record of a class, both drawn by `random`; its key for a person, or undefined where there is none. */
  rot (recordClass: RecordClass, random: Prng): string | undefined {
    const record = pickRecord(this.#medium, recordClass, random)
    if (record === undefined) return undefined
    flipBit(this.#medium, record, random.below(record.value.length * 8))
    return describeKey(record.key)
  }

  /**
   * A misdirected write: one record of a class lies under the key of another, where it replaced what was there, and
   * there is nothing under its own. Undefined where there are not two.
   */
  misdirect (recordClass: RecordClass, random: Prng): Misdirection | undefined {
    return misdirect(this.#medium, recordClass, random)
  }

  /** Reads of one record of a class bring only a part of its value, until `endShortReads`; its key for a person. */
  shorten (recordClass: RecordClass, random: Prng): string | undefined {
    const record = pickRecord(this.#medium, recordClass, random)
    if (record === undefined) return undefined
    this.#reads.shorten(record.key, random.below(record.value.length))
    return describeKey(record.key)
  }

  endShortReads (): void {
    this.#reads.endShortReads()
  }

  readonly #land: Land = (operations, cleared) => this.#medium.land(operations, cleared)

  readonly #runStep = (): void => {
    if (!this.#pending.tell()) this.flushNext() // the world may have flushed by hand in the meantime
    this.#schedule()
  }

  #schedule (): void {
    if (this.#timer === undefined || this.#pending.count === 0) return
    if (this.#pending.hasUntold) this.#timer.schedule('notify', 1)
    else if (!this.#isStalled) this.#timer.schedule('flush', this.flushFactor)
  }

  #checkReadable (): void {
    if (this.#medium.lost !== undefined) throw this.#medium.lost
    if (this.#reads.failure !== undefined) throw this.#reads.failure
  }
}

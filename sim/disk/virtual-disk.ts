import { assert } from '../../src/base/index.js'
import type { Prng } from '../../src/base/index.js'
import { DiskError } from '../../src/node/ports.js'
import type { Disk, DiskEntry, DiskOperation, DiskSnapshot, KeyRange } from '../../src/node/ports.js'
import { VirtualSnapshot } from './virtual-snapshot.js'
import { SortedMap } from './sorted-map.js'

type Done = (error: DiskError | undefined) => void

type Job =
  | { readonly kind: 'write', readonly operations: readonly DiskOperation[], readonly done: Done }
  | { readonly kind: 'clear', readonly range: KeyRange, readonly done: Done }

/**
 * Runs `step` later, never inside the call. `flush` is the time until a batch is durable (and visible), `notify` the
 * time from there until its owner is told: turns may run in between, as they do over a real disk.
 */
export type DeferStep = (step: () => void, kind: 'flush' | 'notify') => void

export interface VirtualDiskOptions {
  /** Completes what was written by itself; without it the world calls `completeNext`. */
  readonly defer?: DeferStep
  /** Keys that one chunk of a clear deletes. Lower: more crash points inside a clear. Default 64. */
  readonly clearKeysMax?: number
}

/** What was durable at one moment, to be put back by `restore`: an old backup, or another node's disk. */
export interface DiskImage {
  readonly map: SortedMap
}

/**
 * A disk in memory, without timers and chance of its own, that outlives the node on it. It behaves as `LevelDisk` does
 * (test/storage/conformance.ts): one batch at a time, visible when it is durable, told afterwards; a clear goes in
 * chunks, and a write beside its range may overtake it; after a failure nothing is written until `crash`.
 * Keys and values are neither copied in nor out: whoever changes one breaks the contract of the port.
 */
export class VirtualDisk implements Disk {
  readonly #defer: DeferStep | undefined
  readonly #clearKeysMax: number
  /** What `freeBytes` answers; the world sets it. */
  availableBytes = 1024 ** 3
  #map = SortedMap.empty
  #jobs: Job[] = []
  #clear: { readonly range: KeyRange, readonly done: Done, tookLastStep: boolean } | undefined
  #untold: Array<{ readonly done: Done, readonly error: DiskError | undefined }> = []
  #failure: DiskError | undefined
  #nextFailure: { readonly error: DiskError, readonly lands: boolean } | undefined
  /** A batch whose write failed and which a restart finds on the disk all the same. */
  #landed: readonly DiskOperation[] = []
  #readFailure: DiskError | undefined
  #session = 0
  #scheduled = false
  #deferring = false

  constructor (options: VirtualDiskOptions = {}) {
    this.#defer = options.defer
    this.#clearKeysMax = options.clearKeysMax ?? 64
  }

  get (key: Uint8Array): Uint8Array | undefined {
    this.#checkReadable(this.#session)
    return this.#map.get(key)
  }

  write (operations: readonly DiskOperation[], done: Done): void {
    this.#add({ kind: 'write', operations, done })
  }

  clear (range: KeyRange, done: Done): void {
    this.#add({ kind: 'clear', range, done })
  }

  snapshot (): DiskSnapshot {
    const session = this.#session
    return new VirtualSnapshot(this.#map, () => { this.#checkReadable(session) })
  }

  freeBytes (): number {
    return this.availableBytes
  }

  /** All entries of a range: for loading what must be in memory, as `LevelDisk.scan`. @throws {DiskError} */
  entries (range: KeyRange): DiskEntry[] {
    this.#checkReadable(this.#session)
    return [...this.#map.entries(range)]
  }

  /** Number of entries that are durable. */
  get size (): number {
    return this.#map.size
  }

  /** Writes and clears whose owner was not told yet. */
  get pendingCount (): number {
    return this.#jobs.length + this.#untold.length + (this.#clear === undefined ? 0 : 1)
  }

  /** Makes the next batch, or the next chunk of a clear, durable and visible without telling; false where nothing may. */
  flushNext (): boolean {
    if (this.#untold.length > 0) return false
    const clear = this.#clear
    const head = this.#jobs[0]
    if (clear !== undefined && !(clear.tookLastStep && head?.kind === 'write' && !touches(head.operations, clear.range))) {
      clear.tookLastStep = true
      this.#clearChunk(clear.range, clear.done)
      return true
    }
    if (head === undefined) return false
    this.#jobs.shift()
    if (head.kind === 'clear') {
      this.#clear = { range: head.range, done: head.done, tookLastStep: true }
      this.#clearChunk(head.range, head.done)
      return true
    }
    if (clear !== undefined) clear.tookLastStep = false
    if (!this.#apply(head.operations)) this.#fail(head.done)
    else this.#untold.push({ done: head.done, error: undefined })
    return true
  }

  /** Flushes until somebody is to be told, and tells the first; false where nothing is pending. */
  completeNext (): boolean {
    while (this.#untold.length === 0) {
      if (!this.flushNext()) return false
    }
    this.#tell()
    return true
  }

  /**
   * The node is gone: nobody is told any more, its snapshots end. What is not durable is lost, save a prefix of it that
   * `random` chooses, chunk by chunk of a clear. The disk then serves the next process.
   */
  crash (random?: Prng): void {
    this.#nextFailure = undefined
    this.#map = this.#map.with(this.#landed)
    this.#landed = []
    this.#untold = []
    while (random !== undefined && random.chance(1, 2) && this.flushNext()) this.#untold = []
    this.#jobs = []
    this.#clear = undefined
    this.#untold = []
    this.#failure = undefined
    this.#scheduled = false
    this.#session++
  }

  /** Everything on the disk is gone, as is the node's process. */
  wipe (): void {
    this.crash()
    this.#map = SortedMap.empty
  }

  image (): DiskImage {
    return { map: this.#map }
  }

  /** Puts an image in place of what is there, while no process runs on it. */
  restore (image: DiskImage): void {
    this.crash()
    this.#map = image.map
  }

  /** Flips one bit of a value; false where there is no such key, or only an empty value. */
  corrupt (key: Uint8Array, bit = 0): boolean {
    const value = this.#map.get(key)
    if (value === undefined || value.length === 0) return false
    const damaged = Buffer.from(value)
    const at = (bit >>> 3) % damaged.length
    damaged[at] = (damaged[at] as number) ^ (1 << (bit & 7))
    this.#map = this.#map.with([{ kind: 'put', key, value: damaged }])
    return true
  }

  /** The next batch fails; with `lands` a restart finds it on the disk all the same, as after a failed fsync. */
  failNextWrite (error: DiskError, options: { readonly lands?: boolean } = {}): void {
    this.#nextFailure = { error, lands: options.lands ?? false }
  }

  /** All reads fail until this is called with undefined. */
  failReads (error: DiskError | undefined): void {
    this.#readFailure = error
  }

  #add (job: Job): void {
    if (this.#failure !== undefined) this.#untold.push({ done: job.done, error: this.#failure })
    else this.#jobs.push(job)
    this.#schedule()
  }

  #apply (operations: readonly DiskOperation[]): boolean {
    const failure = this.#nextFailure
    if (failure === undefined) {
      this.#map = this.#map.with(operations)
      return true
    }
    this.#nextFailure = undefined
    this.#failure = failure.error
    if (failure.lands) this.#landed = operations
    return false
  }

  #clearChunk (range: KeyRange, done: Done): void {
    const chunk: DiskOperation[] = []
    for (const { key } of this.#map.entries(range)) {
      if (chunk.length === this.#clearKeysMax) break
      chunk.push({ kind: 'delete', key })
    }
    if (chunk.length === 0) {
      this.#clear = undefined
      this.#untold.push({ done, error: undefined })
    } else if (!this.#apply(chunk)) {
      this.#fail()
    }
  }

  /** All that is pending fails, in the order of the calls. */
  #fail (writing?: Done): void {
    const failed = [this.#clear?.done, writing, ...this.#jobs.map((job) => job.done)]
    this.#clear = undefined
    this.#jobs = []
    for (const done of failed) if (done !== undefined) this.#untold.push({ done, error: this.#failure })
  }

  #tell (): void {
    const outcome = this.#untold.shift()
    assert(outcome !== undefined, 'nobody is to be told')
    outcome.done(outcome.error)
  }

  #schedule (): void {
    if (this.#defer === undefined || this.#scheduled || this.pendingCount === 0) return
    this.#scheduled = true
    const session = this.#session
    const kind = this.#untold.length > 0 ? 'notify' : 'flush'
    this.#deferring = true
    this.#defer(() => {
      assert(!this.#deferring, 'a disk step must run later than the call that caused it')
      if (session !== this.#session) return
      this.#scheduled = false
      if (this.#untold.length > 0) this.#tell() // the world may have flushed by hand in the meantime
      else this.flushNext()
      this.#schedule()
    }, kind)
    this.#deferring = false
  }

  #checkReadable (session: number): void {
    if (session !== this.#session) throw new DiskError('read_failed', 'the process that took this snapshot is gone')
    if (this.#readFailure !== undefined) throw this.#readFailure
  }
}

function touches (operations: readonly DiskOperation[], range: KeyRange): boolean {
  return operations.some(({ key }) => Buffer.compare(key, range.from) >= 0 && Buffer.compare(key, range.to) < 0)
}

import { DiskError } from '../../src/node/ports.js'
import type { DiskOperation } from '../../src/node/ports.js'
import { ByteMap } from './byte-map.js'
import type { ByteImage } from './byte-map.js'

/** Who wants to know what becomes durable; called at the moment it does. */
export interface MediumHooks {
  /** A batch: the very array that was handed to `write`. */
  readonly onDurable?: ((operations: readonly DiskOperation[]) => void) | undefined
  /** One chunk of a clear. */
  readonly onCleared?: ((keys: readonly Uint8Array[]) => void) | undefined
}

interface Failure {
  readonly error: DiskError
  readonly lands: boolean
}

/**
 * What lies on a disk, and what goes wrong with it. Two maps where flushes were lied about: what processes see, and what
 * is left of it without power.
 */
export class Medium {
  readonly #hooks: MediumHooks
  #visible = new ByteMap()
  /** Only where flushes were lied about since the last loss of power; otherwise what is visible is durable. */
  #durable: ByteMap | undefined
  #lies = false
  #nextFailure: Failure | undefined
  /** What a failed flush left, to be found after a restart. */
  #landed: { readonly operations: readonly DiskOperation[], readonly cleared: readonly Uint8Array[] | undefined } | undefined
  /** Every write fails for want of space. */
  isFull = false
  /** The database was there and is not any more. */
  lost: DiskError | undefined

  constructor (hooks: MediumHooks) {
    this.#hooks = hooks
  }

  get visible (): ByteMap {
    return this.#visible
  }

  get lies (): boolean {
    return this.#lies
  }

  /** Writes one batch or one chunk of a clear as a running process does; the error where that failed. */
  land (operations: readonly DiskOperation[], cleared: readonly Uint8Array[] | undefined): DiskError | undefined {
    const failure = this.#takeFailure()
    if (failure === undefined) {
      this.keep(operations, cleared)
      return undefined
    }
    if (failure.lands) this.#landed = { operations, cleared }
    return failure.error
  }

  /** Writes without fail. */
  keep (operations: readonly DiskOperation[], cleared: readonly Uint8Array[] | undefined): void {
    this.#apply(operations)
    if (cleared === undefined) this.#hooks.onDurable?.(operations)
    else this.#hooks.onCleared?.(cleared)
  }

  /** Writes a part of a batch, of which nobody is told. */
  tear (operations: readonly DiskOperation[]): void {
    this.#apply(operations)
  }

  failNext (error: DiskError, lands: boolean): void {
    this.#nextFailure = { error, lands }
  }

  /** From now on flushes do nothing but say that they did; or they are honest again, for what is written from now on. */
  lie (lies: boolean): void {
    if (lies) this.#durable ??= this.#visible.fork()
    this.#lies = lies
  }

  /** What was durable, in spite of a failure that was reported, comes to light with the end of the process. */
  endProcess (): void {
    const landed = this.#landed
    this.#nextFailure = undefined
    this.#landed = undefined
    if (landed !== undefined) this.keep(landed.operations, landed.cleared)
  }

  /** What was lied about is gone. */
  losePower (): void {
    if (this.#durable === undefined) return
    this.#visible.release()
    this.#visible = this.#durable
    this.#durable = this.#lies ? this.#visible.fork() : undefined
  }

  /** Puts other content in place of all there is. */
  replace (image: ByteImage): void {
    this.#visible.release()
    this.#durable?.release()
    this.#visible = image.fork()
    this.#durable = this.#lies ? this.#visible.fork() : undefined
    this.lost = undefined
  }

  /** Changes what lies there without anybody knowing: for good, if the value of `key` it happens to is durable. */
  damage (key: Uint8Array, value: Uint8Array, operations: readonly DiskOperation[]): void {
    this.#visible.apply(operations)
    if (this.#durable?.get(key) === value) this.#durable.apply(operations)
  }

  #apply (operations: readonly DiskOperation[]): void {
    this.#visible.apply(operations)
    if (!this.#lies) this.#durable?.apply(operations)
  }

  #takeFailure (): Failure | undefined {
    if (this.lost !== undefined) return { error: this.lost, lands: false }
    if (this.isFull) return { error: new DiskError('full', 'no space is left on the simulated disk'), lands: false }
    const failure = this.#nextFailure
    this.#nextFailure = undefined
    return failure
  }
}

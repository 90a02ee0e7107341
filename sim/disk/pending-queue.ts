import type { DiskError, DiskOperation, KeyRange } from '../../src/node/ports.js'

export type Done = (error: DiskError | undefined) => void

type Job =
  | { readonly kind: 'write', readonly operations: readonly DiskOperation[], readonly done: Done }
  | { readonly kind: 'clear', readonly range: KeyRange, readonly done: Done }

interface Clear {
  readonly range: KeyRange
  readonly done: Done
  /** What was in the range when its turn came; writes into the range wait, so that nothing joins them. */
  readonly keys: readonly Uint8Array[]
  deletedCount: number
  tookLastStep: boolean
}

/** Puts a batch, or with `cleared` the deletion of these keys, on the medium; the error where that failed. */
export type Land = (operations: readonly DiskOperation[], cleared: readonly Uint8Array[] | undefined) => DiskError | undefined

/**
 * What was handed to a disk and whose owner was not told yet. One batch at a time; a clear goes in chunks, and a write
 * beside its range may overtake it; after a failure everything fails with the same error, in the order of the calls.
 */
export class PendingQueue {
  readonly #clearKeysMax: number
  readonly #keysIn: (range: KeyRange) => Uint8Array[]
  #jobs: Job[] = []
  #clear: Clear | undefined
  #untold: Array<{ readonly done: Done, readonly error: DiskError | undefined }> = []
  #failure: DiskError | undefined

  /** @param keysIn the keys that are on the medium */
  constructor (clearKeysMax: number, keysIn: (range: KeyRange) => Uint8Array[]) {
    this.#clearKeysMax = clearKeysMax
    this.#keysIn = keysIn
  }

  /** Writes and clears whose owner was not told yet. */
  get count (): number {
    return this.#jobs.length + this.#untold.length + (this.#clear === undefined ? 0 : 1)
  }

  /** Whether somebody is to be told before anything else is written. */
  get hasUntold (): boolean {
    return this.#untold.length > 0
  }

  add (job: Job): void {
    if (this.#failure === undefined) this.#jobs.push(job)
    else this.#untold.push({ done: job.done, error: this.#failure })
  }

  /** Lands the next batch, or the next chunk of a clear; false where nothing waits for that. */
  landNext (land: Land): boolean {
    const clear = this.#clear
    const head = this.#jobs[0]
    if (clear !== undefined && !(clear.tookLastStep && head?.kind === 'write' && !touches(head.operations, clear.range))) {
      this.#landChunk(clear, land)
      return true
    }
    if (head === undefined) return false
    this.#jobs.shift()
    if (head.kind === 'clear') {
      const { range, done } = head
      this.#clear = { range, done, keys: this.#keysIn(range), deletedCount: 0, tookLastStep: true }
      this.#landChunk(this.#clear, land)
      return true
    }
    if (clear !== undefined) clear.tookLastStep = false
    const error = land(head.operations, undefined)
    if (error === undefined) this.#untold.push({ done: head.done, error })
    else this.#fail(error, head.done)
    return true
  }

  /** Tells the first who is to be told; false where there is nobody. */
  tell (): boolean {
    const outcome = this.#untold.shift()
    outcome?.done(outcome.error)
    return outcome !== undefined
  }

  /** The process is gone: lands what `land` lets land of what is pending, tells nobody, and is empty and sound again. */
  end (land: Land): void {
    do this.#untold.length = 0
    while (this.landNext(land))
    this.#failure = undefined
  }

  #landChunk (clear: Clear, land: Land): void {
    const keys = clear.keys.slice(clear.deletedCount, clear.deletedCount + this.#clearKeysMax)
    clear.tookLastStep = true
    clear.deletedCount += keys.length
    if (keys.length === 0) {
      this.#clear = undefined
      this.#untold.push({ done: clear.done, error: undefined })
      return
    }
    const error = land(keys.map((key) => ({ kind: 'delete', key })), keys)
    if (error !== undefined) this.#fail(error, undefined)
  }

  /** All that is pending fails, in the order of the calls. */
  #fail (error: DiskError, writing: Done | undefined): void {
    this.#failure = error
    const failed = [this.#clear?.done, writing, ...this.#jobs.map((job) => job.done)]
    this.#clear = undefined
    this.#jobs = []
    for (const done of failed) if (done !== undefined) this.#untold.push({ done, error })
  }
}

function touches (operations: readonly DiskOperation[], range: KeyRange): boolean {
  return operations.some(({ key }) => Buffer.compare(key, range.from) >= 0 && Buffer.compare(key, range.to) < 0)
}

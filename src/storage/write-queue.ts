import { assert } from '../base/index.js'
import type { DiskError, DiskOperation, KeyRange } from '../node/ports.js'
import { toDiskError } from './disk-errors.js'

/** Jobs that may wait at once. The driver has one batch in flight and an install a few more; thousands are a bug. */
const JOBS_WAITING_MAX = 4096

export type Done = (error: DiskError | undefined) => void

/** The keys of a range as they were when the cursor was opened, chunk by chunk; an empty chunk is the end. */
export interface KeyCursor {
  next (): Promise<readonly Uint8Array[]>
  close (): Promise<void>
}

export interface WriteTarget {
  /** Resolves once the batch is durable, all of it. */
  write (operations: readonly DiskOperation[]): Promise<void>
  openKeys (range: KeyRange): KeyCursor
}

interface WriteJob {
  readonly kind: 'write'
  readonly operations: readonly DiskOperation[]
  readonly done: Done
}

interface ClearJob {
  readonly kind: 'clear'
  readonly range: KeyRange
  readonly done: Done
}

interface RunningClear {
  readonly job: ClearJob
  readonly cursor: KeyCursor
  /** Whether the last step was one of its chunks, so that a waiting write comes next. */
  tookLastStep: boolean
}

/**
 * One write at a time, in the order of the calls: LevelDB's batches run on a thread pool and would overtake each other.
 * A clear is cut into chunks, each a synced batch of deletions; between two of them a waiting write may run whose keys
 * all lie outside the range, so that removing a large replica does not hold up the others. After the first failure all
 * that waits and all that comes fails with the same error: LevelDB itself would go on after a torn log record.
 */
export class WriteQueue {
  readonly #target: WriteTarget
  readonly #waiting: Array<WriteJob | ClearJob> = []
  readonly #whenIdle: Array<() => void> = []
  #clear: RunningClear | undefined
  #busy = false
  #refusal: DiskError | undefined

  constructor (target: WriteTarget) {
    this.#target = target
  }

  /** The error that every later call gets, once there was one. */
  get refusal (): DiskError | undefined {
    return this.#refusal
  }

  write (operations: readonly DiskOperation[], done: Done): void {
    this.#add({ kind: 'write', operations, done })
  }

  clear (range: KeyRange, done: Done): void {
    this.#add({ kind: 'clear', range, done })
  }

  /** Refuses all later calls; what was called before still runs. Resolves when nothing runs any more. */
  async close (refusal: DiskError): Promise<void> {
    this.#refusal ??= refusal
    if (!this.#busy) return
    await new Promise<void>((resolve) => { this.#whenIdle.push(resolve) })
  }

  #add (job: WriteJob | ClearJob): void {
    const refusal = this.#refusal
    if (refusal !== undefined) {
      setImmediate(() => { job.done(refusal) })
      return
    }
    assert(this.#waiting.length < JOBS_WAITING_MAX, `more than ${JOBS_WAITING_MAX} writes wait for the disk`)
    this.#waiting.push(job)
    this.#next()
  }

  #next (): void {
    if (this.#busy) return
    const clear = this.#clear
    const head = this.#waiting[0]
    if (clear !== undefined && !(clear.tookLastStep && head?.kind === 'write' && !touches(head.operations, clear.job.range))) {
      clear.tookLastStep = true
      this.#run(this.#clearChunk(clear), (over) => { if (over) this.#endClear(clear) })
    } else if (head?.kind === 'write') {
      this.#waiting.shift()
      if (clear !== undefined) clear.tookLastStep = false
      this.#run(this.#target.write(head.operations), () => { head.done(undefined) }, head)
    } else if (head?.kind === 'clear') {
      this.#waiting.shift()
      this.#clear = { job: head, cursor: this.#target.openKeys(head.range), tookLastStep: false }
      this.#next()
    } else {
      for (const resolve of this.#whenIdle.splice(0)) resolve()
    }
  }

  /** One step: its outcome is told before the next one starts, and a throw in there stops the process. */
  #run<Result> (step: Promise<Result>, succeed: (result: Result) => void, writing?: WriteJob): void {
    this.#busy = true
    step.then((result) => {
      this.#busy = false
      succeed(result)
      this.#next()
    }, (thrown: unknown) => {
      this.#busy = false
      this.#fail(toDiskError(thrown, 'write_failed', 'a write failed'), writing)
    })
  }

  /** Deletes the next chunk of a range; true when there was none left. */
  async #clearChunk ({ cursor }: RunningClear): Promise<boolean> {
    const keys = await cursor.next()
    if (keys.length > 0) await this.#target.write(keys.map((key) => ({ kind: 'delete', key })))
    else await cursor.close()
    return keys.length === 0
  }

  #endClear (clear: RunningClear): void {
    this.#clear = undefined
    clear.job.done(undefined)
  }

  #fail (error: DiskError, writing: WriteJob | undefined): void {
    this.#refusal = error
    const clear = this.#clear
    this.#clear = undefined
    const failed = this.#waiting.splice(0)
    if (writing !== undefined) failed.unshift(writing)
    if (clear !== undefined) {
      failed.unshift(clear.job)
      clear.cursor.close().catch(() => undefined) // reading failed too: the error that counts is already told
    }
    for (const job of failed) job.done(error)
    this.#next()
  }
}

function touches (operations: readonly DiskOperation[], range: KeyRange): boolean {
  return operations.some(({ key }) => Buffer.compare(key, range.from) >= 0 && Buffer.compare(key, range.to) < 0)
}

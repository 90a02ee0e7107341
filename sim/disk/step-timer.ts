import { assert } from '../../src/base/index.js'

/** What a disk does next: makes something durable, or tells an owner. */
export type StepKind = 'flush' | 'notify'

/**
 * Runs `step` later, never inside the call. `flush` is the time until a batch is durable (and visible), to be multiplied
 * by `factor`; `notify` (factor 1) the time from there until its owner is told: turns may run in between, as they do
 * over a real disk.
 */
export type DeferStep = (step: () => void, kind: StepKind, factor: number) => void

/** One step at a time of a disk, in the time the world gives it. */
export class StepTimer {
  readonly #defer: DeferStep
  readonly #run: () => void
  #isScheduled = false
  #isDeferring = false
  /** The step of this process: those of earlier processes do nothing. */
  #step: () => void

  /** @param run a step; asks for the next one itself */
  constructor (defer: DeferStep, run: () => void) {
    this.#defer = defer
    this.#run = run
    this.#step = this.#newStep()
  }

  /** Asks for a step; nothing where one is under way. */
  schedule (kind: StepKind, factor: number): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#isDeferring = true
    this.#defer(this.#step, kind, factor)
    this.#isDeferring = false
  }

  /** Another process: the step that is under way does nothing any more. */
  reset (): void {
    this.#isScheduled = false
    this.#step = this.#newStep()
  }

  #newStep (): () => void {
    const step = (): void => {
      assert(!this.#isDeferring, 'a disk step must run later than the call that caused it')
      if (step !== this.#step) return
      this.#isScheduled = false
      this.#run()
    }
    return step
  }
}

/** When an operation was under way, on one clock. Of two, only one that returned before the other was called is first. */
export interface Interval {
  readonly calledAt: number
  /** Infinity: the outcome is unknown; it may take effect at any later time, or never. */
  readonly returnedAt: number
}

/** What a model answers where the operation cannot have had its result in this state. */
export const REFUSED: unique symbol = Symbol('refused')

/** A sequential object: what a history must be explainable with. States are compared as the keys of a `Map` are. */
export interface Model<State extends string | number | undefined, Operation extends Interval> {
  readonly initial: State
  /** The state after the operation, or `REFUSED`. An unknown operation is asked about as if it took effect. */
  apply (state: State, operation: Operation): State | typeof REFUSED
  /** Whether the operation leaves every state as it is: such operations are placed as early as they fit. */
  isRead (operation: Operation): boolean
}

/** `unknown`: a limit was reached first. */
export type Verdict = 'ok' | 'illegal' | 'unknown'

export interface CheckResult {
  readonly verdict: Verdict
  /**
   * Positions in the history. `ok`: a linearization, with every operation that returned, and the unknown ones that had to
   * take effect. Otherwise the longest beginning of one that was found.
   */
  readonly order: readonly number[]
  /** Where there is none: the position of an operation that returned and that `order` cannot be continued past. */
  readonly offender: number | undefined
  /** Which limit was reached, where the verdict is `unknown`. */
  readonly exhausted: 'steps' | 'memory' | undefined
}

export interface CheckLimits {
  /** Operations tried in some state, per history. Raising it decides harder histories; a million take a second or so. */
  readonly stepsMax: number
  /** What the search may remember, bytes, estimated. Raising it decides harder histories; it is freed afterwards. */
  readonly memoryBytesMax: number
}

/** Fifteen times the steps that any verdict on the known histories takes (330,000; DESIGN.md). */
export const DEFAULT_CHECK_LIMITS: CheckLimits = { stepsMax: 5_000_000, memoryBytesMax: 256 * 1024 * 1024 }

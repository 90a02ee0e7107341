import type { Fact, Violation } from '../observe/facts.js'
import type { Scenario } from '../scenario/scenario.js'

/** One client operation, as the history holds it. */
export interface RecordedOperation {
  readonly number: number
  readonly kind: 'set' | 'delete' | 'get'
  readonly key: string
  /** What was set, or what a get returned; undefined: deleted, missing, or not known. */
  readonly value: string | undefined
  readonly through: string
  readonly calledUs: number
  /** undefined: never answered, or the outcome is unknown. */
  readonly returnedUs: number | undefined
  /** `ok`, `missing`, `unavailable`, `unknown`, … */
  readonly answer: string
}

export interface RecordedMessage {
  readonly sentUs: number
  /** undefined: lost. */
  readonly deliveredUs: number | undefined
  readonly from: string
  readonly to: string
  readonly channel: string
  /** The decoded messages of the frame, for a person, e.g. `append p0 t3 prev 5/3 commit 5 2 entries`. */
  readonly text: string
}

/** A fault, or the end of one. */
export interface RecordedFault {
  readonly atUs: number
  /** The step that caused it. */
  readonly step: number
  readonly text: string
  /** The nodes it touches; empty: all. */
  readonly nodes: readonly string[]
}

/** Everything a person wants to see of one run: what the report is made of. */
export interface Recording {
  readonly seed: string
  readonly commit: string
  readonly scenario: Scenario
  readonly traceHash: string
  readonly violations: readonly Violation[]
  readonly facts: readonly Fact[]
  readonly messages: readonly RecordedMessage[]
  readonly faults: readonly RecordedFault[]
  readonly operations: readonly RecordedOperation[]
  /** Per key: the numbers of the operations in the order of a linearization; where there is none, the longest prefix found. */
  readonly linearizations: ReadonlyMap<string, { readonly verdict: 'ok' | 'illegal' | 'unknown', readonly order: readonly number[] }>
  readonly warmUpEndUs: number
  /** When the faults ended; undefined where they never did. */
  readonly healedUs: number | undefined
  readonly endUs: number
  /** Frames and facts beyond the recorder's limit that are not in it. */
  readonly omitted: number
}

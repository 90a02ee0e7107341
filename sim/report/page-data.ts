import type { RecordedOperation } from '../run/recording.js'

/** What the page is given, as JSON. Nodes are positions in `nodes`, texts positions in `texts`, -1 is none; times are µs. */
export interface PageData {
  readonly nodes: readonly string[]
  /** Partitions in view per node, the system's first: one band each. */
  readonly replicas: readonly (readonly number[])[]
  readonly warmUpEndUs: number
  /** -1: never healed. */
  readonly healedUs: number
  readonly endUs: number
  readonly texts: readonly string[]
  readonly violations: readonly PageViolation[]
  readonly processes: readonly ProcessSpan[]
  readonly roles: readonly RoleSpan[]
  readonly faults: readonly FaultSpan[]
  readonly facts: FactColumns
  readonly messages: MessageColumns
  readonly operations: readonly RecordedOperation[]
  readonly keys: readonly KeyStory[]
}

export interface PageViolation {
  readonly atUs: number
  readonly invariant: string
  readonly node: number
  readonly partition: number
  /** The number of the operation where a history breaks; -1: it is no history's. */
  readonly operation: number
  readonly text: string
}

/** A process that runs, or that is held up while it runs. */
export interface ProcessSpan {
  readonly kind: 'up' | 'paused'
  readonly node: number
  readonly fromUs: number
  readonly toUs: number
}

/** What a replica is for a while. A replica of a running node that is nothing of this is a slave. */
export interface RoleSpan {
  readonly kind: 'master' | 'candidate' | 'installing'
  readonly node: number
  readonly partition: number
  /** 0 where it is not of a term. */
  readonly term: number
  readonly fromUs: number
  readonly toUs: number
}

/** A fault that lasts, or a moment where both ends are the same. */
export interface FaultSpan {
  readonly fromUs: number
  readonly toUs: number
  readonly step: number
  readonly text: string
  /** Empty: all. */
  readonly nodes: readonly number[]
}

/** Facts by column; times as the difference to the one before. What `a` and `b` are depends on the kind. */
export interface FactColumns {
  readonly kind: readonly number[]
  readonly atUs: readonly number[]
  readonly node: readonly number[]
  readonly partition: readonly number[]
  readonly term: readonly number[]
  readonly a: readonly number[]
  readonly b: readonly number[]
}

/** Frames by column, in the order in which they were sent. */
export interface MessageColumns {
  /** The difference to the one before. */
  readonly sentUs: readonly number[]
  /** µs on the way; -1: lost. */
  readonly tookUs: readonly number[]
  readonly from: readonly number[]
  readonly to: readonly number[]
  readonly channel: readonly number[]
  readonly text: readonly number[]
}

/** One key's history as the checker saw it. */
export interface KeyStory {
  readonly key: string
  /** `unchecked`: the run ended before the histories were checked. */
  readonly verdict: 'ok' | 'illegal' | 'unknown' | 'unchecked'
  /** Numbers of operations in an order that explains them, as far as one was found. */
  readonly order: readonly number[]
  /** The first operation that cannot be placed after those; -1: none. */
  readonly blocked: number
  /** Why, for a person. */
  readonly text: string
}

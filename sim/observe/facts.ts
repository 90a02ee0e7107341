/** Something that happened on a node, read off its disk batches, its frames and its reports: no hook in the node. */
export type Fact =
  | { readonly kind: 'started', readonly atUs: number, readonly node: string }
  | { readonly kind: 'crashed', readonly atUs: number, readonly node: string }
  /** A hard state with a new term or vote was handed to the disk. */
  | { readonly kind: 'term', readonly atUs: number, readonly node: string, readonly partition: number, readonly term: number, readonly vote: number }
  /** A granted vote (no pre-vote) was sent to `peer`. */
  | { readonly kind: 'voted', readonly atUs: number, readonly node: string, readonly partition: number, readonly term: number, readonly peer: string }
  | { readonly kind: 'won', readonly atUs: number, readonly node: string, readonly partition: number, readonly term: number }
  | { readonly kind: 'deposed', readonly atUs: number, readonly node: string, readonly partition: number, readonly term: number }
  /** Log entries were handed to the disk. */
  | { readonly kind: 'appended', readonly atUs: number, readonly node: string, readonly partition: number, readonly term: number, readonly first: number, readonly last: number }
  /** An accepted append was acknowledged to `peer`. */
  | { readonly kind: 'acknowledged', readonly atUs: number, readonly node: string, readonly partition: number, readonly term: number, readonly index: number, readonly peer: string }
  | { readonly kind: 'committed', readonly atUs: number, readonly node: string, readonly partition: number, readonly index: number }
  | { readonly kind: 'installing', readonly atUs: number, readonly node: string, readonly partition: number }
  | { readonly kind: 'installed', readonly atUs: number, readonly node: string, readonly partition: number }

/** One broken promise. */
export interface Violation {
  /** Its name in the list of invariants, e.g. `election-safety`, `vote-durability`, `linearizability`. */
  readonly invariant: string
  readonly atUs: number
  /** Where, if it is one node's. */
  readonly node: string | undefined
  readonly partition: number | undefined
  /** What was seen, for a person. */
  readonly text: string
}

import type { ClusterId, NodeName, PeerId } from '../base/index.js'
import type { ClusterMap, ClusterMessage, RefusalCode } from '../../protocols/cluster/index.js'

/**
 * What a node may do about a cluster that does not exist yet (DESIGN.md section 6): `first-listed` in the configuration
 * proposes; another `named` one accepts; `lone`, without configuration, `join` and data, founds at once; a `joiner`,
 * given `join`, never founds.
 */
export type FoundingRole = 'first-listed' | 'named' | 'lone' | 'joiner'

/** What one process knows from its configuration; does not change while it runs. */
export interface FoundingSetup {
  readonly role: FoundingRole
  readonly ownName: NodeName
  readonly ownPeer: PeerId
  readonly clusterName: string
  /** Every named node in the order of the configuration; a lone node's own name; empty for a joiner without a file. */
  readonly names: readonly NodeName[]
  /** The canonical text of the configuration's `cluster` section: equal text, equal meaning. */
  readonly configuration: string
  readonly partitionCount: number
  /** As in `FoundingPlan`. */
  readonly replicaSets: ReadonlyArray<readonly number[]> | undefined
  readonly replicaCount: number
  /** Drawn at random by the shell at every start; used where this node proposes or founds for the first time. */
  readonly freshClusterId: ClusterId
}

/** A node's promises, durable before anything that follows from them is sent; none is ever taken back. */
export interface FoundingRecord {
  /** The one id this node ever proposes, as the first-listed. */
  readonly proposed: ClusterId | undefined
  /** The one id this node ever accepts. */
  readonly accepted: ClusterId | undefined
  /** A cluster this first-listed node heard of: it will never found one itself. */
  readonly renounced: ClusterId | undefined
}

/** What the disk says at start. */
export interface FoundingStored {
  readonly record: FoundingRecord
  /** The founded cluster whose map this node holds. */
  readonly clusterId: ClusterId | undefined
}

export type FoundingPhase =
  /** Nothing promised. The first-listed waits for others to come forward, a named node for a proposal or a map. */
  | { readonly kind: 'waiting' }
  | {
    readonly kind: 'proposing'
    readonly clusterId: ClusterId
    /** Named peers that said hello to this process: whom to ask, and to ask again. */
    readonly greeted: ReadonlyMap<NodeName, PeerId>
    /** Named peers that accepted durably, and told this process. */
    readonly acceptances: ReadonlyMap<NodeName, PeerId>
    /** Since when the acceptances suffice. */
    readonly majorityAtMs: number | undefined
    readonly askAgainAtMs: number
  }
  /** Promised to one id; only that cluster's map will do. */
  | { readonly kind: 'promised', readonly clusterId: ClusterId }
  /** Will not found; waits for the map of `clusterId`, or of any cluster where that is undefined. */
  | { readonly kind: 'joining', readonly clusterId: ClusterId | undefined }
  /** Holds the map of a founded cluster. */
  | { readonly kind: 'member', readonly clusterId: ClusterId }

export interface FoundingState {
  readonly record: FoundingRecord
  readonly phase: FoundingPhase
}

/** `name` is what the peer called itself in the hello of its connection. */
export type FoundingInput =
  | { readonly kind: 'hello', readonly peer: PeerId, readonly name: NodeName, readonly clusterName: string, readonly clusterId: ClusterId | undefined }
  | { readonly kind: 'proposal', readonly peer: PeerId, readonly name: NodeName, readonly clusterId: ClusterId, readonly configuration: string }
  | { readonly kind: 'acceptance', readonly peer: PeerId, readonly name: NodeName, readonly clusterId: ClusterId }
  | { readonly kind: 'refusal', readonly peer: PeerId, readonly name: NodeName, readonly code: RefusalCode, readonly clusterId: ClusterId | undefined }
  | { readonly kind: 'map', readonly peer: PeerId, readonly name: NodeName, readonly map: ClusterMap }
  | { readonly kind: 'tick' }

/**
 * In order, and the order is the contract: a `send` or `offer-map` may leave only when every `persist`, `found` and
 * `adopt` before it is durable. A promise is never sent without its `persist` in the same step.
 */
export type FoundingEffect =
  | { readonly kind: 'persist', readonly record: FoundingRecord }
  | { readonly kind: 'send', readonly peer: PeerId, readonly message: ClusterMessage }
  /** Send the newest map this node has. */
  | { readonly kind: 'offer-map', readonly peer: PeerId }
  /** The cluster exists from when this map and its id are durable, in one batch. */
  | { readonly kind: 'found', readonly map: ClusterMap }
  /** Take the map over, with its id, in one batch. */
  | { readonly kind: 'adopt', readonly map: ClusterMap }
  /** Step with a `tick` at this time; an earlier one does no harm. */
  | { readonly kind: 'wake', readonly atMs: number }

export interface FoundingStep {
  readonly state: FoundingState
  readonly effects: readonly FoundingEffect[]
}

/**
 * How long after a majority the founder waits for the rest, so that as many names as possible are bound in the first
 * map. Longer: a cluster of which a node is missing starts later; shorter: nodes started together are bound one by one
 * afterwards.
 */
export const FOUNDING_GRACE_MS = 1500
/** How often the founder asks those again that did not answer: a full queue may have dropped the question. */
export const PROPOSAL_RETRY_MS = 1000

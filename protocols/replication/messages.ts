import type { LogIndex, MemberId, PartitionId, Term } from '../../src/base/index.js'

/**
 * `noop` opens a term, `commands` is a batch for the key-value state machine, `map` a change of the cluster map,
 * `configuration` a change of who votes.
 */
export type EntryKind = 'noop' | 'commands' | 'map' | 'configuration'

/** Who is in a group: its voters make quorums; learners are sent everything and count nowhere (Ongaro's thesis, section 4.2.1). */
export interface Configuration {
  /** At least one. */
  readonly voters: readonly MemberId[]
  /** None of them votes. */
  readonly learners: readonly MemberId[]
}

/** A configuration and the position of the entry that brought it; 0: the group was born with it. */
export interface LoggedConfiguration extends Configuration {
  readonly index: LogIndex
}

/** One position of one partition's log. */
export interface LogEntry {
  readonly term: Term
  readonly index: LogIndex
  readonly kind: EntryKind
  readonly payload: Uint8Array
}

/** Raft's messages (Ongaro's thesis, figures 3.1 and 3.13, sections 6.4 and 9.6), each naming its partition and term. */
export type ReplicationMessage =
  | {
    readonly kind: 'append'
    readonly partition: PartitionId
    readonly term: Term
    readonly prevIndex: LogIndex
    readonly prevTerm: Term
    readonly commitIndex: LogIndex
    /** The leader's newest read round; the answer echoes it (ReadIndex and check-quorum). */
    readonly round: number
    /** Empty: a heartbeat. */
    readonly entries: readonly LogEntry[]
  }
  | {
    readonly kind: 'append-reply'
    readonly partition: PartitionId
    readonly term: Term
    readonly accepted: boolean
    /** Accepted: the last index that matches and is durable. Refused: the sender's last index worth trying. */
    readonly index: LogIndex
    /** Refused: the term of the entry at `index` (thesis section 3.5's back-off). Otherwise 0. */
    readonly hintTerm: Term
    readonly round: number
    /** The sender's state is gone in the middle of an installation: only a snapshot helps. Its log is intact. */
    readonly snapshotWanted: boolean
  }
  | {
    readonly kind: 'vote-request'
    readonly partition: PartitionId
    /** The term asked for; a pre-vote asks for it without having entered it. */
    readonly term: Term
    readonly preVote: boolean
    /** The leader itself asked for this election (leadership transfer): a live leader is no reason to refuse. */
    readonly transfer: boolean
    readonly lastIndex: LogIndex
    readonly lastTerm: Term
  }
  | {
    readonly kind: 'vote-reply'
    readonly partition: PartitionId
    readonly term: Term
    readonly preVote: boolean
    readonly granted: boolean
  }
  /** Leadership transfer: campaign now (thesis section 3.10). */
  | { readonly kind: 'timeout-now', readonly partition: PartitionId, readonly term: Term }
  /** A follower asks its leader for a read index, one number for all its waiting reads. */
  | { readonly kind: 'read-request', readonly partition: PartitionId, readonly term: Term, readonly id: number }
  /** The group's log is committed up to `index`, and its configuration there does not have the receiver. */
  | { readonly kind: 'retired', readonly partition: PartitionId, readonly term: Term, readonly index: LogIndex }
  | { readonly kind: 'read-reply', readonly partition: PartitionId, readonly term: Term, readonly id: number, readonly index: LogIndex, readonly accepted: boolean }

/** Term, vote and commit index: durable before any reply that depends on them. `vote` 0 is nobody. */
export interface HardState {
  readonly term: Term
  readonly vote: MemberId | 0
  readonly commitIndex: LogIndex
}

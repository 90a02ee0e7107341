import type { KvErrorDetail, PartitionId, Revision } from '../base/index.js'
import type { Consistency, WriteOperation } from '../../protocols/kv/messages.js'

/** What a node answers to one request. */
export type KvAnswer =
  | { readonly kind: 'set', readonly revision: Revision }
  | { readonly kind: 'delete', readonly deleted: boolean, readonly revision: Revision }
  | { readonly kind: 'value', readonly value: Uint8Array, readonly revision: Revision, readonly ageMsMax: number }
  /** There is no such key: a good answer to a get. */
  | { readonly kind: 'missing', readonly ageMsMax: number }
  | { readonly kind: 'failed', readonly detail: KvErrorDetail }

export type AnswerCallback = (answer: KvAnswer) => void

/** Why a change of the cluster did not happen; undefined: it holds. */
export type ChangeCallback = (failure: KvErrorDetail | undefined) => void

export interface StatusReport {
  readonly name: string
  readonly peer: string
  readonly version: string
  readonly memberId: number | undefined
  readonly clusterId: string | undefined
  readonly clusterName: string
  readonly epoch: number
  readonly generation: number
  readonly uptimeMs: number
  readonly multiaddrs: readonly string[]
  readonly http: string
  readonly admitted: boolean
  readonly ready: boolean
  /** Why not ready, for a person; empty where ready. */
  readonly reasons: readonly string[]
  readonly limits: { readonly keyBytesMax: number, readonly valueBytesMax: number, readonly timeoutMsMax: number, readonly requestsMax: number }
  readonly requests: { readonly waiting: number, readonly answered: number, readonly failed: number }
  readonly storage: { readonly healthy: boolean, readonly durableBatch: number, readonly freeBytes: number }
  readonly partitions: { readonly count: number, readonly replicas: number, readonly masters: number }
}

export interface MemberReport {
  readonly name: string
  readonly peer: string
  readonly memberId: number | undefined
  readonly health: 'alive' | 'suspect' | 'dead' | 'left' | 'unknown'
  readonly sinceMs: number
  readonly generation: number
  readonly incarnation: number
  readonly multiaddrs: readonly string[]
  readonly http: string
  readonly self: boolean
  /** ms of a round trip to it, smoothed; undefined before it answered a probe, and of this node. */
  readonly rttMs: number | undefined
  /** Of this node: 0 is well, up to 8 the more it doubts itself (a busy event loop, a bad network); undefined of others. */
  readonly localHealth: number | undefined
  /** It hands everything over, and is no member any more when it holds nothing. */
  readonly leaving: boolean
  /** Partitions whose replicas the map wishes there; undefined before this node knows a map. */
  readonly replicas: number | undefined
}

export interface PartitionReport {
  readonly partition: PartitionId
  readonly master: string | undefined
  readonly slaves: readonly string[]
  readonly preferred: string | undefined
  /** The rest is known where this node holds a replica, else undefined. */
  readonly role: 'master' | 'slave' | 'candidate' | 'installing' | 'failed' | 'none'
  readonly term: number | undefined
  readonly commitIndex: number | undefined
  readonly appliedIndex: number | undefined
  readonly revision: number | undefined
  readonly keyCount: number | undefined
}

export interface ReadinessReport {
  readonly ready: boolean
  readonly checks: ReadonlyArray<{ readonly name: string, readonly ok: boolean, readonly detail: string }>
}

/** What HTTP and embedders ask of a node. Callbacks are called exactly once, possibly before the call returns. */
export interface NodeApi {
  get (key: Uint8Array, options: { readonly consistency: Consistency, readonly timeoutMs: number }, answer: AnswerCallback): void
  write (operation: WriteOperation, options: { readonly timeoutMs: number }, answer: AnswerCallback): void
  /** Lets a member go, or stay after all; `answer` is called once the coordinator's voters have it: without a detail where that holds now. */
  changeMember (name: string, change: 'leave' | 'stay', options: { readonly timeoutMs: number }, answer: ChangeCallback): void
  status (): StatusReport
  members (): readonly MemberReport[]
  partitions (): readonly PartitionReport[]
  readiness (): ReadinessReport
}

/** Limits of the HTTP contract (DESIGN.md section 3), checked before replication and shown in `/status`. */
export const KEY_BYTES_MAX = 1024
export const VALUE_BYTES_MAX = 1024 * 1024
export const TIMEOUT_MS_DEFAULT = 5000
export const TIMEOUT_MS_MAX = 60_000

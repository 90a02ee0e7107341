import type { Bucket, Generation, PeerId, Revision } from '../base/index.js'
import type { CommandResult } from '../../protocols/kv/index.js'

/** What a key holds. */
export interface StoredValue {
  readonly value: Uint8Array
  /** The change that wrote it. */
  readonly revision: Revision
}

/**
 * The partition's newest state as far as it is applied, flushed or not; undefined where the key is missing. Where that
 * cannot be told it throws, and the replica stops: a failed read never means "missing".
 */
export interface ValueReader {
  (bucket: Bucket, key: Uint8Array): StoredValue | undefined
}

/** One change of the data; `value` undefined deletes the key. */
export interface KvWrite {
  readonly bucket: Bucket
  readonly key: Uint8Array
  readonly value: StoredValue | undefined
}

/** `misrouted`: the partition does not hold the key's bucket; nothing was done, and another partition may be asked. */
export type AppliedResult = CommandResult | { readonly kind: 'misrouted' }

export interface AppliedCommand {
  readonly peer: PeerId
  readonly generation: Generation
  readonly sequence: number
  readonly result: AppliedResult
}

/** What one call of `apply` did. Everything here belongs into one atomic batch with the applied index. */
export interface AppliedCommands {
  /** In order; several may name one key, and the last is what holds. */
  readonly writes: readonly KvWrite[]
  /** One per command, in order. */
  readonly results: readonly AppliedCommand[]
  /** Whose sessions changed, each once: their records have to be written again. */
  readonly touchedSessions: readonly PeerId[]
  /** The partition's counters afterwards. */
  readonly revision: Revision
  readonly keyCount: number
}

/**
 * Bounds of the session table. They decide what is forgotten, so all replicas of a cluster must have the same: not
 * settings, but arguments for tests and the simulator.
 */
export interface SessionLimits {
  /**
   * Results kept of one session. Higher: an origin may have more commands between its oldest unfinished and its newest
   * one; lower: smaller session records, which are written every turn. 16,384 results of 2 to 4 bytes make a record of
   * at most 64 KiB, and at 10,000 writes per second to one partition a command may be overtaken for 1.6 s before a
   * repetition of it is answered "unknown".
   */
  readonly resultsPerSessionMax: number
  /** Sessions that hold results at all. Far above the 512 members a cluster can have, each of them one origin. */
  readonly activeSessionsMax: number
  /**
   * Sessions altogether, empty ones included: they are the barriers against old generations and are never dropped. An
   * origin beyond is refused, so that a member that invents origins cannot fill the memory.
   */
  readonly sessionsMax: number
}

export const SESSION_LIMITS: SessionLimits = { resultsPerSessionMax: 16_384, activeSessionsMax: 10_000, sessionsMax: 100_000 }

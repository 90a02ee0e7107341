import type { ReplicationMessage } from '../../protocols/replication/index.js'
import type { SeenConfiguration } from './configurations.js'

/** What the checks need of one replication message. What its kind does not have is 0, false or empty. */
export interface SeenMessage {
  readonly kind: ReplicationMessage['kind']
  readonly partition: number
  readonly term: number
  readonly prevIndex: number
  readonly prevTerm: number
  readonly commitIndex: number
  readonly accepted: boolean
  readonly index: number
  readonly preVote: boolean
  readonly granted: boolean
  /** Entries follow `prevIndex` one by one. */
  readonly entryCount: number
  readonly entryTerms: readonly number[]
  /** Of kinds and payloads. */
  readonly entryHashes: readonly number[]
  /** Configurations among them. */
  readonly configurations: readonly SeenConfiguration[]
}

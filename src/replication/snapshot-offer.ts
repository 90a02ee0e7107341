import type { LogIndex, Term } from '../base/index.js'
import type { LoggedConfiguration } from '../../protocols/replication/index.js'
import type { ReplicaState } from './replica-state.js'

/** What a snapshot stream says of itself. */
export interface SnapshotPosition {
  /** The sending leader's term. */
  readonly term: Term
  /** The last log position the state contains. */
  readonly lastIndex: LogIndex
  readonly lastTerm: Term
  /** Who was in the group there. */
  readonly configuration: LoggedConfiguration
}

/** Whether a snapshot helps: it must bring more than is committed here or, where the state is gone, take nothing back. */
export function canInstall (state: ReplicaState, { term, lastIndex, lastTerm, configuration }: SnapshotPosition): boolean {
  const { log, commitIndex, appliedIndex, installing } = state
  if (lastTerm > term) return false
  if (configuration.index > lastIndex) {
    state.outbox.anomaly(`a snapshot as of ${lastIndex} names the configuration of entry ${configuration.index}`)
    return false
  }
  if (lastIndex > commitIndex) return true
  if (!installing || lastIndex < appliedIndex || lastIndex < log.startIndex) return false
  if (log.has(lastIndex, lastTerm)) return true
  state.outbox.anomaly(`a snapshot contradicts the committed entry ${lastIndex}`)
  return false
}

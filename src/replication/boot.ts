import { DecodeError } from '../base/index.js'
import type { LogIndex } from '../base/index.js'
import { decodeConfiguration, findConfigurationProblem } from '../../protocols/replication/index.js'
import type { HardState, LogEntry, LoggedConfiguration } from '../../protocols/replication/index.js'
import type { LogPosition } from './log.js'

/** What a replica's disk says at start. */
export interface GroupBoot {
  readonly hardState: HardState
  /** The compacted position; 0/0 at birth. */
  readonly logStart: LogPosition
  /** Who is in the group as of `logStart`. */
  readonly configuration: LoggedConfiguration
  /** Consecutive, from behind `logStart`. */
  readonly entries: readonly LogEntry[]
  /** The position that the state on disk is as of; meaningless while `installing`. */
  readonly appliedIndex: LogIndex
  /** Started under a snapshot marker: there is no state, only a log. */
  readonly installing: boolean
  /**
   * A replica of this partition was retired here before, and had acknowledged entries up to this position at most: with less
   * of the log this one does not vote. 0: there was none.
   */
  readonly voteFloor: LogIndex
}

/**
 * Why these records cannot be those of a replica that wrote them in order, or undefined where they can. Such a replica
 * must not run: it would vote as if lost entries never existed. Without a configuration (the disk does not say it) the rest
 * is checked.
 */
export function findBootProblem (boot: Omit<GroupBoot, 'configuration'> & { readonly configuration: LoggedConfiguration | undefined }): string | undefined {
  const { hardState, logStart, configuration, entries, appliedIndex, installing } = boot
  const strange = configuration === undefined ? undefined : findConfigurationProblem(configuration)
  if (strange !== undefined) return `the configuration at entry ${configuration?.index} ${strange}`
  if (configuration !== undefined && configuration.index > logStart.index) return `the log begins behind ${logStart.index}, but with the configuration of entry ${configuration.index}`
  let lastIndex: number = logStart.index
  let lastTerm: number = logStart.term
  for (const { index, term, kind, payload } of entries) {
    if (index !== lastIndex + 1) return `the log has entry ${index} where ${lastIndex + 1} belongs`
    if (term < lastTerm) return `the term falls from ${lastTerm} to ${term} at entry ${index}`
    if (kind === 'configuration') {
      try {
        decodeConfiguration(payload)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        return `the configuration at entry ${index} cannot be read: ${error.message}`
      }
    }
    lastIndex = index
    lastTerm = term
  }
  if (lastTerm > hardState.term) return `the log has an entry of term ${lastTerm}, but the replica never entered a term above ${hardState.term}`
  if (hardState.commitIndex > lastIndex) return `entries up to ${hardState.commitIndex} were committed, but the log ends at ${lastIndex}`
  if (hardState.commitIndex < logStart.index) return `the log begins behind ${logStart.index}, but only ${hardState.commitIndex} is committed`
  if (installing) return undefined
  if (appliedIndex < logStart.index) return `the log begins behind ${logStart.index}, but only ${appliedIndex} is applied`
  if (appliedIndex > hardState.commitIndex) return `${appliedIndex} is applied, but only ${hardState.commitIndex} is committed`
  return undefined
}

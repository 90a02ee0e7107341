import { DecodeError, toLogIndex, toTerm } from '../base/index.js'
import type { LogIndex, Term } from '../base/index.js'
import { decodeConfiguration } from '../../protocols/replication/index.js'
import type { ReplicationMessage } from '../../protocols/replication/index.js'
import type { ReplicaState } from './replica-state.js'

export type AppendMessage = Extract<ReplicationMessage, { kind: 'append' }>

/** What became of an append. */
export type AppendOutcome =
  /** The log agrees with the leader's up to `index`. */
  | { readonly kind: 'accepted', readonly index: LogIndex }
  /** The log does not hold the entry before; `index` and `hintTerm` are the last position worth trying. */
  | { readonly kind: 'refused', readonly index: LogIndex, readonly hintTerm: Term }
  /** No correct leader sends this. */
  | { readonly kind: 'anomaly', readonly reason: string }

/** Figure 3.1's AppendEntries, steps 2 to 5, for an append of the current term. */
export function acceptAppend (state: ReplicaState, message: AppendMessage): AppendOutcome {
  const { log } = state
  const malformed = findMalformation(message)
  if (malformed !== undefined) return { kind: 'anomaly', reason: malformed }
  const { prevIndex, prevTerm, entries } = message
  const matchedIndex = toLogIndex(prevIndex + entries.length)
  let at = 0
  if (prevIndex >= log.startIndex) {
    if (!log.has(prevIndex, prevTerm)) {
      if (prevIndex <= state.commitIndex) return { kind: 'anomaly', reason: `an append contradicts the committed entry ${prevIndex}` }
      const index = log.lastAtMost(prevIndex, prevTerm)
      return { kind: 'refused', index, hintTerm: log.termAt(index) ?? toTerm(0) }
    }
  } else {
    // What is compacted is committed, so that it is in every later leader's log as it was in this one.
    at = Math.min(entries.length, log.startIndex - prevIndex)
    const known = entries[log.startIndex - prevIndex - 1]
    if (known !== undefined && known.term !== log.start.term) return { kind: 'anomaly', reason: `an append contradicts the compacted entry ${known.index}` }
  }
  for (; at < entries.length; at++) {
    const entry = entries[at]
    if (entry === undefined) break
    if (entry.index > log.lastIndex) {
      state.append(entry)
    } else if (log.entryAt(entry.index).term !== entry.term) {
      if (entry.index <= state.commitIndex) return { kind: 'anomaly', reason: `an append contradicts the committed entry ${entry.index}` }
      state.truncateFrom(entry.index)
      state.append(entry)
    }
  }
  state.commitTo(toLogIndex(Math.min(message.commitIndex, matchedIndex)))
  // The committed prefix is the leader's as well (leader completeness), wherever the leader began to probe.
  return { kind: 'accepted', index: matchedIndex > state.commitIndex ? matchedIndex : state.commitIndex }
}

/** The codec already refuses most of these; a contradiction must not depend on it. */
function findMalformation ({ term, prevIndex, prevTerm, entries }: AppendMessage): string | undefined {
  if (prevTerm > term || (prevIndex === 0 && prevTerm !== 0)) return `an append of term ${term} follows entry ${prevIndex} of term ${prevTerm}`
  let lastTerm: number = prevTerm
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at]
    if (entry === undefined) break
    if (entry.index !== prevIndex + 1 + at) return `an append brings entry ${entry.index} out of place`
    if (entry.term < lastTerm || entry.term > term || entry.term === 0) return `an append of term ${term} brings term ${entry.term} behind term ${lastTerm}`
    lastTerm = entry.term
    if (entry.kind === 'configuration' && !isReadable(entry.payload)) return `an append brings a configuration at entry ${entry.index} that cannot be read`
  }
  return undefined
}

/** Nobody can count by a configuration that it cannot read, so it is never appended. */
function isReadable (configuration: Uint8Array): boolean {
  try {
    decodeConfiguration(configuration)
    return true
  } catch (error) {
    if (error instanceof DecodeError) return false
    throw error
  }
}

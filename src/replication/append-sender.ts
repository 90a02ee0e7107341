import { assert, toLogIndex } from '../base/index.js'
import type { LogIndex } from '../base/index.js'
import type { LogEntry } from '../../protocols/replication/index.js'
import { entryBytes } from './log.js'
import type { Progress } from './progress.js'
import type { ReplicaState } from './replica-state.js'

const noEntries: readonly LogEntry[] = Object.freeze([])

/** Sends a leader's log to one follower, as far as its flow control allows. */
export class AppendSender {
  readonly #state: ReplicaState

  constructor (state: ReplicaState) {
    this.#state = state
  }

  /**
   * Sends what may be sent now; with `mustSend` at least one append, an empty one if there is nothing else. So does a
   * risen commit index that the follower has not been told, since its readers wait for it.
   */
  send (progress: Progress, round: number, mustSend: boolean): void {
    const { log, commitIndex } = this.#state
    if (progress.mode !== 'snapshot' && progress.nextIndex <= log.startIndex) progress.needsSnapshot()
    if (progress.mode === 'probe' && !progress.isProbeSent) {
      this.#append(progress, round, toLogIndex(progress.nextIndex - 1), this.#batch(progress))
      progress.isProbeSent = true
      return
    }
    let isSent = false
    while (progress.mode === 'replicate' && progress.nextIndex <= log.lastIndex && !progress.inflight.isFull) {
      const entries = this.#batch(progress)
      const prevIndex = toLogIndex(progress.nextIndex - 1)
      let bytes = 0
      for (const entry of entries) bytes += entryBytes(entry)
      progress.sent(toLogIndex(prevIndex + entries.length), bytes)
      this.#append(progress, round, prevIndex, entries)
      isSent = true
    }
    if (isSent) return
    const canCommitMore = progress.mode === 'replicate' && progress.commitSent < Math.min(commitIndex, progress.nextIndex - 1)
    if (!mustSend && !canCommitMore) return
    const prevIndex = progress.mode === 'snapshot' ? log.startIndex : toLogIndex(progress.nextIndex - 1)
    this.#append(progress, round, prevIndex, noEntries)
  }

  #batch (progress: Progress): readonly LogEntry[] {
    const { log, options } = this.#state
    if (progress.nextIndex > log.lastIndex) return noEntries
    return log.batch(progress.nextIndex, options.appendEntriesMax, options.appendBytesMax)
  }

  #append (progress: Progress, round: number, prevIndex: LogIndex, entries: readonly LogEntry[]): void {
    const { outbox, partition, term, commitIndex, log } = this.#state
    const prevTerm = log.termAt(prevIndex)
    assert(prevTerm !== undefined, 'an append follows an entry that the leader knows')
    outbox.sendNow(progress.member, { kind: 'append', partition, term, prevIndex, prevTerm, commitIndex, round, entries })
    const commitSent = Math.min(commitIndex, prevIndex + entries.length)
    if (commitSent > progress.commitSent) progress.commitSent = commitSent
  }
}

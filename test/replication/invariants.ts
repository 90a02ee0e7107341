import { AssertionError } from '../../src/base/index.js'
import type { LogIndex, MemberId, Term } from '../../src/base/index.js'
import type { ReplicationGroup } from '../../src/replication/index.js'
import { decodeConfiguration } from '../../protocols/replication/index.js'
import type { Configuration, LogEntry, LoggedConfiguration, ReplicationMessage } from '../../protocols/replication/index.js'
import type { DiskContent, MachineState } from './virtual-disk.js'

/** What a write's payload says: which write it is. */
export const payloadOf = (id: number): Uint8Array => Uint8Array.of(id >>> 24, id >>> 16, id >>> 8, id)
export const writeOf = (entry: LogEntry): number => entry.payload.reduce((value, byte) => value * 256 + byte, 0)

export const mixHash = (hash: number, entry: LogEntry): number =>
  Math.imul(hash ^ (entry.index * 31 + entry.term * 7 + writeOf(entry)), 0x01000193) >>> 0

function demand (condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new AssertionError(message())
}

interface Seen { term: Term, commitIndex: LogIndex, appliedIndex: LogIndex, vote: number }

/** Raft's safety properties (Raft paper, figure 3) and those of the implementation, checked after every event. */
export class Invariants {
  readonly #leaders = new Map<Term, MemberId>()
  readonly #entries = new Map<string, { readonly prevTerm: number, readonly write: number }>()
  readonly #committed: LogEntry[] = []
  readonly #hashes: number[] = [0]
  readonly #votes = new Map<string, MemberId>()
  readonly #seen = new Map<MemberId, Seen>()
  /** Who was in the group from which committed entry on. */
  readonly #configurations: Array<{ readonly index: number, readonly configuration: Configuration }>
  /** The greatest position whose write was acknowledged to a client or seen by a read. */
  visibleIndex = 0

  constructor (born: Configuration) {
    this.#configurations = [{ index: 0, configuration: born }]
  }

  get #newest (): { readonly index: number, readonly configuration: Configuration } {
    return this.#configurations[this.#configurations.length - 1] as { readonly index: number, readonly configuration: Configuration }
  }

  /** As of the newest committed entry. */
  get configuration (): Configuration {
    return this.#newest.configuration
  }

  get committedCount (): number {
    return this.#committed.length
  }

  committedEntry (index: number): LogEntry | undefined {
    return this.#committed[index - 1]
  }

  /** Election safety, and leader completeness for the longest prefix known to be committed. */
  ledBy (member: MemberId, group: ReplicationGroup): void {
    const before = this.#leaders.get(group.term)
    demand(before === undefined || before === member, () => `election safety: ${before} and ${member} both lead term ${group.term}`)
    this.#leaders.set(group.term, member)
    const last = this.#committed[this.#committed.length - 1]
    if (last === undefined || last.term > group.term) return
    demand(group.lastIndex >= last.index, () => `leader completeness: leader ${member} of term ${group.term} ends at ${group.lastIndex}, ${last.index} is committed`)
    const term = group.termAt(last.index)
    demand(term === undefined || term === last.term, () => `leader completeness: leader ${member} of term ${group.term} has term ${term} at committed ${last.index} of term ${last.term}`)
  }

  /** Log matching, by induction: (index, term) determines the entry and its predecessor's term. */
  stored (entries: readonly LogEntry[], prevTermOf: (index: number) => number | undefined): void {
    let prevTerm = entries[0] === undefined ? undefined : prevTermOf(entries[0].index - 1)
    for (const entry of entries) {
      const key = `${entry.index}:${entry.term}`
      const before = this.#entries.get(key)
      if (before === undefined) {
        if (prevTerm !== undefined) this.#entries.set(key, { prevTerm, write: writeOf(entry) })
      } else {
        demand(before.write === writeOf(entry), () => `log matching: two entries at ${key}`)
        demand(prevTerm === undefined || before.prevTerm === prevTerm, () => `log matching: ${key} follows terms ${before.prevTerm} and ${prevTerm}`)
      }
      prevTerm = entry.term
    }
  }

  /**
   * State machine safety, and that what is committed anywhere is on the disks of a majority: of the configuration as of the
   * entry, or of the one that the member who commits it has in force, whose quorum it waited for.
   */
  applied (member: MemberId, state: MachineState, entry: LogEntry, diskOf: (member: MemberId) => DiskContent | undefined, inForce: Configuration): MachineState {
    demand(entry.index === state.index + 1, () => `member ${member} applied ${entry.index} after ${state.index}`)
    const known = this.#committed[entry.index - 1]
    if (known === undefined) {
      demand(entry.index === this.#committed.length + 1, () => `member ${member} applied ${entry.index}, only ${this.#committed.length} are committed anywhere`)
      if (entry.kind === 'configuration') this.#configurations.push({ index: entry.index, configuration: decodeConfiguration(entry.payload) })
      const holds = (voter: MemberId): boolean => {
        const disk = diskOf(voter)
        return disk !== undefined && (disk.termAt(entry.index) === entry.term || disk.start.index >= entry.index)
      }
      const isMajority = ({ voters }: Configuration): boolean => voters.filter(holds).length > voters.length / 2
      demand(isMajority(this.configuration) || isMajority(inForce), () =>
        `entry ${entry.index} of term ${entry.term} was committed with durable copies at ${[...new Set([...this.configuration.voters, ...inForce.voters])].filter(holds).join()}, of voters ${this.configuration.voters.join()}`)
      this.#committed.push(entry)
      this.#hashes.push(mixHash(this.#hashes[entry.index - 1] as number, entry))
    } else {
      demand(known.term === entry.term && writeOf(known) === writeOf(entry), () => `state machine safety: member ${member} applied another entry ${entry.index}`)
    }
    return { index: entry.index, term: entry.term, hash: this.#hashes[entry.index] as number }
  }

  checkMachine (member: MemberId, state: MachineState): void {
    demand(state.hash === this.#hashes[state.index], () => `member ${member} has another state at ${state.index}`)
  }

  /** What a message says must be on its sender's disk when it leaves. */
  left (from: MemberId, to: MemberId, message: ReplicationMessage, disk: DiskContent): void {
    const { hardState } = disk
    const claimsTerm = !(message.kind === 'vote-request' && message.preVote) && !(message.kind === 'vote-reply' && message.preVote && message.granted)
    demand(!claimsTerm || hardState.term >= message.term, () => `member ${from} sent ${message.kind} of term ${message.term}, its disk has ${hardState.term}`)
    if (message.kind === 'vote-request' && !message.preVote && hardState.term === message.term) {
      demand(hardState.vote === from, () => `member ${from} asked for votes in term ${message.term} without its own on disk`)
    }
    if (message.kind === 'vote-reply' && !message.preVote && message.granted) {
      demand(hardState.term > message.term || hardState.vote === to, () => `member ${from} sent a vote for ${to} in term ${message.term} that is not on its disk`)
      const key = `${from}:${message.term}`
      const before = this.#votes.get(key)
      demand(before === undefined || before === to, () => `member ${from} voted for ${before} and ${to} in term ${message.term}`)
      this.#votes.set(key, to)
    }
    if (message.kind === 'append-reply' && message.accepted && hardState.term === message.term) {
      demand(disk.lastIndex >= message.index, () => `member ${from} acknowledged ${message.index}, its disk ends at ${disk.lastIndex}`)
    }
  }

  /** Terms, commit and applied indexes only grow; within one life of a process here, across lives on the disk. */
  observe (member: MemberId, group: ReplicationGroup): void {
    const seen = this.#seen.get(member)
    const now: Seen = { term: group.term, commitIndex: group.commitIndex, appliedIndex: group.appliedIndex, vote: 0 }
    if (seen !== undefined) {
      demand(now.term >= seen.term, () => `member ${member} went from term ${seen.term} to ${now.term}`)
      demand(now.commitIndex >= seen.commitIndex, () => `member ${member}: commit index ${seen.commitIndex} fell to ${now.commitIndex}`)
      demand(now.appliedIndex >= seen.appliedIndex, () => `member ${member}: applied index ${seen.appliedIndex} fell to ${now.appliedIndex}`)
    }
    this.#seen.set(member, now)
  }

  /** A new life of the process begins with what its disk has. */
  restarted (member: MemberId): void {
    this.#seen.delete(member)
  }

  /** A replica is deleted: the group must not count it, nor may it know itself to be one of the group, as it may be counted soon. */
  deleted (member: MemberId, inForce: LoggedConfiguration): void {
    const { index, configuration } = this.#newest
    demand(!configuration.voters.includes(member), () => `voter ${member} is deleted, and the configuration of entry ${index} has it`)
    const knows = inForce.index === index && inForce.learners.includes(member)
    demand(!knows || !configuration.learners.includes(member), () => `learner ${member} is deleted, and knows that the configuration of entry ${index} has it`)
  }

  acknowledged (index: number): void {
    demand(index <= this.#committed.length, () => `write at ${index} was acknowledged, ${this.#committed.length} are committed`)
    if (index > this.visibleIndex) this.visibleIndex = index
  }

  /** A linearizable read sees every write acknowledged, and all that any read saw, before it began. */
  read (member: MemberId, state: MachineState, visibleBefore: number): void {
    demand(state.index >= visibleBefore, () => `stale read: member ${member} answered as of ${state.index}, ${visibleBefore} was visible when the read began`)
    if (state.index > this.visibleIndex) this.visibleIndex = state.index
  }
}

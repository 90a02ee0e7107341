import type { LogIndex, MemberId } from '../base/index.js'
import { decodeConfiguration } from '../../protocols/replication/index.js'
import type { Configuration, LogEntry, LoggedConfiguration } from '../../protocols/replication/index.js'

export const isVoter = ({ voters }: Configuration, member: MemberId): boolean => voters.includes(member)
export const isMember = ({ voters, learners }: Configuration, member: MemberId): boolean => voters.includes(member) || learners.includes(member)

/**
 * Who is in the group, as its log says: in force is the newest configuration in the log from the moment it is appended,
 * committed or not, and the one before it again when it is truncated (thesis section 4.1).
 */
export class Configurations {
  /** As of the position that the kept log follows. */
  #base: LoggedConfiguration
  /** Those of the kept log, in its order: usually none. */
  #changes: LoggedConfiguration[] = []

  constructor (base: LoggedConfiguration, entries: readonly LogEntry[]) {
    this.#base = base
    for (const entry of entries) this.appended(entry)
  }

  get base (): LoggedConfiguration {
    return this.#base
  }

  /** In force. */
  get current (): LoggedConfiguration {
    return this.#changes[this.#changes.length - 1] ?? this.#base
  }

  /** In force as of a position at or behind the log's start. */
  at (index: LogIndex): LoggedConfiguration {
    let found = this.#base
    for (const change of this.#changes) {
      if (change.index > index) break
      found = change
    }
    return found
  }

  /** True where that is another configuration. */
  appended ({ kind, index, payload }: LogEntry): boolean {
    if (kind !== 'configuration') return false
    this.#changes.push({ index, ...decodeConfiguration(payload) })
    return true
  }

  /** The log dropped `from` and everything behind it. True where another configuration is in force now. */
  truncatedFrom (from: LogIndex): boolean {
    const before = this.#changes.length
    while ((this.#changes[this.#changes.length - 1]?.index ?? -1) >= from) this.#changes.pop()
    return this.#changes.length < before
  }

  /** The log forgot everything up to `index`. */
  compactedTo (index: LogIndex): void {
    while (this.#changes[0] !== undefined && this.#changes[0].index <= index) this.#base = this.#changes.shift() as LoggedConfiguration
  }

  /** The log begins anew where this is the configuration. */
  reset (base: LoggedConfiguration): void {
    this.#base = base
    this.#changes = []
  }
}

/** One step from a configuration to the next: two that differ by one voter have quorums that meet (thesis section 4.1). */
export interface ConfigurationChange {
  readonly kind: 'add-learner' | 'promote' | 'remove'
  readonly member: MemberId
}

/** Undefined: there is no such step from here. */
export function nextConfiguration ({ voters, learners }: Configuration, { kind, member }: ConfigurationChange): Configuration | undefined {
  const without = (members: readonly MemberId[]): MemberId[] => members.filter((each) => each !== member)
  switch (kind) {
    case 'add-learner':
      return voters.includes(member) || learners.includes(member) ? undefined : { voters, learners: [...learners, member] }
    case 'promote':
      return learners.includes(member) ? { voters: [...voters, member], learners: without(learners) } : undefined
    case 'remove':
      if (learners.includes(member)) return { voters, learners: without(learners) }
      return voters.includes(member) && voters.length > 1 ? { voters: without(voters), learners } : undefined
  }
}

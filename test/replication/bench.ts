import { Prng, toLogIndex, toMemberId, toPartitionId, toTerm } from '../../src/base/index.js'
import type { LogIndex, MemberId } from '../../src/base/index.js'
import { defaultGroupOptions, ReplicationGroup } from '../../src/replication/index.js'
import type { Addressed, GroupBoot, GroupEffects, GroupTuning, PersistEffect } from '../../src/replication/index.js'
import type { LogEntry, LoggedConfiguration, ReplicationMessage } from '../../protocols/replication/index.js'

type Kind = ReplicationMessage['kind']
type Of<K extends Kind> = Extract<ReplicationMessage, { kind: K }>

export const partition = toPartitionId(3)
export const member = (number: number): MemberId => toMemberId(number)

/** Entries of the given terms from index 1 on, or from behind `after`. */
export const entriesOf = (terms: readonly number[], after = 0): LogEntry[] => terms.map((term, at) => ({
  term: toTerm(term), index: toLogIndex(after + at + 1), kind: 'commands', payload: Uint8Array.of(term, after + at + 1)
}))

export interface BootSketch {
  readonly term?: number
  readonly vote?: number
  readonly commit?: number
  readonly applied?: number
  readonly start?: readonly [index: number, term: number]
  /** Terms of the entries behind the start. */
  readonly log?: readonly number[]
  readonly installing?: boolean
  readonly configuration?: LoggedConfiguration
  readonly voteFloor?: number
}

export function bootOf ({ term, vote, commit, applied, start, log, installing, configuration, voteFloor }: BootSketch): GroupBoot {
  const entries = entriesOf(log ?? [], start?.[0] ?? 0)
  const lastTerm = entries[entries.length - 1]?.term ?? start?.[1] ?? 0
  const commitIndex = commit ?? start?.[0] ?? 0
  return {
    hardState: { term: toTerm(term ?? lastTerm), vote: vote === undefined || vote === 0 ? 0 : toMemberId(vote), commitIndex: toLogIndex(commitIndex) },
    logStart: { index: toLogIndex(start?.[0] ?? 0), term: toTerm(start?.[1] ?? 0) },
    entries,
    appliedIndex: toLogIndex(applied ?? commitIndex),
    installing: installing ?? false,
    configuration: configuration ?? { index: toLogIndex(0), voters: [1, 2, 3].map(member), learners: [] },
    voteFloor: toLogIndex(voteFloor ?? 0)
  }
}

export interface AppendSketch {
  readonly term: number
  readonly prev?: readonly [index: number, term: number]
  /** Terms of the entries behind `prev`. */
  readonly log?: readonly number[]
  readonly commit?: number
  readonly round?: number
}

export const append = ({ term, prev, log, commit, round }: AppendSketch): Of<'append'> => ({
  kind: 'append', partition, term: toTerm(term), prevIndex: toLogIndex(prev?.[0] ?? 0), prevTerm: toTerm(prev?.[1] ?? 0),
  commitIndex: toLogIndex(commit ?? 0), round: round ?? 1, entries: entriesOf(log ?? [], prev?.[0] ?? 0)
})

export const accepted = (term: number, index: number, round = 1, snapshotWanted = false): Of<'append-reply'> => ({
  kind: 'append-reply', partition, term: toTerm(term), accepted: true, index: toLogIndex(index), hintTerm: toTerm(0), round, snapshotWanted
})

export const refused = (term: number, index: number, hintTerm: number, round = 1): Of<'append-reply'> => ({
  kind: 'append-reply', partition, term: toTerm(term), accepted: false, index: toLogIndex(index), hintTerm: toTerm(hintTerm), round, snapshotWanted: false
})

export const voteRequest = (term: number, last: readonly [index: number, term: number], flags: { preVote?: boolean, transfer?: boolean } = {}): Of<'vote-request'> => ({
  kind: 'vote-request', partition, term: toTerm(term), preVote: flags.preVote ?? false, transfer: flags.transfer ?? false,
  lastIndex: toLogIndex(last[0]), lastTerm: toTerm(last[1])
})

export const voteReply = (term: number, granted: boolean, preVote = false): Of<'vote-reply'> => ({ kind: 'vote-reply', partition, term: toTerm(term), preVote, granted })
export const timeoutNow = (term: number): Of<'timeout-now'> => ({ kind: 'timeout-now', partition, term: toTerm(term) })
export const readRequest = (term: number, id: number): Of<'read-request'> => ({ kind: 'read-request', partition, term: toTerm(term), id })
export const readReply = (term: number, id: number, index: number, ok = true): Of<'read-reply'> => ({
  kind: 'read-reply', partition, term: toTerm(term), id, index: toLogIndex(index), accepted: ok
})

export interface BenchOptions {
  readonly self?: number
  readonly voters?: number
  readonly preferred?: number
  readonly tuning?: Partial<GroupTuning>
  readonly boot?: BootSketch
  readonly seed?: string
}

/** One replica on the bench: the test is its network, its disk and its clock. */
export class Bench {
  readonly group: ReplicationGroup
  nowMs = 0
  /** Messages that left, and those that wait for the disk. */
  sent: Addressed[] = []
  held: Addressed[] = []
  readonly committed: LogEntry[] = []
  readonly persists: PersistEffect[] = []
  ready: number[] = []
  refusals: number[] = []
  snapshotsWanted: MemberId[] = []
  anomalies: string[] = []
  steppedDown = 0
  becameLeader = 0
  #unflushed: Array<{ token: number, held: Addressed[] }> = []

  constructor ({ self, voters, preferred, tuning, boot, seed }: BenchOptions = {}) {
    const members = Array.from({ length: voters ?? 3 }, (_, at) => member(at + 1))
    this.group = new ReplicationGroup(
      { ...defaultGroupOptions, ...tuning, partition, self: member(self ?? 1), preferred: preferred === undefined ? undefined : member(preferred) },
      bootOf({ configuration: { index: toLogIndex(0), voters: members, learners: [] }, ...boot }), new Prng(seed ?? 'bench'), 0
    )
    this.take()
  }

  /** Takes effects as a driver does at the end of a turn. */
  take (): GroupEffects {
    const effects = this.group.takeEffects()
    this.sent.push(...effects.sendNow)
    if (effects.persist !== undefined) {
      this.persists.push(effects.persist)
      this.#unflushed.push({ token: effects.persist.token, held: [] })
    }
    const newest = this.#unflushed[this.#unflushed.length - 1]
    if (effects.sendAfter.length > 0 && newest === undefined) throw new Error('nothing is unflushed, but messages wait')
    newest?.held.push(...effects.sendAfter)
    this.held.push(...effects.sendAfter)
    this.committed.push(...effects.committed)
    this.ready.push(...effects.readsReady)
    this.refusals.push(...effects.readsRefused)
    this.snapshotsWanted.push(...effects.snapshotsWanted)
    this.anomalies.push(...effects.anomalies)
    if (effects.steppedDown) this.steppedDown++
    if (effects.becameLeader) this.becameLeader++
    return effects
  }

  get unflushedCount (): number {
    return this.#unflushed.length
  }

  /** Completes the oldest flush. */
  flushOne (): void {
    const batch = this.#unflushed.shift()
    if (batch === undefined) return
    this.group.persisted(batch.token)
    this.sent.push(...batch.held)
    this.held = this.held.filter((addressed) => !batch.held.includes(addressed))
    this.take()
  }

  flush (): this {
    while (this.#unflushed.length > 0) this.flushOne()
    return this
  }

  step (from: number, message: ReplicationMessage): this {
    this.group.step(member(from), message, this.nowMs)
    this.take()
    return this
  }

  /** Lets time pass, tick by tick. */
  pass (durationMs: number): this {
    const untilMs = this.nowMs + durationMs
    while (this.group.nextDeadlineMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.group.nextDeadlineMs)
      this.group.tick(this.nowMs)
      this.take()
      this.flush()
    }
    this.nowMs = untilMs
    return this
  }

  propose (size = 1): LogIndex {
    const proposal = this.group.propose('commands', new Uint8Array(size))
    if (proposal.kind !== 'accepted') throw new Error(`refused: ${proposal.reason}`)
    this.take()
    return proposal.index
  }

  read (id: number): this {
    this.group.read(id, this.nowMs)
    this.take()
    return this
  }

  /** Messages of one kind that left since the last look, and forgets all that left. */
  look<K extends Kind> (kind: K, to?: number): Array<Of<K>> {
    const seen = this.peek(kind, to)
    this.sent = []
    return seen
  }

  peek<K extends Kind> (kind: K, to?: number): Array<Of<K>> {
    return this.sent.filter((each) => to === undefined || each.to === to).map(({ message }) => message).filter((message): message is Of<K> => message.kind === kind)
  }

  /** Wins the next election with everybody's votes; the opening entry is durable here, and sent. */
  lead (): this {
    this.pass(this.group.nextDeadlineMs - this.nowMs)
    const asked = this.peek('vote-request')[0]
    if (asked === undefined) throw new Error('no pre-vote was asked for')
    this.step(2, voteReply(asked.term, true, true)).step(3, voteReply(asked.term, true, true)).flush()
    this.step(2, voteReply(this.group.term, true)).step(3, voteReply(this.group.term, true)).flush()
    if (this.becameLeader === 0) throw new Error('the election was not won')
    return this
  }

  /** Leads, and the followers have everything. */
  leadReady (): this {
    this.lead()
    const { term, lastIndex } = this.group
    this.step(2, accepted(term, lastIndex)).step(3, accepted(term, lastIndex))
    this.sent = []
    return this
  }
}

import { DecodeError, toRevision, type Bucket, type Generation, type PeerId, type Revision } from '../base/index.js'
import type { Command, CommandResult, OriginCommands, WriteOperation } from '../../protocols/kv/index.js'
import { keyText } from './key-text.js'
import type { Session } from './session.js'
import { SessionTable } from './session-table.js'
import {
  SESSION_LIMITS, type AppliedCommand, type AppliedCommands, type AppliedResult, type KvWrite, type SessionLimits, type StoredValue,
  type ValueReader
} from './types.js'

const EXPIRED: AppliedResult = { kind: 'expired' }
const MISROUTED: AppliedResult = { kind: 'misrouted' }

/** What a partition's state starts from: its records, or nothing. */
export interface KvBoot {
  readonly revision: Revision
  readonly keyCount: number
  readonly sessions: Iterable<Session>
  /** A key's bucket (the placement room's). */
  readonly bucketOf: (key: Uint8Array) => Bucket
  /** Default `SESSION_LIMITS`. */
  readonly limits?: SessionLimits
}

/**
 * The state machine of one partition, but for the data itself: revision counter, key count and sessions, volatile. Equal
 * log entries give equal states, results and session records on every replica, however the entries are grouped into
 * calls and whether or not the state came from records in between.
 */
export class KvState {
  readonly #bucketOf: (key: Uint8Array) => Bucket
  readonly #sessions: SessionTable
  #revision: Revision
  #keyCount: number

  /** @throws {DecodeError} where the sessions cannot be those of one partition */
  constructor (boot: KvBoot) {
    this.#revision = boot.revision
    this.#keyCount = boot.keyCount
    this.#bucketOf = boot.bucketOf
    this.#sessions = new SessionTable(boot.sessions, boot.limits ?? SESSION_LIMITS)
  }

  /** The partition's counter: raised by one by each change, never reused. */
  get revision (): Revision {
    return this.#revision
  }

  get keyCount (): number {
    return this.#keyCount
  }

  session (peer: PeerId): Session | undefined {
    return this.#sessions.get(peer)
  }

  sessions (): IterableIterator<Session> {
    return this.#sessions.values()
  }

  /**
   * Applies committed commands, in order. A command takes effect unless its origin's session says that it did already
   * (then the same result again) or that this is not known any more (`expired`), and unless the partition does not own
   * its bucket (`misrouted`, and the session forgets that it was asked).
   * @param read the state before this call
   * @throws what `read` throws, and {DecodeError} where the counters cannot be those of the data; the state is then in
   * between and must be dropped
   */
  apply (origins: readonly OriginCommands[], read: ValueReader, owns: (bucket: Bucket) => boolean): AppliedCommands {
    const writes: KvWrite[] = []
    const results: AppliedCommand[] = []
    const touched = new Set<PeerId>()
    const readNewest = readThrough(writes, read)
    for (const origin of origins) {
      const { peer, generation } = origin
      this.#sessions.enter(origin, touched, (session) => {
        for (const command of origin.commands) {
          const result = session === undefined ? EXPIRED : this.#applyOnce(session, command, { readNewest, owns, writes })
          results.push({ peer, generation, sequence: command.sequence, result })
        }
      })
    }
    return { writes, results, touchedSessions: [...touched], revision: this.#revision, keyCount: this.#keyCount }
  }

  /**
   * The answer that applying this command again would give, where that is certain already: its result, or `expired`.
   * Undefined: not applied yet.
   */
  lookup (peer: PeerId, generation: Generation, sequence: number): CommandResult | undefined {
    const session = this.#sessions.get(peer)
    if (session === undefined) return undefined
    if (session.isExpired(generation, sequence)) return { kind: 'expired' }
    return generation === session.generation ? session.result(sequence) : undefined
  }

  #applyOnce (session: Session, { sequence, write }: Command, context: ApplyContext): AppliedResult {
    if (session.isExpired(session.generation, sequence)) return EXPIRED
    const before = session.result(sequence)
    if (before !== undefined) return before
    const bucket = this.#bucketOf(write.key)
    if (!context.owns(bucket)) return MISROUTED
    return this.#change(session, sequence, write, bucket, context)
  }

  #change (session: Session, sequence: number, write: WriteOperation, bucket: Bucket, { readNewest, writes }: ApplyContext): AppliedResult {
    const exists = readNewest(bucket, write.key) !== undefined
    if (write.op === 'delete' && !exists) {
      session.record(sequence, 2, this.#revision)
      return { kind: 'delete', deleted: false, revision: this.#revision }
    }
    if (this.#revision === Number.MAX_SAFE_INTEGER) throw new DecodeError('the revision counter has reached 2^53: the replica state is damaged')
    const revision = toRevision(this.#revision + 1)
    this.#revision = revision
    if (write.op === 'set') {
      if (!exists) this.#keyCount++
      writes.push({ bucket, key: write.key, value: { value: write.value, revision } })
      session.record(sequence, 0, revision)
      return { kind: 'set', revision }
    }
    if (this.#keyCount === 0) throw new DecodeError('a key exists and the key count is 0: the replica state is damaged')
    this.#keyCount--
    writes.push({ bucket, key: write.key, value: undefined })
    session.record(sequence, 1, revision)
    return { kind: 'delete', deleted: true, revision }
  }
}

interface ApplyContext {
  readonly readNewest: ValueReader
  readonly owns: (bucket: Bucket) => boolean
  readonly writes: KvWrite[]
}

/** Reads that see the call's own writes first; each write is indexed when the next read comes, the last one never. */
function readThrough (writes: readonly KvWrite[], read: ValueReader): ValueReader {
  const staged = new Map<string, StoredValue | undefined>()
  let indexedCount = 0
  return (bucket, key) => {
    for (; indexedCount < writes.length; indexedCount++) {
      const write = writes[indexedCount] as KvWrite
      staged.set(keyText(write.key), write.value)
    }
    if (indexedCount === 0) return read(bucket, key)
    const text = keyText(key)
    return staged.has(text) ? staged.get(text) : read(bucket, key)
  }
}

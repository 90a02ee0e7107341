import type { Generation, PeerId } from '../base/index.js'
import { DecodeError } from '../base/index.js'
import type { AppliedCommand } from '../kv/index.js'
import { encodeOriginCommands } from '../../protocols/kv/index.js'
import type { Command } from '../../protocols/kv/index.js'
import type { KvMachine } from './kv-machine.js'
import { DiskError } from './ports.js'
import type { Replica, ReplicaListener } from './replica.js'
import { failed } from './work.js'
import type { ReadWork, WorkResult, WriteWork } from './work.js'

/** Commands in one log entry at most, and bytes of them: an entry must fit a frame many times over. */
const ENTRY_COMMANDS_MAX = 1024
const ENTRY_BYTES_MAX = 2 * 1024 * 1024

/** What a desk needs of its node. */
export interface DeskContext {
  /** Bytes that sets may still take on this node's disk; 0 or less refuses them. */
  freeBytes (): number
  /** ms after which an answer of a slave may be stale beyond its master's last sign of life. */
  readonly masterSilenceMsMax: number
}

/**
 * Where work waits for one partition's replica on this node: writes gather while a batch is flushed and become one log
 * entry, reads gather and share one read index. Work is settled exactly once.
 */
export class PartitionDesk implements ReplicaListener {
  readonly machine: KvMachine
  #replica: Replica | undefined
  readonly #context: DeskContext
  #writes: WriteWork[] = []
  #reads: ReadWork[] = []
  readonly #proposed = new Map<PeerId, Map<number, WriteWork>>()
  readonly #readsAsked = new Map<number, ReadWork[]>()
  #nextReadId = 1

  constructor (context: DeskContext, machine: KvMachine) {
    this.#context = context
    this.machine = machine
  }

  attach (replica: Replica): void {
    this.#replica = replica
  }

  get replica (): Replica {
    if (this.#replica === undefined) throw new Error('the desk has no replica yet')
    return this.#replica
  }

  /** Queues a write. Anything but the master refuses it at the end of the turn. */
  write (work: WriteWork): void {
    this.#writes.push(work)
  }

  /** Queues a linearizable read. */
  read (work: ReadWork): void {
    this.#reads.push(work)
  }

  /** Answers a read at once from whatever is applied here. */
  readLocal (work: ReadWork, nowMs: number): void {
    // Who only learns may be far behind, and cannot say how far.
    if (!this.replica.serves || !this.replica.group.isVoter) work.settle(failed('misrouted', 'this replica is being installed or has stopped'))
    else this.#answer(work, this.ageMsMax(nowMs))
  }

  /** How old this replica's applied state may be, in ms; `Number.MAX_SAFE_INTEGER` where nobody vouches for it. */
  ageMsMax (nowMs: number): number {
    const { group } = this.replica
    if (group.role === 'leader') return Math.max(0, Math.ceil(nowMs - group.quorumContactMs))
    const contactMs = group.lastLeaderContactMs
    if (contactMs === -Infinity) return Number.MAX_SAFE_INTEGER
    return Math.max(0, Math.ceil(nowMs - contactMs)) + this.#context.masterSilenceMsMax
  }

  /** Hands the writes that gathered to the group, as few log entries as hold them. */
  submitWrites (): void {
    if (this.#writes.length === 0) return
    const { replica } = this
    if (!replica.isMaster) {
      const writes = this.#writes
      this.#writes = []
      for (const work of writes) work.settle(failed('not_master', 'this replica is not the master', replica.master))
      return
    }
    while (this.#writes.length > 0) {
      const accepted = this.#proposeSome()
      if (!accepted) return
    }
  }

  /** One log entry of what waits; false where the group takes no more now. */
  #proposeSome (): boolean {
    const { replica } = this
    const taken: WriteWork[] = []
    const origins = new Map<PeerId, { peer: PeerId, generation: Generation, floor: number, commands: Command[] }>()
    let bytes = 0
    let used = 0
    for (const work of this.#writes) {
      if (taken.length === ENTRY_COMMANDS_MAX || bytes >= ENTRY_BYTES_MAX) break
      const known = origins.get(work.peer)
      if (known !== undefined && known.generation !== work.generation) break
      used++
      if (this.#settledEarly(work)) continue
      bytes += work.operation.key.length + (work.operation.op === 'set' ? work.operation.value.length : 0)
      taken.push(work)
      const command = { sequence: work.sequence, write: work.operation }
      if (known === undefined) origins.set(work.peer, { peer: work.peer, generation: work.generation, floor: work.floor, commands: [command] })
      else {
        known.commands.push(command)
        if (work.floor > known.floor) known.floor = work.floor
      }
    }
    if (taken.length > 0) {
      const proposal = replica.propose('commands', encodeOriginCommands([...origins.values()]))
      if (proposal.kind === 'refused') {
        if (proposal.reason === 'transferring') {
          this.#writes = [...taken, ...this.#writes.slice(used)]
          return false
        }
        this.#writes.splice(0, used)
        const answer = proposal.reason === 'overloaded'
          ? failed('overloaded', 'too many bytes wait for a quorum')
          : failed('not_master', 'this replica is not the master', replica.master)
        for (const work of taken) work.settle(answer)
        return true
      }
      for (const work of taken) this.#remember(work)
    }
    this.#writes.splice(0, used)
    return true
  }

  /** What needs no log entry: an applied result is still known, the same command is in the log, the disk is full. */
  #settledEarly (work: WriteWork): boolean {
    const result = this.machine.lookup(work.peer, work.generation, work.sequence)
    if (result !== undefined) {
      work.settle({ kind: 'result', result })
      return true
    }
    const proposed = this.#proposed.get(work.peer)
    const earlier = proposed?.get(work.sequence)
    if (proposed !== undefined && earlier !== undefined && earlier.generation === work.generation) {
      proposed.set(work.sequence, work) // asked again: the answer goes to the newer question
      return true
    }
    if (work.operation.op === 'set' && this.#context.freeBytes() <= 0) {
      work.settle(failed('disk_full', 'the disk is nearly full'))
      return true
    }
    return false
  }

  #remember (work: WriteWork): void {
    let proposed = this.#proposed.get(work.peer)
    if (proposed === undefined) {
      proposed = new Map()
      this.#proposed.set(work.peer, proposed)
    }
    proposed.set(work.sequence, work)
  }

  /** Asks for one read index for all reads that gathered. */
  submitReads (nowMs: number): void {
    if (this.#reads.length === 0) return
    const { replica } = this
    const reads = this.#reads
    this.#reads = []
    if (!replica.serves || replica.master === 0) {
      const reason = replica.serves ? 'the partition has no master at the moment' : 'this replica is being installed or has stopped'
      for (const work of reads) work.settle(failed(replica.serves ? 'not_master' : 'misrouted', reason))
      return
    }
    const id = this.#nextReadId++
    this.#readsAsked.set(id, reads)
    replica.read(id, nowMs)
  }

  /** A command's result, as the log ordered it: whoever proposed it here is answered. */
  applied (result: AppliedCommand): void {
    const proposed = this.#proposed.get(result.peer)
    const work = proposed?.get(result.sequence)
    if (proposed === undefined || work === undefined || work.generation !== result.generation) return
    proposed.delete(result.sequence)
    if (proposed.size === 0) this.#proposed.delete(result.peer)
    if (result.result.kind === 'misrouted') work.settle(failed('misrouted', 'the key belongs to another partition'))
    else work.settle({ kind: 'result', result: result.result })
  }

  /** Drops reads whose deadline passed while they waited for a read index. */
  expire (nowMs: number): void {
    for (const [id, reads] of this.#readsAsked) {
      const live = reads.filter((work) => {
        if (work.deadlineMs > nowMs) return true
        work.settle(failed('read_timeout', 'the master confirmed no read index in time'))
        return false
      })
      if (live.length === reads.length) continue
      if (live.length === 0) this.#readsAsked.delete(id)
      else this.#readsAsked.set(id, live)
    }
    if (this.#writes.length > 0) {
      this.#writes = this.#writes.filter((work) => {
        if (work.deadlineMs > nowMs) return true
        work.settle(failed('not_master', 'mastership was being handed over', this.replica.master))
        return false
      })
    }
  }

  readReady (id: number): void {
    const reads = this.#readsAsked.get(id)
    if (reads === undefined) return
    this.#readsAsked.delete(id)
    for (const work of reads) this.#answer(work, 0)
  }

  readRefused (id: number): void {
    const reads = this.#readsAsked.get(id)
    if (reads === undefined) return
    this.#readsAsked.delete(id)
    for (const work of reads) work.settle(failed('not_master', 'the mastership changed before the read was confirmed', this.replica.master))
  }

  becameMaster (): void {}

  mastershipLost (): void {
    const proposed = [...this.#proposed.values()]
    this.#proposed.clear()
    for (const works of proposed) {
      for (const work of works.values()) work.settle(failed('mastership_lost', 'the mastership ended before the write was committed', this.replica.master))
    }
  }

  stopped (reason: string): void {
    this.#settleAll(failed('storage_failed', reason))
  }

  retired (): void {
    this.#settleAll(failed('misrouted', 'the replica has moved to another node'))
  }

  #settleAll (answer: WorkResult): void {
    const reads = [...this.#reads, ...[...this.#readsAsked.values()].flat()]
    const writes = this.#writes
    this.#reads = []
    this.#writes = []
    this.#readsAsked.clear()
    for (const work of reads) work.settle(answer)
    for (const work of writes) work.settle(answer)
    this.mastershipLost()
  }

  #answer (work: ReadWork, ageMsMax: number): void {
    try {
      const stored = this.machine.read(work.bucket, work.key)
      if (stored === undefined) work.settle({ kind: 'missing', revision: this.machine.revision, ageMsMax })
      else work.settle({ kind: 'value', value: stored.value, revision: stored.revision, ageMsMax })
    } catch (error) {
      if (!(error instanceof DiskError) && !(error instanceof DecodeError)) throw error
      work.settle(failed('storage_failed', error.message))
      this.replica.stop(error.message)
    }
  }
}

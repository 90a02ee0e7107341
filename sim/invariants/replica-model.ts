import { DurableLog } from './durable-log.js'

/** Terms whose votes are remembered per voter. */
const VOTES_MAX = 64

/** What one node's disk durably holds of one partition, and what the node said of it. */
export class ReplicaModel {
  readonly node: string
  readonly partition: number
  // As on the disk.
  term = 0
  /** A member id; 0: nobody. */
  vote = 0
  commitIndex = 0
  appliedIndex = 0
  appliedTerm = 0
  revision = 0
  keyCount = 0
  installing = false
  log = new DurableLog()
  /** Data and session records by the hash of their key: what each adds to `stateHash`. */
  readonly records = new Map<number, number>()
  stateHash = 0
  dataCount = 0
  /** A record of the state was found damaged: the state means nothing until it is installed anew. */
  isStateDamaged = false
  /** The replica is retired, and none was made in its place: what is left of its state means nothing. */
  isRetired = false
  /** With less of the log it does not vote: a replica was retired here before. */
  voteFloor = 0
  /** Where its log begins was written down since it was made. */
  hasStart = false
  /** What became of the batch that is being looked at: the parts to be checked. */
  changes = 0
  /** Up to here the commit index was compared with what is committed. */
  checkedCommit = 0
  /** Candidates by term, as votes were sent to them. */
  votes = new Map<number, string>()
  // As handed to the disk last, and as said last: for facts.
  submittedTerm = 0
  submittedVote = 0
  knownCommit = 0
  acknowledgedTerm = 0
  acknowledgedIndex = 0
  /** The term it leads as far as is known; 0: none. */
  leads = 0
  /** The newest term it was seen to win. */
  wonTerm = 0
  // As reported by the running process.
  reportedTerm = 0
  reportedCommit = 0

  constructor (node: string, partition: number) {
    this.node = node
    this.partition = partition
  }

  /** All goes but term and vote. */
  retire (): void {
    this.isRetired = true
    this.hasStart = false
    this.log = new DurableLog()
    this.commitIndex = this.checkedCommit = this.knownCommit = this.reportedCommit = 0
    this.appliedIndex = this.appliedTerm = this.revision = this.keyCount = 0
    this.installing = this.isStateDamaged = false
    this.acknowledgedTerm = this.acknowledgedIndex = this.leads = 0
  }

  /** @param added the record's hash; 0: it is gone */
  putRecord (key: number, added: number, isData: boolean): void {
    const before = this.records.get(key)
    if (before !== undefined) this.stateHash = subtract(this.stateHash, before)
    if (added === 0) {
      if (before !== undefined) {
        this.records.delete(key)
        if (isData) this.dataCount--
      }
      return
    }
    if (before === undefined && isData) this.dataCount++
    this.records.set(key, added)
    this.stateHash = add(this.stateHash, added)
  }

  /** @returns whom it voted for in this term before, if anybody */
  voteFor (term: number, candidate: string): string | undefined {
    const before = this.votes.get(term)
    if (before !== undefined) return before
    this.votes.set(term, candidate)
    if (this.votes.size > VOTES_MAX) {
      for (const oldest of this.votes.keys()) {
        this.votes.delete(oldest)
        break
      }
    }
    return undefined
  }

  /** Takes over from the model of the same disk's earlier process what the disk does not hold. */
  follow (before: ReplicaModel): void {
    this.votes = before.votes
    this.wonTerm = before.wonTerm
    this.knownCommit = before.knownCommit
    this.checkedCommit = before.checkedCommit
  }

  /** A process begins: what the one before it said binds nobody, save what is on the disk. */
  beginProcess (): void {
    this.submittedTerm = this.term
    this.submittedVote = this.vote
    this.acknowledgedTerm = 0
    this.acknowledgedIndex = 0
    this.leads = 0
    this.reportedTerm = 0
    this.reportedCommit = 0
    if (this.commitIndex > this.knownCommit) this.knownCommit = this.commitIndex
  }
}

/** Which parts of a replica a batch changed. */
export const CHANGED = { hardState: 1, log: 2, state: 4 } as const
export const CHANGED_ALL = 7

/** Hashes are added modulo 2^52, so that every sum of two is exact. */
const MODULUS = 2 ** 52
const add = (sum: number, hash: number): number => sum + hash >= MODULUS ? sum + hash - MODULUS : sum + hash
const subtract = (sum: number, hash: number): number => sum >= hash ? sum - hash : sum - hash + MODULUS

import type { ReplicaModel } from '../invariants/replica-model.js'
import type { SeenMessage } from '../invariants/seen-message.js'
import type { Fact } from './facts.js'

/** Makes facts of what is seen; each is told once, when it is first known. */
export class FactTeller {
  readonly #tell: ((fact: Fact) => void) | undefined

  /** @param tell undefined: nobody listens, and nothing is made */
  constructor (tell: ((fact: Fact) => void) | undefined) {
    this.#tell = tell
  }

  started (atUs: number, node: string): void {
    this.#tell?.({ kind: 'started', atUs, node })
  }

  crashed (atUs: number, node: string): void {
    this.#tell?.({ kind: 'crashed', atUs, node })
  }

  /** A hard state was handed to the disk. */
  hardState (atUs: number, replica: ReplicaModel, term: number, vote: number, commitIndex: number): void {
    const { node, partition } = replica
    if (term !== replica.submittedTerm || vote !== replica.submittedVote) {
      replica.submittedTerm = term
      replica.submittedVote = vote
      this.#tell?.({ kind: 'term', atUs, node, partition, term, vote })
    }
    if (replica.leads !== 0 && term > replica.leads) this.#deposed(atUs, replica)
    this.#committed(atUs, replica, commitIndex)
  }

  /** Entries were handed to the disk. */
  entries (atUs: number, { node, partition }: ReplicaModel, first: number, last: number, term: number): void {
    this.#tell?.({ kind: 'appended', atUs, node, partition, term, first, last })
  }

  /** The marker of an installation was handed to the disk. */
  installing (atUs: number, { node, partition }: ReplicaModel): void {
    this.#tell?.({ kind: 'installing', atUs, node, partition })
  }

  /** The end of an installation is durable. */
  installed (atUs: number, { node, partition }: ReplicaModel): void {
    this.#tell?.({ kind: 'installed', atUs, node, partition })
  }

  sent (atUs: number, replica: ReplicaModel, peer: string, message: SeenMessage): void {
    const { node, partition } = replica
    switch (message.kind) {
      case 'append':
        this.#won(atUs, replica, message.term)
        this.#committed(atUs, replica, message.commitIndex)
        return
      case 'vote-reply':
        if (message.granted && !message.preVote) this.#tell?.({ kind: 'voted', atUs, node, partition, term: message.term, peer })
        return
      case 'append-reply': {
        const { accepted, term, index } = message
        if (replica.leads !== 0 && term >= replica.leads) this.#deposed(atUs, replica)
        if (!accepted || (term === replica.acknowledgedTerm && index <= replica.acknowledgedIndex)) return
        replica.acknowledgedTerm = term
        replica.acknowledgedIndex = index
        this.#tell?.({ kind: 'acknowledged', atUs, node, partition, term, index, peer })
        return
      }
      default: // no fact
    }
  }

  reported (atUs: number, replica: ReplicaModel, isMaster: boolean, term: number, commitIndex: number): void {
    if (isMaster) this.#won(atUs, replica, term)
    else if (replica.leads !== 0) this.#deposed(atUs, replica)
    this.#committed(atUs, replica, commitIndex)
  }

  #won (atUs: number, replica: ReplicaModel, term: number): void {
    if (term <= replica.wonTerm) return
    if (replica.leads !== 0) this.#deposed(atUs, replica)
    replica.wonTerm = term
    replica.leads = term
    this.#tell?.({ kind: 'won', atUs, node: replica.node, partition: replica.partition, term })
  }

  #deposed (atUs: number, replica: ReplicaModel): void {
    const term = replica.leads
    replica.leads = 0
    this.#tell?.({ kind: 'deposed', atUs, node: replica.node, partition: replica.partition, term })
  }

  #committed (atUs: number, replica: ReplicaModel, index: number): void {
    if (index <= replica.knownCommit) return
    replica.knownCommit = index
    this.#tell?.({ kind: 'committed', atUs, node: replica.node, partition: replica.partition, index })
  }
}

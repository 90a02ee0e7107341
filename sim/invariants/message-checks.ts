import type { ClusterChecks } from './cluster-checks.js'
import type { NodeModel } from './node-model.js'
import type { Leadership, PartitionHistory } from './partition-history.js'
import type { ReplicaModel } from './replica-model.js'
import type { ViolationReporter } from './reporter.js'
import type { SeenMessage } from './seen-message.js'

/** Every check on a replication message at the moment it is sent, against what is durable then. */
export class MessageChecks {
  readonly #checks: ClusterChecks
  readonly #reporter: ViolationReporter

  constructor (checks: ClusterChecks, reporter: ViolationReporter) {
    this.#checks = checks
    this.#reporter = reporter
  }

  sent (node: NodeModel, replica: ReplicaModel, to: string, message: SeenMessage): void {
    const bindsTerm = message.kind === 'vote-request' ? !message.preVote : message.kind !== 'vote-reply' || !message.preVote || !message.granted
    if (bindsTerm && message.term > replica.term) {
      this.#reporter.report('term-durability', node.name, replica.partition, `it sends ${message.kind} in term ${message.term} to ${to}, and its disk is in term ${replica.term}`)
    }
    if (message.kind === 'append') this.#append(node, replica, message)
    else if (message.kind === 'append-reply' && message.accepted) this.#acknowledgement(replica, to, message)
    else if (message.kind === 'vote-reply' && message.granted && !message.preVote) this.#vote(node, replica, to, message)
  }

  #append (node: NodeModel, replica: ReplicaModel, message: SeenMessage): void {
    const { partition } = replica
    const { term, prevIndex, prevTerm, commitIndex, entryCount, entryTerms, entryHashes } = message
    const history = this.#checks.history(partition)
    const leadership = history.leads(replica, term)
    if (leadership.node !== node.name) return
    for (const configuration of message.configurations) history.configurations.see(configuration)
    const { log } = leadership
    const knownTerm = log.termAt(prevIndex)
    if (prevIndex > log.last) log.extend(prevIndex, prevTerm)
    else if (knownTerm !== -1 && knownTerm !== prevTerm) this.#rewritten(leadership, partition, prevIndex, prevTerm)
    let previousTerm = prevTerm
    for (let at = 0; at < entryCount; at++) {
      const index = prevIndex + 1 + at
      const entryTerm = entryTerms[at] as number
      if (index > log.last) log.extend(index, entryTerm)
      else if (index > log.base && log.termAt(index) !== entryTerm) this.#rewritten(leadership, partition, index, entryTerm)
      const problem = history.entries.see(index, entryTerm, previousTerm, entryHashes[at] as number)
      if (problem !== undefined) this.#reporter.report('log-matching', node.name, partition, `it sends ${problem}`)
      previousTerm = entryTerm
    }
    this.claim(history, leadership, node, commitIndex)
  }

  #rewritten (leadership: Leadership, partition: number, index: number, term: number): void {
    this.#reporter.report('leader-append-only', leadership.node, partition, `the master of term ${leadership.term} sends entry ${index} of term ${term}, and had one of term ${leadership.log.termAt(index)}`)
  }

  /** A master says how far its log is committed. */
  claim (history: PartitionHistory, leadership: Leadership, node: NodeModel, commitIndex: number): void {
    if (commitIndex <= leadership.claimedCommit) return
    const { log, term } = leadership
    if (commitIndex > history.committed.last && commitIndex <= log.last && log.termAt(commitIndex) !== term) {
      this.#reporter.report('commit-own-term', node.name, history.partition, `the master of term ${term} commits entry ${commitIndex} of term ${log.termAt(commitIndex)}, which nobody has committed before`)
    }
    history.commits(node.name, log, commitIndex, node.map, this.#checks.nodes, leadership.claimedCommit)
    if (commitIndex <= log.last) leadership.claimedCommit = commitIndex
  }

  #acknowledgement (replica: ReplicaModel, to: string, { term, index }: SeenMessage): void {
    const { node, partition, log: { runs } } = replica
    // What was acknowledged in an earlier term may have been replaced since: the message was only late.
    const isLate = replica.term > term
    if (index > runs.last && !isLate) {
      this.#reporter.report('append-durability', node, partition, `it acknowledges entry ${index} to ${to}, and its log on the disk ends at ${runs.last}`)
      return
    }
    const leadership = this.#checks.history(partition).leadership(term)
    if (leadership === undefined) return
    const { log } = leadership
    if (index > log.last) {
      this.#reporter.report('append-durability', node, partition, `it acknowledges entry ${index} in term ${term}, and the master's log ends at ${log.last}`)
      return
    }
    const own = runs.termAt(index)
    const masters = log.termAt(index)
    if (!isLate && own !== -1 && masters !== -1 && own !== masters) {
      this.#reporter.report('append-durability', node, partition, `it acknowledges entry ${index} of term ${masters} to ${to}, and on its disk that is of term ${own}`)
    }
  }

  #vote (node: NodeModel, replica: ReplicaModel, to: string, { term }: SeenMessage): void {
    const { partition } = replica
    const before = replica.voteFor(term, to)
    if (before !== undefined && before !== to) this.#reporter.report('vote-once', node.name, partition, `it votes for ${to} in term ${term}, and voted for ${before} before`)
    if (replica.term > term) return // a later vote overtook this one on the way to the disk, and forbids a second one in its term as well
    const votedFor = replica.vote === 0 ? 'nobody' : node.map?.nameOf(replica.vote)
    if (replica.term < term || (votedFor !== undefined && votedFor !== to)) {
      this.#reporter.report('vote-durability', node.name, partition, `it votes for ${to} in term ${term}, and its disk has a vote for ${votedFor ?? 'nobody'} in term ${replica.term}`)
    }
  }
}

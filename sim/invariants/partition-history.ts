import { SeenConfigurations } from './configurations.js'
import type { MemberNames, SeenConfiguration } from './configurations.js'
import { EntryTable } from './entry-table.js'
import type { MapView, NodeModel } from './node-model.js'
import type { ViolationReporter } from './reporter.js'
import type { ReplicaModel } from './replica-model.js'
import { StateTable } from './state-table.js'
import { firstDifference, TermRuns } from './term-runs.js'

/** Terms whose masters are remembered. */
const LEADERSHIPS_MAX = 4096

/** One mastership: whose, and the log of it as far as it was seen. */
export interface Leadership {
  readonly term: number
  readonly node: string
  readonly log: TermRuns
  /** The commit index its messages named last. */
  claimedCommit: number
}

/** All that is true of one partition in the whole cluster, and for ever. */
export class PartitionHistory {
  readonly partition: number
  readonly entries = new EntryTable()
  readonly states = new StateTable()
  readonly configurations = new SeenConfigurations()
  /** The one log that is committed, as far as anybody ever said so. */
  readonly committed = new TermRuns()
  readonly #leaderships = new Map<number, Leadership>()
  readonly #reporter: ViolationReporter
  readonly #names: MemberNames
  #newest: Leadership | undefined
  /** A master committed what no quorum known so far has: it may count by a configuration that is still only in its memory. */
  #doubt: { readonly node: string, readonly text: string, readonly holds: (voters: readonly string[]) => boolean } | undefined
  /** Those that the newest master wrote into its log last, if it did. */
  #mastersVoters: readonly number[] | undefined

  constructor (partition: number, reporter: ViolationReporter, names: MemberNames) {
    this.#names = names
    this.partition = partition
    this.#reporter = reporter
  }

  leadership (term: number): Leadership | undefined {
    return this.#newest?.term === term ? this.#newest : this.#leaderships.get(term)
  }

  /** What a master has in its log it counts by at once, before it is on its disk or in a message. */
  inMemory (node: string, configuration: SeenConfiguration): void {
    this.configurations.see(configuration)
    if (this.#newest?.node !== node || this.#newest.term !== configuration.term) return
    this.#mastersVoters = configuration.voters
    if (this.#doubt?.node === node && this.#doubt.holds(this.#names.of(configuration.voters))) this.#doubt = undefined
  }

  /** The batch is handed over in which a master's configuration must be that its commit counted by. */
  settleDoubt (node: string): void {
    if (this.#doubt?.node !== node) return
    this.#reporter.report('commit-durability', node, this.partition, this.#doubt.text)
    this.#doubt = undefined
  }

  /** The configuration that a master may have counted by is lost with its process. */
  forgetDoubt (node: string): void {
    if (this.#doubt?.node === node) this.#doubt = undefined
  }

  /** The mastership of the greatest term. */
  get newest (): Leadership | undefined {
    return this.#newest
  }

  /**
   * The node behaves as the master of a term: it must be the only one and have all that is committed. At an election
   * its log is durable: its vote for itself is in the same or a later batch.
   */
  leads (replica: ReplicaModel, term: number): Leadership {
    const known = this.leadership(term)
    if (known !== undefined) {
      if (known.node !== replica.node) {
        this.#reporter.report('election-safety', replica.node, this.partition, `${replica.node} masters term ${term}, which ${known.node} mastered`)
      }
      return known
    }
    const leadership: Leadership = { term, node: replica.node, log: replica.log.runs.clone(), claimedCommit: 0 }
    this.#leaderships.set(term, leadership)
    if (this.#newest === undefined || term > this.#newest.term) {
      this.#newest = leadership
      this.#mastersVoters = undefined
    }
    if (this.#leaderships.size > LEADERSHIPS_MAX) {
      for (const oldest of this.#leaderships.keys()) {
        this.#leaderships.delete(oldest)
        break
      }
    }
    this.#checkComplete(leadership)
    return leadership
  }

  #checkComplete (leadership: Leadership): void {
    const { log, node, term } = leadership
    const { committed } = this
    // What was committed in a later term binds later masters only.
    if (committed.lastTerm > term) return
    if (log.last < committed.last) {
      this.#reporter.report('leader-completeness', node, this.partition, `the master of term ${term} has entries up to ${log.last}, and ${committed.last} is committed`)
      return
    }
    const different = firstDifference(log, committed, 0, committed.last)
    if (different >= 0) {
      this.#reporter.report('leader-completeness', node, this.partition, `the master of term ${term} has entry ${different} of term ${log.termAt(different)}, and that of term ${committed.termAt(different)} is committed`)
    }
  }

  /**
   * Somebody says that everything in `log` up to `index` is committed: it must be what was committed there before, and
   * what is new must be durable on a majority of the replicas.
   */
  commits (node: string, log: TermRuns, index: number, map: MapView | undefined, nodes: ReadonlyMap<string, NodeModel>, from = 0): void {
    const { committed, partition } = this
    const different = firstDifference(log, committed, from, index)
    if (different >= 0) {
      this.#reporter.report('committed-prefix', node, partition, `entry ${different} of term ${log.termAt(different)} is committed here, and that of term ${committed.termAt(different)} was committed before`)
      return
    }
    if (index <= committed.last || index > log.last) return
    const term = log.termAt(index)
    this.#checkMajority(node, log, index, term, map, nodes)
    committed.extendBy(log, index)
    const newest = this.#newest
    if (newest !== undefined && newest.term > term && newest.log.base <= index && newest.log.termAt(index) !== term) {
      this.#reporter.report('leader-completeness', newest.node, partition, `entry ${index} of term ${term} is committed, and the master of term ${newest.term} does not have it`)
    }
  }

  /** The names of the voters in force as of an entry of a log. */
  votersAt (log: TermRuns, index: number, map: MapView): readonly string[] {
    this.#names.learn(map)
    return this.#names.of(this.configurations.at(log, index, this.committed) ?? map.initial(this.partition))
  }

  /** Whether a committed entry is durable on a majority of those who voted as of it. */
  isOnMajority (index: number, term: number, map: MapView | undefined, nodes: ReadonlyMap<string, NodeModel>): boolean {
    if (map === undefined) return false
    const voters = this.votersAt(this.committed, index, map)
    return this.#holders(voters, index, term, nodes).length * 2 > voters.length
  }

  #holders (voters: readonly string[], index: number, term: number, nodes: ReadonlyMap<string, NodeModel>): string[] {
    return voters.filter((name) => {
      const model = nodes.get(name)
      const log = model?.replicas.get(this.partition)?.log.runs
      const lost = model?.lostLogs.get(this.partition)
      return (log !== undefined && holds(log, index, term)) || (lost !== undefined && holds(lost, index, term))
    })
  }

  /** Of the voters as of the entry, or of those that the master has in force, whose quorum it waited for. */
  #checkMajority (node: string, log: TermRuns, index: number, term: number, map: MapView | undefined, nodes: ReadonlyMap<string, NodeModel>): void {
    if (map === undefined) return
    const voters = this.votersAt(log, index, map)
    if (voters.length === 0) return
    const isMajority = (some: readonly string[]): boolean => this.#holders(some, index, term, nodes).length * 2 > some.length
    const masters = this.#newest?.log ?? log
    if (isMajority(voters) || isMajority(this.votersAt(log, log.last, map)) || isMajority(this.votersAt(masters, masters.last, map))) return
    if (this.#mastersVoters !== undefined && isMajority(this.#names.of(this.#mastersVoters))) return
    const text = `entry ${index} of term ${term} is said to be committed, and of ${voters.join(', ')} only ${this.#holders(voters, index, term, nodes).join(', ') || 'nobody'} has it durably`
    if (node === this.#newest?.node) this.#doubt ??= { node, text, holds: (some) => isMajority(some) }
    else this.#reporter.report('commit-durability', node, this.partition, text)
  }
}

/** What is compacted was committed and applied. */
const holds = (log: TermRuns, index: number, term: number): boolean => index < log.base || log.termAt(index) === term

import { Prng } from '../../src/base/index.js'
import type { LogIndex, MemberId } from '../../src/base/index.js'
import { drawLinks, drawNemesis, drawOptions } from './chaos-draw.js'
import type { Nemesis } from './chaos-draw.js'
import type { ConfigurationChange } from '../../src/replication/index.js'
import { Cluster } from './cluster.js'
import type { Node, PlantedFault } from './virtual-node.js'

/** What one seed turned out to do, for the report. */
export interface ChaosResult {
  readonly committed: number
  readonly acknowledged: number
  readonly reads: number
  readonly snapshots: number
  readonly leaderChanges: number
  readonly changes: number
  /** At the end too many voters were without state for the others to make a quorum: such a group waits (DESIGN.md, "Limit"). */
  readonly isStranded: boolean
}

/** One seed: a drawn cluster under drawn faults, then healed; throws where a promise is broken, with the seed. */
export function runChaos (seed: string | number, options: { readonly chaosMs?: number, readonly fault?: PlantedFault } = {}): ChaosResult {
  const chaos = new Chaos(String(seed), options.chaosMs ?? 2500, options.fault ?? 'none')
  try {
    return chaos.run()
  } catch (error) {
    const reason = error instanceof Error ? error.stack ?? error.message : String(error)
    throw new Error(`seed ${seed}: ${reason}\n${chaos.cluster.log.join('\n')}`, { cause: error })
  }
}

class Chaos {
  readonly cluster: Cluster
  readonly #random: Prng
  readonly #nemesis: Nemesis
  readonly #chaosMs: number
  readonly #keepEntries: number
  #isCalm = false
  #changes = 0

  constructor (seed: string, chaosMs: number, fault: PlantedFault) {
    this.#random = new Prng(`chaos ${seed}`)
    this.cluster = new Cluster(drawOptions(seed, this.#random, fault))
    this.#nemesis = drawNemesis(this.#random)
    this.#chaosMs = chaosMs
    this.#keepEntries = this.#random.chance(1, 2) ? this.#random.between(0, 8) : 200
  }

  run (): ChaosResult {
    const { cluster } = this
    this.#listen()
    cluster.startAll()
    this.#loadSoon()
    this.#faultSoon()
    this.#compactSoon()
    if (this.#nemesis.changeEveryMs > 0) this.#changeSoon()
    cluster.run(this.#chaosMs)
    this.#heal()
    const absent = this.#absent()
    if (absent.length > 0) {
      for (const node of absent) cluster.crash(node)
      this.#demandWrite()
      for (const node of absent) cluster.start(node)
    }
    const isStranded = !this.#demandWrite()
    if (!isStranded) this.#demandProgress()
    return {
      committed: cluster.invariants.committedCount, acknowledged: cluster.acknowledgedCount, reads: cluster.readsAnswered,
      snapshots: cluster.snapshotsInstalled, leaderChanges: cluster.leaderChanges, changes: this.#changes, isStranded
    }
  }

  #chance (perMille: number): boolean {
    return !this.#isCalm && this.#random.chance(perMille, 1000)
  }

  /** Faults at the moments that hurt most. */
  #listen (): void {
    const { hooks, agenda } = this.cluster
    const nemesis = this.#nemesis
    const soon = (node: Node): void => {
      const { life } = node
      agenda.after(this.#random.chance(1, 2) ? 0 : this.#random.below(1000) / 300, () => { if (node.life === life) this.#crash(node) })
    }
    hooks.sent = (node, _to, message) => {
      if (message.kind === 'vote-reply' && message.granted && !message.preVote && this.#chance(nemesis.crashAfterVote)) soon(node)
    }
    hooks.appended = (node) => { if (this.#chance(nemesis.crashAfterAppend)) soon(node) }
    hooks.installing = (node) => { if (this.#chance(nemesis.crashInstalling)) soon(node) }
    hooks.led = (node) => {
      if (this.#chance(nemesis.crashAfterLeading)) soon(node)
      else if (this.#chance(nemesis.isolateAfterLeading)) {
        this.#isolate(node)
        agenda.after(this.#random.between(20, 400), () => { this.cluster.network.heal() })
      }
    }
  }

  #crash (node: Node): void {
    const { cluster } = this
    if (node.group === undefined || this.#isCalm) return
    cluster.crash(node, this.#random.chance(this.#nemesis.keepsFlight, 1000))
    const downMs = this.#random.chance(this.#nemesis.fastRestart, 1000) ? 0.1 + this.#random.below(1000) / 300 : this.#random.between(5, 500)
    cluster.agenda.after(downMs, () => { cluster.start(node) })
    // The others notice, or think they do.
    for (const other of cluster.nodes) {
      if (other !== node && this.#random.chance(1, 3)) this.#hint(other, node)
    }
  }

  #isolate (node: Node): void {
    this.cluster.note(`isolate ${node.member}`)
    this.cluster.isolate(node)
    this.#noticeCuts()
  }

  /** Connections close: some notice at once, which is what lets a new leader rise beside the old one. */
  #noticeCuts (): void {
    if (this.#random.chance(1, 2)) return
    const { nodes, network } = this.cluster
    for (const node of nodes) {
      for (const other of nodes) if (network.isCut(other.member, node.member) && this.#random.chance(3, 4)) this.#hint(node, other)
    }
  }

  #hint (node: Node, lost: Node): void {
    this.cluster.agenda.after(this.#random.below(5), () => {
      node.group?.leaderLost(lost.member, this.cluster.nowMs)
      this.cluster.carryOut(node)
    })
  }

  #faultSoon (): void {
    if (this.#isCalm) return
    this.cluster.agenda.after(this.#random.below(2 * this.#nemesis.faultEveryMs), () => {
      if (this.#isCalm) return
      this.#fault()
      this.#faultSoon()
    })
  }

  #fault (): void {
    const { cluster } = this
    const random = this.#random
    const { network, agenda } = cluster
    const node = this.#any()
    const other = this.#any()
    switch (random.below(13)) {
      case 0: case 1: this.#crash(node); break
      case 2: if (cluster.leader !== undefined) this.#crash(cluster.leader); break
      case 3: if (random.chance(1, 3)) for (const each of cluster.nodes) this.#crash(each); break
      case 4: {
        const shuffled = random.shuffle([...cluster.nodes])
        const cut = random.below(shuffled.length)
        cluster.note('split')
        cluster.split(shuffled.slice(0, cut), shuffled.slice(cut))
        this.#noticeCuts()
        break
      }
      case 5: network.cut(node.member, other.member); break
      case 6: for (const each of cluster.nodes) network.cut(node.member, each.member); break
      case 7: for (const each of cluster.nodes) network.cut(each.member, node.member); break
      case 8: if (cluster.leader !== undefined) this.#isolate(cluster.leader); break
      case 9:
        node.slowFlushMs = random.between(20, 200)
        agenda.after(random.between(50, 600), () => { if (!this.#isCalm) node.slowFlushMs = undefined })
        break
      case 10:
        cluster.leader?.group?.transferLeadership(random.chance(1, 3) ? undefined : other.member, cluster.nowMs)
        if (cluster.leader !== undefined) cluster.carryOut(cluster.leader)
        break
      case 11: this.#hint(node, other); break
      case 12: network.behaviour = drawLinks(random)
    }
    if (random.chance(1, 2)) agenda.after(random.between(10, 500), () => { network.heal() })
  }

  #any (): Node {
    return this.cluster.nodes[this.#random.below(this.cluster.nodes.length)] as Node
  }

  #loadSoon (): void {
    if (this.#isCalm) return
    this.cluster.agenda.after(this.#random.below(12), () => {
      if (this.#isCalm) return
      const node = this.#random.chance(2, 3) ? this.cluster.leader ?? this.#any() : this.#any()
      for (let burst = this.#random.chance(1, 8) ? 20 : 1; burst > 0; burst--) {
        // A backlog that one-entry appends cannot work off before the end would look like a lack of progress.
        if (node.group !== undefined && node.group.lastIndex - node.group.commitIndex < 60) this.cluster.write(node)
      }
      // Whoever believes to lead is asked: one that was deposed must not answer.
      if (this.#random.chance(1, 4)) {
        for (const each of this.cluster.nodes) if (each.group?.role === 'leader' && each.reads.size < 100) this.cluster.read(each)
      }
      const reader = this.#random.chance(1, 3) ? this.cluster.leader ?? this.#any() : this.#any()
      if (reader.group !== undefined && reader.reads.size < 100) this.cluster.read(reader)
      this.#loadSoon()
    })
  }

  /** Whoever leads, or believes so, changes the group at random; retired replicas are deleted and may come back. */
  #changeSoon (): void {
    if (this.#isCalm) return
    this.cluster.agenda.after(this.#random.below(2 * this.#nemesis.changeEveryMs), () => {
      if (this.#isCalm) return
      const { cluster } = this
      const random = this.#random
      for (const node of cluster.nodes) {
        if (node.group?.role === 'leader') {
          const { member } = this.#any()
          const learner = node.group.followers.find((follower) => follower.isLearner && (follower.isCaughtUp || random.chance(1, 20)))
          if (learner !== undefined && random.chance(1, 2)) this.#change(node, { kind: 'promote', member: learner.member })
          else this.#change(node, { kind: random.chance(1, 2) ? 'add-learner' : 'remove', member })
        }
        if (node.group?.retiredIndex !== undefined && !node.streaming && random.chance(1, 2)) cluster.wipe(node)
        else if (node.group?.isMember === false && random.chance(1, 4)) this.#askAround(node)
      }
      this.#changeSoon()
    })
  }

  #change (node: Node, change: ConfigurationChange): void {
    if (this.cluster.change(node, change).kind === 'accepted') this.#changes++
  }

  #askAround (node: Node): void {
    node.up.askAround(this.cluster.nodes.map(({ member }) => member), this.cluster.nowMs)
    this.cluster.carryOut(node)
  }

  #compactSoon (): void {
    this.cluster.agenda.after(this.#random.between(5, 120), () => {
      this.cluster.compact(this.#any(), this.#keepEntries)
      this.#compactSoon()
    })
  }

  #heal (): void {
    const { cluster } = this
    this.#isCalm = true
    cluster.note('healed')
    cluster.network.heal()
    cluster.network.reconnect()
    cluster.network.behaviour = { delayMsMin: 0.2, delayMsMax: 2, lossPerMille: 0, duplicatePerMille: 0, tailPerMille: 0, tailMsMax: 0, isOrdered: true }
    for (const node of cluster.nodes) {
      node.slowFlushMs = 0.2
      // Who was told to hand over because it stops does stop.
      cluster.crash(node)
      cluster.start(node)
    }
  }

  #describe (): string {
    return this.cluster.nodes.map(({ member, group: up, machine }) => up === undefined
      ? `${member} down`
      : `${member} ${up.role} of ${up.configuration.voters.join()}+${up.configuration.learners.join()}@${up.configuration.index} term ${up.term} applied ${machine.index} commit ${up.commitIndex} last ${up.lastIndex}${up.isInstalling ? ' installing' : ''} ${JSON.stringify(up.followers)}`).join('; ')
  }

  /** Whoever has a log and is in the group no more learns so by asking, once the group is beyond what it has. */
  #demandFarewell (untilMs: number): void {
    const { cluster } = this
    const forgotten = (): Node[] => cluster.nodes.filter((node) =>
      !cluster.members.includes(node) && node.up.lastIndex > 0 && node.up.retiredIndex === undefined)
    while (forgotten().length > 0 && cluster.nowMs < untilMs) {
      for (const node of forgotten()) this.#askAround(node)
      if (cluster.leader !== undefined) cluster.write(cluster.leader) // a void entry is known for one once the group is beyond it
      cluster.runFor(20)
    }
    const [node] = forgotten()
    if (node !== undefined) throw new Error(`liveness: member ${node.member} is in the group no more and does not know: ${this.#describe()}`)
  }

  /** Whether those who are there make every quorum that may be needed. Who is without state does not lead (DESIGN.md, "Limit"). */
  #makesQuorums (isThere: (node: Node) => boolean): boolean {
    const { nodes, invariants } = this.cluster
    const ups = nodes.flatMap(({ group }) => group ?? [])
    const committedIndex = Math.max(...ups.map((group) => group.configurationAt(group.commitIndex).index))
    const configurations = [invariants.configuration, ...ups.map(({ configuration }) => configuration).filter(({ index }) => index >= committedIndex)]
    const counts = (member: MemberId): boolean => {
      const node = this.cluster.node(member)
      return node.group?.isInstalling === false && isThere(node)
    }
    return configurations.every(({ voters }) => voters.filter(counts).length > voters.length / 2)
  }

  /** Some whom the others can do without, as drawn. */
  #absent (): Node[] {
    const absent: Node[] = []
    for (const node of this.#random.shuffle([...this.cluster.nodes])) {
      if (this.#random.chance(1, 3)) continue
      absent.push(node)
      if (!this.#makesQuorums((each) => !absent.includes(each))) absent.pop()
    }
    return absent
  }

  get #untilMs (): number {
    return this.cluster.nowMs + 10 * this.cluster.tuning.electionTimeoutMsMax
  }

  /** Liveness: within ten election timeouts somebody leads and commits. False: nobody can. */
  #demandWrite (): boolean {
    const { cluster } = this
    let index: LogIndex | undefined
    const isCommitted = (): boolean => {
      const { leader } = cluster
      if (leader?.up.isLeaderReady === true && index === undefined && cluster.write(leader) !== undefined) index = leader.up.lastIndex
      return index !== undefined && cluster.invariants.committedCount >= index
    }
    if (cluster.run(this.#untilMs, isCommitted)) return true
    if (!this.#makesQuorums(() => true)) return false
    throw new Error(`liveness: nobody takes a write: ${this.#describe()}`)
  }

  /** Liveness: everybody gets everything, without a pause of ten election timeouts, and then answers reads. */
  #demandProgress (): void {
    const { cluster } = this
    const target = (): number => Math.max(...cluster.members.map((node) => node.up.lastIndex))
    const isLevel = (): boolean => cluster.leader?.up.isConfigurationCommitted === true && cluster.members.every((node) => node.machine.index === target())
    const applied = (): number => cluster.nodes.reduce((sum, node) => sum + node.machine.index, 0)
    for (let before = -1; !cluster.run(this.#untilMs, isLevel); before = applied()) {
      if (applied() <= before) throw new Error(`liveness: not level: ${this.#describe()}`)
    }
    const untilMs = this.#untilMs
    for (const node of cluster.nodes) cluster.invariants.checkMachine(node.member, node.machine)
    for (const node of cluster.members) {
      let id: number | undefined
      const isAnswered = (): boolean => {
        if (id === undefined || node.readsRefused.includes(id)) id = cluster.read(node)
        return node.readsReady.includes(id)
      }
      if (!cluster.run(untilMs, isAnswered)) throw new Error(`liveness: member ${node.member} answers no read`)
    }
    this.#demandFarewell(untilMs)
    if (cluster.anomalies.length > 0) throw new Error(`anomalies: ${cluster.anomalies.join('; ')}`)
  }
}

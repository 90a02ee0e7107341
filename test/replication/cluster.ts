import { Prng, toLogIndex, toMemberId, toPartitionId, toTerm } from '../../src/base/index.js'
import type { MemberId } from '../../src/base/index.js'
import { defaultGroupOptions, ReplicationGroup } from '../../src/replication/index.js'
import type { ConfigurationChange, ConfigurationProposal, GroupEffects, GroupOptions, GroupTuning } from '../../src/replication/index.js'
import type { LoggedConfiguration, ReplicationMessage } from '../../protocols/replication/index.js'
import { Invariants, payloadOf, writeOf } from './invariants.js'
import { streamSnapshot } from './snapshot-stream.js'
import { VirtualDisk } from './virtual-disk.js'
import { Node } from './virtual-node.js'
import type { ClusterHooks, ClusterOptions } from './virtual-node.js'
import { Agenda, calmLinks, VirtualNetwork } from './virtual-world.js'

/** Drives groups as the real driver does, over a virtual network and virtual disks, and checks every step. */
export class Cluster {
  readonly agenda = new Agenda()
  readonly random: Prng
  readonly network: VirtualNetwork
  readonly invariants: Invariants
  readonly nodes: readonly Node[]
  readonly options: ClusterOptions
  /** The configuration that the group begins with. */
  readonly born: LoggedConfiguration
  readonly hooks: ClusterHooks = {}
  readonly log: string[] = []
  acknowledgedCount = 0
  readsAnswered = 0
  snapshotsInstalled = 0
  leaderChanges = 0
  readonly anomalies: string[] = []
  #nextId = 1

  constructor (options: ClusterOptions) {
    this.options = options
    this.random = new Prng(`cluster ${options.seed}`)
    this.network = new VirtualNetwork(this.agenda, new Prng(`network ${options.seed}`), options.links ?? calmLinks)
    this.born = { index: toLogIndex(0), voters: Array.from({ length: options.voters }, (_, at) => toMemberId(at + 1)), learners: [] }
    this.invariants = new Invariants(this.born)
    this.nodes = Array.from({ length: options.voters + (options.spares ?? 0) }, (_, at) => this.#node(toMemberId(at + 1)))
  }

  #node (member: MemberId): Node {
    const disk: VirtualDisk = new VirtualDisk(this.born, (done) => {
      const [min, max] = this.options.flushMs ?? [0.1, 0.1]
      const flushMs = node.slowFlushMs ?? min + this.random.below(1024) / 1024 * (max - min)
      this.agenda.after(flushMs, () => {
        done()
        this.carryOut(node)
      })
    })
    disk.isGrouping = this.options.groupCommit ?? true
    const node: Node = new Node(member, disk)
    return node
  }

  node (number: number): Node {
    const node = this.nodes[number - 1]
    if (node === undefined) throw new Error(`there is no member ${number}`)
    return node
  }

  get nowMs (): number {
    return this.agenda.nowMs
  }

  get tuning (): GroupTuning {
    return { ...defaultGroupOptions, ...this.options.tuning }
  }

  note (text: string): void {
    this.log.push(`${this.nowMs.toFixed(2)} ${text}`)
    if (this.log.length > 60) this.log.shift()
  }

  start (node: Node): void {
    if (node.group !== undefined) return
    const { content } = node.disk
    node.life++
    node.machine = content.machine
    this.invariants.restarted(node.member)
    const options: GroupOptions = {
      ...this.tuning, partition: toPartitionId(7), self: node.member, preferred: this.options.preferred
    }
    node.group = new ReplicationGroup(options, content.boot(), new Prng(`${this.options.seed} ${node.member} ${node.life}`), this.nowMs)
    this.note(`start ${node.member} in term ${node.group.term}`)
    this.carryOut(node)
  }

  startAll (): this {
    for (const node of this.nodes) this.start(node)
    return this
  }

  crash (node: Node, keepsFlight = false): void {
    if (node.group === undefined) return
    this.note(`crash ${node.member}`)
    node.group = undefined
    node.disk.crash(keepsFlight)
    node.writes.clear()
    node.reads.clear()
    node.streaming = false
    node.ticksAtMs = Infinity
    if (this.options.fault === 'loses-tail' && node.disk.content.entries.length > 0) {
      node.disk.content.entries.splice(-3)
      const commitIndex = Math.min(node.disk.content.hardState.commitIndex, node.disk.content.lastIndex)
      node.disk.content.hardState = { ...node.disk.content.hardState, commitIndex: toLogIndex(commitIndex) }
      if (node.disk.content.machine.index > commitIndex) node.disk.content.machine = { ...node.disk.content.machine, index: toLogIndex(commitIndex) }
    }
  }

  /** Runs until `untilMs`, or until `condition` holds; false: it never did. */
  run (untilMs: number, condition?: () => boolean): boolean {
    if (condition?.() === true) return true
    while (this.agenda.step(untilMs)) {
      if (condition?.() === true) return true
    }
    return false
  }

  runFor (durationMs: number, condition?: () => boolean): boolean {
    return this.run(this.nowMs + durationMs, condition)
  }

  /** The leader of the newest term among those that are up. */
  get leader (): Node | undefined {
    let best: Node | undefined
    for (const node of this.nodes) {
      if (node.group?.role === 'leader' && (best === undefined || node.group.term > best.up.term)) best = node
    }
    return best
  }

  /** Gives a disk a log of these terms, from index 1 on, before its node starts. */
  preload (node: Node, terms: readonly number[], term = terms[terms.length - 1] ?? 0): void {
    const { content } = node.disk
    content.entries = terms.map((each, at) => ({
      term: toTerm(each), index: toLogIndex(at + 1), kind: 'commands', payload: payloadOf(each * 1000 + at + 1)
    }))
    content.hardState = { ...content.hardState, term: toTerm(term) }
  }

  /** The terms on a disk. */
  termsOf (node: Node): number[] {
    return node.disk.content.entries.map((entry) => entry.term)
  }

  /** Whether everybody who is up has applied the same log, to its end. */
  get isLevel (): boolean {
    const ups = this.nodes.filter(({ group }) => group !== undefined)
    const last = Math.max(...ups.map(({ up }) => up.lastIndex))
    return ups.every((node) => node.machine.index === last)
  }

  /** Cuts both ways every link that is not among `links`. */
  connectOnly (links: ReadonlyArray<readonly [number, number]>): void {
    for (const a of this.nodes) {
      for (const b of this.nodes) {
        const isKept = links.some(([x, y]) => (x === a.member && y === b.member) || (y === a.member && x === b.member))
        if (!isKept) this.network.cut(a.member, b.member)
      }
    }
  }

  /** Runs until somebody leads and has committed in its term. */
  elect (withinMs = 20_000): Node {
    this.runFor(withinMs, () => this.leader?.up.isLeaderReady === true)
    const { leader } = this
    if (leader?.up.isLeaderReady !== true) throw new Error(`nobody leads after ${withinMs} ms (seed ${this.options.seed})`)
    return leader
  }

  /** Cuts every link between the two sides, both ways. */
  split (one: readonly Node[], other: readonly Node[]): void {
    for (const a of one) {
      for (const b of other) {
        this.network.cut(a.member, b.member)
        this.network.cut(b.member, a.member)
      }
    }
  }

  isolate (node: Node): void {
    this.split([node], this.nodes.filter((other) => other !== node))
  }

  /** Proposes a write; its number, or undefined where the node refuses. */
  write (node: Node): number | undefined {
    const id = this.#nextId++
    const proposal = node.group?.propose('commands', payloadOf(id))
    if (proposal?.kind !== 'accepted') return undefined
    const pending = node.writes.get(proposal.index) ?? []
    pending.push({ id, term: proposal.term })
    node.writes.set(proposal.index, pending)
    if (this.options.fault === 'acknowledges-at-proposal') this.invariants.acknowledged(proposal.index)
    this.carryOut(node)
    return id
  }

  /** Proposes a step of the group's membership. */
  change (node: Node, change: ConfigurationChange): ConfigurationProposal {
    const proposal = node.up.changeConfiguration(change)
    if (proposal.kind === 'accepted') this.note(`${node.member} proposes to ${change.kind} ${change.member} at ${proposal.index}`)
    this.carryOut(node)
    return proposal
  }

  /** Deletes a replica that learnt that it is retired, as the driver does; it starts anew at once. */
  wipe (node: Node): void {
    const retiredIndex = node.group?.retiredIndex
    if (retiredIndex === undefined) throw new Error(`member ${node.member} is not retired`)
    this.note(`wipe ${node.member}, retired as of ${retiredIndex}`)
    this.invariants.deleted(node.member, node.up.configuration)
    this.crash(node)
    node.disk.content.retire(retiredIndex, this.born)
    this.start(node)
  }

  /** The nodes in the configuration that the leader has in force. */
  get members (): Node[] {
    const configuration = this.leader?.up.configuration ?? this.born
    return [...configuration.voters, ...configuration.learners].map((member) => this.node(member))
  }

  /** Asks for a linearizable read; its number. */
  read (node: Node): number {
    const id = this.#nextId++
    node.reads.set(id, { visible: this.invariants.visibleIndex })
    if (this.options.fault === 'reads-at-once' && node.up.role === 'leader') this.#answer(node, id)
    else node.up.read(id, this.nowMs)
    this.carryOut(node)
    return id
  }

  #answer (node: Node, id: number): void {
    const read = node.reads.get(id)
    if (read === undefined) throw new Error(`member ${node.member} answered read ${id} twice`)
    node.reads.delete(id)
    node.readsReady.push(id)
    this.readsAnswered++
    this.invariants.read(node.member, node.machine, read.visible)
  }

  step (node: Node, from: MemberId, message: ReplicationMessage): void {
    if (node.group === undefined) return
    node.group.step(from, message, this.nowMs)
    this.carryOut(node)
  }

  compact (node: Node, keepEntries: number): void {
    const { group } = node
    if (group === undefined || group.isInstalling) return
    const to = Math.min(node.disk.content.machine.index, group.lastIndex - keepEntries)
    if (to < group.firstIndex || node.disk.content.installing) return
    group.compact(toLogIndex(to))
    this.carryOut(node)
  }

  /** Ends a turn after an input, now or once some more have gathered. */
  carryOut (node: Node): void {
    const { turnMsMax } = this.options
    if (turnMsMax === undefined || turnMsMax === 0) {
      this.turn(node)
    } else if (!node.isTurnDue) {
      node.isTurnDue = true
      this.agenda.after(turnMsMax * this.random.below(1024) / 1024, () => {
        node.isTurnDue = false
        this.turn(node)
      })
    }
  }

  /** One turn: carries out what the group wants, until it wants nothing. */
  turn (node: Node): void {
    while (node.group?.dirty === true) this.#carryOut(node, node.group, node.group.takeEffects())
    const { group } = node
    if (group === undefined) return
    this.invariants.observe(node.member, group)
    node.disk.flush()
    const deadlineMs = group.nextDeadlineMs
    if (deadlineMs !== node.ticksAtMs) {
      node.ticksAtMs = deadlineMs
      const { life } = node
      this.agenda.at(deadlineMs, () => {
        if (node.life !== life || node.group === undefined || node.ticksAtMs !== deadlineMs) return
        node.ticksAtMs = Infinity
        node.group.tick(this.nowMs)
        if (node.group.nextDeadlineMs <= this.nowMs) throw new Error(`member ${node.member} is due again at once`)
        this.carryOut(node)
      })
    }
  }

  #carryOut (node: Node, group: ReplicationGroup, effects: GroupEffects): void {
    const { disk } = node
    const { persist } = effects
    const { life } = node
    const whileAlive = (call: () => void) => () => { if (node.group !== undefined && node.life === life) call() }
    if (persist !== undefined) {
      this.invariants.stored(persist.entries, (index) => group.termAt(toLogIndex(index)))
      disk.add((content) => { content.store(persist) })
      disk.afterAll(whileAlive(() => { group.persisted(persist.token) }))
    }
    for (const { to, message } of effects.sendNow) this.send(node, to, message)
    if (effects.sendAfter.length > 0) {
      const release = whileAlive(() => { for (const { to, message } of effects.sendAfter) this.send(node, to, message) })
      if (this.options.fault === 'sends-before-flush') release()
      else disk.afterAll(release)
    }
    if (node.group !== group) return // a hook crashed it
    if (effects.steppedDown) {
      if (this.options.fault !== 'acknowledges-by-index') node.writes.clear()
      this.note(`${node.member} stepped down in term ${group.term}`)
    }
    this.#apply(node, effects)
    if (effects.becameLeader) {
      this.leaderChanges++
      this.note(`${node.member} leads term ${group.term}`)
      this.invariants.ledBy(node.member, group)
      this.hooks.led?.(node)
      if (node.group !== group) return
    }
    for (const id of effects.readsReady) this.#answer(node, id)
    for (const id of effects.readsRefused) {
      if (!node.reads.delete(id)) throw new Error(`member ${node.member} refused read ${id} twice`)
      node.readsRefused.push(id)
    }
    this.anomalies.push(...effects.anomalies)
    for (const to of effects.snapshotsWanted) streamSnapshot(this, node, to)
    if (persist !== undefined && persist.entries.length > 0) this.hooks.appended?.(node)
  }

  #apply (node: Node, { committed }: GroupEffects): void {
    if (committed.length === 0) return
    for (const entry of committed) {
      node.machine = this.invariants.applied(node.member, node.machine, entry, (member) => this.nodes[member - 1]?.disk.content, node.up.configuration)
      const pending = node.writes.get(entry.index)
      if (pending === undefined) continue
      node.writes.delete(entry.index)
      for (const { id, term } of pending) {
        const isMine = this.options.fault === 'acknowledges-by-index' || term === entry.term
        if (!isMine) continue
        if (writeOf(entry) !== id) throw new Error(`write ${id} was acknowledged, but ${writeOf(entry)} is at ${entry.index}`)
        this.invariants.acknowledged(entry.index)
        this.acknowledgedCount++
      }
    }
    const { machine } = node
    node.disk.add((content) => { content.machine = machine })
  }

  send (node: Node, to: MemberId, message: ReplicationMessage): void {
    if (node.group === undefined) return
    if (message.kind !== 'append') this.invariants.left(node.member, to, message, node.disk.content)
    if (this.hooks.drops?.(node, to, message) === true) return
    const target = this.node(to)
    this.network.send(node.member, to, () => { this.step(target, node.member, message) })
    this.hooks.sent?.(node, to, message)
  }
}

import { toEpoch } from '../base/index.js'
import type { BatchNumber, ClusterId, Epoch, Logger, MemberId, Multiaddr, NodeName, PeerId } from '../base/index.js'
import { applyMapCommand, describeFounding, findMapProblem, memberById, memberByName, memberByPeer, startFounding, stepFounding } from '../coordinator/index.js'
import type { FoundingEffect, FoundingInput, FoundingSetup, FoundingState } from '../coordinator/index.js'
import { encodeFoundingRecord, encodeNodeRecord, foundingKey, mapKey, nodeKey, sealRecord } from '../layout/index.js'
import type { NodeRecord } from '../layout/index.js'
import { encodeClusterMap } from '../../protocols/cluster/index.js'
import type { ClusterMap, ClusterMessage, MapCommand, RefusalCode } from '../../protocols/cluster/index.js'
import type { BootState } from './boot.js'
import { foundingSetup } from './founding-setup.js'
import type { GroupCommit } from './group-commit.js'
import type { NodeOptions } from './options.js'
import type { Outbox } from './outbox.js'
import type { RelocationMessage } from './relocation.js'
import type { Transport } from './ports.js'

/** Of the protocol between nodes; another version is refused, with the reason. */
const PROTOCOL_VERSION = 1
/** ms between two requests to be admitted, and from a new connection, which may be the coordinator's, to the next. */
const ADMIT_EVERY_MS = 1000
const ADMIT_SOON_MS = 20
/**
 * ms after which a node greets again where the other side's greeting did not come: one may be lost with its stream, and
 * would leave two nodes that are connected and do not know each other.
 */
const GREET_AGAIN_MS = 1000
/** ms after which a connection without greeting begins anew. */
const GREETING_MS_MAX = 5000
/** ms after the start in which nodes that cannot be reached are not worth a warning. */
const START_MS = 10_000
/** A new map goes to every connected peer at once where there are at most so many; the others hear its epoch by gossip. */
const MAP_PUSH_PEERS_MAX = 32

export type Hello = ClusterMessage & { readonly kind: 'hello' }

interface Link {
  hello: Hello | undefined
  /** When the link was made, or its last greeting came. */
  sinceMs: number
  /** When this node greeted last. */
  greetedMs: number
  /** The newest durable batch the peer had announced when the link was made: its greeting cannot say less. */
  readonly heardBefore: BatchNumber
  /** Both sides belong to the same cluster: everything but the cluster channel is listened to. */
  accepted: boolean
}

/** What the cluster's business needs of its node. */
export interface ClusterContext {
  readonly options: NodeOptions
  readonly commit: GroupCommit
  readonly outbox: Outbox
  readonly transport: Transport
  readonly log: Logger
  /** A peer of the same cluster is there. */
  accepted (peer: PeerId, hello: Hello): void
  /** This map is durable here. */
  mapChanged (map: ClusterMap): void
  /** Puts a change of the map into the system partition's log; false where this node is not the coordinator. */
  proposeMap (command: MapCommand): boolean
  /** A message about where replicas are, or who leaves. */
  relocation (from: PeerId, message: RelocationMessage): void
  /** The newer map does not have this node any more: it has left. */
  departed (): void
  /** The map as the system partition's master applied it; undefined where this node is not the coordinator. */
  coordinatorMap (): ClusterMap | undefined
  fatal (reason: string): void
}

/**
 * Which cluster this node belongs to and what its map says: greetings, founding, the map's spread, and admission
 * (DESIGN.md section 6). Nothing here elects anybody or places anything.
 */
export class Cluster {
  readonly #context: ClusterContext
  readonly #setup: FoundingSetup
  readonly #node: NodeRecord
  readonly #links = new Map<PeerId, Link>()
  readonly #heard = new Map<PeerId, BatchNumber>()
  readonly #said = new Set<string>()
  #founding: FoundingState
  /** Of the founding core's start; carried out by `begin`, when the rest of the node is there. */
  #firstEffects: readonly FoundingEffect[]
  #map: ClusterMap | undefined
  #clusterId: ClusterId | undefined
  #promiseBatch: BatchNumber
  #foundingAtMs = Infinity
  #admitAtMs = Infinity
  #lookAtMs = Infinity
  #refusal: string | undefined
  #hasLeft = false
  #nowMs: number
  readonly #startedMs: number

  constructor (context: ClusterContext, boot: BootState & { readonly node: NodeRecord }, nowMs: number) {
    this.#context = context
    this.#node = boot.node
    this.#nowMs = nowMs
    this.#startedMs = nowMs
    this.#setup = foundingSetup(context.options)
    this.#clusterId = boot.node.clusterId
    this.#map = boot.node.clusterId === undefined ? undefined : boot.map
    this.#promiseBatch = context.commit.durable
    for (const [peer, { heardBatch }] of boot.known) this.#heard.set(peer, heardBatch)
    const { state, effects } = startFounding(this.#setup, { record: boot.founding, clusterId: boot.node.clusterId }, nowMs)
    this.#founding = state
    this.#firstEffects = effects
  }

  /** Starts what the disk and the configuration ask for. */
  begin (nowMs: number): void {
    this.#nowMs = nowMs
    this.#carryOut(this.#firstEffects)
    this.#firstEffects = []
    if (this.#map !== undefined) {
      this.#context.mapChanged(this.#map)
      this.#admitAtMs = nowMs
    }
    if (this.#founding.phase.kind === 'proposing') this.#foundingAtMs = nowMs
  }

  get clusterId (): ClusterId | undefined {
    return this.#clusterId
  }

  get map (): ClusterMap | undefined {
    return this.#map
  }

  /** The map's epoch; 0 without one. */
  get epoch (): Epoch {
    return this.#map?.epoch ?? toEpoch(0)
  }

  /** This node's number in the map; undefined as long as it is not admitted. */
  get selfMember (): MemberId | undefined {
    return this.memberOf(this.#context.options.peer)
  }

  get nextDeadlineMs (): number {
    return Math.min(this.#foundingAtMs, this.#admitAtMs, this.#lookAtMs)
  }

  /** Why this node is no member yet, for a person. */
  get situation (): string {
    const waiting = describeFounding(this.#setup, this.#founding)
    if (this.#refusal !== undefined) return waiting === '' ? this.#refusal : `${waiting}; ${this.#refusal}`
    return waiting === '' ? 'waiting for the coordinator to admit this node' : waiting
  }

  memberOf (peer: PeerId): MemberId | undefined {
    return this.#map === undefined ? undefined : memberByPeer(this.#map, peer)?.id
  }

  peerOf (member: MemberId): PeerId | undefined {
    return this.#map === undefined ? undefined : memberById(this.#map, member)?.peer
  }

  /** Peers that hold replicas of what this node holds a replica of: they elect each other, and should not have to dial first. */
  replicaPeers (): ReadonlySet<PeerId> {
    const peers = new Set<PeerId>()
    const map = this.#map
    const self = this.selfMember
    if (map === undefined || self === undefined) return peers
    const members = new Set<MemberId>()
    for (const replicas of [map.systemVoters, ...map.partitions.map((partition) => partition.replicas)]) {
      if (replicas.includes(self)) for (const member of replicas) members.add(member)
    }
    for (const member of members) {
      const peer = this.peerOf(member)
      if (peer !== undefined) peers.add(peer)
    }
    return peers
  }

  /** Peers that may admit this node; empty once it is admitted, or before it knows a map. */
  admitters (): PeerId[] {
    if (this.#map === undefined || this.selfMember !== undefined || this.#hasLeft) return []
    return this.#map.systemVoters.flatMap((voter) => this.peerOf(voter) ?? [])
  }

  isAccepted (peer: PeerId): boolean {
    return this.#links.get(peer)?.accepted === true
  }

  /** Connected peers of this cluster. */
  get acceptedCount (): number {
    let count = 0
    for (const link of this.#links.values()) if (link.accepted) count++
    return count
  }

  /** Names of the connected peers that have greeted, of whatever cluster. */
  connectedNames (): NodeName[] {
    return [...this.#links.values()].flatMap((link) => link.hello?.name ?? [])
  }

  /** The newest durable batch a peer ever announced; 0 where it never did. */
  heardBatch (peer: PeerId): BatchNumber {
    return this.#heard.get(peer) ?? (0 as BatchNumber)
  }

  connected (peer: PeerId, nowMs: number): void {
    this.#nowMs = nowMs
    if (this.#links.has(peer)) return // a dial found the connection that stands
    const link: Link = { hello: undefined, accepted: false, sinceMs: nowMs, greetedMs: nowMs, heardBefore: this.heardBatch(peer) }
    this.#links.set(peer, link)
    this.#lookAtMs = Math.min(this.#lookAtMs, nowMs + GREET_AGAIN_MS)
    this.#greet(peer, link)
  }

  disconnected (peer: PeerId): void {
    this.#links.delete(peer)
  }

  /** A dial failed: said once for each address and reason, and shown while this node has no cluster. */
  dialFailed (target: string, reason: string, nowMs: number): void {
    this.#nowMs = nowMs
    if (this.#map === undefined) this.#refusal = `${target} cannot be reached: ${reason}`
    // Nodes are started one after another: that the others are not there yet is no news.
    const level = this.#nowMs - this.#startedMs < START_MS ? 'info' : 'warn'
    this.#sayOnce(`${target} ${reason} ${level}`, () => { this.#context.log[level]('a node cannot be reached', { target, reason }) })
  }

  /** What membership heard of a peer. */
  heard (peer: PeerId, epoch: Epoch, durableBatch: BatchNumber): void {
    if (durableBatch > this.heardBatch(peer)) this.#heard.set(peer, durableBatch)
    if (epoch > this.epoch) this.#context.outbox.cluster(peer, { kind: 'map-request', epoch: this.epoch })
  }

  /** The system partition's own replica applied a new map. */
  mapApplied (map: ClusterMap): void {
    this.#takeMap(map)
  }

  tick (nowMs: number): void {
    this.#nowMs = nowMs
    if (nowMs >= this.#foundingAtMs) {
      this.#foundingAtMs = Infinity
      this.#stepFounding({ kind: 'tick' })
    }
    if (nowMs >= this.#admitAtMs) this.#askAdmission(nowMs)
    if (nowMs >= this.#lookAtMs) this.#lookAfterUngreeted(nowMs)
  }

  /** Sees to links whose greeting did not come, or came before the other side belonged to a cluster. */
  #lookAfterUngreeted (nowMs: number): void {
    this.#lookAtMs = Infinity
    for (const [peer, link] of this.#links) {
      const { hello, sinceMs } = link
      if (hello !== undefined && (hello.clusterId !== undefined || this.#clusterId === undefined)) continue
      this.#lookAtMs = nowMs + GREET_AGAIN_MS
      if (nowMs - sinceMs >= GREETING_MS_MAX) this.#context.transport.hangUp(peer)
      else this.#greet(peer, link)
    }
  }

  step (from: PeerId, message: ClusterMessage, nowMs: number): void {
    this.#nowMs = nowMs
    const link = this.#links.get(from)
    if (link === undefined) return
    if (message.kind === 'hello') {
      this.#hello(from, link, message)
      return
    }
    const name = link.hello?.name
    if (name === undefined) return // nothing counts before the greeting
    switch (message.kind) {
      case 'refuse':
        this.#refused(from, name, message.code, message.reason)
        this.#stepFounding({ kind: 'refusal', peer: from, name, code: message.code, clusterId: message.clusterId })
        return
      case 'found-propose':
        this.#stepFounding({ kind: 'proposal', peer: from, name, clusterId: message.clusterId, configuration: message.configuration })
        return
      case 'found-accept':
        this.#stepFounding({ kind: 'acceptance', peer: from, name, clusterId: message.clusterId })
        return
      case 'map-request':
        if (this.epoch > message.epoch) this.#offerMap(from)
        return
      case 'map':
        if (this.#clusterId === undefined) this.#stepFounding({ kind: 'map', peer: from, name, map: message.map })
        else if (link.accepted && findMapProblem(message.map) === undefined) this.#takeMap(message.map)
        return
      case 'admit-request':
        if (link.accepted) this.#admit(from, message.name)
        return
      case 'placement-report':
      case 'change-request':
      case 'change-reply':
        if (link.accepted) this.#context.relocation(from, message)
    }
  }

  #hello (from: PeerId, link: Link, hello: Hello): void {
    const { commit, outbox } = this.#context
    if (hello.version !== PROTOCOL_VERSION) {
      this.#refuse(from, 'version', `this node speaks protocol version ${PROTOCOL_VERSION}, not ${hello.version}`)
      return
    }
    if (hello.heardBatch > commit.durable) {
      this.#context.fatal(`the disk of this node was rolled back: ${hello.name} heard of its batch ${hello.heardBatch}, and the disk ends at ${commit.durable}; a node without its newest data must not return as itself: restore the disk, or move the data directory away and let the node join as a new one`)
      return
    }
    if (link.hello === undefined && hello.durableBatch < link.heardBefore) {
      this.#refuse(from, 'disk_rolled_back', `batch ${link.heardBefore} of your disk was announced as durable, and now it ends at ${hello.durableBatch}`)
      return
    }
    if (hello.durableBatch > this.heardBatch(from)) this.#heard.set(from, hello.durableBatch)
    // Who greets again has not heard this node's greeting, or has restarted behind a connection that still seemed to stand.
    if (link.hello !== undefined && this.#nowMs - link.greetedMs >= GREET_AGAIN_MS / 2) this.#greet(from, link)
    link.hello = hello
    link.sinceMs = this.#nowMs
    this.#stepFounding({
      kind: 'hello', peer: from, name: hello.name, clusterId: hello.clusterId,
      // A node that was given no name for its cluster takes part in any; of founded clusters only the ids count.
      clusterName: hello.clusterName === '' || this.#setup.clusterName === '' || this.#clusterId !== undefined ? this.#setup.clusterName : hello.clusterName
    })
    this.#consider(from, link)
    if (hello.epoch > this.epoch && this.#clusterId === hello.clusterId) outbox.cluster(from, { kind: 'map-request', epoch: this.epoch })
  }

  /** Accepts a link whose other end belongs to this node's cluster. */
  #consider (peer: PeerId, link: Link): void {
    const { hello } = link
    const accepted = hello !== undefined && this.#clusterId !== undefined && hello.clusterId === this.#clusterId
    if (accepted && !link.accepted) {
      link.accepted = true
      if (this.#map !== undefined && this.selfMember === undefined) this.#admitAtMs = Math.min(this.#admitAtMs, this.#nowMs + ADMIT_SOON_MS)
      this.#context.accepted(peer, hello)
    }
    link.accepted = accepted
  }

  #greet (peer: PeerId, link: Link): void {
    link.greetedMs = this.#nowMs
    const { options, commit, transport } = this.#context
    this.#context.outbox.cluster(peer, {
      kind: 'hello',
      version: PROTOCOL_VERSION,
      clusterName: this.#map?.clusterName ?? this.#setup.clusterName,
      clusterId: this.#clusterId,
      name: options.name,
      generation: this.#node.generation,
      multiaddrs: transport.multiaddrs().map((multiaddr) => multiaddr.split('/p2p/')[0] as Multiaddr),
      http: options.http,
      epoch: this.epoch,
      durableBatch: commit.durable,
      heardBatch: this.heardBatch(peer)
    })
  }

  #refuse (peer: PeerId, code: RefusalCode, reason: string): void {
    this.#refusing(peer, code, reason)
    this.#context.outbox.cluster(peer, { kind: 'refuse', code, reason, clusterId: this.#clusterId })
  }

  /** A refusal is news on this side too: whoever looks here should see why two nodes do not come together. */
  #refusing (peer: PeerId, code: RefusalCode, reason: string): void {
    const name = this.#links.get(peer)?.hello?.name
    if (this.#map === undefined) this.#refusal = `${name ?? peer} was refused: ${reason}`
    this.#sayOnce(`refuse ${peer} ${code} ${reason}`, () => { this.#context.log.warn('refused a peer', { name, peer, code, reason }) })
  }

  #refused (from: PeerId, name: NodeName, code: RefusalCode, reason: string): void {
    if (code === 'disk_rolled_back') {
      this.#context.fatal(`${name} refused this node: ${reason}`)
      return
    }
    if (code === 'name_taken') {
      this.#refusal = `the name ${this.#context.options.name} is bound to another peer id (${reason}): this node lost its disk or is new; it answers requests and holds no data until it is asked to replace the old one, or is started under another name`
    } else if (this.selfMember === undefined) this.#refusal = `${name} refused this node: ${reason}`
    this.#sayOnce(`refused ${from} ${code} ${reason}`, () => { this.#context.log.warn('this node was refused', { by: name, peer: from, code, reason }) })
  }

  #stepFounding (input: FoundingInput): void {
    const { state, effects } = stepFounding(this.#setup, this.#founding, input, this.#nowMs)
    this.#founding = state
    this.#carryOut(effects)
  }

  /** In order; what is sent waits until every promise made before is durable. */
  #carryOut (effects: readonly FoundingEffect[]): void {
    const { commit, outbox } = this.#context
    for (const effect of effects) {
      switch (effect.kind) {
        case 'persist':
          commit.put(foundingKey(), encodeFoundingRecord(effect.record))
          this.#promiseBatch = commit.gathering
          break
        case 'found':
        case 'adopt':
          this.#belong(effect.map)
          this.#promiseBatch = commit.gathering
          break
        case 'send':
          if (effect.message.kind === 'refuse') this.#refusing(effect.peer, effect.message.code, effect.message.reason)
          commit.afterBatch(this.#promiseBatch, () => { outbox.cluster(effect.peer, effect.message) })
          break
        case 'offer-map':
          commit.afterBatch(this.#promiseBatch, () => { this.#offerMap(effect.peer) })
          break
        case 'wake':
          this.#foundingAtMs = Math.min(this.#foundingAtMs, effect.atMs)
      }
    }
  }

  /** Makes a cluster this node's own, for ever: id and map become durable together, and only then count. */
  #belong (map: ClusterMap): void {
    const { commit, log } = this.#context
    const memberId = memberByPeer(map, this.#context.options.peer)?.id
    commit.put(nodeKey(), encodeNodeRecord({ ...this.#node, clusterId: map.clusterId, memberId }))
    commit.put(mapKey(), sealRecord(mapKey(), encodeClusterMap(map)))
    commit.afterGathering(() => {
      log.info('this node belongs to a cluster', { clusterId: map.clusterId, epoch: map.epoch, admitted: memberId !== undefined })
      this.#clusterId = map.clusterId
      this.#map = map
      this.#refusal = undefined
      this.#context.mapChanged(map)
      this.#admitAtMs = this.#nowMs
      this.#lookAtMs = this.#nowMs + GREET_AGAIN_MS
      for (const [peer, link] of this.#links) {
        link.sinceMs = this.#nowMs
        this.#greet(peer, link)
        this.#consider(peer, link)
      }
    })
  }

  #takeMap (map: ClusterMap): void {
    const { commit, log, options } = this.#context
    if (map.clusterId !== this.#clusterId || map.epoch <= this.epoch) return
    const memberId = memberByPeer(map, options.peer)?.id
    log.info('a newer cluster map', { epoch: map.epoch, members: map.members.length, admitted: memberId !== undefined })
    if (memberId !== undefined && this.selfMember === undefined) {
      this.#refusal = undefined
      commit.put(nodeKey(), encodeNodeRecord({ ...this.#node, clusterId: map.clusterId, memberId }))
    }
    const leavesNow = memberId === undefined && this.selfMember !== undefined
    if (leavesNow) this.#hasLeft = true
    this.#map = map
    commit.put(mapKey(), sealRecord(mapKey(), encodeClusterMap(map)))
    commit.afterGathering(() => {
      if (this.#map === map) this.#context.mapChanged(map)
      if (leavesNow) this.#context.departed()
    })
    if (this.#context.coordinatorMap() !== undefined && this.#links.size <= MAP_PUSH_PEERS_MAX) {
      for (const [peer, link] of this.#links) if (link.accepted) this.#offerMap(peer)
    }
  }

  #offerMap (peer: PeerId): void {
    if (this.#map !== undefined) this.#context.outbox.cluster(peer, { kind: 'map', map: this.#map })
  }

  /** Asks whoever may be the coordinator, until the map has this node. */
  #askAdmission (nowMs: number): void {
    const { options, outbox } = this.#context
    this.#admitAtMs = Infinity
    if (this.#map === undefined || this.selfMember !== undefined || this.#hasLeft) return
    this.#admitAtMs = nowMs + ADMIT_EVERY_MS
    for (const peer of this.admitters()) {
      if (this.isAccepted(peer)) outbox.cluster(peer, { kind: 'admit-request', name: options.name })
    }
  }

  /** The coordinator's answer to a peer that asks to be admitted. */
  #admit (peer: PeerId, name: NodeName): void {
    const map = this.#context.coordinatorMap()
    if (map === undefined) return
    if (memberByPeer(map, peer) !== undefined) {
      this.#offerMap(peer)
      return
    }
    const command: MapCommand = { kind: memberByName(map, name) === undefined ? 'admit' : 'bind', name, peer }
    const { outcome } = applyMapCommand(map, command)
    if (typeof outcome === 'object') this.#refuse(peer, outcome.refused, outcome.reason)
    else if (outcome === 'changed') this.#context.proposeMap(command)
  }

  #sayOnce (what: string, say: () => void): void {
    if (this.#said.has(what)) return
    if (this.#said.size > 1000) this.#said.clear()
    this.#said.add(what)
    say()
  }
}

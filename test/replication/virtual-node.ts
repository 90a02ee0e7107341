import type { MemberId } from '../../src/base/index.js'
import type { GroupTuning, ReplicationGroup } from '../../src/replication/index.js'
import type { ReplicationMessage } from '../../protocols/replication/index.js'
import type { MachineState, VirtualDisk } from './virtual-disk.js'
import type { LinkBehaviour } from './virtual-world.js'

/** Bugs of a driver, to see that the checks find them. */
export type PlantedFault = 'none' | 'sends-before-flush' | 'acknowledges-by-index' | 'acknowledges-at-proposal' | 'reads-at-once' | 'loses-tail'

export interface ClusterOptions {
  readonly voters: number
  /** Nodes that are in no configuration at first. */
  readonly spares?: number
  readonly seed: string | number
  readonly tuning?: Partial<GroupTuning>
  readonly preferred?: MemberId
  readonly links?: LinkBehaviour
  /** ms of a flush, at least and at most. */
  readonly flushMs?: readonly [number, number]
  /** Whether all turns of a flush become one batch (default), or each its own. */
  readonly groupCommit?: boolean
  readonly snapshotMs?: readonly [number, number]
  /** ms at most for which a node gathers inputs into one turn (default 0: every input is a turn). */
  readonly turnMsMax?: number
  readonly fault?: PlantedFault
}

/** What chaos and scenarios listen to. */
export interface ClusterHooks {
  /** True: the message is lost. */
  drops? (from: Node, to: MemberId, message: ReplicationMessage): boolean
  sent? (from: Node, to: MemberId, message: ReplicationMessage): void
  appended? (node: Node): void
  led? (node: Node): void
  installing? (node: Node): void
}

export interface PendingWrite { readonly id: number, readonly term: number }
export interface PendingRead { readonly visible: number }

/** One member: its disk, and while it is up its group and its machine. */
export class Node {
  readonly member: MemberId
  readonly disk: VirtualDisk
  group: ReplicationGroup | undefined
  life = 0
  machine: MachineState
  /** While set, flushes take this long. */
  slowFlushMs: number | undefined
  readonly writes = new Map<number, PendingWrite[]>()
  readonly reads = new Map<number, PendingRead>()
  readonly readsReady: number[] = []
  readonly readsRefused: number[] = []
  ticksAtMs = Infinity
  isTurnDue = false
  /** A snapshot stream is being read. */
  streaming = false

  constructor (member: MemberId, disk: VirtualDisk) {
    this.member = member
    this.disk = disk
    this.machine = disk.content.machine
  }

  /** The group of a node that is up. */
  get up (): ReplicationGroup {
    if (this.group === undefined) throw new Error(`member ${this.member} is down`)
    return this.group
  }
}

import type { ChannelName, NodeTuning } from '../../src/node/index.js'
import type { LinkOptions } from '../network/link-options.js'

/**
 * One life of a cluster as data: what a person writes in `sim/scenarios/*.yaml`, what the nemesis draws from a seed and
 * what the shrinker reduces. Whatever a run does follows from (scenario, seed). Times are integer microseconds.
 */
export interface Scenario {
  readonly name: string
  /** Given, when, then: for a person. */
  readonly about: string
  /** 1 to 16 nodes, named node1, node2 … */
  readonly nodes: number
  /** A power of two. */
  readonly partitions: number
  /** Replica groups, the preferred master first; partition i goes to group i mod groups. Without: one group of all. */
  readonly groups: readonly (readonly string[])[] | undefined
  /** Copies of each partition that the coordinator places, and moves; 0: the groups place them for good. */
  readonly replicas: number
  readonly tuning: Partial<NodeTuning>
  /** Every link, unless a step says otherwise. */
  readonly network: LinkOptions
  readonly disk: DiskSpeed
  /** How long a node's turn waits for more inputs. */
  readonly turnUs: number
  /** Per node: clocks that begin elsewhere and run faster or slower. Missing: exact. */
  readonly clocks: Readonly<Record<string, Clock>>
  /** Per node: how many times slower than the others it computes. Missing: 1. */
  readonly slowness: Readonly<Record<string, number>>
  readonly clients: ClientLoad | undefined
  /** From the end of the warm-up until everything heals. */
  readonly durationUs: number
  /** Nodes that the warm-up does not start: a step does that names them or `any stopped`, or else the healing at the end. */
  readonly late: readonly string[]
  readonly steps: readonly Step[]
  readonly expect: Expectation
}

/** Time of one flush (write and fsync), uniform between the two. */
export interface DiskSpeed {
  readonly flushUsMin: number
  readonly flushUsMax: number
}

export interface Clock {
  /** What the clock shows when the world begins. */
  readonly offsetUs: number
  /** Parts per million it runs fast (slow where negative). */
  readonly driftPpm: number
}

/** Open-loop clients: operation k is due at a time of its own, whatever became of the others. */
export interface ClientLoad {
  readonly operationsPerSecond: number
  /** key-0 … */
  readonly keys: number
  /** Weights. */
  readonly sets: number
  readonly deletes: number
  readonly gets: number
  readonly timeoutUsMin: number
  readonly timeoutUsMax: number
  /** Times a client sends an operation again that was refused unchanged or whose outcome is unknown (with a new value). */
  readonly retries: number
}

/**
 * What must come out. Everything not named here is the default: no violated invariant, linearizable, every
 * acknowledged write present, replicas byte-equal, progress within ten election timeouts after healing.
 */
export interface Expectation {
  /** Names of invariants of which at least one must be violated: for scenarios that show that the checker bites. */
  readonly violated: readonly string[]
  /** Nodes that must have ended themselves, with a text their reason contains: detected damage. Others must not. */
  readonly ended: Readonly<Record<string, string>>
  /** Nodes that may be missing or stopped at the end, and whose replicas are not compared. */
  readonly lost: readonly string[]
  /** false: the cluster is not healed at the end, and no progress is required. */
  readonly heals: boolean
  /** At least so many acknowledged client operations. */
  readonly acknowledgedMin: number
  /** At most so many changes of master in the whole run after warm-up; undefined: any number. */
  readonly masterChangesMax: number | undefined
}

export interface Step {
  /** Unique in its scenario; keys the random choices of the step, so that removing others does not shift them. */
  readonly id: number
  readonly when: When
  readonly action: Action
}

export type When =
  /** After the end of the warm-up. */
  | { readonly kind: 'at', readonly atUs: number }
  /** The `nth` time (from 1) something happens, not before `fromUs`; then after `delayUs` more. */
  | {
    readonly kind: 'on'
    readonly event: TriggerEvent
    readonly partition: number | undefined
    /** Only where it happens on this node; undefined: on any. `it` in the action is the node where it happened. */
    readonly node: string | undefined
    readonly nth: number
    readonly fromUs: number
    readonly delayUs: number
  }

/** What a step can wait for; each is one kind of fact (`sim/observe/facts.ts`), or a client's acknowledged write. */
export type TriggerEvent =
  | 'started' | 'voted' | 'won' | 'deposed' | 'appended' | 'acknowledged' | 'committed'
  | 'installing' | 'installed' | 'answered'

/**
 * Which node: `node3`; `it` (where the trigger happened); `any`, `any running`, `any stopped`; `master of P`,
 * `slave of P` (one of them, drawn by the step's id), `coordinator`. A selector that matches nobody skips the step.
 */
export type NodeSelector = string

/** What of the unflushed writes a crash leaves: all lost (power), a prefix, any subset of the batches, or nothing lost (a killed process). */
export type CrashLoss = 'everything' | 'tail' | 'subset' | 'nothing'

export type Action =
  | { readonly do: 'crash', readonly node: NodeSelector, readonly loses: CrashLoss, readonly restartUs: number | undefined, /** Crash not now but after so many further effects (writes, sends, answers) of the node. */ readonly effects: number }
  | { readonly do: 'crash-all', readonly loses: CrashLoss, readonly restartUs: number | undefined }
  | { readonly do: 'start', readonly node: NodeSelector }
  | { readonly do: 'start-all' }
  /** Graceful: hands over masterships, says goodbye. */
  | { readonly do: 'stop', readonly node: NodeSelector }
  /** The disk and with it the identity are gone; the node starts again as another peer. */
  | { readonly do: 'wipe', readonly node: NodeSelector }
  | { readonly do: 'pause', readonly node: NodeSelector, readonly forUs: number }
  | { readonly do: 'slow', readonly node: NodeSelector, readonly factor: number, readonly forUs: number }
  | { readonly do: 'clock-jump', readonly node: NodeSelector, readonly byUs: number }
  | { readonly do: 'clock-drift', readonly node: NodeSelector, readonly ppm: number }
  /** No link between different groups, both ways. */
  | { readonly do: 'cut', readonly groups: readonly (readonly NodeSelector[])[] }
  | { readonly do: 'cut-one-way', readonly from: readonly NodeSelector[], readonly to: readonly NodeSelector[] }
  | { readonly do: 'isolate', readonly node: NodeSelector, readonly direction: 'both' | 'in' | 'out' }
  /** Two halves that only `node` sees. */
  | { readonly do: 'bridge', readonly node: NodeSelector }
  /** Every node sees only its neighbours: each a different majority. */
  | { readonly do: 'ring' }
  | { readonly do: 'chain' }
  /** Everybody sees only `node`. */
  | { readonly do: 'star', readonly node: NodeSelector }
  /** Cuts and heals the same cut again and again. */
  | { readonly do: 'flap', readonly groups: readonly (readonly NodeSelector[])[], readonly everyUs: number, readonly forUs: number }
  | { readonly do: 'heal' }
  /** Changes how the link behaves for a while; `forUs` undefined: until the end of the chaos. */
  | { readonly do: 'link', readonly from: NodeSelector, readonly to: NodeSelector, readonly set: Partial<LinkOptions>, readonly forUs: number | undefined }
  /** The connection breaks; frames under way are lost. */
  | { readonly do: 'reset', readonly from: NodeSelector, readonly to: NodeSelector }
  /** One side believes that the connection stands, the other that it is gone. */
  | { readonly do: 'half-open', readonly from: NodeSelector, readonly to: NodeSelector, readonly forUs: number }
  /** Everything sent on the channel in the next `forUs` is delivered once more, `delayUs` later. */
  | { readonly do: 'replay', readonly from: NodeSelector, readonly to: NodeSelector, readonly channel: ChannelName, readonly forUs: number, readonly delayUs: number }
  /** A frame of random bytes from an authenticated peer. */
  | { readonly do: 'garble', readonly from: NodeSelector, readonly to: NodeSelector, readonly channel: ChannelName }
  /** Gossip that is not so: `from` tells `to`, with proof, that `about` is dead, suspect or alive. Views decide nothing. */
  | { readonly do: 'rumour', readonly from: NodeSelector, readonly to: NodeSelector, readonly about: NodeSelector, readonly says: 'alive' | 'suspect' | 'dead' | 'left' }
  | { readonly do: 'disk', readonly node: NodeSelector, readonly fault: DiskFault, readonly forUs: number | undefined, readonly factor: number | undefined }
  /** Remembers what is durable now, under a name. */
  | { readonly do: 'image', readonly node: NodeSelector, readonly as: string }
  /** Crashes the node, puts the image in place of its disk and starts it again. */
  | { readonly do: 'restore', readonly node: NodeSelector, readonly from: string }
  | { readonly do: 'set', readonly key: string, readonly value: string, readonly through: NodeSelector, readonly timeoutUs: number, readonly answer: AnswerExpectation | undefined }
  | { readonly do: 'delete', readonly key: string, readonly through: NodeSelector, readonly timeoutUs: number, readonly answer: AnswerExpectation | undefined }
  | { readonly do: 'get', readonly key: string, readonly through: NodeSelector, readonly consistency: 'linearizable' | 'local', readonly timeoutUs: number, readonly answer: AnswerExpectation | undefined }
  /** Something must hold at this moment. */
  | { readonly do: 'check', readonly check: Check }

/**
 * stall: nothing is flushed; slow: flushes take `factor` times as long; full: no free space; fsync-error: the next flush
 * fails (`fsync-error-lands`: and is on the disk after a restart all the same); read-error: reads fail; bit-rot-log,
 * bit-rot-data, bit-rot-meta: one bit of one record flips; lies: flushes are acknowledged and lost at the next crash.
 */
export type DiskFault =
  | 'stall' | 'slow' | 'full' | 'fsync-error' | 'fsync-error-lands' | 'read-error'
  | 'bit-rot-log' | 'bit-rot-data' | 'bit-rot-meta' | 'lies'

/** `ok`, `unavailable`, `unknown`, `missing`, `failed` (any of the errors), or `value:TEXT`; anything else is a violation. */
export type AnswerExpectation = string

export type Check =
  /** Exactly one running node believes that it masters the partition, within `withinUs`. */
  | { readonly kind: 'one-master', readonly partition: number, readonly withinUs: number }
  /** Nobody among `nodes` masters the partition, within `withinUs`. */
  | { readonly kind: 'no-master-among', readonly partition: number, readonly nodes: readonly NodeSelector[], readonly withinUs: number }
  | { readonly kind: 'master', readonly partition: number, readonly node: NodeSelector, readonly withinUs: number }
  | { readonly kind: 'running', readonly node: NodeSelector, readonly running: boolean }
  /** All running replicas of the partition have applied the same, within `withinUs`. */
  | { readonly kind: 'caught-up', readonly partition: number, readonly withinUs: number }

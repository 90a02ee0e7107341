import type { PeerId } from '../../src/base/index.js'
import type { ChannelName, DiskEntry, DiskOperation, KeyRange, PartitionReport } from '../../src/node/index.js'
import type { TraceHash } from '../kernel/trace-hash.js'
import type { Fact, Observer, Violation } from '../observe/index.js'
import type { Watcher } from '../world/watcher.js'
import type { RecordedFault, RecordedOperation } from './recording.js'

/** Who wants to see everything that happens: a trace, a report. */
export interface RunSink {
  fact (fact: Fact): void
  sent (atUs: number, from: string, to: string, channel: ChannelName, payload: Uint8Array): void
  delivered (atUs: number, from: string, to: string, channel: ChannelName, payload: Uint8Array): void
  fault (fault: RecordedFault): void
  operation (operation: RecordedOperation): void
  violation (violation: Violation): void
}

/** What a frame and a batch are in the trace hash. */
const MARK = { started: 1, crashed: 2, submitted: 3, durable: 4, cleared: 5, sent: 6, delivered: 7, turned: 8 } as const

/** Passes everything that happens in a world to the trace hash, the observer and whoever else looks on. */
export class RunWatcher implements Watcher {
  readonly #hash: TraceHash
  readonly #observer: Observer
  readonly #sink: RunSink | undefined

  constructor (hash: TraceHash, observer: Observer, sink: RunSink | undefined) {
    this.#hash = hash
    this.#observer = observer
    this.#sink = sink
  }

  started (atUs: number, node: string, peer: PeerId, entries: (range: KeyRange) => DiskEntry[]): void {
    this.#mark(MARK.started, atUs, node)
    this.#observer.started(atUs, node, peer, entries)
  }

  crashed (atUs: number, node: string, entries: (range: KeyRange) => DiskEntry[]): void {
    this.#mark(MARK.crashed, atUs, node)
    this.#observer.crashed(atUs, node, entries)
  }

  submitted (atUs: number, node: string, operations: readonly DiskOperation[]): void {
    this.#mark(MARK.submitted, atUs, node)
    for (const operation of operations) {
      this.#hash.bytes(operation.key)
      if (operation.kind === 'put') this.#hash.bytes(operation.value)
    }
    this.#observer.submitted(atUs, node, operations)
  }

  durable (atUs: number, node: string, operations: readonly DiskOperation[]): void {
    this.#mark(MARK.durable, atUs, node)
    this.#observer.durable(atUs, node, operations)
  }

  cleared (atUs: number, node: string, keys: readonly Uint8Array[]): void {
    this.#mark(MARK.cleared, atUs, node)
    this.#observer.cleared(atUs, node, keys)
  }

  sent (atUs: number, node: string, to: string, channel: ChannelName, payload: Uint8Array): void {
    this.#mark(MARK.sent, atUs, node)
    this.#hash.bytes(payload)
    this.#observer.sent(atUs, node, to, channel, payload)
    this.#sink?.sent(atUs, node, to, channel, payload)
  }

  delivered (atUs: number, node: string, from: string, channel: ChannelName, payload: Uint8Array): void {
    this.#mark(MARK.delivered, atUs, node)
    this.#observer.delivered()
    this.#sink?.delivered(atUs, from, node, channel, payload)
  }

  turned (atUs: number, node: string, reports: () => readonly PartitionReport[]): void {
    this.#mark(MARK.turned, atUs, node)
    this.#observer.turned(atUs, node, reports)
  }

  #mark (mark: number, atUs: number, node: string): void {
    this.#hash.number(mark + 16 * node.charCodeAt(node.length - 1))
    this.#hash.number(atUs)
  }
}

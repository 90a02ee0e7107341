import type { PageData } from '../page-data.js'
import { decodeFact } from '../columns.js'
import { factText, operationText, partitionText } from '../format.js'

/** What an event is; the order is that among events of one moment. */
export const EVENT_KINDS = ['violation', 'fault', 'fact', 'operation', 'message'] as const
export type EventKind = typeof EVENT_KINDS[number]
const KIND_BITS = 8

export interface PageEvent {
  readonly kind: EventKind
  /** Its position among those of its kind. */
  readonly i: number
}

/** An event as one number, so that half a million of them are one array. */
export const eventId = (kind: EventKind, i: number): number => i * KIND_BITS + EVENT_KINDS.indexOf(kind)

export const eventOf = (id: number): PageEvent => ({ kind: EVENT_KINDS[id % KIND_BITS] ?? 'fact', i: Math.floor(id / KIND_BITS) })

/** The run, decoded for drawing. */
export class Model {
  readonly data: PageData
  readonly factUs: Float64Array
  readonly sentUs: Float64Array
  /** Delivered, or sent where lost. */
  readonly arrivedUs: Float64Array
  /** Every event by time. */
  readonly events: Float64Array<ArrayBuffer>
  readonly operationByNumber: ReadonlyMap<number, number>
  /** By operation: its place in the order found; -1: none. */
  readonly placeInOrder: Int32Array
  /** Positions of operations that are the first that cannot be placed. */
  readonly blocked: ReadonlySet<number>

  constructor (data: PageData) {
    this.data = data
    const { facts, messages, operations } = data
    this.factUs = sums(facts.atUs)
    this.sentUs = sums(messages.sentUs)
    this.arrivedUs = Float64Array.from(messages.tookUs, (tookUs, i) => (this.sentUs[i] ?? 0) + Math.max(tookUs, 0))
    this.operationByNumber = new Map(operations.map(({ number }, i) => [number, i]))
    this.placeInOrder = new Int32Array(operations.length).fill(-1)
    const blocked = new Set<number>()
    for (const { order, blocked: number } of data.keys) {
      order.forEach((each, place) => { this.placeInOrder[this.operationByNumber.get(each) ?? -1] = place })
      const i = this.operationByNumber.get(number)
      if (i !== undefined) blocked.add(i)
    }
    this.blocked = blocked
    this.events = this.#byTime()
  }

  isLost (message: number): boolean {
    return (this.data.messages.tookUs[message] ?? 0) < 0
  }

  messageText (message: number): string {
    return this.data.texts[this.data.messages.text[message] ?? 0] ?? ''
  }

  channel (message: number): string {
    return this.data.texts[this.data.messages.channel[message] ?? 0] ?? ''
  }

  atUs (id: number): number {
    const { kind, i } = eventOf(id)
    switch (kind) {
      case 'violation': return this.data.violations[i]?.atUs ?? 0
      case 'fault': return this.data.faults[i]?.fromUs ?? 0
      case 'fact': return this.factUs[i] ?? 0
      case 'operation': return this.data.operations[i]?.calledUs ?? 0
      case 'message': return this.sentUs[i] ?? 0
    }
  }

  endUs (id: number): number {
    const { kind, i } = eventOf(id)
    switch (kind) {
      case 'fault': return this.data.faults[i]?.toUs ?? 0
      case 'operation': return this.data.operations[i]?.returnedUs ?? this.atUs(id)
      case 'message': return this.arrivedUs[i] ?? 0
      default: return this.atUs(id)
    }
  }

  /** The node it is of, `*` for all. */
  nodeText (id: number): string {
    const { kind, i } = eventOf(id)
    const name = (node: number | undefined): string => this.data.nodes[node ?? -1] ?? '*'
    switch (kind) {
      case 'violation': return name(this.data.violations[i]?.node)
      case 'fault': return this.data.faults[i]?.nodes.map(name).join(' ') || '*'
      case 'fact': return name(this.data.facts.node[i])
      case 'operation': return this.data.operations[i]?.through ?? '*'
      case 'message': return name(this.data.messages.from[i])
    }
  }

  text (id: number): string {
    const { kind, i } = eventOf(id)
    const { data } = this
    switch (kind) {
      case 'violation': {
        const violation = data.violations[i]
        if (violation === undefined) return ''
        return `${violation.invariant}${violation.partition < 0 ? '' : ` (${partitionText(violation.partition)})`}: ${violation.text}`
      }
      case 'fault': return data.faults[i]?.text ?? ''
      case 'fact': return factText(decodeFact(data.facts, i, this.factUs[i] ?? 0, data.nodes, data.texts))
      case 'operation': {
        const operation = data.operations[i]
        return operation === undefined ? '' : operationText(operation)
      }
      case 'message': return `→ ${data.nodes[data.messages.to[i] ?? 0] ?? '?'} ${this.channel(i)}: ${this.messageText(i)}${this.isLost(i) ? ' ✕ lost' : ''}`
    }
  }

  #byTime (): Float64Array<ArrayBuffer> {
    const { violations, faults, facts, operations, messages } = this.data
    const counts = [violations.length, faults.length, facts.kind.length, operations.length, messages.text.length]
    const ids: number[] = []
    counts.forEach((count, code) => { for (let i = 0; i < count; i++) ids.push(i * KIND_BITS + code) })
    const times = Float64Array.from(ids, (id) => this.atUs(id))
    const order = Uint32Array.from(ids, (_, i) => i).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b)
    return Float64Array.from(order, (at) => ids[at] ?? 0)
  }
}

function sums (differences: readonly number[]): Float64Array {
  let sum = 0
  return Float64Array.from(differences, (difference) => sum += difference)
}

/** The first position whose time is not before. */
export function firstAt (count: number, timeOf: (i: number) => number, us: number): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    if (timeOf(middle) < us) low = middle + 1
    else high = middle
  }
  return low
}

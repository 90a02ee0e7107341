import type { ChannelName } from '../../src/node/index.js'
import type { Fact, Violation } from '../observe/facts.js'
import type { RecordedFault, RecordedMessage, RecordedOperation, Recording } from '../run/recording.js'
import { Window } from './window.js'

export interface RecorderOptions {
  /** What a frame says, for a person; asked only for what is kept. */
  readonly describe: (channel: ChannelName, payload: Uint8Array) => string
  /** Frames kept. Default 200,000: 80 virtual seconds of five busy nodes, and a page of some 20 MB. */
  readonly messagesMax?: number
  /** Facts kept of each of two sorts: what changes a role or a process, and what entries do. Default 200,000. */
  readonly factsMax?: number
  /** Default 200,000; the first ones are kept, as with faults and violations. */
  readonly operationsMax?: number
  /** Virtual µs around which frames and facts are kept. Default: the first violation. A run can be made again to look elsewhere. */
  readonly focusUs?: number
}

/** What only the end of a run can tell. */
export type Outcome = Pick<Recording, 'seed' | 'commit' | 'scenario' | 'traceHash' | 'linearizations' | 'warmUpEndUs' | 'healedUs' | 'endUs'>

const MESSAGES_MAX = 200_000
const FACTS_MAX = 200_000
const OPERATIONS_MAX = 200_000
const FAULTS_MAX = 20_000
const VIOLATIONS_MAX = 1000
/** Larger payloads are described at once, so that few bytes are held: a frame has usually 100. */
const PAYLOAD_HELD_BYTES_MAX = 2048

/** A frame under way or delivered. */
interface Entry {
  readonly sentUs: number
  deliveredUs: number | undefined
  readonly from: string
  readonly to: string
  readonly channel: ChannelName
  /** Until it is described. */
  readonly payload: Uint8Array | undefined
  readonly text: string | undefined
  /** What a person should know of it: `(again)`, `(injected)`. */
  readonly remark: string
  /** The same bytes to somebody else, sent before. */
  readonly other: Entry | undefined
}

interface Numbered {
  readonly number: number
  readonly fact: Fact
}

/**
 * Collects a run for a report: pure data, bounded. Of more frames and facts than there is room for, it prefers the last
 * ones before the first violation: what led to it explains more than the beginning. Facts that change a role or a
 * process are rare and have room of their own, so that the bands in the report stay whole. It fits the runner's sink.
 */
export class Recorder {
  readonly #describe: RecorderOptions['describe']
  readonly #operationsMax: number
  readonly #focusUs: number | undefined
  readonly #messages: Window<Entry>
  readonly #entryFacts: Window<Numbered>
  readonly #roleFacts: Window<Numbered>
  readonly #faults: RecordedFault[] = []
  readonly #operations: RecordedOperation[] = []
  readonly #violations: Violation[] = []
  /** By the very array that travels. */
  readonly #byPayload = new WeakMap<Uint8Array, Entry>()
  #factCount = 0
  #omitted = 0
  #isPast = false

  constructor (options: RecorderOptions) {
    this.#describe = options.describe
    this.#operationsMax = options.operationsMax ?? OPERATIONS_MAX
    this.#focusUs = options.focusUs
    this.#messages = new Window(options.messagesMax ?? MESSAGES_MAX)
    this.#entryFacts = new Window(options.factsMax ?? FACTS_MAX)
    this.#roleFacts = new Window(options.factsMax ?? FACTS_MAX)
  }

  fact (fact: Fact): void {
    this.#look(fact.atUs)
    const numbered = { number: this.#factCount++, fact }
    switch (fact.kind) {
      case 'appended':
      case 'acknowledged':
      case 'committed':
        this.#entryFacts.push(numbered)
        return
      default: this.#roleFacts.push(numbered)
    }
  }

  /** A frame leaves. @param payload the array that will be delivered: it is what is recognised */
  sent (atUs: number, from: string, to: string, channel: ChannelName, payload: Uint8Array): void {
    this.#look(atUs)
    const entry = this.#keep({ sentUs: atUs, deliveredUs: undefined, from, to, channel, remark: '', other: this.#byPayload.get(payload) }, payload)
    if (entry !== undefined) this.#byPayload.set(payload, entry)
  }

  /** A frame arrives: the first time, again, or without having been sent; where there is no room left, its sending was counted. */
  delivered (atUs: number, from: string, to: string, channel: ChannelName, payload: Uint8Array): void {
    this.#look(atUs)
    let entry = this.#byPayload.get(payload)
    while (entry !== undefined && !(entry.from === from && entry.to === to)) entry = entry.other
    if (entry !== undefined && entry.deliveredUs === undefined) entry.deliveredUs = atUs
    else if (entry !== undefined || !this.#messages.isFull) this.#keep({ sentUs: entry?.sentUs ?? atUs, deliveredUs: atUs, from, to, channel, remark: entry === undefined ? '(injected) ' : '(again) ', other: undefined }, payload)
  }

  fault (fault: RecordedFault): void {
    this.#first(this.#faults, fault, FAULTS_MAX)
  }

  operation (operation: RecordedOperation): void {
    this.#first(this.#operations, operation, this.#operationsMax)
  }

  violation (violation: Violation): void {
    this.#first(this.#violations, violation, VIOLATIONS_MAX)
    if (this.#focusUs === undefined) this.#pass()
  }

  finish (outcome: Outcome): Recording {
    const facts = [...this.#roleFacts.items(), ...this.#entryFacts.items()].sort((a, b) => a.number - b.number).map(({ fact }) => fact)
    const messages = this.#messages.items().map((entry) => this.#message(entry)).sort((a, b) => a.sentUs - b.sentUs)
    return {
      ...outcome, violations: this.#violations, facts, messages, faults: this.#faults, operations: this.#operations,
      omitted: this.#omitted + this.#messages.omitted + this.#entryFacts.omitted + this.#roleFacts.omitted
    }
  }

  #look (nowUs: number): void {
    if (this.#focusUs !== undefined && nowUs >= this.#focusUs && !this.#isPast) this.#pass()
  }

  #pass (): void {
    this.#isPast = true
    this.#messages.pass()
    this.#entryFacts.pass()
    this.#roleFacts.pass()
  }

  #keep (frame: Omit<Entry, 'payload' | 'text'>, payload: Uint8Array): Entry | undefined {
    if (this.#messages.isFull) {
      this.#omitted++
      return undefined
    }
    const isHeld = payload.length <= PAYLOAD_HELD_BYTES_MAX
    const entry = { ...frame, payload: isHeld ? payload : undefined, text: isHeld ? undefined : this.#describe(frame.channel, payload) }
    this.#messages.push(entry)
    return entry
  }

  #message ({ sentUs, deliveredUs, from, to, channel, payload, text, remark }: Entry): RecordedMessage {
    const said = text ?? (payload === undefined ? '' : this.#describe(channel, payload))
    return { sentUs, deliveredUs, from, to, channel, text: `${remark}${said}` }
  }

  #first<Item> (list: Item[], item: Item, max: number): void {
    if (list.length < max) list.push(item)
    else this.#omitted++
  }
}

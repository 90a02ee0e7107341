import type { ChannelName } from '../../src/node/index.js'
import { describeFrame } from '../observe/index.js'
import type { Fact, Violation } from '../observe/index.js'
import { formatFact, formatFault, formatLine, formatOperation, formatViolation } from '../report/index.js'
import type { RecordedFault, RecordedOperation, RunSink } from '../run/index.js'

/** One line per event, as it happens; client operations at the end. */
export class TraceSink implements RunSink {
  readonly #stream: { write (text: string): unknown }

  constructor (stream: { write (text: string): unknown }) {
    this.#stream = stream
  }

  fact (fact: Fact): void {
    this.#line(formatFact(fact))
  }

  sent (atUs: number, from: string, to: string, channel: ChannelName, payload: Uint8Array): void {
    this.#line(formatLine(atUs, from, `→ ${to} ${channel}: ${describeFrame(channel, payload)}`))
  }

  delivered (atUs: number, from: string, to: string, channel: ChannelName, payload: Uint8Array): void {
    this.#line(formatLine(atUs, to, `← ${from} ${channel}: ${describeFrame(channel, payload)}`))
  }

  fault (fault: RecordedFault): void {
    this.#line(formatFault(fault))
  }

  operation (operation: RecordedOperation): void {
    this.#line(formatOperation(operation))
  }

  violation (violation: Violation): void {
    this.#line(formatViolation(violation))
  }

  #line (line: string): void {
    this.#stream.write(`${line}\n`)
  }
}

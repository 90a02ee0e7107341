import type { ChannelName } from '../../src/node/index.js'
import type { Fact, Violation } from '../observe/index.js'
import type { RecordedFault, RecordedOperation, RunSink } from '../run/index.js'
export class TraceSink implements RunSink {
  readonly #out: { write (text: string): unknown }
  constructor (out: { write (text: string): unknown }) { this.#out = out }
  fact (fact: Fact): void { this.#out.write(`${JSON.stringify(fact)}\n`) }
  sent (_atUs: number, _from: string, _to: string, _channel: ChannelName, _payload: Uint8Array): void {}
  delivered (_atUs: number, _from: string, _to: string, _channel: ChannelName, _payload: Uint8Array): void {}
  fault (fault: RecordedFault): void { this.#out.write(`${JSON.stringify(fault)}\n`) }
  operation (_operation: RecordedOperation): void {}
  violation (violation: Violation): void { this.#out.write(`${JSON.stringify(violation)}\n`) }
}

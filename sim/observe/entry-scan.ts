import type { Reader } from '../../src/base/index.js'
import { decodeConfiguration } from '../../protocols/replication/index.js'
import { hashBytes } from './record-hash.js'

/** Of an entry (protocols/replication/log.ts). */
const CONFIGURATION_KIND = 4

/**
 * What the checks need of one log entry as it lies in a record or a frame (protocols/replication/log.ts): its term and
 * a hash of its kind and payload, without making anything of them. One scan is used again and again.
 */
export class EntryScan {
  term = 0
  hash = 0
  /** The voters of a configuration entry; undefined for any other. */
  voters: readonly number[] | undefined

  /**
   * @param reader over the entry, which ends at `end` of `bytes`
   * @param previousTerm of the entry before: left out where it is the same
   * @throws {DecodeError}
   */
  scan (reader: Reader, bytes: Uint8Array, end: number, previousTerm: number): void {
    let kind = 0
    let payloadStart = 0
    let payloadEnd = 0
    this.term = previousTerm
    for (let field = reader.field(); field !== 0; field = reader.field()) {
      if (field === 1) this.term = reader.uint()
      else if (field === 2) kind = reader.uint()
      else if (field === 3) {
        payloadStart = end - reader.remaining
        reader.skip()
        payloadEnd = end - reader.remaining
        // the length in front of the bytes
        while ((bytes[payloadStart++] as number) >= 0x80);
      } else reader.skip()
    }
    this.hash = hashBytes(bytes, kind, payloadStart, payloadEnd)
    this.voters = kind === CONFIGURATION_KIND ? decodeConfiguration(bytes.subarray(payloadStart, payloadEnd)).voters : undefined
  }
}

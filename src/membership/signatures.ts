import type { PeerId } from '../base/index.js'
import { SIGNATURE_SIZE_BYTES, encodeSelfStatement } from '../../protocols/membership/index.js'
import type { MemberRecord } from '../../protocols/membership/index.js'

/** What the core needs of keys: synchronous, and with the same result for the same bytes every time. */
export interface Signatures {
  /** SIGNATURE_SIZE_BYTES bytes by this node's own key. */
  sign (statement: Uint8Array): Uint8Array
  /** Whether `peer` itself signed these bytes; false also where its id holds no key. Never throws. */
  verify (peer: PeerId, statement: Uint8Array, signature: Uint8Array): boolean
}

/** Our own record as it may be told. */
export const signed = (record: Omit<MemberRecord, 'signature'>, signatures: Signatures): MemberRecord =>
  ({ ...record, signature: signatures.sign(encodeSelfStatement(record)) })

/** Whether the subject of a record made the announcement, or said the goodbye, that the record is about. */
export function isProven (record: MemberRecord, signatures: Signatures): boolean {
  return record.signature.length === SIGNATURE_SIZE_BYTES && signatures.verify(record.peer, encodeSelfStatement(record), record.signature)
}

/** Whether two records carry the same bytes as their proof; false where they carry none. */
export function isSameProof (a: MemberRecord, b: MemberRecord): boolean {
  return a.signature.length === SIGNATURE_SIZE_BYTES && Buffer.compare(a.signature, b.signature) === 0
}

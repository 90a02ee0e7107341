import type { PeerId } from '../base/index.js'
import type { MemberRecord } from '../../protocols/membership/index.js'
import { asOpinion } from './precedence.js'

/** As a record is kept on disk and in the address book: an unproven suspicion is not remembered. */
export const asRemembered = (record: MemberRecord): MemberRecord =>
  record.health === 'suspect' ? asOpinion(record, 'alive') : record

/**
 * Peers that once were members and of which nothing current is known: from disk, heard of only as dead, or dead for so
 * long that they were forgotten. They are knocked at, never told of, and what they last announced is a floor: nothing
 * older brings them back into the list (chitchat #155).
 */
export class AddressBook {
  readonly #records = new Map<PeerId, MemberRecord>()
  readonly #sizeMax: number

  constructor (sizeMax: number) {
    this.#sizeMax = sizeMax
  }

  get size (): number {
    return this.#records.size
  }

  get (peer: PeerId): MemberRecord | undefined {
    return this.#records.get(peer)
  }

  /** Remembers a record; returns who had to give way for it. */
  put (record: MemberRecord): PeerId | undefined {
    this.#records.delete(record.peer)
    this.#records.set(record.peer, asRemembered(record))
    if (this.#records.size <= this.#sizeMax) return undefined
    const [oldest] = this.#records.keys()
    if (oldest !== undefined) this.#records.delete(oldest)
    return oldest
  }

  delete (peer: PeerId): void {
    this.#records.delete(peer)
  }

  /** The one untouched the longest first. */
  records (): MemberRecord[] {
    return [...this.#records.values()]
  }

  peers (): PeerId[] {
    return [...this.#records.keys()]
  }
}

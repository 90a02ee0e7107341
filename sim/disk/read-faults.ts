import type { DiskEntry, DiskError } from '../../src/node/ports.js'
import { idOf } from './byte-map.js'

/** What goes wrong when a process reads its disk; what lies on the disk stays as it is. */
export class ReadFaults {
  /** All reads fail with it. */
  failure: DiskError | undefined
  /** By id of the key: how many bytes of the value come back. */
  readonly #lengths = new Map<string, number>()

  /** Reads of this key bring only so many bytes of its value. */
  shorten (key: Uint8Array, length: number): void {
    this.#lengths.set(idOf(key), length)
  }

  endShortReads (): void {
    this.#lengths.clear()
  }

  /** The value as a process gets it. */
  value (key: Uint8Array, value: Uint8Array | undefined): Uint8Array | undefined {
    if (this.#lengths.size === 0 || value === undefined) return value
    const length = this.#lengths.get(idOf(key))
    return length === undefined ? value : value.subarray(0, length)
  }

  /** The entries as a process gets them. */
  entries (entries: DiskEntry[]): DiskEntry[] {
    if (this.#lengths.size === 0) return entries
    return entries.map(({ key, value }) => ({ key, value: this.value(key, value) ?? value }))
  }
}

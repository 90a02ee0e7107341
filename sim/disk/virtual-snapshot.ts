import { DiskError } from '../../src/node/ports.js'
import type { DiskEntry, DiskSnapshot, KeyRange } from '../../src/node/ports.js'
import type { ByteMap } from './byte-map.js'
import type { ReadFaults } from './read-faults.js'

/** A snapshot of a `VirtualDisk`: what was there, until it is closed or its process is gone. */
export class VirtualSnapshot implements DiskSnapshot {
  readonly #map: ByteMap
  readonly #faults: ReadFaults
  readonly #checkDisk: () => void
  #open = true

  /**
   * @param map a fork of its own
   * @param checkDisk throws where the disk cannot be read, or no longer by the process that took the snapshot
   */
  constructor (map: ByteMap, faults: ReadFaults, checkDisk: () => void) {
    this.#map = map
    this.#faults = faults
    this.#checkDisk = checkDisk
  }

  get (key: Uint8Array): Uint8Array | undefined {
    this.#check()
    return this.#faults.value(key, this.#map.get(key))
  }

  async * range (range: KeyRange, chunkBytes: number): AsyncGenerator<readonly DiskEntry[], void, undefined> {
    this.#check()
    let chunk: DiskEntry[] = []
    let sizeBytes = 0
    for (const entry of this.#faults.entries(this.#map.entries(range))) {
      chunk.push(entry)
      sizeBytes += entry.key.length + entry.value.length
      if (sizeBytes <= chunkBytes) continue
      yield chunk
      this.#check()
      chunk = []
      sizeBytes = 0
    }
    if (chunk.length > 0) yield chunk
  }

  close (): void {
    if (this.#open) this.#map.release()
    this.#open = false
  }

  #check (): void {
    if (!this.#open) throw new DiskError('read_failed', 'the snapshot is closed')
    this.#checkDisk()
  }
}

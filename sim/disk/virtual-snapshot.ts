import { DiskError } from '../../src/node/ports.js'
import type { DiskEntry, DiskSnapshot, KeyRange } from '../../src/node/ports.js'
import type { SortedMap } from './sorted-map.js'

/** A snapshot of a `VirtualDisk`: the map as it was, until it is closed or its process is gone. */
export class VirtualSnapshot implements DiskSnapshot {
  readonly #map: SortedMap
  readonly #checkDisk: () => void
  #open = true

  /** @param checkDisk throws where the disk cannot be read, or no longer by this process */
  constructor (map: SortedMap, checkDisk: () => void) {
    this.#map = map
    this.#checkDisk = checkDisk
  }

  get (key: Uint8Array): Uint8Array | undefined {
    this.#checkReadable()
    return this.#map.get(key)
  }

  async * range (range: KeyRange, chunkBytes: number): AsyncGenerator<readonly DiskEntry[], void, undefined> {
    let chunk: DiskEntry[] = []
    let sizeBytes = 0
    for (const entry of this.#map.entries(range)) {
      this.#checkReadable()
      chunk.push(entry)
      sizeBytes += entry.key.length + entry.value.length
      if (sizeBytes <= chunkBytes) continue
      yield chunk
      chunk = []
      sizeBytes = 0
    }
    this.#checkReadable()
    if (chunk.length > 0) yield chunk
  }

  close (): void {
    this.#open = false
  }

  #checkReadable (): void {
    if (!this.#open) throw new DiskError('read_failed', 'the snapshot is closed')
    this.#checkDisk()
  }
}

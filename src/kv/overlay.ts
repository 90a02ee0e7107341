import { assert, type BatchNumber } from '../base/index.js'
import { keyText } from './key-text.js'
import type { StoredValue } from './types.js'

interface OverlayEntry {
  value: StoredValue | undefined
  /** The batch of the newest write. */
  batch: BatchNumber
}

/** What the overlay holds of a key; `value` undefined: deleted, and the database is not to be asked. */
export interface OverlayHit {
  readonly value: StoredValue | undefined
}

/**
 * Values that are applied and not yet in the database (DESIGN.md section 5, "Applied means readable"): consulted first,
 * by reads and by conditions. Bounded by what the driver lets gather while a batch is being flushed; see `sizeBytes`.
 */
export class Overlay {
  readonly #entries = new Map<string, OverlayEntry>()
  /** Keys by the batch that wrote them, oldest batch first; a key that was written again later appears again. */
  readonly #batches: Array<{ readonly batch: BatchNumber, readonly texts: string[] }> = []
  #sizeBytes = 0

  /** Bytes of the keys and values held. */
  get sizeBytes (): number {
    return this.#sizeBytes
  }

  get count (): number {
    return this.#entries.size
  }

  /** @param batch the storage batch that carries the write; never lower than the one before */
  put (key: Uint8Array, value: StoredValue | undefined, batch: BatchNumber): void {
    let newest = this.#batches.at(-1)
    assert(newest === undefined || newest.batch <= batch, `batch ${batch} comes after batch ${newest?.batch}`)
    if (newest === undefined || newest.batch < batch) {
      newest = { batch, texts: [] }
      this.#batches.push(newest)
    }
    const text = keyText(key)
    const entry = this.#entries.get(text)
    if (entry === undefined) {
      this.#entries.set(text, { value, batch })
      this.#sizeBytes += text.length + valueSize(value)
      newest.texts.push(text)
      return
    }
    this.#sizeBytes += valueSize(value) - valueSize(entry.value)
    if (entry.batch !== batch) newest.texts.push(text)
    entry.value = value
    entry.batch = batch
  }

  /** Undefined: ask the database. */
  get (key: Uint8Array): OverlayHit | undefined {
    return this.#entries.size === 0 ? undefined : this.#entries.get(keyText(key))
  }

  /** Drops every key whose newest write is in `batch` or an earlier one; takes time for the writes of those batches only. */
  release (batch: BatchNumber): void {
    let releasedCount = 0
    for (const { batch: written, texts } of this.#batches) {
      if (written > batch) break
      releasedCount++
      for (const text of texts) {
        const entry = this.#entries.get(text)
        if (entry === undefined || entry.batch > batch) continue
        this.#entries.delete(text)
        this.#sizeBytes -= text.length + valueSize(entry.value)
      }
    }
    this.#batches.splice(0, releasedCount)
  }
}

const valueSize = (value: StoredValue | undefined): number => value?.value.length ?? 0

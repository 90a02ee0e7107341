import type { DiskEntry, DiskOperation, KeyRange } from '../../src/node/ports.js'

/** Entries per chunk at most: copying one costs about as much as finding a key among 100,000. */
const CHUNK_ENTRIES_MAX = 128

interface Chunk {
  readonly keys: Uint8Array[]
  readonly values: Uint8Array[]
  /** The change that made this chunk and may go on changing it. */
  readonly owner: object
}

/**
 * A persistent ordered map from bytes to bytes: `with` returns a new one and leaves the old as it was, so a snapshot is
 * a reference. It is a sorted list of sorted, non-empty chunks; a change copies the list once and each chunk it touches
 * once. Keys and values are kept as they are, not copied.
 */
export class SortedMap {
  static readonly empty = new SortedMap([])
  readonly #chunks: readonly Chunk[]

  private constructor (chunks: readonly Chunk[]) {
    this.#chunks = chunks
  }

  get size (): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.keys.length, 0)
  }

  get (key: Uint8Array): Uint8Array | undefined {
    const chunk = this.#chunks[chunkIndex(this.#chunks, key)]
    if (chunk === undefined) return undefined
    const index = lowerBound(chunk.keys, key)
    return isAt(chunk.keys, index, key) ? chunk.values[index] : undefined
  }

  /** Entries of a range in byte order of the keys. */
  * entries ({ from, to }: KeyRange): Generator<DiskEntry, void, undefined> {
    for (let at = chunkIndex(this.#chunks, from); at < this.#chunks.length; at++) {
      const { keys, values } = this.#chunks[at] as Chunk
      for (let index = lowerBound(keys, from); index < keys.length; index++) {
        const key = keys[index] as Uint8Array
        if (Buffer.compare(key, to) >= 0) return
        yield { key, value: values[index] as Uint8Array }
      }
    }
  }

  /** The map after these operations, one after the other: the last one on a key wins. */
  with (operations: readonly DiskOperation[]): SortedMap {
    const owner = {}
    const chunks = this.#chunks.slice()
    for (const operation of operations) {
      if (operation.kind === 'put') put(chunks, owner, operation.key, operation.value)
      else remove(chunks, owner, operation.key)
    }
    return new SortedMap(chunks)
  }
}

function put (chunks: Chunk[], owner: object, key: Uint8Array, value: Uint8Array): void {
  if (chunks.length === 0) {
    chunks.push({ keys: [key], values: [value], owner })
    return
  }
  const at = chunkIndex(chunks, key)
  const chunk = own(chunks, owner, at)
  const index = lowerBound(chunk.keys, key)
  if (isAt(chunk.keys, index, key)) {
    chunk.values[index] = value
    return
  }
  chunk.keys.splice(index, 0, key)
  chunk.values.splice(index, 0, value)
  if (chunk.keys.length <= CHUNK_ENTRIES_MAX) return
  // Keys that only grow, as a log's do, leave full chunks behind; others split in halves.
  const half = index === chunk.keys.length - 1 ? index : chunk.keys.length >>> 1
  chunks.splice(at + 1, 0, { keys: chunk.keys.splice(half), values: chunk.values.splice(half), owner })
}

function remove (chunks: Chunk[], owner: object, key: Uint8Array): void {
  const at = chunkIndex(chunks, key)
  const found = chunks[at]
  if (found === undefined) return
  const index = lowerBound(found.keys, key)
  if (!isAt(found.keys, index, key)) return
  if (found.keys.length === 1) {
    chunks.splice(at, 1)
    return
  }
  const chunk = own(chunks, owner, at)
  chunk.keys.splice(index, 1)
  chunk.values.splice(index, 1)
}

/** The chunk at this index, copied unless this change made it. */
function own (chunks: Chunk[], owner: object, at: number): Chunk {
  const chunk = chunks[at] as Chunk
  if (chunk.owner === owner) return chunk
  const copy = { keys: chunk.keys.slice(), values: chunk.values.slice(), owner }
  chunks[at] = copy
  return copy
}

/** The last chunk that begins at or before `key`, or the first. */
function chunkIndex (chunks: readonly Chunk[], key: Uint8Array): number {
  let low = 0
  let high = chunks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (Buffer.compare((chunks[middle] as Chunk).keys[0] as Uint8Array, key) <= 0) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

/** The first index whose key is not before `key`. */
function lowerBound (keys: readonly Uint8Array[], key: Uint8Array): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (Buffer.compare(keys[middle] as Uint8Array, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

const isAt = (keys: readonly Uint8Array[], index: number, key: Uint8Array): boolean =>
  index < keys.length && Buffer.compare(keys[index] as Uint8Array, key) === 0

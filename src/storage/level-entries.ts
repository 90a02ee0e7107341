import type { ClassicLevel, Snapshot } from 'classic-level'
import type { DiskEntry, KeyRange } from '../node/ports.js'
import { toDiskError } from './disk-errors.js'
import type { KeyCursor } from './write-queue.js'

export type Database = ClassicLevel<Uint8Array, Uint8Array>

/** Entries per chunk at most, however small: turning 1000 into JavaScript objects holds up the event loop about 1 ms. */
const CHUNK_ENTRIES_MAX = 1000

/** Keys deleted per step of a clear: enough that the fsync of each step is small beside its work. */
const CLEAR_KEYS_MAX = 2000
const CLEAR_CHUNK_BYTES = 256 * 1024

/**
 * The entries of a range in key order. LevelDB skips a damaged block and reports it when the iteration ends: what was
 * read counts only once the last chunk came without an error.
 * @throws {DiskError} while iterating
 */
export async function * readChunks (
  database: Database, range: KeyRange, chunkBytes: number, snapshot?: Snapshot
): AsyncGenerator<readonly DiskEntry[], void, undefined> {
  try {
    const iterator = database.iterator({
      gte: range.from, lt: range.to, fillCache: false, highWaterMarkBytes: chunkBytes, snapshot
    })
    try {
      for (;;) {
        const entries = await iterator.nextv(CHUNK_ENTRIES_MAX)
        if (entries.length === 0) return
        yield entries.map(([key, value]) => ({ key, value }))
      }
    } finally {
      await iterator.close()
    }
  } catch (thrown) {
    throw toDiskError(thrown, 'read_failed', 'a range could not be read')
  }
}

/** The keys that a clear deletes. */
export function openKeys (database: Database, range: KeyRange): KeyCursor {
  const iterator = database.keys({
    gte: range.from, lt: range.to, fillCache: false, highWaterMarkBytes: CLEAR_CHUNK_BYTES
  })
  return {
    next: () => iterator.nextv(CLEAR_KEYS_MAX).catch((thrown: unknown) => {
      throw toDiskError(thrown, 'read_failed', 'a range to be cleared could not be read')
    }),
    close: () => iterator.close()
  }
}

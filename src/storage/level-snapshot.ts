import type { Snapshot } from 'classic-level'
import type { DiskEntry, DiskSnapshot, KeyRange } from '../node/ports.js'
import { toDiskError } from './disk-errors.js'
import { readChunks } from './level-entries.js'
import type { Database } from './level-entries.js'

/** A LevelDB snapshot. It pins what was overwritten since until it is closed; a range that is not read to its end by then fails. */
export class LevelSnapshot implements DiskSnapshot {
  readonly #database: Database
  readonly #snapshot: Snapshot
  /** Whole, so that `level` need not complete it on every read. */
  readonly #options: { readonly snapshot: Snapshot, readonly keyEncoding: 'view', readonly valueEncoding: 'view', readonly fillCache: false }

  constructor (database: Database) {
    this.#database = database
    try {
      this.#snapshot = database.snapshot()
    } catch (thrown) {
      throw toDiskError(thrown, 'read_failed', 'no snapshot can be taken')
    }
    this.#options = { snapshot: this.#snapshot, keyEncoding: 'view', valueEncoding: 'view', fillCache: false }
  }

  get (key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#database.getSync<Uint8Array, Uint8Array>(key, this.#options)
    } catch (thrown) {
      throw toDiskError(thrown, 'read_failed', 'a key could not be read')
    }
  }

  range (range: KeyRange, chunkBytes: number): AsyncIterable<readonly DiskEntry[]> {
    return readChunks(this.#database, range, chunkBytes, this.#snapshot)
  }

  close (): void {
    void this.#snapshot.close() // releases at once; a rejection would be a bug and stops the process
  }
}

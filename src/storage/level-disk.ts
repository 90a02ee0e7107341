import { DiskError } from '../node/ports.js'
import type { Disk, DiskEntry, DiskOperation, DiskSnapshot, KeyRange } from '../node/ports.js'
import { removePid } from './claim.js'
import { toDiskError } from './disk-errors.js'
import type { FreeSpace } from './free-space.js'
import { readChunks } from './level-entries.js'
import type { Database } from './level-entries.js'
import { LevelSnapshot } from './level-snapshot.js'
import { LevelTarget } from './level-target.js'
import { WriteQueue } from './write-queue.js'
import type { Done } from './write-queue.js'

const SCAN_CHUNK_BYTES = 256 * 1024

/** What `openLevelDisk` found and made. */
export interface OpenedDirectory {
  readonly directory: string
  readonly database: Database
  readonly free: FreeSpace
  /** Whether the marker is there already. */
  readonly marked: boolean
  /** Gives up this process's claim on the directory. */
  readonly release: () => void
}

/**
 * The `Disk` of a running node: one LevelDB database, every batch synced.
 *
 * A batch becomes visible to `get` and `snapshot` at one moment between its fsync and its `done`, so what is visible is
 * durable, but a turn may see it before it was told; nothing may rely on reading what was not told yet. Reads block the
 * event loop for one lookup (5–10 µs from memory, a disk access otherwise). Records are checked a layer above: LevelDB
 * does not verify its checksums on reads.
 */
export class LevelDisk implements Disk {
  readonly #opened: OpenedDirectory
  readonly #database: Database
  readonly #queue: WriteQueue
  #closed: Promise<void> | undefined

  constructor (opened: OpenedDirectory) {
    this.#opened = opened
    this.#database = opened.database
    this.#queue = new WriteQueue(new LevelTarget(opened.directory, opened.database, opened.free, opened.marked))
  }

  get (key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#database.getSync(key)
    } catch (thrown) {
      throw toDiskError(thrown, 'read_failed', 'a key could not be read')
    }
  }

  write (operations: readonly DiskOperation[], done: Done): void {
    this.#queue.write(operations, done)
  }

  /**
   * Deletes what is in the range once all earlier writes are durable. A later write into the range waits for it, one
   * outside may be done earlier. After a crash any part of the range may be gone.
   */
  clear (range: KeyRange, done: Done): void {
    this.#queue.clear(range, done)
  }

  snapshot (): DiskSnapshot {
    return new LevelSnapshot(this.#database)
  }

  freeBytes (): number {
    return this.#opened.free.bytes
  }

  /** All entries of a range at once, read in bounded chunks: for loading what must be in memory. @throws {DiskError} */
  async scan (range: KeyRange): Promise<DiskEntry[]> {
    const found: DiskEntry[] = []
    for await (const chunk of readChunks(this.#database, range, SCAN_CHUNK_BYTES)) {
      for (const entry of chunk) found.push(entry)
    }
    return found
  }

  /** Waits for the writes called before, then gives the directory up. Later calls fail. Closing twice is once. */
  async close (): Promise<void> {
    this.#closed ??= this.#close()
    await this.#closed
  }

  async #close (): Promise<void> {
    const { directory, free, release } = this.#opened
    await this.#queue.close(new DiskError('write_failed', `the disk in ${directory} is closed`))
    free.stop()
    await removePid(directory) // while LevelDB's lock still keeps the next owner from writing its own
    await this.#database.close()
    release()
  }
}

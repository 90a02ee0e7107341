import { assert } from '../base/index.js'

const MEBIBYTE = 1024 * 1024

/**
 * The figures of one node's database. LevelDB takes at most two write buffers, the cache and about 35 KiB of index and
 * filter per open table of 2 MiB; open tables are also mapped, which counts as resident memory but can be taken back.
 * With the defaults a bare process that loaded, or read all of, 100,000 keys of 22 bytes with values of 100 took 94 MiB
 * at most, 1,000,000 keys 226 MiB, 160 of them mapped files (Node.js alone: 51 MiB).
 */
export interface LevelDiskOptions {
  /** Bytes of decompressed blocks kept. Up: fewer reads of tables that compress; down: less memory. Tables that do not compress are read through the page cache and never take any of it. */
  readonly cacheBytes: number
  /** Bytes gathered in memory and in one log file before they become a table. Up: log records that live shortly never reach a table, and fewer compactions (4, 8 and 16 MiB wrote 243, 183 and 174 MiB for the same 300,000 keys and their log); down: less memory (there are two) and a faster start after a crash. */
  readonly writeBufferBytes: number
  /** Tables of 2 MiB kept open. Up: fewer re-opens in databases larger than this; down: less memory and fewer descriptors. LevelDB's own minimum is 74. */
  readonly openFilesMax: number
  /** Bytes of the file system that `freeBytes` never counts. Up: more room for compaction before LevelDB fails for good; down: more of a small disk is usable. At least eight write buffers: what is in flight has to fit twice over, as log and as table, while a compaction holds input and output. */
  readonly reserveBytes: number
}

export const defaultLevelDiskOptions: LevelDiskOptions = {
  cacheBytes: 8 * MEBIBYTE,
  writeBufferBytes: 8 * MEBIBYTE,
  openFilesMax: 256,
  reserveBytes: 64 * MEBIBYTE
}

/** Fills in the defaults and asserts the relations between the figures. */
export function toLevelDiskOptions (chosen: Partial<LevelDiskOptions>): LevelDiskOptions {
  const options = { ...defaultLevelDiskOptions, ...chosen }
  for (const [name, value] of Object.entries(options)) {
    assert(Number.isSafeInteger(value) && value >= 0, `${name} must be a safe non-negative integer, got ${String(value)}`)
  }
  assert(options.writeBufferBytes >= 64 * 1024, `writeBufferBytes must be at least 64 KiB, got ${options.writeBufferBytes}`)
  assert(options.openFilesMax >= 74, `openFilesMax must be at least 74, got ${options.openFilesMax}`)
  assert(
    options.reserveBytes >= 8 * options.writeBufferBytes,
    `reserveBytes (${options.reserveBytes}) must hold eight write buffers of ${options.writeBufferBytes}`
  )
  return options
}

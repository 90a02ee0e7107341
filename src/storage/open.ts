import { ClassicLevel } from 'classic-level'
import { Level } from 'level'
import { assert } from '../base/index.js'
import { DiskError } from '../node/ports.js'
import { claimDirectory, describeHolder, writePid } from './claim.js'
import { describeCause, hasCode, toDiskError } from './disk-errors.js'
import { makeDirectory, syncDirectory } from './durable-file.js'
import { FreeSpace } from './free-space.js'
import { LevelDisk } from './level-disk.js'
import type { Database } from './level-entries.js'
import { databaseDirectory, inspectDirectory, writeMarker } from './marker.js'
import { toLevelDiskOptions } from './options.js'
import type { LevelDiskOptions } from './options.js'

/**
 * Opens the database of a node in `directory`, which this process then holds alone; makes both where the directory was
 * never written to. Neither reads nor copies LevelDB's LOCK file, and nothing in this process may, nor copy the
 * directory while it is open: that drops the lock.
 * @throws {DiskError} `locked`, `lost`, `corrupt`, `full`, or `read_failed` where the file system refused
 */
export async function openLevelDisk (directory: string, chosen: Partial<LevelDiskOptions> = {}): Promise<LevelDisk> {
  const options = toLevelDiskOptions(chosen)
  try {
    await makeDirectory(directory)
    const claim = claimDirectory(directory)
    try {
      return await openClaimed(directory, options, claim.release)
    } catch (thrown) {
      claim.release()
      throw thrown
    }
  } catch (thrown) {
    throw toDiskError(thrown, 'read_failed', `the database in ${directory} cannot be opened`)
  }
}

async function openClaimed (directory: string, options: LevelDiskOptions, release: () => void): Promise<LevelDisk> {
  const { marked, current, remains } = await inspectDirectory(directory)
  if (!current && (marked || remains)) throw lost(directory, `${databaseDirectory(directory)}/CURRENT is missing`)
  const database = makeDatabase(directory, options, !marked)
  await database.open().catch(async (thrown: unknown) => { throw await toOpenError(directory, thrown) })
  try {
    const [first] = await database.keys({ limit: 1 }).all()
    if (marked && first === undefined) throw lost(directory, `${databaseDirectory(directory)} is empty`)
    await syncDirectory(directory)
    if (!marked && first !== undefined) await writeMarker(directory)
    await writePid(directory)
    const free = await FreeSpace.watch(directory, options.reserveBytes)
    return new LevelDisk({ directory, database, free, marked: first !== undefined, release })
  } catch (thrown) {
    await database.close()
    throw thrown
  }
}

/** `level` under the type of what it is on Node.js: its own declares neither `getSync`'s absence nor the options. */
function makeDatabase (directory: string, options: LevelDiskOptions, createIfMissing: boolean): Database {
  const database: unknown = new Level<Uint8Array, Uint8Array>(databaseDirectory(directory), {
    keyEncoding: 'view',
    valueEncoding: 'view',
    createIfMissing,
    cacheSize: options.cacheBytes,
    writeBufferSize: options.writeBufferBytes,
    maxOpenFiles: options.openFilesMax
  })
  assert(database instanceof ClassicLevel, 'level is not classic-level here')
  return database
}

async function toOpenError (directory: string, thrown: unknown): Promise<DiskError> {
  if (hasCode(thrown, 'LEVEL_LOCKED')) {
    const holder = await describeHolder(directory)
    return new DiskError('locked', `${directory} is in use by ${holder}: stop that node, or give this one another directory`, { cause: thrown })
  }
  if (/does not exist/.test(describeCause(thrown))) return lost(directory, describeCause(thrown), thrown)
  // Only files that CURRENT leads to are opened there: one that is not there is damage as a wrong byte in it would be.
  if (hasCode(thrown, 'LEVEL_CORRUPTION') || /no such file/i.test(describeCause(thrown))) {
    return new DiskError(
      'corrupt',
      `the database in ${directory} is damaged (${describeCause(thrown)}). This node must not go on with a part of it: ` +
      'remove its member from the cluster and the whole directory, so that it joins as a new node and is filled by the others',
      { cause: thrown }
    )
  }
  return toDiskError(thrown, 'read_failed', `the database in ${directory} cannot be opened`)
}

function lost (directory: string, reason: string, cause?: unknown): DiskError {
  return new DiskError(
    'lost',
    `the database in ${directory} is lost (${reason}): it was written to before, and what this node acknowledged and voted is gone. ` +
    'It must not start empty under its old identity. Put the database back if its disk is only not mounted; ' +
    'otherwise remove the whole directory, so that the node joins as a new one',
    { cause }
  )
}

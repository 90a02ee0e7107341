import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from './disk-errors.js'
import { writeFileDurably } from './durable-file.js'

const MARKER_TEXT = `{
  "note": "The database beside this file was written to at least once. Where it is gone, this node's data is lost; it must not start empty under its old identity. To give the node up, remove the whole directory, never this file alone."
}
`

const markerFile = (directory: string): string => join(directory, 'database-exists.json')

/** Where LevelDB's files are. */
export const databaseDirectory = (directory: string): string => join(directory, 'db')

/**
 * Records that the database exists and that at least one batch is durable in it: written before the first batch is
 * acknowledged, so a marker beside a missing or an empty database always means loss, whenever a crash came.
 */
export async function writeMarker (directory: string): Promise<void> {
  await writeFileDurably(markerFile(directory), MARKER_TEXT)
}

/** What a directory says about its past, before LevelDB touches it. */
export interface DirectoryState {
  /** A batch was acknowledged here once. */
  readonly marked: boolean
  /** LevelDB's CURRENT is there; without it LevelDB would make a new, empty database. */
  readonly current: boolean
  /** There are logs or tables, which LevelDB only ever makes after CURRENT. */
  readonly remains: boolean
}

export async function inspectDirectory (directory: string): Promise<DirectoryState> {
  const [marked, files] = await Promise.all([
    access(markerFile(directory)).then(() => true, absent(false)),
    readdir(databaseDirectory(directory)).catch(absent<string[]>([]))
  ])
  return {
    marked,
    current: files.includes('CURRENT'),
    remains: files.some((file) => /\.(ldb|sst|log)$/.test(file))
  }
}

/** Turns "there is no such file" into a value; any other failure stays one. */
function absent<Value> (value: Value): (error: unknown) => Value {
  return (error) => {
    if (hasCode(error, 'ENOENT')) return value
    throw error
  }
}

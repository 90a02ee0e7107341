import { readFile, rm, writeFile } from 'node:fs/promises'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { DiskError } from '../node/ports.js'

/**
 * The directories this process has open. A second `open` of LevelDB's LOCK file in one process fails, but closing its
 * descriptor drops the first one's POSIX lock, and then another process can open the database (LIBRARIES.md section
 * 12, "lock loss"). So the second open is refused here, before LevelDB sees it.
 */
const claimed = new Set<string>()

/** Claims a directory for this process. @throws {DiskError} `locked` where it already is */
export function claimDirectory (directory: string): { readonly release: () => void } {
  const path = realpathSync(directory)
  if (claimed.has(path)) throw new DiskError('locked', `${directory} is already open in this process (${process.pid})`)
  claimed.add(path)
  return { release: () => { claimed.delete(path) } }
}

const pidFile = (directory: string): string => join(directory, 'node.pid')

/** Notes for others which process holds the directory. LevelDB's LOCK decides; this only makes a refusal readable. */
export async function writePid (directory: string): Promise<void> {
  await writeFile(pidFile(directory), `${process.pid}\n`)
}

export async function removePid (directory: string): Promise<void> {
  await rm(pidFile(directory), { force: true })
}

/** Who holds the directory, as far as its note can be believed: only a process that lives is named. */
export async function describeHolder (directory: string): Promise<string> {
  const text = await readFile(pidFile(directory), 'utf8').catch(() => '')
  const pid = Number(text.trim())
  if (!Number.isSafeInteger(pid) || pid < 1 || pid === process.pid || !isAlive(pid)) return 'another process'
  return `process ${pid}`
}

function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' // alive, of another user
  }
}

import { mkdir, open, rename } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Makes the entries of a directory durable: a new file's name is not, after only the file was synced. */
export async function syncDirectory (directory: string): Promise<void> {
  if (process.platform === 'win32') return // directories cannot be opened there, and NTFS logs its entries
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes a directory and its missing parents, durably. */
export async function makeDirectory (directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true })
  if (first === undefined) return
  const outermost = dirname(resolve(first))
  for (let path = dirname(resolve(directory)); ; path = dirname(path)) {
    await syncDirectory(path)
    if (path === outermost || path === dirname(path)) return
  }
}

/** Writes a small file so that after a power loss it is there whole, or not at all. */
export async function writeFileDurably (path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`
  const handle = await open(temporary, 'w')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, path)
  await syncDirectory(dirname(path))
}

import { readdirSync, readFileSync } from 'node:fs'

/** All TypeScript of the checkout in the working directory, by path from there. */
export function readSources (): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const top of ['src', 'protocols', 'sim', 'test']) {
    for (const entry of readdirSync(top, { recursive: true, withFileTypes: true })) {
      const path = `${entry.parentPath}/${entry.name}`
      if (entry.isFile() && path.endsWith('.ts')) files.set(path, readFileSync(path, 'utf8'))
    }
  }
  return files
}

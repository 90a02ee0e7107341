import { readFileSync } from 'node:fs'

/** The version in package.json, found from `dist/src`. */
export const VERSION: string = readVersion()

function readVersion (): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest && typeof manifest.version === 'string') return manifest.version
  throw new Error('package.json has no version')
}

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How a small test file of our own ended. */
export interface PlantedRun {
  readonly code: number | null
  readonly output: string
}

const HARNESS = new URL('../harness.js', import.meta.url).href

/** Runs JavaScript that uses `suite` and `expect` as a test file of its own. */
export function runPlanted (body: string): PlantedRun {
  const directory = mkdtempSync(join(tmpdir(), 'gokeydb-planted-'))
  try {
    const file = join(directory, 'planted.mjs')
    writeFileSync(file, `import { suite, expect } from ${JSON.stringify(HARNESS)}\nvoid expect\n${body}\n`)
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 15_000, env: { ...process.env, NO_COLOR: '1' } })
    return { code: status, output: `${stdout}${stderr}` }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** What uvu says at the end, e.g. `1/2`; undefined where it says nothing. */
export function totalsOf (output: string): string | undefined {
  const match = /\n {2}Total: {5}(\d+)\n {2}Passed: {4}(\d+)\n/.exec(output)
  return match === null ? undefined : `${match[2]}/${match[1]}`
}

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readScenario } from '../scenario/index.js'
import type { Scenario } from '../scenario/index.js'

/** The package's own directory: this file is `dist/sim/cli/files.js`. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)))
export const SCENARIOS = join(ROOT, 'sim', 'scenarios')
export const SEEDS = join(ROOT, 'sim', 'seeds')

function findRoot (from: string): string {
  for (let at = from; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at
    if (dirname(at) === at) return from
  }
}

/** The scenario files of a directory, by name. */
export function scenarioFiles (directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory).filter((name) => name.endsWith('.yaml')).sort().map((name) => join(directory, name))
}

/** A scenario file, or its problems as lines `file:line:column: what is wrong`. */
export function loadScenario (path: string): { readonly scenario: Scenario } | { readonly problems: readonly string[] } {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return { problems: [`${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`] }
  }
  const result = readScenario(text, path)
  return 'scenario' in result ? result : { problems: result.problems.map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`) }
}

/** The seed that a kept failure ran with: its file's name. */
export const seedOfFile = (path: string): string => basename(path, '.yaml')

/** The commit that runs, short; `unknown` outside a checkout. */
export function commitOf (): string {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim()
  } catch {
    return 'unknown' // no git, or no checkout: a package from npm
  }
}

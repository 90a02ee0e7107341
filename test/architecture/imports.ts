import { posix } from 'node:path'
import { IMPURE_EXCEPTIONS, IMPURE_NAMES, isDoor, roomOf, RULES } from './layers.js'
import type { RoomRules } from './layers.js'
import { specifiersOf } from './specifiers.js'
import type { Specifier } from './specifiers.js'
import { tokenize } from './tokens.js'
import type { Token } from './tokens.js'

/** One broken rule. */
export interface Violation {
  readonly path: string
  readonly line: number
  readonly rule: 'layer' | 'door' | 'package' | 'purity' | 'missing' | 'extension' | 'computed' | 'harness' | 'unknown-room'
  readonly message: string
}

/** Checks every file's imports. Keys are paths from the root (`src/kv/index.ts`), values their sources. */
export function checkImports (files: ReadonlyMap<string, string>): Violation[] {
  return [...files].flatMap(([path, source]) => checkFile(path, source, files))
}

/** The same in one line each, for a failed test. */
export const formatViolations = (violations: readonly Violation[]): string =>
  violations.map(({ path, line, rule, message }) => `${path}:${line} [${rule}] ${message}`).join('\n')

type Report = (line: number, rule: Violation['rule'], message: string) => void

function checkFile (path: string, source: string, files: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = []
  const report: Report = (line, rule, message) => { violations.push({ path, line, rule, message }) }
  const room = roomOf(path)
  const rules = room === undefined ? undefined : RULES[room]
  if (room !== 'test' && rules === undefined) {
    report(1, 'unknown-room', `lies in no known room; put it into one, or add the room "${room ?? ''}" to test/architecture/layers.ts`)
    return violations
  }
  const tokens = tokenize(source)
  for (const specifier of specifiersOf(tokens)) checkSpecifier(path, specifier, rules, files, report)
  if (rules?.pure === true) checkPurity(tokens, IMPURE_EXCEPTIONS[path] ?? [], report)
  return violations
}

function checkSpecifier (path: string, { text, line }: Specifier, rules: RoomRules | undefined, files: ReadonlyMap<string, string>, report: Report): void {
  if (text === undefined) {
    if (rules !== undefined) report(line, 'computed', 'what is imported must be a plain string')
    return
  }
  if (!text.startsWith('.')) {
    checkPackage(path, text, line, rules, report)
    return
  }
  if (!text.endsWith('.js')) report(line, 'extension', `"${text}" must end in .js`)
  const target = posix.join(posix.dirname(path), text.replace(/\.js$/, '.ts'))
  if (!files.has(target) && !files.has(target.replace(/\.ts$/, '.d.ts'))) report(line, 'missing', `"${text}" leads to ${target}, which is not there`)
  if (rules === undefined) return // tests may look anywhere
  const from = roomOf(path)
  const to = roomOf(target)
  if (from === to || rules.files?.includes(target) === true) return
  if (to === undefined || !rules.rooms.includes(to)) {
    report(line, 'layer', `${from ?? path} may not import from ${to ?? target} (${text})`)
  } else if (!isDoor(target)) {
    report(line, 'door', `"${text}" goes past the door of ${to}; import from its index.js`)
  }
}

function checkPackage (path: string, text: string, line: number, rules: RoomRules | undefined, report: Report): void {
  const name = text.startsWith('node:') ? text : text.split('/').slice(0, text.startsWith('@') ? 2 : 1).join('/')
  if (name === 'uvu' && path !== 'test/harness.ts') {
    report(line, 'harness', 'uvu passes falsely in several ways; import { suite, expect } from test/harness.js')
  }
  if (rules === undefined) return
  const allowed = rules.packages.includes(name) || (name.startsWith('node:') && rules.packages.includes('node:'))
  if (!allowed) report(line, 'package', `"${text}" does not belong into this room`)
}

/** Names that reach clock, chance, timers, promises or the process, where they are no property and no key. */
function checkPurity (tokens: readonly Token[], exceptions: readonly string[], report: Report): void {
  for (const [index, { kind, text, line }] of tokens.entries()) {
    if (kind !== 'word') continue
    const before = tokens[index - 1]?.text
    const after = tokens[index + 1]?.text
    if (text === 'Math' && after === '.' && tokens[index + 2]?.text === 'random') report(line, 'purity', 'Math.random: chance comes in as a Prng')
    if (text === 'Math' && after === '[') report(line, 'purity', 'Math[…]: name the function')
    if (!IMPURE_NAMES.has(text) || exceptions.includes(text) || (before === '.' && tokens[index - 2]?.text !== '.') || after === ':') continue
    report(line, 'purity', `${text}: time and chance come in as data, and nothing here waits`)
  }
}

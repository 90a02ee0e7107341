import type { Token } from './tokens.js'

/** Something a file imports, exports from elsewhere, or loads at run time. */
export interface Specifier {
  /** Undefined where it is computed, so that nobody can tell. */
  readonly text: string | undefined
  readonly line: number
}

/** Every module that the tokens of a file name. */
export function specifiersOf (tokens: readonly Token[]): Specifier[] {
  const found: Specifier[] = []
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'word' || isMember(tokens, index)) continue
    if (token.text === 'import') found.push(...ofImport(tokens, index))
    if (token.text === 'export') found.push(...ofExport(tokens, index))
    if (token.text === 'require' && is(tokens[index + 1], '(')) found.push(called(tokens, index))
  }
  return found
}

/** Whether a word is a property (`a.import`, `{ import: 1 }`, `import ()` as a method's name stays undecided). */
const isMember = (tokens: readonly Token[], index: number): boolean => is(tokens[index - 1], '.') || is(tokens[index + 1], ':')

const is = (token: Token | undefined, text: string): boolean => token?.kind === 'punctuation' && token.text === text

function ofImport (tokens: readonly Token[], index: number): Specifier[] {
  const next = tokens[index + 1]
  const line = tokens[index]?.line ?? 0
  if (next === undefined || is(next, '.')) return [] // import.meta
  if (next.kind === 'string') return [{ text: next.text, line }]
  if (is(next, '(')) return [called(tokens, index)]
  return [{ text: fromClause(tokens, index + 1), line }]
}

function ofExport (tokens: readonly Token[], index: number): Specifier[] {
  const line = tokens[index]?.line ?? 0
  const start = tokens[index + 1]?.text === 'type' ? index + 2 : index + 1
  if (is(tokens[start], '*')) return [{ text: fromClause(tokens, start), line }]
  if (!is(tokens[start], '{')) return []
  let end = start
  while (end < tokens.length && !is(tokens[end], '}')) end++
  return isFrom(tokens, end + 1) ? [{ text: tokens[end + 2]?.text, line }] : []
}

/** `from '…'`, which cannot be a variable called `from`. */
const isFrom = (tokens: readonly Token[], index: number): boolean =>
  tokens[index]?.kind === 'word' && tokens[index]?.text === 'from' && tokens[index + 1]?.kind === 'string'

function fromClause (tokens: readonly Token[], start: number): string | undefined {
  for (let i = start; i < tokens.length; i++) {
    if (isFrom(tokens, i)) return tokens[i + 1]?.text
    if (is(tokens[i], '=') || is(tokens[i], ';')) return undefined // import x = require('…'): forbidden by erasableSyntaxOnly
  }
  return undefined
}

/** `import('…')` or `require('…')`. */
function called (tokens: readonly Token[], index: number): Specifier {
  const argument = tokens[index + 2]
  const plain = argument?.kind === 'string' && (is(tokens[index + 3], ')') || is(tokens[index + 3], ','))
  const template = argument?.kind === 'template' && argument.text.endsWith('`') && is(tokens[index + 3], ')')
  const text = plain ? argument.text : template ? argument.text.slice(1, -1) : undefined
  return { text, line: tokens[index]?.line ?? 0 }
}

/** One token of TypeScript source, as far as import rules need it. Comments are no tokens. */
export interface Token {
  readonly kind: 'word' | 'string' | 'template' | 'number' | 'regex' | 'punctuation'
  /** A string's value, without quotes; otherwise the text itself. */
  readonly text: string
  /** From 1. */
  readonly line: number
}

/** After these words a `/` begins a regular expression. */
const BEFORE_REGEX = new Set(['return', 'typeof', 'case', 'in', 'of', 'delete', 'void', 'throw', 'new', 'else', 'do', 'instanceof', 'yield', 'await'])

/** Cuts source into tokens. Strings, templates, comments and regular expressions cannot be taken for one another. */
export function tokenize (source: string): Token[] {
  const tokens: Token[] = []
  /** For every open `{`: whether it belongs to a template's `${`. */
  const braces: boolean[] = []
  let at = 0
  let line = 1
  const push = (kind: Token['kind'], end: number, text = source.slice(at, end)): void => {
    tokens.push({ kind, text, line })
    advance(end)
  }
  const advance = (end: number): void => {
    for (; at < end; at++) if (source[at] === '\n') line++
  }
  /** Reads the template's text from `at` on, up to its end or the next `${`. */
  const template = (): void => {
    const end = endOfTemplateText(source, at + 1)
    if (source.startsWith('${', end)) {
      braces.push(true)
      push('template', end + 2)
    } else {
      push('template', end + 1)
    }
  }
  while (at < source.length) {
    const rest = source.slice(at, at + 2)
    const char = rest[0] ?? ''
    if (/\s/.test(char)) advance(at + 1)
    else if (rest === '//') advance(endOf(source, '\n', at))
    else if (rest === '/*') advance(endOf(source, '*/', at + 2) + 2)
    else if (char === '\'' || char === '"') {
      const end = endOfString(source, at)
      push('string', end, unescape(source.slice(at + 1, end - 1)))
    } else if (char === '`') template()
    else if (char === '}' && braces.pop() === true) template()
    else if (/[A-Za-z_$#\u0080-\uffff]/.test(char)) push('word', endOfMatch(source, /[\w$#\u0080-\uffff]*/y, at))
    else if (/\d/.test(char)) push('number', endOfMatch(source, /[\w.]*/y, at))
    else if (char === '/' && regexMayStart(tokens.at(-1))) push('regex', endOfRegex(source, at))
    else {
      if (char === '{') braces.push(false)
      push('punctuation', at + 1)
    }
  }
  return tokens
}

function regexMayStart (before: Token | undefined): boolean {
  if (before === undefined) return true
  if (before.kind === 'word') return BEFORE_REGEX.has(before.text)
  return before.kind === 'punctuation' && !')]}'.includes(before.text)
}

function endOf (source: string, text: string, from: number): number {
  const found = source.indexOf(text, from)
  return found < 0 ? source.length : found
}

function endOfMatch (source: string, pattern: RegExp, from: number): number {
  pattern.lastIndex = from
  return from + (pattern.exec(source)?.[0].length ?? 0)
}

function endOfString (source: string, from: number): number {
  const quote = source[from]
  for (let i = from + 1; i < source.length; i++) {
    if (source[i] === '\\') i++
    else if (source[i] === quote || source[i] === '\n') return i + 1
  }
  return source.length
}

function endOfTemplateText (source: string, from: number): number {
  for (let i = from; i < source.length; i++) {
    if (source[i] === '\\') i++
    else if (source[i] === '`' || source.startsWith('${', i)) return i
  }
  return source.length
}

function endOfRegex (source: string, from: number): number {
  let inClass = false
  for (let i = from + 1; i < source.length; i++) {
    const char = source[i]
    if (char === '\\') i++
    else if (char === '\n') return i
    else if (char === '[') inClass = true
    else if (char === ']') inClass = false
    else if (char === '/' && !inClass) return endOfMatch(source, /\w*/y, i + 1)
  }
  return source.length
}

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}|(.))/gs

function unescape (text: string): string {
  return text.replace(ESCAPE, (_all, x?: string, u?: string, long?: string, other?: string): string => {
    const hex = x ?? u ?? long
    return hex === undefined ? other ?? '' : String.fromCodePoint(Number.parseInt(hex, 16))
  })
}

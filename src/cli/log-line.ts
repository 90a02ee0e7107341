/** What a person needs of one line of a node's log. */
export interface LogLine {
  readonly level: 'warn' | 'error'
  readonly message: string
}

const MESSAGE_SIZE_MAX = 300

/**
 * Reads one line of a node's stderr: a warning or an error, or undefined for what need not be shown. What is no JSON
 * (a crash's stack, Node's own warnings) counts as an error where it looks like one.
 */
export function readLogLine (line: string): LogLine | undefined {
  const parsed = parseObject(line)
  if (parsed === undefined) {
    return /^\S*(Error|AssertionError)\b/.test(line) ? { level: 'error', message: cut(line) } : undefined
  }
  const level = parsed['level']
  if (level !== 'warn' && level !== 'error') return undefined
  const { message, msg, time, ts, level: _level, node, name, ...fields } = parsed
  const text = typeof message === 'string' ? message : typeof msg === 'string' ? msg : ''
  const rest = Object.entries(fields)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    .map(([key, value]) => `${key}=${String(value)}`)
  return { level, message: cut([text, ...rest].filter((part) => part !== '').join(' ')) }
}

function parseObject (line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined // no JSON after all: the caller looks at the text
  }
}

const cut = (text: string): string => text.length > MESSAGE_SIZE_MAX ? `${text.slice(0, MESSAGE_SIZE_MAX)}…` : text

/** Lets the same text through once a minute only. */
export class Repetition {
  readonly #lastMs = new Map<string, number>()
  static readonly TEXTS_MAX = 500
  static readonly QUIET_MS = 60_000

  isNew (text: string, nowMs: number): boolean {
    const lastMs = this.#lastMs.get(text)
    if (lastMs !== undefined && nowMs - lastMs < Repetition.QUIET_MS) return false
    if (this.#lastMs.size >= Repetition.TEXTS_MAX) this.#lastMs.clear()
    this.#lastMs.set(text, nowMs)
    return true
  }
}

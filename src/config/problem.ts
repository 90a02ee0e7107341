/** One thing that is wrong with the configuration, where it was found, and what to do about it. */
export interface ConfigProblem {
  /** The file's path, the environment variable or the flag. */
  readonly source: string
  /** From 1; undefined where the source is no file. */
  readonly line: number | undefined
  /** From 1, in UTF-16 units; undefined where the source is no file. */
  readonly column: number | undefined
  readonly message: string
}

/** Where a value came from. */
export type Origin = Omit<ConfigProblem, 'message'>

/** A flag or an environment variable: no line, no column. */
export const originOf = (source: string): Origin => ({ source, line: undefined, column: undefined })

/** Gathers problems; nothing stops at the first. */
export type Report = (at: Origin, message: string) => void

/** `file:line:column: message`, or `--flag: message`. */
export function formatProblem ({ source, line, column, message }: ConfigProblem): string {
  return line === undefined ? `${source}: ${message}` : `${source}:${line}:${column ?? 1}: ${message}`
}

/** The order a person reads in: by source, then line, then column. */
function byPosition (a: ConfigProblem, b: ConfigProblem): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}

/** A value as it may be shown in a message: quoted text, cut after 60 characters. */
export function show (value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object') return 'a mapping'
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** A report that keeps what it is told, in reading order. */
export function gatherProblems (): { readonly report: Report, readonly problems: () => readonly ConfigProblem[] } {
  const problems: ConfigProblem[] = []
  return {
    report: (at, message) => { problems.push({ ...at, message }) },
    problems: () => [...problems].sort(byPosition)
  }
}

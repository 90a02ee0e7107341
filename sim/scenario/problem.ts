/** One thing that is wrong with a scenario file. */
export interface Problem {
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
  /** What is wrong, and what would be right. */
  readonly message: string
}

/** A place in the file. */
export type Place = Omit<Problem, 'message'>

/** Gathers problems; nothing stops at the first. */
export type Report = (at: Place, message: string) => void

/** `file:line:column: message` */
export function formatProblem (file: string, { line, column, message }: Problem): string {
  return `${file}:${line}:${column}: ${message}`
}

/** Problems of one file beyond which further ones are only counted: nobody reads more. */
const PROBLEMS_MAX = 100
/** Characters of one message: YAML's own quote whole lines. */
const MESSAGE_SIZE_MAX = 400

/** A report that keeps what it is told, in reading order. */
export function gatherProblems (): { readonly report: Report, readonly problems: () => readonly Problem[] } {
  const kept: Problem[] = []
  let more = 0
  return {
    report: ({ line, column }, message) => {
      if (kept.length < PROBLEMS_MAX) kept.push({ line, column, message: message.length > MESSAGE_SIZE_MAX ? `${message.slice(0, MESSAGE_SIZE_MAX)}…` : message })
      else more++
    },
    problems: () => {
      const sorted = [...kept].sort((a, b) => a.line - b.line || a.column - b.column)
      const last = sorted[sorted.length - 1]
      return more === 0 || last === undefined ? sorted : [...sorted, { ...last, message: `and ${more} more problems` }]
    }
  }
}

/** A text as a message shows it: quoted, cut after 60 characters. */
export function quote (text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

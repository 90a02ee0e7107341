import { writeSync } from 'node:fs'
import type { Logger } from '../base/index.js'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const
type WrittenLevel = typeof LEVELS[number]

/** The least important lines that are written; `silent` writes none. */
export type LogLevel = WrittenLevel | 'silent'

/** Takes whole lines, with their newline. A throw loses the line and nothing else. */
export interface LogStream {
  write (line: string): unknown
}

export interface LoggerOptions {
  readonly level: LogLevel
  readonly stream: LogStream
}

/** ms a line waits for a reader that does not read (a full pipe) before the rest of it is given up. */
const WRITE_WAIT_MS_MAX = 50

/**
 * Standard error, written before the call returns, so that the last words of a process that dies are there. It does not
 * go through `process.stderr`, whose failures come later, as an event that nobody could tie to its line.
 */
export const stderrStream: LogStream = {
  write (line: string): void {
    const bytes = Buffer.from(line)
    let waitedMs = 0
    for (let at = 0; at < bytes.length;) {
      try {
        at += writeSync(2, bytes, at)
      } catch (error) {
        const full = error instanceof Error && 'code' in error && error.code === 'EAGAIN'
        if (!full || waitedMs >= WRITE_WAIT_MS_MAX) throw error
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
        waitedMs++
      }
    }
  }
}

/**
 * One JSON object a line: `time` (ISO 8601, UTC), `level`, `msg`, then the fields, which cannot replace those three.
 * Never throws: where the stream does (nobody reads any more, a full disk), the node goes on, and the next line that
 * can be written says in `linesLost` how many could not.
 */
export function createLogger ({ level, stream }: LoggerOptions): Logger {
  const least = level === 'silent' ? LEVELS.length : LEVELS.indexOf(level)
  let linesLost = 0
  const writer = (own: WrittenLevel): Logger[WrittenLevel] => {
    if (LEVELS.indexOf(own) < least) return ignore
    return (msg, fields) => {
      const head = { time: new Date().toISOString(), level: own, msg }
      const lost = linesLost > 0 ? { linesLost } : undefined
      try {
        stream.write(`${JSON.stringify(Object.assign({}, head, fields, lost, head))}\n`)
        linesLost = 0
      } catch {
        linesLost++
      }
    }
  }
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') }
}

function ignore (): void {}

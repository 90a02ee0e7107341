import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A log file larger than this becomes `log.1.jsonl`, which replaces the one before. */
export const LOG_SIZE_BYTES_MAX = 10 * 1024 * 1024

/** Where the lines of one node go. */
export interface LogFile {
  append (line: string): void
  close (): void
}

/**
 * Appends lines to `log.jsonl` in a directory that is made with the first line. At most two files of `sizeBytesMax`
 * each. After a failed write (told once) nothing more is written: a full disk must not stop the nodes.
 */
export class RotatingLogFile implements LogFile {
  readonly #directory: string
  readonly #sizeBytesMax: number
  readonly #onError: (reason: string) => void
  #descriptor: number | undefined
  #sizeBytes = 0
  #closed = false

  constructor (directory: string, onError: (reason: string) => void, sizeBytesMax = LOG_SIZE_BYTES_MAX) {
    this.#directory = directory
    this.#onError = onError
    this.#sizeBytesMax = sizeBytesMax
  }

  append (line: string): void {
    if (this.#closed) return
    try {
      const bytes = Buffer.from(`${line}\n`)
      let descriptor = this.#descriptor ?? this.#open()
      if (this.#sizeBytes > 0 && this.#sizeBytes + bytes.length > this.#sizeBytesMax) {
        closeSync(descriptor)
        this.#descriptor = undefined
        renameSync(join(this.#directory, 'log.jsonl'), join(this.#directory, 'log.1.jsonl'))
        descriptor = this.#open()
      }
      this.#sizeBytes += writeSync(descriptor, bytes)
    } catch (problem) {
      this.close()
      this.#onError(problem instanceof Error ? problem.message : String(problem))
    }
  }

  close (): void {
    this.#closed = true
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #open (): number {
    mkdirSync(this.#directory, { recursive: true })
    const descriptor = openSync(join(this.#directory, 'log.jsonl'), 'a')
    this.#descriptor = descriptor
    this.#sizeBytes = fstatSync(descriptor).size
    return descriptor
  }
}

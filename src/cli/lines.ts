/** Characters of one line; the rest of a longer one is dropped. */
const LINE_SIZE_MAX = 64 * 1024

/** Cuts a stream of text into lines, without their ends. Feed it chunks, then `end`. */
export class LineSplitter {
  readonly #onLine: (line: string) => void
  #rest = ''

  constructor (onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push (chunk: string): void {
    const lines = `${this.#rest}${chunk}`.split('\n')
    this.#rest = (lines.pop() ?? '').slice(0, LINE_SIZE_MAX)
    for (const line of lines) this.#emit(line)
  }

  /** What came after the last line's end is a line too. */
  end (): void {
    if (this.#rest !== '') this.#emit(this.#rest)
    this.#rest = ''
  }

  #emit (line: string): void {
    this.#onLine(line.slice(0, LINE_SIZE_MAX).replace(/\r$/, ''))
  }
}

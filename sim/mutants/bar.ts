/** Characters of the bar. */
const WIDTH = 24

/** One line that says how many mutants are done and what is being tried; lines of their own go above it. */
export class Bar {
  readonly #total: number
  readonly #stream: NodeJS.WriteStream | undefined
  readonly #trying = new Map<string, number>()
  #done = 0
  #alive = 0

  /** @param stream where the bar is drawn; undefined, or no terminal: nowhere */
  constructor (total: number, stream: NodeJS.WriteStream | undefined) {
    this.#total = total
    this.#stream = stream?.isTTY === true ? stream : undefined
  }

  /** So many seeds of a mutant did not show it. */
  trying (id: string, seeds: number): void {
    this.#trying.set(id, seeds)
    this.#draw()
  }

  done (id: string, isKilled: boolean, line: string): void {
    this.#trying.delete(id)
    this.#done++
    if (!isKilled) this.#alive++
    this.clear()
    process.stdout.write(`${line}\n`)
    this.#draw()
  }

  clear (): void {
    this.#stream?.write('\r\u001b[K')
  }

  #draw (): void {
    if (this.#stream === undefined) return
    const filled = Math.round(WIDTH * this.#done / Math.max(1, this.#total))
    const trying = [...this.#trying].map(([id, seeds]) => `${id} (${seeds} seeds)`).join(', ')
    this.#stream.write(`\r\u001b[K[${'█'.repeat(filled)}${'·'.repeat(WIDTH - filled)}] ${this.#done}/${this.#total} mutants, ${this.#alive} not killed; ${trying}`)
  }
}

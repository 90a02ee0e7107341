/** Characters of the bar. */
const WIDTH = 24
/** ms between two drawings. */
const EVERY_MS = 200

/** One line that says how far a search is: seeds done, failures, and how fast virtual time passes. */
export class Progress {
  readonly #total: number
  readonly #stream: { write (text: string): unknown } | undefined
  readonly #begunMs = performance.now()
  #done = 0
  #failures = 0
  #virtualUs = 0
  #drawnMs = -Infinity

  /** @param stream where the bar is drawn; undefined: nowhere */
  constructor (total: number, stream: { write (text: string): unknown } | undefined) {
    this.#total = total
    this.#stream = stream
  }

  seedDone (failed: boolean, virtualUs: number): void {
    this.#done++
    if (failed) this.#failures++
    this.#virtualUs += virtualUs
    if (performance.now() - this.#drawnMs >= EVERY_MS || this.#done === this.#total) this.#draw()
  }

  /** Makes room for a line of its own. */
  clear (): void {
    this.#stream?.write('\r\u001b[K')
    this.#drawnMs = -Infinity
  }

  summary (): string {
    const seconds = this.#seconds()
    return `${this.#done} seeds, ${this.#failures} failed, ${Math.round(this.#virtualUs / 1_000_000)} virtual seconds in ${seconds.toFixed(1)} s: ` +
      `${(this.#virtualUs / 1_000_000 / seconds).toFixed(0)} virtual seconds per second, ${(this.#done / seconds).toFixed(1)} seeds per second`
  }

  #seconds (): number {
    return Math.max(0.001, (performance.now() - this.#begunMs) / 1000)
  }

  #draw (): void {
    if (this.#stream === undefined) return
    this.#drawnMs = performance.now()
    const filled = Math.round(WIDTH * this.#done / Math.max(1, this.#total))
    const seconds = this.#seconds()
    this.#stream.write(`\r\u001b[K[${'█'.repeat(filled)}${'·'.repeat(WIDTH - filled)}] ${this.#done}/${this.#total} seeds, ${this.#failures} failed, ` +
      `${(this.#virtualUs / 1_000_000 / seconds).toFixed(0)} virtual s/s, ${(this.#done / seconds).toFixed(1)} seeds/s`)
  }
}

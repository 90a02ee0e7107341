/** Calls `onStall` once where `touch` stays away for too long. */
export class Watchdog {
  readonly #timer: NodeJS.Timeout

  constructor (stallMs: number, onStall: () => void) {
    this.#timer = setTimeout(onStall, stallMs)
    this.#timer.unref()
  }

  /** There was progress. */
  touch (): void {
    this.#timer.refresh()
  }

  stop (): void {
    clearTimeout(this.#timer)
  }
}

/** No window is shorter, µs. */
const SPAN_US_MIN = 20

/** The stretch of virtual time in view, shared by everything with a time axis. */
export class View {
  readonly endUs: number
  startUs = 0
  spanUs: number
  /** Where time begins and how wide it is, px. */
  left = 0
  width = 1
  #listeners: Array<() => void> = []

  constructor (endUs: number) {
    this.endUs = Math.max(endUs, SPAN_US_MIN)
    this.spanUs = this.endUs
  }

  get stopUs (): number {
    return this.startUs + this.spanUs
  }

  onChange (listener: () => void): void {
    this.#listeners.push(listener)
  }

  x (us: number): number {
    return this.left + (us - this.startUs) * this.width / this.spanUs
  }

  us (x: number): number {
    return this.startUs + (x - this.left) * this.spanUs / this.width
  }

  show (startUs: number, stopUs: number): void {
    const spanUs = Math.min(Math.max(stopUs - startUs, SPAN_US_MIN), this.endUs)
    const start = stopUs - startUs < spanUs ? (startUs + stopUs - spanUs) / 2 : startUs
    this.spanUs = spanUs
    this.startUs = Math.min(Math.max(start, 0), this.endUs - spanUs)
    for (const listener of this.#listeners) listener()
  }

  fit (): void {
    this.show(0, this.endUs)
  }

  /** @param factor above 1: closer @param atUs stays where it is */
  zoom (factor: number, atUs: number): void {
    const spanUs = Math.min(Math.max(this.spanUs / factor, SPAN_US_MIN), this.endUs)
    const startUs = atUs - (atUs - this.startUs) * spanUs / this.spanUs
    this.show(startUs, startUs + spanUs)
  }

  pan (byUs: number): void {
    const startUs = Math.min(Math.max(this.startUs + byUs, 0), this.endUs - this.spanUs)
    this.show(startUs, startUs + this.spanUs)
  }

  /** Keeps what is shown of it, and otherwise moves it to the middle. */
  reveal (us: number): void {
    if (us >= this.startUs && us <= this.stopUs) return
    this.show(us - this.spanUs / 2, us + this.spanUs / 2)
  }
}

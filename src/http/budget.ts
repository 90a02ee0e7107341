/** How many bytes all exchanges of one server may hold at once. */
export class ByteBudget {
  readonly sizeBytesMax: number
  #heldBytes = 0

  constructor (sizeBytesMax: number) {
    this.sizeBytesMax = sizeBytesMax
  }

  /** Bytes taken and not given back. */
  get heldBytes (): number {
    return this.#heldBytes
  }

  /** False, and nothing taken, where it would be too much. */
  take (sizeBytes: number): boolean {
    if (this.#heldBytes + sizeBytes > this.sizeBytesMax) return false
    this.#heldBytes += sizeBytes
    return true
  }

  give (sizeBytes: number): void {
    this.#heldBytes -= sizeBytes
  }
}

import { statfs } from 'node:fs/promises'

const REFRESH_INTERVAL_MS = 1000

async function measure (path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

/**
 * The bytes of a file system that may still be used, asked for once a second in the background. What was written since
 * is subtracted, so that a second of writing cannot run through the reserve unseen. Where the question fails the last
 * answer stands, less what was written.
 */
export class FreeSpace {
  readonly #path: string
  readonly #reserveBytes: number
  readonly #timer: NodeJS.Timeout
  #availableBytes: number
  #refreshing = false

  private constructor (path: string, reserveBytes: number, availableBytes: number) {
    this.#path = path
    this.#reserveBytes = reserveBytes
    this.#availableBytes = availableBytes
    this.#timer = setInterval(() => { this.#refresh() }, REFRESH_INTERVAL_MS)
    this.#timer.unref()
  }

  static async watch (path: string, reserveBytes: number): Promise<FreeSpace> {
    return new FreeSpace(path, reserveBytes, await measure(path))
  }

  /** Bytes above the reserve, never negative. */
  get bytes (): number {
    return Math.max(0, this.#availableBytes - this.#reserveBytes)
  }

  /** Takes note of bytes that are being written. */
  spend (sizeBytes: number): void {
    this.#availableBytes -= sizeBytes
  }

  stop (): void {
    clearInterval(this.#timer)
  }

  #refresh (): void {
    if (this.#refreshing) return
    this.#refreshing = true
    const over = (): void => { this.#refreshing = false }
    measure(this.#path).then((bytes) => { this.#availableBytes = bytes }).then(over, over)
  }
}

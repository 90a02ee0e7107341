/**
 * A running hash of everything that happens in a world: two 32-bit lanes (murmur3's mixing with different constants),
 * integers only. Two runs with the same hash went the same way, up to a chance of 2^-64; no protection against intent.
 */
export class TraceHash {
  #a = 0x9747b28c
  #b = 0x2545f491
  #count = 0

  /** Values mixed in so far. */
  get count (): number {
    return this.#count
  }

  /** Mixes in an integer; of larger ones, both halves count. */
  number (value: number): void {
    const low = value | 0
    this.#mix(low)
    if (low !== value) this.#mix(Math.floor(value / 0x100000000) | 0)
  }

  bytes (bytes: Uint8Array): void {
    this.#mix(bytes.length)
    let at = 0
    let a = this.#a
    let b = this.#b
    for (; at + 4 <= bytes.length; at += 4) {
      const word = (bytes[at] as number) | (bytes[at + 1] as number) << 8 | (bytes[at + 2] as number) << 16 | (bytes[at + 3] as number) << 24
      a = Math.imul(a ^ word, 0x5bd1e995)
      a ^= a >>> 15
      b = Math.imul(b, 33) ^ word
    }
    for (; at < bytes.length; at++) {
      a = Math.imul(a ^ (bytes[at] as number), 0x5bd1e995)
      b = Math.imul(b, 33) ^ (bytes[at] as number)
    }
    this.#a = a
    this.#b = b
  }

  text (text: string): void {
    this.#mix(text.length)
    for (let at = 0; at < text.length; at++) this.#mix(text.charCodeAt(at))
  }

  #mix (word: number): void {
    this.#count++
    let a = Math.imul(word, 0xcc9e2d51)
    a = (a << 15) | (a >>> 17)
    a = this.#a ^ Math.imul(a, 0x1b873593)
    this.#a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0
    this.#b = Math.imul(this.#b ^ word, 0x85ebca6b)
    this.#b ^= this.#b >>> 13
  }

  /** 16 hex digits. */
  digest (): string {
    return hex(finish(this.#a)) + hex(finish(this.#b))
  }
}

function finish (lane: number): number {
  lane = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b)
  lane = Math.imul(lane ^ (lane >>> 13), 0xc2b2ae35)
  return (lane ^ (lane >>> 16)) >>> 0
}

const hex = (lane: number): string => lane.toString(16).padStart(8, '0')

/**
 * sfc32 (Chris Doty-Humphrey's Small Fast Chaotic generator, PractRand): 128 bits of state, integers only, so that the
 * same seed gives the same sequence on every engine. Not for secrets.
 */
export class Prng {
  #a: number
  #b: number
  #c: number
  #counter: number

  /** @param seed any text or number; equal seeds give equal sequences. */
  constructor (seed: string | number) {
    const text = String(seed)
    this.#a = hash32(text, 1)
    this.#b = hash32(text, 2)
    this.#c = hash32(text, 3)
    this.#counter = 1
    for (let i = 0; i < 12; i++) this.uint32()
  }

  /** Uniform in 0 … 2^32 - 1. */
  uint32 (): number {
    const result = (this.#a + this.#b + this.#counter) >>> 0
    this.#counter = (this.#counter + 1) >>> 0
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0
    this.#b = (this.#c + (this.#c << 3)) >>> 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) >>> 0
    return result
  }

  /** Uniform in 0 … bound - 1; `bound` is 1 … 2^32. */
  below (bound: number): number {
    return Math.floor(this.uint32() / 0x100000000 * bound)
  }

  /** Uniform in `from` … `to`, both included. */
  between (from: number, to: number): number {
    return from + this.below(to - from + 1)
  }

  /** True `numerator` times out of `denominator`. */
  chance (numerator: number, denominator: number): boolean {
    return this.below(denominator) < numerator
  }

  /** Shuffles `items` in place (Fisher–Yates). */
  shuffle<Item> (items: Item[]): Item[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const item = items[i] as Item
      items[i] = items[j] as Item
      items[j] = item
    }
    return items
  }
}

/** FNV-1a over UTF-16 code units with murmur3's finaliser; only for seeding. */
function hash32 (text: string, salt: number): number {
  let hash = (0x811c9dc5 ^ Math.imul(salt, 0x9e3779b1)) >>> 0
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0
  return (hash ^ (hash >>> 16)) >>> 0
}

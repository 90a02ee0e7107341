/** Rows that the first allocation holds. */
const ROWS_START = 256
/** Slots of the hash table per row: at most half of them are taken. */
const SLOTS_PER_ROW = 2
const WORD_BYTES = 4

/**
 * The configurations a search has been in: which operations are placed (a set of bits) and the state then. The set's hash
 * is the exclusive or of one fixed number per operation (Zobrist), kept up to date by one instruction per placement; what
 * collides is compared bit by bit. The state's number goes into the hash through a bijection, so that equal bits and equal
 * hashes mean equal states.
 */
export class Configurations {
  readonly #bits: Uint32Array
  /** Words of a row: its hash, then its bits. */
  readonly #rowWords: number
  readonly #memoryBytesMax: number
  #rows: Uint32Array
  /** Row number + 1, or 0; linear probing. */
  #slots: Int32Array
  #count = 0
  #hash = 0

  constructor (operationCount: number, memoryBytesMax: number) {
    this.#bits = new Uint32Array(Math.ceil(operationCount / 32))
    this.#rowWords = this.#bits.length + 1
    this.#memoryBytesMax = memoryBytesMax
    this.#rows = new Uint32Array(ROWS_START * this.#rowWords)
    this.#slots = new Int32Array(ROWS_START * SLOTS_PER_ROW)
  }

  /** Places the operation, or takes it back. */
  toggle (operation: number): void {
    const word = operation >>> 5
    this.#bits[word] = (this.#bits[word] as number) ^ (1 << (operation & 31))
    this.#hash ^= mix(operation + 1)
  }

  /**
   * Remembers the current configuration.
   * @param otherBytes memory used beside this, which counts towards the limit
   */
  add (state: number, otherBytes: number): 'new' | 'known' | 'full' {
    const hash = (this.#hash ^ mix(~state)) >>> 0
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (let row = this.#slots[slot] as number; row !== 0; row = this.#slots[slot] as number) {
      if (this.#isCurrent((row - 1) * this.#rowWords, hash)) return 'known'
      slot = (slot + 1) & mask
    }
    if (otherBytes > this.#memoryBytesMax) return 'full'
    const at = this.#count * this.#rowWords
    if (at === this.#rows.length) return this.#grow(otherBytes) ? this.add(state, otherBytes) : 'full'
    this.#rows[at] = hash
    this.#rows.set(this.#bits, at + 1)
    this.#slots[slot] = ++this.#count
    return 'new'
  }

  #isCurrent (at: number, hash: number): boolean {
    if (this.#rows[at] !== hash) return false
    for (let i = 0; i < this.#bits.length; i++) if (this.#rows[at + 1 + i] !== this.#bits[i]) return false
    return true
  }

  #grow (otherBytes: number): boolean {
    if ((this.#rows.length + this.#slots.length) * 2 * WORD_BYTES + otherBytes > this.#memoryBytesMax) return false
    const rows = new Uint32Array(this.#rows.length * 2)
    rows.set(this.#rows)
    this.#rows = rows
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let row = 0; row < this.#count; row++) {
      let slot = (rows[row * this.#rowWords] as number) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = row + 1
    }
    this.#slots = slots
    return true
  }
}

/** The finaliser of MurmurHash3, 32 bits: a bijection. */
function mix (value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

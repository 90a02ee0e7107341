import { isUtf8 } from 'node:buffer'
import { assert } from './assert.js'

/**
 * The protobuf wire format (protobuf.dev, "Encoding"), written by hand: three times a generated codec's encode rate and
 * seven times its decode rate (LIBRARIES.md section 3). Only wire types 0 (varint) and 2 (length-delimited) are used;
 * unknown fields of types 0, 1, 2 and 5 are skipped, so that newer nodes can add fields.
 */

/** What came from a wire or a disk is not what the schema says. An operating error, never a bug of ours. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

/** The greatest field number of the wire format. */
const FIELD_MAX = 0x1fffffff
/** Bytes of the longest varint, that of a 64-bit number with its top bit set. */
const VARINT_SIZE_BYTES_MAX = 10
/** Bytes of the longest varint that is written: 2^53 - 1 in groups of seven bits. */
const VARINT_WRITTEN_SIZE_BYTES_MAX = 8

/** What the last byte of the longest readable varint is multiplied with: its eighth group of seven bits. */
const SCALE_MAX = 2 ** 49

const WIRE_VARINT = 0
const WIRE_FIXED64 = 1
const WIRE_BYTES = 2
const WIRE_FIXED32 = 5

/** Bytes that `value`, a non-negative safe integer, takes as a varint: 1 to 8. */
export function varintSizeBytes (value: number): number {
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}

/** Appends fields to one growing buffer. */
export class Writer {
  #buffer: Buffer
  #length = 0

  /** @param capacity bytes to begin with; a good guess saves the copies of growing. */
  constructor (capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity)
  }

  /** Bytes written so far. */
  get length (): number {
    return this.#length
  }

  #reserve (size: number): void {
    const needed = this.#length + size
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }

  /** A bare varint; `value` is a non-negative safe integer. */
  varint (value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'a varint must be a safe non-negative integer')
    this.#reserve(VARINT_WRITTEN_SIZE_BYTES_MAX)
    const buffer = this.#buffer
    let at = this.#length
    if (value < 0x80) {
      buffer[at] = value
      this.#length = at + 1
      return this
    }
    while (value >= 0x80) {
      buffer[at++] = (value % 0x80) | 0x80
      value = value < 0x80000000 ? value >>> 7 : Math.floor(value / 0x80)
    }
    buffer[at++] = value
    this.#length = at
    return this
  }

  #tag (field: number, wireType: number): void {
    assert(field >= 1 && field <= FIELD_MAX, 'a field number must be 1 to 2^29 - 1')
    this.varint(field * 8 + wireType)
  }

  /** Bytes as they are, without tag or length. */
  raw (bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** A varint field. Zero is written too: presence is explicit here. */
  uint (field: number, value: number): this {
    this.#tag(field, WIRE_VARINT)
    return this.varint(value)
  }

  bool (field: number, value: boolean): this {
    return this.uint(field, value ? 1 : 0)
  }

  /** A length-delimited field of bytes. */
  bytes (field: number, value: Uint8Array): this {
    this.#tag(field, WIRE_BYTES)
    this.varint(value.length)
    return this.raw(value)
  }

  /** A length-delimited field of UTF-8; half a surrogate pair becomes U+FFFD. */
  string (field: number, value: string): this {
    this.#tag(field, WIRE_BYTES)
    const size = Buffer.byteLength(value)
    this.varint(size)
    this.#reserve(size)
    this.#buffer.write(value, this.#length, 'utf8')
    this.#length += size
    return this
  }

  /** A length-delimited sub-message, written by `write`. */
  message (field: number, write: (writer: Writer) => void): this {
    const mark = this.begin(field)
    write(this)
    return this.end(mark)
  }

  /**
   * Begins a length-delimited sub-message without a closure: write its fields, then hand the mark to `end`. Messages
   * nest, the last begun is the first to end. `sizeGuess` in bytes costs nothing where its varint is as long as that
   * of the real size; otherwise `end` moves the message.
   */
  begin (field: number, sizeGuess = 0): number {
    this.#tag(field, WIRE_BYTES)
    const lengthSize = varintSizeBytes(sizeGuess)
    this.#reserve(lengthSize)
    const mark = this.#length * 8 + lengthSize - 1
    this.#length += lengthSize
    return mark
  }

  /** Ends the sub-message that `begin` gave this mark. */
  end (mark: number): this {
    const lengthAt = Math.floor(mark / 8)
    const start = lengthAt + (mark & 7) + 1
    const size = this.#length - start
    assert(size >= 0, 'a sub-message must end after it began')
    const movedStart = lengthAt + varintSizeBytes(size)
    if (movedStart !== start) {
      if (movedStart > start) this.#reserve(movedStart - start)
      this.#buffer.copyWithin(movedStart, start, this.#length)
    }
    this.#length = lengthAt
    this.#lengthVarint(size)
    this.#length = movedStart + size
    return this
  }

  /** Writes the length of a message behind it: exactly as many bytes as were kept free, never more. */
  #lengthVarint (size: number): void {
    let at = this.#length
    for (; size >= 0x80; size = Math.floor(size / 0x80)) this.#buffer[at++] = (size % 0x80) | 0x80
    this.#buffer[at] = size
  }

  /** The bytes written, a view of the writer's buffer: write no more afterwards. */
  finish (): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }
}

/** Walks the fields of one message; every length is checked against what is there before anything is made of it. */
export class Reader {
  readonly #bytes: Uint8Array
  #at: number
  readonly #end: number
  #wireType = WIRE_VARINT

  constructor (bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  /** The next field's number, or 0 at the end. Read its value, or `skip()` it, before asking again. */
  field (): number {
    if (this.#at >= this.#end) return 0
    const tag = this.varint()
    const field = tag < 0x80 ? tag >>> 3 : Math.floor(tag / 8)
    if (field === 0 || field > FIELD_MAX) throw new DecodeError(`field number ${field}`)
    this.#wireType = tag & 7
    return field
  }

  /** Bytes not read yet. */
  get remaining (): number {
    return this.#end - this.#at
  }

  /** A bare varint; beyond 2^53 - 1 it is refused. */
  varint (): number {
    const bytes = this.#bytes
    const end = this.#end
    let at = this.#at
    if (at >= end) throw new DecodeError('truncated varint')
    let byte = bytes[at++] as number
    if (byte < 0x80) {
      this.#at = at
      return byte
    }
    let value = byte & 0x7f
    let scale = 0x80
    while (byte >= 0x80) {
      if (at >= end) throw new DecodeError('truncated varint')
      byte = bytes[at++] as number
      value += (byte & 0x7f) * scale
      if (scale > SCALE_MAX || value > Number.MAX_SAFE_INTEGER) throw new DecodeError('varint beyond 2^53 - 1')
      scale *= 0x80
    }
    this.#at = at
    return value
  }

  uint (): number {
    if (this.#wireType !== WIRE_VARINT) throw new DecodeError(`expected a varint, wire type ${this.#wireType}`)
    return this.varint()
  }

  /** Any varint but 0 is true, as in every protobuf reader. */
  bool (): boolean {
    return this.uint() !== 0
  }

  /** Checks the length of a length-delimited value and steps over it; returns where it starts. */
  #span (sizeMax: number): number {
    if (this.#wireType !== WIRE_BYTES) throw new DecodeError(`expected bytes, wire type ${this.#wireType}`)
    const size = this.varint()
    const start = this.#at
    if (size > this.#end - start) throw new DecodeError(`length ${size} beyond the ${this.#end - start} bytes left`)
    if (size > sizeMax) throw new DecodeError(`${size} bytes, at most ${sizeMax} allowed`)
    this.#at = start + size
    return start
  }

  /** A view, not a copy: copy it to keep it longer than the frame. */
  bytes (sizeMax = Number.MAX_SAFE_INTEGER): Uint8Array {
    const start = this.#span(sizeMax)
    return this.#bytes.subarray(start, this.#at)
  }

  /** A view of bytes that are strict UTF-8: text that is compared and stored, but not looked at. */
  utf8 (sizeMax: number): Uint8Array {
    const bytes = this.bytes(sizeMax)
    if (!isUtf8(bytes)) throw new DecodeError('malformed UTF-8')
    return bytes
  }

  /** Strict UTF-8: malformed text is refused. */
  string (sizeMax: number): string {
    return decodeUtf8(this.bytes(sizeMax))
  }

  /** A reader over the sub-message. */
  message (): Reader {
    const start = this.#span(Number.MAX_SAFE_INTEGER)
    return new Reader(this.#bytes, start, this.#at)
  }

  /** Skips the value of a field this version does not know. */
  skip (): void {
    switch (this.#wireType) {
      case WIRE_VARINT: this.#skipVarint(); return
      case WIRE_FIXED64: this.#advance(8); return
      case WIRE_BYTES: this.#span(Number.MAX_SAFE_INTEGER); return
      case WIRE_FIXED32: this.#advance(4); return
      default: throw new DecodeError(`unknown wire type ${this.#wireType}`)
    }
  }

  /** A newer node's field may hold any 64-bit number, so this allows more than `varint`. */
  #skipVarint (): void {
    for (let size = 1; size <= VARINT_SIZE_BYTES_MAX; size++) {
      if (this.#at >= this.#end) throw new DecodeError('truncated varint')
      if ((this.#bytes[this.#at++] as number) < 0x80) return
    }
    throw new DecodeError(`varint longer than ${VARINT_SIZE_BYTES_MAX} bytes`)
  }

  #advance (size: number): void {
    if (size > this.#end - this.#at) throw new DecodeError('truncated field')
    this.#at += size
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text of strict UTF-8 bytes. @throws {DecodeError} where they are malformed. */
export function decodeUtf8 (bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes)
  } catch (cause) {
    throw new DecodeError('malformed UTF-8', { cause })
  }
}

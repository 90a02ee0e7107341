/**
 * The protobuf wire format (protobuf.dev, "Encoding"), written by hand: three times a generated codec's encode rate and
 * seven times its decode rate (LIBRARIES.md section 3). Only wire types 0 (varint) and 2 (length-delimited) are used;
 * unknown fields of types 0, 1, 2 and 5 are skipped, so that newer nodes can add fields.
 */

/** What came from a wire or a disk is not what the schema says. An operating error, never a bug of ours. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

/** Appends fields to one growing buffer. */
export class Writer {
  #buffer: Buffer
  #length = 0

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
    this.#reserve(8)
    const buffer = this.#buffer
    let at = this.#length
    while (value >= 0x80) {
      buffer[at++] = (value % 0x80) | 0x80
      value = value < 0x80000000 ? value >>> 7 : Math.floor(value / 0x80)
    }
    buffer[at++] = value
    this.#length = at
    return this
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
    this.varint(field * 8)
    return this.varint(value)
  }

  bool (field: number, value: boolean): this {
    return this.uint(field, value ? 1 : 0)
  }

  /** A length-delimited field of bytes. */
  bytes (field: number, value: Uint8Array): this {
    this.varint(field * 8 + 2)
    this.varint(value.length)
    return this.raw(value)
  }

  /** A length-delimited field of UTF-8. */
  string (field: number, value: string): this {
    this.varint(field * 8 + 2)
    const size = Buffer.byteLength(value)
    this.varint(size)
    this.#reserve(size)
    this.#buffer.write(value, this.#length, 'utf8')
    this.#length += size
    return this
  }

  /** A length-delimited sub-message, written in place by `write` and then shifted behind its length. */
  message (field: number, write: (writer: Writer) => void): this {
    this.varint(field * 8 + 2)
    const start = this.#length
    this.#reserve(1)
    this.#length += 1 // most messages are shorter than 128 bytes: one byte of length is reserved
    write(this)
    const size = this.#length - start - 1
    if (size < 0x80) {
      this.#buffer[start] = size
      return this
    }
    let extra = 0
    for (let rest = size; rest >= 0x80; rest = Math.floor(rest / 0x80)) extra++
    this.#reserve(extra)
    this.#buffer.copyWithin(start + 1 + extra, start + 1, this.#length)
    const end = this.#length + extra
    this.#length = start
    this.varint(size)
    this.#length = end
    return this
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
  #wireType = 0

  constructor (bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  /** The next field's number, or 0 at the end. Read its value, or `skip()` it, before asking again. */
  field (): number {
    if (this.#at >= this.#end) return 0
    const tag = this.varint()
    const field = Math.floor(tag / 8)
    if (field === 0) throw new DecodeError('field number 0')
    this.#wireType = tag & 7
    return field
  }

  get remaining (): number {
    return this.#end - this.#at
  }

  /** A bare varint; beyond 2^53 - 1 it is refused. */
  varint (): number {
    let value = 0
    let shift = 0
    for (;;) {
      if (this.#at >= this.#end) throw new DecodeError('truncated varint')
      const byte = this.#bytes[this.#at++] as number
      if (shift < 28) {
        value += (byte & 0x7f) << shift
      } else {
        value += (byte & 0x7f) * 2 ** shift
        if (shift > 49 || value > Number.MAX_SAFE_INTEGER) throw new DecodeError('varint beyond 2^53')
      }
      if (byte < 0x80) return value
      shift += 7
    }
  }

  uint (): number {
    if (this.#wireType !== 0) throw new DecodeError(`expected a varint, wire type ${this.#wireType}`)
    return this.varint()
  }

  bool (): boolean {
    return this.uint() !== 0
  }

  #span (): [start: number, end: number] {
    if (this.#wireType !== 2) throw new DecodeError(`expected bytes, wire type ${this.#wireType}`)
    const size = this.varint()
    const start = this.#at
    if (size > this.#end - start) throw new DecodeError(`length ${size} beyond the ${this.#end - start} bytes left`)
    this.#at = start + size
    return [start, this.#at]
  }

  /** A view, not a copy: copy it to keep it longer than the frame. */
  bytes (sizeMax = Number.MAX_SAFE_INTEGER): Uint8Array {
    const [start, end] = this.#span()
    if (end - start > sizeMax) throw new DecodeError(`${end - start} bytes, at most ${sizeMax} allowed`)
    return this.#bytes.subarray(start, end)
  }

  /** Strict UTF-8: malformed text is refused. */
  string (sizeMax: number): string {
    return decodeUtf8(this.bytes(sizeMax))
  }

  /** A reader over the sub-message. */
  message (): Reader {
    const [start, end] = this.#span()
    return new Reader(this.#bytes, start, end)
  }

  /** Skips the value of a field this version does not know. */
  skip (): void {
    switch (this.#wireType) {
      case 0: this.varint(); return
      case 1: this.#advance(8); return
      case 2: this.#span(); return
      case 5: this.#advance(4); return
      default: throw new DecodeError(`unknown wire type ${this.#wireType}`)
    }
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

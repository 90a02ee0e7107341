import { AssertionError, DecodeError, decodeUtf8, Prng, Reader, varintSizeBytes, Writer } from '../../src/base/index.js'
import { expect, suite } from '../harness.js'

/** Each varint length's first and last number, and the edges of 31, 32 and 53 bits. */
const VARINT_EDGES = [
  0, 1, 0x7e, 0x7f, 0x80, 0x81, 0x3fff, 0x4000, 0x1fffff, 0x200000, 0xfffffff, 0x10000000, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1,
  2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 35 - 1, 2 ** 35, 2 ** 42 - 1, 2 ** 42, 2 ** 49 - 1, 2 ** 49, 2 ** 52, 2 ** 53 - 2,
  Number.MAX_SAFE_INTEGER
]

/** What protobuf.dev, "Encoding", says a varint is, in exact integers. */
function referenceVarint (value: number): string {
  const bytes: number[] = []
  let rest = BigInt(value)
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes).toString('hex')
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const readerOf = (text: string): Reader => new Reader(Buffer.from(text, 'hex'))
const isDecodeError = (error: unknown): boolean => error instanceof DecodeError
const isAssertionError = (error: unknown): boolean => error instanceof AssertionError

suite('the protobuf wire format: numbers', ({ test }) => {
  test('varints at every edge are written as the specification says and read back', () => {
    for (const value of VARINT_EDGES) {
      const bytes = new Writer().varint(value).finish()
      expect.is(hex(bytes), referenceVarint(value), `written ${value}`)
      expect.is(bytes.length, varintSizeBytes(value), `size of ${value}`)
      const reader = new Reader(bytes)
      expect.is(reader.varint(), value, `read ${value}`)
      expect.is(reader.remaining, 0)
    }
  })

  test('varints of random size are written as the specification says and read back', () => {
    const prng = new Prng('varints')
    const writer = new Writer(1)
    const values: number[] = []
    for (let i = 0; i < 20_000; i++) {
      const value = Math.floor(prng.uint32() / 2 ** prng.below(32)) * 2 ** prng.below(22)
      values.push(value)
      writer.varint(value)
    }
    const bytes = writer.finish()
    expect.is(hex(bytes), values.map(referenceVarint).join(''))
    const reader = new Reader(bytes)
    for (const value of values) expect.is(reader.varint(), value)
    expect.is(reader.field(), 0)
  })

  test('negative, fractional and unsafe numbers are a bug of the writer', () => {
    for (const value of [-1, -0.5, 0.5, 127.5, 2 ** 53, 2 ** 64, -(2 ** 31), NaN, Infinity, -Infinity]) {
      expect.throws(() => new Writer().varint(value), isAssertionError, `varint ${value}`)
      expect.throws(() => new Writer().uint(1, value), isAssertionError, `uint ${value}`)
    }
  })

  test('field numbers outside of 1 to 2^29 - 1 are a bug of the writer', () => {
    for (const field of [0, -1, 2 ** 29]) {
      expect.throws(() => new Writer().uint(field, 1), isAssertionError)
      expect.throws(() => new Writer().bytes(field, Buffer.alloc(0)), isAssertionError)
      expect.throws(() => new Writer().begin(field), isAssertionError)
    }
    const reader = new Reader(new Writer().uint(2 ** 29 - 1, 7).finish())
    expect.is(reader.field(), 2 ** 29 - 1)
    expect.is(reader.uint(), 7)
  })

  test('a varint beyond 2^53 - 1 is refused, however it is written', () => {
    for (const bytes of [
      'ffffffffffffff1f', // 2^54 - 1
      '8080808080808010', // 2^53
      'ffffffffffffff7f', // 2^56 - 1
      'ffffffffffffffff7f', // 2^63 - 1
      'ffffffffffffffffff01', // 2^64 - 1, or -1
      '808080808080808000' // 0 in nine bytes
    ]) {
      expect.throws(() => readerOf(bytes).varint(), isDecodeError, bytes)
    }
    expect.is(readerOf('ffffffffffffff0f').varint(), Number.MAX_SAFE_INTEGER)
    expect.is(readerOf('8080808080808000').varint(), 0)
  })

  test('a truncated varint is refused', () => {
    for (const bytes of ['', '80', 'ffff', 'ffffffffffffff', '80808080808080']) {
      expect.throws(() => readerOf(bytes).varint(), isDecodeError, bytes)
    }
  })

  test('booleans are 0 and 1, and any other number is read as true', () => {
    expect.is(hex(new Writer().bool(1, true).bool(2, false).finish()), '08011000')
    const reader = readerOf('08011000180220ffffffffffffff0f')
    const read: boolean[] = []
    while (reader.field() !== 0) read.push(reader.bool())
    expect.equal(read, [true, false, true, true])
  })
})

suite('the protobuf wire format: bytes and text', ({ test }) => {
  test('the examples of the specification have its bytes', () => {
    expect.is(hex(new Writer().uint(1, 150).finish()), '089601')
    expect.is(hex(new Writer().string(2, 'testing').finish()), '120774657374696e67')
    expect.is(hex(new Writer().message(3, (inner) => { inner.uint(1, 150) }).finish()), '1a03089601')
  })

  test('bytes are a view of the frame, not a copy', () => {
    const frame = new Writer().bytes(1, Buffer.from('abc')).finish()
    const reader = new Reader(frame)
    reader.field()
    const view = reader.bytes()
    frame[2] = 'x'.charCodeAt(0)
    expect.is(Buffer.from(view).toString(), 'xbc')
  })

  test('text of every kind comes back, a lone surrogate as U+FFFD', () => {
    for (const text of ['', 'a', 'ä€😀', '\u0000', '\ufeffbom', 'é'.repeat(64), '😀'.repeat(5000)]) {
      const reader = new Reader(new Writer(1).string(1, text).finish())
      expect.is(reader.field(), 1)
      expect.is(reader.string(100_000), text)
    }
    const reader = new Reader(new Writer().string(1, 'a\ud800b').finish())
    reader.field()
    expect.is(reader.string(10), 'a\ufffdb')
  })

  test('malformed UTF-8 is refused as text and as bytes that should be text', () => {
    for (const bytes of ['80', 'c0af', 'c3', 'eda080', 'f4908080', 'f8888080', '61ff']) {
      const field = new Writer().bytes(1, Buffer.from(bytes, 'hex')).finish()
      const text = new Reader(field)
      text.field()
      expect.throws(() => text.string(100), isDecodeError, bytes)
      const view = new Reader(field)
      view.field()
      expect.throws(() => view.utf8(100), isDecodeError, bytes)
      expect.throws(() => decodeUtf8(Buffer.from(bytes, 'hex')), isDecodeError, bytes)
    }
    const reader = new Reader(new Writer().string(1, 'ä€😀').finish())
    reader.field()
    expect.is(Buffer.from(reader.utf8(9)).toString(), 'ä€😀')
  })

  test('a length beyond the message or the limit is refused', () => {
    const reader = readerOf('0a0361')
    reader.field()
    expect.throws(() => reader.bytes(), isDecodeError)
    const large = readerOf('0affffffffffffff0f61')
    large.field()
    expect.throws(() => large.bytes(), isDecodeError)
    const limited = readerOf('0a03616263')
    limited.field()
    expect.throws(() => limited.bytes(2), isDecodeError)
    const exact = readerOf('0a03616263')
    exact.field()
    expect.is(exact.bytes(3).length, 3)
  })

  test('a value of another wire type than asked for is refused', () => {
    const varint = readerOf('0801')
    varint.field()
    expect.throws(() => varint.bytes(), isDecodeError)
    expect.throws(() => varint.message(), isDecodeError)
    expect.throws(() => varint.string(9), isDecodeError)
    const bytes = readerOf('0a0101')
    bytes.field()
    expect.throws(() => bytes.uint(), isDecodeError)
    expect.throws(() => bytes.bool(), isDecodeError)
  })
})

suite('the protobuf wire format: messages', ({ test }) => {
  const SIZES = [0, 1, 126, 127, 128, 129, 16_382, 16_383, 16_384, 16_385, 2 ** 21 - 1, 2 ** 21]

  test('sub-messages have the right length around every step of its varint, whatever size was guessed', () => {
    for (const size of SIZES) {
      const content = Buffer.alloc(size, 0x61)
      const expected = Buffer.concat([Buffer.from([0x0a]), Buffer.from(referenceVarint(size), 'hex'), content, Buffer.from('1005', 'hex')])
      const closure = new Writer(1).message(1, (inner) => { inner.raw(content) }).uint(2, 5).finish()
      expect.is(Buffer.compare(closure, expected), 0, `message of ${size}`)
      for (const guess of SIZES) {
        const writer = new Writer(1)
        const mark = writer.begin(1, guess)
        writer.raw(content).end(mark).uint(2, 5)
        expect.is(Buffer.compare(writer.finish(), expected), 0, `message of ${size} guessed as ${guess}`)
      }
    }
  })

  test('nested messages of any size come back, with closures and without', () => {
    const prng = new Prng('nested')
    for (let round = 0; round < 300; round++) {
      const sizes = Array.from({ length: prng.between(1, 6) }, () => [0, 1, 60, 120, 125, 127, 128, 16_370, 16_384][prng.below(9)] as number)
      const closures = new Writer(prng.between(0, 40))
      const marks = new Writer(prng.between(0, 40))
      nestWithClosures(closures, sizes)
      nestWithMarks(marks, sizes, prng)
      expect.is(Buffer.compare(closures.finish(), marks.finish()), 0, `seed nested, round ${round}, sizes ${sizes.join()}`)
      expect.equal(sizesOf(new Reader(marks.finish())), sizes, `seed nested, round ${round}`)
    }
  })

  function nestWithClosures (writer: Writer, sizes: readonly number[]): void {
    const [size, ...rest] = sizes
    if (size === undefined) return
    writer.message(1, (inner) => {
      inner.bytes(2, Buffer.alloc(size, 1))
      nestWithClosures(inner, rest)
      inner.uint(3, size)
    })
  }

  function nestWithMarks (writer: Writer, sizes: readonly number[], prng: Prng): void {
    const [size, ...rest] = sizes
    if (size === undefined) return
    const mark = writer.begin(1, prng.below(40_000))
    writer.bytes(2, Buffer.alloc(size, 1))
    nestWithMarks(writer, rest, prng)
    writer.uint(3, size).end(mark)
  }

  function sizesOf (reader: Reader): number[] {
    const sizes: number[] = []
    for (let field = reader.field(); field !== 0; field = reader.field()) {
      if (field === 1) sizes.push(...sizesOf(reader.message()))
      else if (field === 2) sizes.unshift(reader.bytes().length)
      else reader.skip()
    }
    return sizes
  }

  test('a sub-message cannot read beyond its end', () => {
    const reader = readerOf('0a0208ff01') // the inner varint goes on behind the inner end
    reader.field()
    const inner = reader.message()
    expect.is(inner.field(), 1)
    expect.throws(() => inner.uint(), isDecodeError)
    const nested = readerOf('0a020a0361')
    nested.field()
    const short = nested.message()
    short.field()
    expect.throws(() => short.bytes(), isDecodeError)
  })

  test('a mark that is used after the writer was cut below it is a bug', () => {
    const other = new Writer()
    other.raw(Buffer.alloc(100))
    const mark = other.begin(1)
    expect.throws(() => new Writer().end(mark), isAssertionError)
  })

  test('unknown fields of all four wire types are skipped, 64-bit numbers too', () => {
    const unknown = [
      '5001', '50ffffffffffffffffff01', // varints: 1 and 2^64 - 1
      '510102030405060708', // fixed64
      '52050102030405', // bytes
      '5501020304' // fixed32
    ]
    for (const bytes of unknown) {
      const reader = readerOf(`${bytes}0807`)
      expect.is(reader.field(), 10)
      reader.skip()
      expect.is(reader.field(), 1, bytes)
      expect.is(reader.uint(), 7)
      expect.is(reader.field(), 0)
    }
  })

  test('truncated unknown fields, groups, reserved wire types and impossible field numbers are refused', () => {
    for (const bytes of ['50', '5080', '50ffffffffffffffffffff01', '5101020304050607', '52', '5202', '520201', '55010203', '53', '54', '56', '57']) {
      const reader = readerOf(bytes)
      expect.is(reader.field(), 10, bytes)
      expect.throws(() => reader.skip(), isDecodeError, bytes)
    }
    for (const bytes of ['00', '07', '8080808010', 'ffffffffffffff0f', '80']) {
      expect.throws(() => readerOf(bytes).field(), isDecodeError, bytes)
    }
  })
})

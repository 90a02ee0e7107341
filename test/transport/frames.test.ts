import { Prng } from '../../src/base/index.js'
import { decodeFrames, FrameDecoder, FrameTooLongError } from '../../src/transport/frame-decoder.js'
import { FrameQueue } from '../../src/transport/frame-queue.js'
import { YamuxGuard } from '../../src/transport/yamux-guard.js'
import { expect, suite } from '../harness.js'

const framed = (payload: Uint8Array): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(payload.length)
  return Buffer.concat([length, payload])
}

function decode (chunks: Iterable<Uint8Array>, frameBytesMax = 1 << 20): Uint8Array[] {
  const decoder = new FrameDecoder(frameBytesMax)
  const frames: Uint8Array[] = []
  for (const chunk of chunks) decoder.push(chunk, (payload) => { frames.push(payload) })
  expect.ok(decoder.atBoundary, 'bytes are left over')
  return frames
}

suite('transport frames', ({ test }) => {
  test('however a stream is cut, the same frames come out', () => {
    for (let seed = 0; seed < 100; seed++) {
      const prng = new Prng(`frames-${seed}`)
      const frames = Array.from({ length: prng.between(1, 20) }, () => Buffer.alloc(prng.chance(1, 10) ? prng.below(200_000) : prng.below(50), prng.below(256)))
      const stream = Buffer.concat(frames.map(framed))
      const chunks: Buffer[] = []
      for (let at = 0; at < stream.length;) {
        const size = prng.chance(1, 3) ? prng.between(1, 8) : prng.between(1, 100_000)
        chunks.push(stream.subarray(at, at + size))
        at += size
      }
      const decoded = decode(chunks)
      expect.is(decoded.length, frames.length, `seed ${seed}`)
      frames.forEach((frame, i) => { expect.ok(frame.equals(decoded[i] ?? Buffer.alloc(0)), `seed ${seed}, frame ${i}`) })
    }
  })

  test('frames come out of single bytes too', () => {
    const frames = [0, 1, 5, 0, 0, 300].map((size, i) => Buffer.alloc(size, i))
    const single = [...Buffer.concat(frames.map(framed))].map((byte) => Uint8Array.of(byte))
    expect.ok(Buffer.concat(decode(single)).equals(Buffer.concat(frames)))
    expect.is(decode(single).length, frames.length)
  })

  test('a frame that arrives in one chunk is a view of it, one that spans chunks has its own bytes', () => {
    const chunk = framed(Buffer.from('whole'))
    expect.is(decode([chunk])[0]?.buffer, chunk.buffer)
    const [first, second] = [chunk.subarray(0, 6), chunk.subarray(6)]
    const [gathered] = decode([first, second])
    expect.is.not(gathered?.buffer, chunk.buffer)
    expect.is(Buffer.from(gathered ?? []).toString(), 'whole')
  })

  test('the longest frame passes and one byte more is refused at its length', () => {
    expect.is(decode([framed(Buffer.alloc(100))], 100)[0]?.length, 100)
    expect.throws(() => decode([framed(Buffer.alloc(101)).subarray(0, 4)], 100), (error: unknown) => error instanceof FrameTooLongError)
    expect.throws(() => decode([Buffer.of(0xff, 0xff, 0xff, 0xff)]), /4294967295 bytes was announced/)
  })

  test('a hostile length within the limit allocates little before its bytes arrive', () => {
    const decoders = Array.from({ length: 200 }, () => new FrameDecoder(8 << 20))
    const before = process.memoryUsage().arrayBuffers
    const begin = Buffer.concat([framed(Buffer.alloc(8 << 20)).subarray(0, 5)])
    for (const decoder of decoders) decoder.push(begin, () => {})
    const grownMb = (process.memoryUsage().arrayBuffers - before) / 1e6
    expect.ok(grownMb < 40, `${grownMb} MB for 200 frames of which one byte arrived`)
  })

  test('a source that ends inside a frame is an error, one that ends between two is not', async () => {
    const read = async (chunks: Buffer[]): Promise<number> => {
      let count = 0
      for await (const frame of decodeFrames(100)((async function * () { yield * chunks })())) count += frame.length
      return count
    }
    expect.is(await read([framed(Buffer.alloc(7)), framed(Buffer.alloc(3))]), 10)
    for (const cut of [1, 4, 8]) {
      let message = ''
      await read([framed(Buffer.alloc(7)).subarray(0, cut)]).catch((error: unknown) => { message = String(error) })
      expect.match(message, /inside a frame/, `cut at ${cut}`)
    }
  })

  test('a queue gives back what was pushed, joined into pieces of bounded size', () => {
    for (let seed = 0; seed < 200; seed++) {
      const prng = new Prng(`queue-${seed}`)
      const queue = new FrameQueue()
      const pushed: Buffer[] = []
      const pieces: Buffer[] = []
      const bytesMax = prng.between(5, 200)
      for (let step = 0; step < 3000; step++) {
        if (prng.chance(1, 2)) {
          const frame = Buffer.alloc(prng.below(prng.chance(1, 10) ? 1000 : 20), prng.below(256))
          pushed.push(frame)
          queue.push(frame)
        } else if (queue.count > 0) {
          pieces.push(queue.take(bytesMax))
        }
        expect.is(queue.bytes, pushed.reduce((sum, { length }) => sum + 4 + length, 0) - pieces.reduce((sum, { length }) => sum + length, 0), `seed ${seed}`)
        if (step > 60 && prng.chance(1, 30)) break
      }
      while (queue.count > 0) pieces.push(queue.take(bytesMax))
      expect.ok(pieces.every(({ length }) => length > 0 && length <= bytesMax), `seed ${seed}`)
      expect.ok(Buffer.concat(pieces).equals(Buffer.concat(pushed.map(framed))), `seed ${seed}`)
    }
  })

  test('many small frames leave in one piece, and a long one in slices', () => {
    const queue = new FrameQueue()
    for (let i = 0; i < 100; i++) queue.push(Buffer.alloc(6))
    expect.is(queue.take(1000).length, 1000)
    expect.is(queue.count, 0)
    queue.push(Buffer.alloc(2500))
    expect.equal([1, 2, 3].map(() => queue.take(1000).length), [1000, 1000, 504])
  })

  test('the oldest frame that can still be taken back is dropped, and a half-sent one starts over', () => {
    const queue = new FrameQueue()
    for (const size of [100, 200, 300]) queue.push(Buffer.alloc(size, size))
    queue.take(50)
    expect.ok(queue.dropOldest())
    expect.is(queue.bytes, 54 + 304)
    queue.rewind()
    expect.equal(decode([queue.take(1000)]).map(({ length }) => length), [100, 300])
    expect.is(queue.dropOldest(), false)
    queue.push(Buffer.alloc(8))
    expect.is(queue.clear(), 1)
    expect.is(queue.bytes, 0)
  })

  test('the yamux guard follows frames across chunks and refuses a long one only where it is data', () => {
    const frame = (type: number, length: number, body = 0): Buffer => {
      const header = Buffer.alloc(12 + body)
      header[1] = type
      header.writeUInt32BE(length, 8)
      return header
    }
    const windowUpdate = frame(1, 0xffffffff)
    const stream = Buffer.concat([frame(0, 1000, 1000), windowUpdate, frame(2, 7), frame(0, 0), frame(0, 1 << 20, 1 << 20), windowUpdate])
    for (const size of [1, 7, 12, 13, 4096, stream.length]) {
      const guard = new YamuxGuard(1 << 20)
      for (let at = 0; at < stream.length; at += size) expect.ok(guard.accepts([stream.subarray(at, at + size)]), `cut by ${size} at ${at}`)
      expect.is(guard.accepts(frame(0, (1 << 20) + 1)), false, `cut by ${size}`)
    }
  })
})

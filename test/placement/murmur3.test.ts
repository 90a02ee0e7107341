import fc from 'fast-check'
import oracle from 'murmurhash3js-revisited'
import { murmur3_32 } from '../../src/placement/index.js'
import { expect, suite } from '../harness.js'

const text = (value: string): Buffer => Buffer.from(value, 'utf8')
const hex = (value: string): Buffer => Buffer.from(value, 'hex')

/** Published by Ian Boyd (stackoverflow.com/a/31929528), checked there against the reference C++. */
const PUBLISHED: ReadonlyArray<readonly [Buffer, seed: number, hash: number]> = [
  [hex(''), 0, 0x00000000], [hex(''), 1, 0x514e28b7], [hex(''), 0xffffffff, 0x81f16f39],
  [hex('ffffffff'), 0, 0x76293b50], [hex('21436587'), 0, 0xf55b516b], [hex('21436587'), 0x5082edee, 0x2362f9de],
  [hex('214365'), 0, 0x7e4a8634], [hex('2143'), 0, 0xa0f7b07a], [hex('21'), 0, 0x72661cf4],
  [hex('00000000'), 0, 0x2362f9de], [hex('000000'), 0, 0x85f0b427], [hex('0000'), 0, 0x30f4c306], [hex('00'), 0, 0x514e28b7],
  [text('aaaa'), 0x9747b28c, 0x5a97808a], [text('aaa'), 0x9747b28c, 0x283e0130], [text('aa'), 0x9747b28c, 0x5d211726], [text('a'), 0x9747b28c, 0x7fa09ea6],
  [text('Hello, world!'), 0x9747b28c, 0x24884cba], [text('ππππππππ'), 0x9747b28c, 0xd58063c1],
  [text('The quick brown fox jumps over the lazy dog'), 0x9747b28c, 0x2fa826cd]
]

suite('murmur3', ({ test }) => {
  for (const [bytes, seed, hash] of PUBLISHED) {
    test(`gives the published hash of ${bytes.toString('hex') || 'nothing'} with seed ${seed}`, () => {
      expect.is(murmur3_32(bytes, seed), hash)
    })
  }

  test('agrees with murmurhash3js-revisited on any bytes and any seed', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat({ max: 0xffffffff }), (bytes, seed) => {
      expect.is(murmur3_32(bytes, seed), oracle.x86.hash32(bytes, seed))
    }), { numRuns: 3000 })
  })

  test('hashes a part of a buffer like a copy of it', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), fc.nat(40), (bytes, left, right) => {
      const [start, end] = [Math.min(left, right, bytes.length), Math.min(Math.max(left, right), bytes.length)]
      expect.is(murmur3_32(bytes, 0, start, end), murmur3_32(bytes.slice(start, end)))
    }))
  })
})

import fc from 'fast-check'
import { BUCKET_COUNT, toBucket, toPartitionId } from '../../src/base/index.js'
import { bucketOf, bucketRange, isPartitionCount, murmur3_32, partitionOf, placeGroups } from '../../src/placement/index.js'
import { expect, suite } from '../harness.js'

const key = (value: string): Buffer => Buffer.from(value, 'utf8')
const wholeKeyBucket = (value: string): number => murmur3_32(key(value)) >>> 22
const COUNTS = Array.from({ length: 11 }, (_, bits) => 2 ** bits)
const anyBucket = fc.nat(BUCKET_COUNT - 1).map(toBucket)

/** Frozen: a change of any of these loses data of every existing cluster. */
const GOLDEN: ReadonlyArray<readonly [key: string, bucket: number]> = [
  ['a', 240],
  ['key', 906],
  ['hello', 146],
  ['user:1', 814],
  ['user:2', 928],
  ['user:1000', 229],
  ['{user:1}:name', 814],
  ['session/00000000/state', 254],
  ['ключ', 617],
  ['日本語', 662],
  ['😀', 762],
  ['a{}', 1004],
  ['{}{a}', 240],
  [' ', 507],
  ['0', 841],
  ['x'.repeat(1024), 199],
  ['foo/bar/baz', 162],
  ['The quick brown fox jumps over the lazy dog', 185]
]

suite('buckets', ({ test }) => {
  test('of the golden keys never change', () => {
    for (const [name, bucket] of GOLDEN) expect.is(bucketOf(key(name)), bucket, name)
  })

  for (const [name, tag] of [
    ['{user}:name', 'user'], ['name:{user}', 'user'], ['a{b}{c}', 'b'], ['{}{user}', 'user'], ['{}a{}b{tag}', 'tag'], ['{{a}', '{a'],
    ['{a{b}', 'a{b'], ['}{x}', 'x'], ['{é}1', 'é']
  ] as const) {
    test(`of ${name} is that of its tag ${tag}`, () => { expect.is(bucketOf(key(name)), wholeKeyBucket(tag)) })
  }

  for (const name of ['plain', '{', '}', '{}', 'a{}', '{open', 'close}', '}a{', '{}{', '{}{}', '{}{open']) {
    test(`of ${name}, which has no tag, is that of the whole key`, () => { expect.is(bucketOf(key(name)), wholeKeyBucket(name)) })
  }

  test('of keys with one tag are one, whatever surrounds it', () => {
    const plain = fc.string({ maxLength: 20 }).map((value) => value.replaceAll(/[{}]/g, ''))
    fc.assert(fc.property(plain, plain.filter((value) => value.length > 0), fc.string(), (before, tag, after) => {
      expect.is(bucketOf(key(`${before}{${tag}}${after}`)), wholeKeyBucket(tag))
    }))
  })

  test('are hit evenly by keys of one pattern', () => {
    for (const pattern of [(i: number) => `user:${i}`, (i: number) => `${i}`, (i: number) => `session/${i.toString(16).padStart(8, '0')}/state`]) {
      const hits = new Array<number>(BUCKET_COUNT).fill(0)
      const keyCount = 200 * BUCKET_COUNT
      for (let i = 0; i < keyCount; i++) hits[bucketOf(key(pattern(i)))]!++
      const chiSquare = hits.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)
      const z = (chiSquare - (BUCKET_COUNT - 1)) / Math.sqrt(2 * (BUCKET_COUNT - 1))
      expect.ok(Math.abs(z) < 4, `chi square of ${pattern(0)} deviates by ${z.toFixed(1)} standard deviations`)
    }
  })
})

suite('partitions', ({ test }) => {
  test('are counted in powers of two up to 1024', () => {
    expect.equal(Array.from({ length: 2050 }, (_, value) => value).filter(isPartitionCount), COUNTS)
    for (const value of [-1, 0.5, 1.5, NaN, Infinity, 2 ** 32, 2 ** 33]) expect.not(isPartitionCount(value), String(value))
  })

  test('of one are all buckets, of 1024 one bucket each', () => {
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      expect.is(partitionOf(toBucket(bucket), 1), 0)
      expect.is(partitionOf(toBucket(bucket), 1024), bucket)
    }
  })

  test('have ranges that cover every bucket once, in order', () => {
    for (const count of COUNTS) {
      let next = 0
      for (let partition = 0; partition < count; partition++) {
        const { first, last } = bucketRange(toPartitionId(partition), count)
        expect.is(first, next)
        for (let bucket: number = first; bucket <= last; bucket++) expect.is(partitionOf(toBucket(bucket), count), partition)
        next = last + 1
      }
      expect.is(next, BUCKET_COUNT)
    }
  })

  test('split exactly in two where the count doubles', () => {
    fc.assert(fc.property(anyBucket, fc.integer({ min: 0, max: 9 }), (bucket, bits) => {
      const parent = partitionOf(bucket, 2 ** bits)
      const child = partitionOf(bucket, 2 ** (bits + 1))
      expect.ok(child === 2 * parent || child === 2 * parent + 1)
      const [range, left, right] = [bucketRange(parent, 2 ** bits), bucketRange(toPartitionId(2 * parent), 2 ** (bits + 1)), bucketRange(toPartitionId(2 * parent + 1), 2 ** (bits + 1))]
      expect.equal([left.first, left.last + 1, right.last], [range.first, right.first, range.last])
    }))
  })

  test('are the top bits of the hash', () => {
    fc.assert(fc.property(fc.string({ minLength: 1 }).filter((value) => !value.includes('{')), fc.integer({ min: 1, max: 10 }), (value, bits) => {
      expect.is(partitionOf(bucketOf(key(value)), 2 ** bits), murmur3_32(key(value)) >>> (32 - bits))
    }))
  })

  test('refuse a count that is no power of two, and a partition beyond it', () => {
    expect.throws(() => partitionOf(toBucket(0), 3), /power of two/)
    expect.throws(() => bucketRange(toPartitionId(0), 2048), /power of two/)
    expect.throws(() => bucketRange(toPartitionId(4), 4), /there is no partition 4 of 4/)
  })
})

suite('groups', ({ test }) => {
  const sample = [{ master: 'node1', slaves: ['node2', 'node3'] }, { master: 'node4', slaves: ['node5', 'node6'] }]

  test('take the partitions in turn, their master first', () => {
    expect.equal(placeGroups(4, sample), [
      ['node1', 'node2', 'node3'], ['node4', 'node5', 'node6'], ['node1', 'node2', 'node3'], ['node4', 'node5', 'node6']
    ])
  })

  test('beyond the number of partitions get none', () => {
    expect.equal(placeGroups(1, sample), [['node1', 'node2', 'node3']])
  })

  test('without slaves leave the master alone', () => {
    expect.equal(placeGroups(2, [{ master: 1, slaves: [] }]), [[1], [1]])
  })

  test('that list a member twice are a bug of the caller', () => {
    expect.throws(() => placeGroups(2, [{ master: 1, slaves: [2, 1] }]), /twice/)
    expect.throws(() => placeGroups(2, []), /at least one group/)
  })
})

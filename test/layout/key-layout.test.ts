import fc from 'fast-check'
import { DecodeError, SYSTEM_PARTITION, toBucket, toLogIndex, toPartitionId, toPeerId, type PartitionId } from '../../src/base/index.js'
import {
  batchKey, dataKey, dataRange, describeKey, foundingKey, hardStateKey, installingKey, logKey, logRange, logStartKey, mapKey, retiredKey,
  metaRange, nodeKey, parseDataKey, parseMetaKey, peerKey, replicaStateKey, sessionKey, sessionRange,
  systemMapKey, systemMapRange, isDataKey, type KeyRange
} from '../../src/layout/index.js'
import { expect, suite } from '../harness.js'

const PEER = toPeerId('12D3KooWBXu3uGPMkjjxViK6autSnFH5QaKJgTwW8CaSxYSD6yYL')
const P3 = toPartitionId(3)

/** Frozen: a change needs a migration of every node's disk. */
const GOLDEN: ReadonlyArray<readonly [name: string, key: Buffer, hex: string]> = [
  ['node', nodeKey(), '01'],
  ['batch', batchKey(), '02'],
  ['founding', foundingKey(), '03'],
  ['map', mapKey(), '04'],
  ['system-map', systemMapKey(), '06'],
  [`peer (peer ${PEER})`, peerKey(PEER), '10' + Buffer.from(PEER).toString('hex')],
  ['hard-state (partition 65535)', hardStateKey(SYSTEM_PARTITION), '21ffff'],
  ['log-start (partition 3)', logStartKey(P3), '220003'],
  ['replica-state (partition 3)', replicaStateKey(P3), '230003'],
  ['installing (partition 3)', installingKey(P3), '240003'],
  ['retired (partition 3)', retiredKey(P3), '250003'],
  ['log (partition 3, firstIndex 258)', logKey(P3, toLogIndex(258)), '3000030000000000000102'],
  ['log (partition 65535, firstIndex 9007199254740991)', logKey(SYSTEM_PARTITION, toLogIndex(Number.MAX_SAFE_INTEGER)), '30ffff001fffffffffffff'],
  [`session (partition 3, peer ${PEER})`, sessionKey(P3, PEER), '400003' + Buffer.from(PEER).toString('hex')],
  ['data (bucket 258, key "k€y")', dataKey(toBucket(258), Buffer.from('k€y')), '8001026be282ac79']
]

const isIn = (key: Uint8Array, range: KeyRange): boolean => Buffer.compare(key, range.from) >= 0 && Buffer.compare(key, range.to) < 0
const anyPartition = fc.oneof(fc.nat(1023), fc.constant(SYSTEM_PARTITION as number)).map(toPartitionId)
const anyIndex = fc.oneof(fc.nat(1000), fc.maxSafeNat()).map(toLogIndex)
const anyBucket = fc.nat(1023).map(toBucket)
const anyKey = fc.uint8Array({ minLength: 1, maxLength: 20 })

suite('storage keys', ({ test }) => {
  for (const [name, key, hex] of GOLDEN) {
    test(`of ${name} have golden bytes and a readable name`, () => {
      expect.is(key.toString('hex'), hex)
      expect.is(describeKey(key), name)
    })
  }

  test('outside the data are one range, the data another', () => {
    for (const [name, key] of GOLDEN) {
      expect.is(isIn(key, metaRange()), !name.startsWith('data'), name)
      expect.is(isDataKey(key), name.startsWith('data'), name)
      expect.is(isIn(key, systemMapRange()), name === 'system-map', name)
      expect.is(isIn(key, dataRange(toBucket(0), toBucket(1023))), name.startsWith('data'), name)
    }
  })

  test('are told apart by parsing what was built', () => {
    expect.equal(parseMetaKey(nodeKey()), { kind: 'node' })
    expect.equal(parseMetaKey(peerKey(PEER)), { kind: 'peer', peer: PEER })
    fc.assert(fc.property(anyPartition, anyIndex, anyBucket, anyKey, (partition, firstIndex, bucket, key) => {
      expect.equal(parseMetaKey(logKey(partition, firstIndex)), { kind: 'log', partition, firstIndex })
      expect.equal(parseMetaKey(sessionKey(partition, PEER)), { kind: 'session', partition, peer: PEER })
      expect.equal(parseMetaKey(installingKey(partition)), { kind: 'installing', partition })
      const data = parseDataKey(dataKey(bucket, key))
      expect.is(data.bucket, bucket)
      expect.equal([...data.key], [...key])
    }))
  })

  test('that no node wrote are refused', () => {
    for (const hex of [
      '', '00', '07', '0600', '0100', '10', '1031', '110400', '1103', '200400', '20fffe', '2003', '21000300', '300003', '30000300000000000001', '30000300ffffffffffffff',
      '400003', '40000331', '7f', '80', '80000161', 'ff'
    ]) expect.throws(() => parseMetaKey(Buffer.from(hex, 'hex')), (error: unknown) => error instanceof DecodeError, hex)
    for (const hex of ['', '80', '800001', '80040061', '01']) expect.throws(() => parseDataKey(Buffer.from(hex, 'hex')), (error: unknown) => error instanceof DecodeError, hex)
    expect.is(describeKey(Buffer.from('7f01', 'hex')), 'unknown key 7f01')
  })

  test('of any bytes either parse to what would be built again, or are refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 14 }), (bytes) => {
      try {
        const { bucket, key } = parseDataKey(bytes)
        expect.equal([...dataKey(bucket, key)], [...bytes])
      } catch (error) { if (!(error instanceof DecodeError)) throw error }
      try { parseMetaKey(bytes) } catch (error) { if (!(error instanceof DecodeError)) throw error }
      expect.type(describeKey(bytes), 'string')
    }), { numRuns: 2000 })
  })
})

suite('storage ranges', ({ test }) => {
  test('of a log hold its records in the order of their indexes, and no other partition’s', () => {
    fc.assert(fc.property(anyPartition, anyPartition, anyIndex, anyIndex, (partition, other, left, right) => {
      expect.ok(isIn(logKey(partition, left), logRange(partition)))
      expect.is(isIn(logKey(other, left), logRange(partition)), other === partition)
      expect.is(Math.sign(Buffer.compare(logKey(partition, left), logKey(partition, right))), Math.sign(left - right))
      expect.is(isIn(logKey(partition, left), logRange(partition, right)), left >= right)
    }))
  })

  test('of sessions hold one partition’s', () => {
    fc.assert(fc.property(anyPartition, anyPartition, (partition, other) => {
      expect.is(isIn(sessionKey(other, PEER), sessionRange(partition)), other === partition)
      expect.not(isIn(logKey(other, toLogIndex(1)), sessionRange(partition)))
    }))
  })

  test('of data hold exactly the buckets asked for, in order of bucket and key', () => {
    fc.assert(fc.property(anyBucket, anyBucket, anyBucket, anyKey, anyKey, (one, two, bucket, key, otherKey) => {
      const [first, last] = one <= two ? [one, two] : [two, one]
      expect.is(isIn(dataKey(bucket, key), dataRange(first, last)), bucket >= first && bucket <= last)
      const order = Math.sign(one - two || Buffer.compare(key, otherKey))
      expect.is(Math.sign(Buffer.compare(dataKey(one, key), dataKey(two, otherKey))), order)
    }))
    expect.throws(() => dataRange(toBucket(5), toBucket(4)), /no range/)
  })

  test('of the system partition end behind it', () => {
    const system: PartitionId = SYSTEM_PARTITION
    expect.is(logRange(system).to.toString('hex'), '31')
    expect.is(sessionRange(system).to.toString('hex'), '41')
  })
})

import { assert, BUCKET_COUNT, PARTITION_COUNT_MAX, toBucket, toPartitionId, type Bucket, type PartitionId } from '../base/index.js'
import { murmur3_32 } from './murmur3.js'

const BUCKET_BITS = 10
const OPEN = 0x7b // {
const CLOSE = 0x7d // }

/** Buckets of one partition, both ends included. */
export interface BucketRange {
  readonly first: Bucket
  readonly last: Bucket
}

/** A power of two, 1 … 1024: what a cluster's partition count may be. */
export const isPartitionCount = (value: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= PARTITION_COUNT_MAX && (value & (value - 1)) === 0

/**
 * The bucket of a key, for ever: the top 10 bits of the hash of the key's first non-empty `{tag}`, or of the whole key
 * where it has none. Keys with the same tag share a bucket, and so a partition at every count.
 *
 * A tag reaches from a `{` to the first `}` behind it, as in Redis Cluster's key hash tags; unlike there, an empty `{}`
 * does not end the search: `{}{a}` has the tag `a`.
 */
export function bucketOf (key: Uint8Array): Bucket {
  let open = key.indexOf(OPEN)
  while (open !== -1) {
    const close = key.indexOf(CLOSE, open + 1)
    if (close === -1) break
    if (close > open + 1) return topBits(murmur3_32(key, 0, open + 1, close))
    open = key.indexOf(OPEN, close + 1)
  }
  return topBits(murmur3_32(key))
}

const topBits = (hash: number): Bucket => (hash >>> (32 - BUCKET_BITS)) as Bucket

/**
 * The partition that holds a bucket where there are `count` of them: the bucket's top bits, so that partition i at
 * count n is exactly 2i and 2i + 1 at 2n. Multiplied and divided instead of shifted by 32 - log2(count): JavaScript
 * shifts by 32 as by 0.
 */
export function partitionOf (bucket: Bucket, count: number): PartitionId {
  assert(isPartitionCount(count), `a partition count is a power of two, 1 to ${PARTITION_COUNT_MAX}, got ${count}`)
  return ((bucket * count) >>> BUCKET_BITS) as PartitionId
}

/** The contiguous buckets of a partition where there are `count` partitions: the inverse of `partitionOf`. */
export function bucketRange (partition: PartitionId, count: number): BucketRange {
  assert(isPartitionCount(count), `a partition count is a power of two, 1 to ${PARTITION_COUNT_MAX}, got ${count}`)
  assert(toPartitionId(partition) < count, `there is no partition ${partition} of ${count}`)
  const size = BUCKET_COUNT / count
  return { first: toBucket(partition * size), last: toBucket((partition + 1) * size - 1) }
}

/** Where keys live: key → bucket → partition → replica set. Pure functions, the same on every node and version. */
export { balance, type BalanceInput } from './balance.js'
export { bucketOf, bucketRange, isPartitionCount, partitionOf, type BucketRange } from './buckets.js'
export { placeGroups, type PlacementGroup } from './groups.js'
export { nextMoves, type Move, type MovesInput } from './moves.js'
export { murmur3_32 } from './murmur3.js'

import { toPartitionId } from '../../src/base/index.js'
import { logRange, metaRange } from '../../src/layout/index.js'
import type { DiskEntry, KeyRange } from '../../src/node/ports.js'
import type { ByteImage } from './byte-map.js'

/**
 * What damage aims at. `log`: log entries; `data`: clients' values; `meta`: everything else a node knows of itself (who
 * it is, hard states, applied positions, cluster map, sessions, peers).
 */
export type RecordClass = 'log' | 'data' | 'meta'

/** Longer than any key, and every byte at its highest: behind all keys. */
const BEHIND_ALL = Buffer.alloc(64, 0xff)
const META = metaRange()
/** The log records of all partitions share their first byte. */
const LOG_PREFIX = logRange(toPartitionId(0)).from[0] as number
const LOG_FROM = Buffer.of(LOG_PREFIX)
const LOG_TO = Buffer.of(LOG_PREFIX + 1)

export const EVERYTHING: KeyRange = { from: Buffer.alloc(0), to: BEHIND_ALL }

const RANGES: Readonly<Record<RecordClass, readonly KeyRange[]>> = {
  log: [{ from: LOG_FROM, to: LOG_TO }],
  data: [{ from: META.to, to: BEHIND_ALL }],
  meta: [{ from: META.from, to: LOG_FROM }, { from: LOG_TO, to: META.to }]
}

/** The records of a class that hold anything, in byte order of their keys. */
export function recordsOf (image: ByteImage, recordClass: RecordClass): DiskEntry[] {
  return RANGES[recordClass].flatMap((range) => image.entries(range)).filter(({ value }) => value.length > 0)
}

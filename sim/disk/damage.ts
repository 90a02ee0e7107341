import type { Prng } from '../../src/base/index.js'
import { describeKey } from '../../src/layout/index.js'
import type { DiskEntry } from '../../src/node/ports.js'
import type { Medium } from './medium.js'
import { recordsOf } from './record-class.js'
import type { RecordClass } from './record-class.js'

/** What a misdirected write did, for a person: the record of `missing` lies under the key `overwritten`, and nowhere else. */
export interface Misdirection {
  readonly missing: string
  readonly overwritten: string
}

/** A record of this class that holds anything, drawn by `random`; undefined where there is none. */
export function pickRecord (medium: Medium, recordClass: RecordClass, random: Prng): DiskEntry | undefined {
  const records = recordsOf(medium.visible, recordClass)
  return records.length === 0 ? undefined : records[random.below(records.length)]
}

/** Flips one bit of a value; bits are counted from the lowest of the first byte, and round again after the last. */
export function flipBit (medium: Medium, { key, value }: DiskEntry, bit: number): void {
  const damaged = Buffer.from(value)
  const at = (bit >>> 3) % damaged.length
  damaged[at] = (damaged[at] as number) ^ (1 << (bit & 7))
  medium.damage(key, value, [{ kind: 'put', key, value: damaged }])
}

/** Puts one record of a class under the key of another; undefined where there are not two. */
export function misdirect (medium: Medium, recordClass: RecordClass, random: Prng): Misdirection | undefined {
  const records = recordsOf(medium.visible, recordClass)
  if (records.length < 2) return undefined
  const [record] = records.splice(random.below(records.length), 1) as [DiskEntry]
  const over = records[random.below(records.length)] as DiskEntry
  medium.damage(record.key, record.value, [{ kind: 'delete', key: record.key }, { kind: 'put', key: over.key, value: record.value }])
  return { missing: describeKey(record.key), overwritten: describeKey(over.key) }
}

import type { Prng } from '../../src/base/index.js'

/** Bytes that parsers trip over: the ends of varints, lengths and small tags. */
const AWKWARD = [0x00, 0x01, 0x07, 0x08, 0x0a, 0x10, 0x12, 0x7f, 0x80, 0x81, 0xfe, 0xff]

/** `bytes` with one to four random damages: bits, bytes, cuts, insertions, repeats, and pieces of `other`. */
export function mutate (prng: Prng, bytes: Uint8Array, other: Uint8Array): Buffer {
  let mutant: Buffer = Buffer.from(bytes)
  for (let damage = prng.between(1, 4); damage > 0; damage--) mutant = damaged(prng, mutant, other)
  return mutant
}

function damaged (prng: Prng, bytes: Buffer, other: Uint8Array): Buffer {
  const at = prng.below(bytes.length + 1)
  const until = Math.min(bytes.length, at + prng.between(1, 12))
  const before = bytes.subarray(0, at)
  switch (prng.below(8)) {
    case 0: // a bit
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << prng.below(8))
      return bytes
    case 1: // a byte
      if (at < bytes.length) bytes[at] = AWKWARD[prng.below(AWKWARD.length)] ?? 0
      return bytes
    case 2: return Buffer.from(before) // the end is missing
    case 3: return Buffer.concat([before, bytes.subarray(until)]) // a piece is missing
    case 4: { // something is there that was not
      const inserted = Buffer.from(Array.from({ length: prng.between(1, 10) }, () => prng.chance(1, 2) ? prng.below(256) : AWKWARD[prng.below(AWKWARD.length)] ?? 0))
      return Buffer.concat([before, inserted, bytes.subarray(at)])
    }
    case 5: return Buffer.concat([before, bytes.subarray(at, until), bytes.subarray(at)]) // a piece comes twice
    case 6: { // a piece of another frame
      const from = prng.below(other.length + 1)
      return Buffer.concat([before, other.subarray(from, from + prng.between(1, 60)), bytes.subarray(until)])
    }
    default: // a number or length one more or less
      if (at < bytes.length) bytes[at] = ((bytes[at] ?? 0) + (prng.chance(1, 2) ? 1 : 255)) & 0xff
      return bytes
  }
}

/** Two 32-bit lanes as one exact number of 52 bits, never 0. */
const LANE_SCALE = 2 ** 20

/**
 * A 52-bit hash of `bytes[start … end)`, integers only: the same on every engine. `before` is the hash of what comes
 * before them, so that a key and its record are one. No protection against intent.
 */
export function hashBytes (bytes: Uint8Array, before = 0, start = 0, end = bytes.length): number {
  let a = Math.floor(before / LANE_SCALE) ^ 0x9747b28c ^ (end - start)
  let b = (before | 0) ^ 0x2545f491
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word = (bytes[at] as number) | (bytes[at + 1] as number) << 8 | (bytes[at + 2] as number) << 16 | (bytes[at + 3] as number) << 24
    a = Math.imul(a ^ word, 0x5bd1e995)
    a ^= a >>> 15
    b = Math.imul(b ^ word, 0x85ebca6b)
    b ^= b >>> 13
  }
  for (; at < end; at++) {
    const byte = bytes[at] as number
    a = Math.imul(a ^ byte, 0x5bd1e995)
    a ^= a >>> 15
    b = Math.imul(b ^ byte, 0x85ebca6b)
    b ^= b >>> 13
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b)
  a = Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  b = Math.imul(b ^ (b >>> 16), 0xcc9e2d51)
  b = Math.imul(b ^ (b >>> 13), 0x1b873593)
  const hash = ((a ^ (a >>> 16)) >>> 0) * LANE_SCALE + ((b ^ (b >>> 16)) >>> 12)
  return hash === 0 ? 1 : hash
}

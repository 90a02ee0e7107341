import { crc32 as nativeCrc32 } from 'node:zlib'

/** From here on zlib's CRC, call included, beats the table (measured on Node 20: 81 ns against 80 at 64 bytes). */
const NATIVE_SIZE_MIN = 64

const TABLE = new Int32Array(256).map((_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1
  return remainder
})

/**
 * CRC-32 (ISO-HDLC, as in zlib and gzip) of `bytes[start … end)`, an unsigned 32-bit integer. `before` is the CRC of what
 * comes before these bytes, so that two pieces are summed without joining them. Detects every flipped bit and every
 * burst of up to 32; no protection against intent.
 */
export function crc32 (bytes: Uint8Array, before = 0, start = 0, end = bytes.length): number {
  if (end - start >= NATIVE_SIZE_MIN) return nativeCrc32(bytes.subarray(start, end), before)
  let crc = ~before
  for (let at = start; at < end; at++) crc = (TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8)
  return ~crc >>> 0
}

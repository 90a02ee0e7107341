const C1 = 0xcc9e2d51
const C2 = 0x1b873593

/**
 * MurmurHash3_x86_32 (Austin Appleby, smhasher `MurmurHash3.cpp`, public domain) of `bytes[start … end)`; `seed` is an
 * unsigned 32-bit integer, the result too. Why this one: the fastest measured that spreads equally well over its high
 * and its low bits (LIBRARIES.md section 4). Not for secrets: collisions can be crafted.
 */
export function murmur3_32 (bytes: Uint8Array, seed = 0, start = 0, end = bytes.length): number {
  const blocksEnd = end - ((end - start) & 3)
  let hash = seed
  for (let at = start; at < blocksEnd; at += 4) {
    const block = (bytes[at] as number) | (bytes[at + 1] as number) << 8 | (bytes[at + 2] as number) << 16 | (bytes[at + 3] as number) << 24
    hash ^= scramble(block)
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64 | 0
  }
  let tail = 0
  for (let at = end - 1; at >= blocksEnd; at--) tail = (tail << 8) | (bytes[at] as number)
  hash ^= scramble(tail) // scramble(0) is 0: without a tail nothing changes
  hash ^= end - start
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scramble (block: number): number {
  const mixed = Math.imul(block, C1)
  return Math.imul((mixed << 15) | (mixed >>> 17), C2)
}

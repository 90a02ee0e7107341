import type { PeerId } from '../../src/base/index.js'
import type { Signatures } from '../../src/node/index.js'

const SIZE_BYTES = 64

/**
 * Signatures that cost next to nothing: a keyed hash of peer and statement. The key is the world's, so that no code under
 * test can make another's; it is no defence against anybody who computes.
 */
export function simulatedSignatures (key: string, self: PeerId): Signatures {
  const seed = mix(mix(0x811c9dc5, Buffer.from(key)), Buffer.from('signatures'))
  const sign = (peer: PeerId, statement: Uint8Array): Uint8Array => {
    const start = mix(seed, Buffer.from(peer))
    const signature = new Uint8Array(SIZE_BYTES)
    const words = new DataView(signature.buffer)
    words.setUint32(0, mix(start, statement))
    words.setUint32(4, mix(Math.imul(start, 0x9e3779b1) ^ 0x5bd1e995, statement))
    return signature
  }
  return {
    sign: (statement) => sign(self, statement),
    verify: (peer, statement, signature) => signature.length === SIZE_BYTES && Buffer.compare(sign(peer, statement), signature) === 0
  }
}

/** One more round of MurmurHash3's mixing per byte. */
function mix (hash: number, bytes: Uint8Array): number {
  let h = hash
  for (let i = 0; i < bytes.length; i++) {
    h = Math.imul(h ^ (bytes[i] as number), 0xcc9e2d51)
    h = Math.imul((h << 15) | (h >>> 17), 0x1b873593)
    h ^= h >>> 13
  }
  return h >>> 0
}

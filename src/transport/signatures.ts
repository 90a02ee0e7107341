import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PrivateKey } from '@libp2p/interface'
import { assert } from '../base/index.js'
import type { PeerId } from '../base/index.js'
import type { Signatures } from '../node/index.js'

/** What stands before the 32 bytes of an Ed25519 key in its standard encodings (RFC 8410 sections 4 and 7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex')
const SEED_SIZE_BYTES = 32
/** Keys kept ready: twice the members a cluster may have. Up: more memory; down: keys are parsed again (some 20 µs). */
const KEY_COUNT_MAX = 1024

/**
 * Ed25519 (RFC 8032) through node:crypto, since libp2p's own is asynchronous. A peer's public key is in its id, so nothing
 * has to be known of a peer beforehand; an id of another kind of key holds only a hash, and verifies nothing.
 */
export function createSignatures (privateKey: PrivateKey): Signatures {
  assert(privateKey.type === 'Ed25519', 'a node\'s identity is an Ed25519 key')
  const own = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, privateKey.raw.subarray(0, SEED_SIZE_BYTES)]), format: 'der', type: 'pkcs8' })
  const keys = new Map<PeerId, KeyObject | undefined>()
  const keyOf = (peer: PeerId): KeyObject | undefined => {
    if (keys.has(peer)) return keys.get(peer)
    const [oldest] = keys.keys()
    if (keys.size >= KEY_COUNT_MAX && oldest !== undefined) keys.delete(oldest)
    const key = publicKeyOf(peer)
    keys.set(peer, key)
    return key
  }
  return {
    sign: (statement) => new Uint8Array(sign(null, statement, own)),
    verify: (peer, statement, signature) => {
      const key = keyOf(peer)
      return key !== undefined && verify(null, statement, key, signature)
    }
  }
}

function publicKeyOf (peer: PeerId): KeyObject | undefined {
  try {
    const id = peerIdFromString(peer)
    if (id.type !== 'Ed25519') return undefined
    return createPublicKey({ key: Buffer.concat([SPKI_HEAD, id.publicKey.raw]), format: 'der', type: 'spki' })
  } catch {
    return undefined // base58 in form only: it holds no key
  }
}

import { scrypt } from 'node:crypto'

/** Fixed: every node of a cluster has to derive the same bytes from the secret alone. */
const SALT = 'gokeydb/noise-prologue/1'
const PROLOGUE_BYTES = 32

/**
 * The noise prologue of a cluster with a secret. Both ends mix it into the handshake hash, so that only equal secrets get
 * past it, at no cost later; scrypt (70–80 ms, once) makes guessing a weak secret offline expensive. It authenticates
 * only: noise encrypts anyway, and an active prober can still read a node's peer id (LIBP2P.md section 3).
 */
export async function derivePrologue (secret: string): Promise<Uint8Array> {
  return await new Promise((resolve, reject) => {
    scrypt(secret, SALT, PROLOGUE_BYTES, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

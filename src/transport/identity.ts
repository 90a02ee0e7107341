import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { generateKeyPair, generateKeyPairFromSeed, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PrivateKey } from '@libp2p/interface'
import { silentLogger, toPeerId } from '../base/index.js'
import type { Logger, PeerId } from '../base/index.js'
import { messageOf, TransportError } from './errors.js'

/** A node's key pair and the name it gives the node. */
export interface Identity {
  readonly privateKey: PrivateKey
  readonly peer: PeerId
  /** True where the file was missing and a new identity was drawn. */
  readonly created: boolean
}

/** An Ed25519 private key as libp2p's protobuf: type, length, 32 bytes of seed and 32 of public key. */
const IDENTITY_BYTES = 68
const SEED_BYTES = 32
const OWNER_ONLY = 0o600

/**
 * Reads the identity in `file`, or draws one and writes it, durable and readable by the owner only, before returning.
 * Looser permissions are tightened with a warning.
 * @throws {TransportError} `identity_broken` where the file cannot be read, written or understood; nothing is replaced
 */
export async function loadOrCreateIdentity (file: string, logger: Logger = silentLogger): Promise<Identity> {
  const content = await read(file)
  if (content === undefined) return await create(file)
  await tighten(file, logger)
  const privateKey = await parse(file, content)
  return { privateKey, peer: peerOf(privateKey), created: false }
}

/** A new identity that is written nowhere: for tests and tools. */
export async function createIdentity (): Promise<Identity> {
  const privateKey = await generateKeyPair('Ed25519')
  return { privateKey, peer: peerOf(privateKey), created: true }
}

const peerOf = (privateKey: PrivateKey): PeerId => toPeerId(peerIdFromPrivateKey(privateKey).toString())

async function read (file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new TransportError('identity_broken', `${file}: this node's identity cannot be read (${messageOf(cause)})`, { cause })
  }
}

async function parse (file: string, content: Buffer): Promise<PrivateKey> {
  const advice = 'restore the file from a backup; deleting it makes this a new, unknown node with a new peer id'
  if (content.length !== IDENTITY_BYTES) {
    throw new TransportError('identity_broken', `${file}: not a node identity (${content.length} bytes instead of ${IDENTITY_BYTES}); ${advice}`)
  }
  try {
    const privateKey = privateKeyFromProtobuf(content)
    // the public half is derived again: libp2p takes any two halves, and one flipped bit would be another node, or none
    const derived = privateKeyToProtobuf(await generateKeyPairFromSeed('Ed25519', privateKey.raw.subarray(0, SEED_BYTES)))
    if (content.equals(derived)) return privateKey
  } catch (cause) {
    throw new TransportError('identity_broken', `${file}: not a node identity (${messageOf(cause)}); ${advice}`, { cause })
  }
  throw new TransportError('identity_broken', `${file}: a damaged node identity, its two halves do not fit; ${advice}`)
}

async function tighten (file: string, logger: Logger): Promise<void> {
  const { mode } = await stat(file)
  if ((mode & 0o077) === 0) return
  await chmod(file, OWNER_ONLY)
  logger.warn('the identity file was readable by others; permissions tightened to 0600', { file, mode: (mode & 0o777).toString(8) })
}

async function create (file: string): Promise<Identity> {
  const identity = await createIdentity()
  const directory = dirname(file)
  const temporary = `${file}.tmp`
  try {
    await mkdir(directory, { recursive: true })
    const handle = await open(temporary, 'w', OWNER_ONLY)
    try {
      await handle.chmod(OWNER_ONLY) // a left-over temporary file keeps its old mode
      await handle.writeFile(privateKeyToProtobuf(identity.privateKey))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
    await syncDirectory(directory)
  } catch (cause) {
    throw new TransportError('identity_broken', `${file}: this node's new identity cannot be written (${messageOf(cause)})`, { cause })
  }
  return identity
}

/** A rename is durable once its directory is. */
async function syncDirectory (directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

import { Prng, toGeneration, toNodeName, toPeerId } from '../../src/base/index.js'
import type { Multiaddr, PeerId } from '../../src/base/index.js'
import { Membership } from '../../src/membership/index.js'
import type { Signatures } from '../../src/membership/index.js'
import { SIGNATURE_SIZE_BYTES } from '../../protocols/membership/index.js'
import type { MembershipMessage } from '../../protocols/membership/index.js'
import type { Anomaly } from './anomaly.js'
import type { Mode } from './modes.js'
import { NewsLedger } from './news-ledger.js'

/** One member of a world: its core, and what stands between it and the others. */
export class MemberNode {
  /** Its place in the world, from 0. */
  readonly index: number
  readonly peer: PeerId
  /** Undefined before it starts and once it has crashed. */
  core: Membership | undefined
  /** Set while the member is anomalous. */
  anomaly: Anomaly | undefined
  /** When the core is woken next, ms of virtual time. */
  wakeMs = Infinity
  /** Whether packets to a stopped process are answered by its host: refused at once, or never. */
  isHostUp = true
  /** Whom it joins through, as long as it is alone. */
  seed: MemberNode | undefined
  /** By the other's index: the number of the connection that stands, 0 where none does. */
  readonly sessions: Uint32Array
  /** By the other's index: before when nothing sent there arrives, µs; Infinity where the stream is broken. */
  readonly arrivalsUs: Float64Array
  /** What waits for a dial, by the other's index. */
  readonly dialling = new Map<number, MembershipMessage[]>()
  /** Set where the mode has no buddies. */
  readonly ledger: NewsLedger | undefined
  sentCount = 0
  sentBytes = 0
  receivedBytes = 0

  constructor (index: number, size: number, mode: Mode) {
    this.index = index
    this.peer = peerOf(index)
    this.sessions = new Uint32Array(size)
    this.arrivalsUs = new Float64Array(size)
    this.ledger = mode.hasBuddies ? undefined : new NewsLedger(this.peer, mode.options)
  }

  /** The core of a node that must be running. */
  get running (): Membership {
    if (this.core === undefined) throw new Error(`member ${this.index} is not running`)
    return this.core
  }

  start (seed: string, mode: Mode, nowMs: number): void {
    this.core = new Membership({
      peer: this.peer,
      name: toNodeName(`node${this.index}`),
      generation: toGeneration(1),
      multiaddrs: [addressOf(this.index)],
      http: `http://10.0.${this.index >> 8}.${this.index & 255}:8080`
    }, mode.options, new Prng(`${seed} member ${this.index}`), nowMs, honestSignatures)
  }
}

const SIGNATURE = new Uint8Array(SIGNATURE_SIZE_BYTES)
/** Nobody forges anything here: signatures only have their size. */
const honestSignatures: Signatures = { sign: () => SIGNATURE, verify: () => true }

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
/** Characters of an Ed25519 peer id, so that messages have their real size. */
const PEER_ID_LENGTH = 52
const PEER_ID_PREFIX = '12D3KooW'

/** A peer id for the member with this number: of full length, different from its first characters on. */
function peerOf (index: number): PeerId {
  const random = new Prng(`peer ${index}`)
  let id = `${PEER_ID_PREFIX}${BASE58[Math.floor(index / 58) % 58]}${BASE58[index % 58]}`
  while (id.length < PEER_ID_LENGTH) id += BASE58[random.below(58)]
  return toPeerId(id)
}

export const addressOf = (index: number, port = 9080): Multiaddr => `/ip4/10.0.${index >> 8}.${index & 255}/tcp/${port}` as Multiaddr

import { toEpoch, toBatchNumber, toGeneration, toIncarnation, toNodeName, toPeerId, Prng } from '../../src/base/index.js'
import type { Multiaddr, PeerId } from '../../src/base/index.js'
import { Membership, defaultMembershipOptions } from '../../src/membership/index.js'
import { suspicionMsMin } from '../../src/membership/options.js'
import type { MembershipEffects, MembershipOptions } from '../../src/membership/index.js'
import type { Signatures } from '../../src/membership/index.js'
import { encodeSelfStatement } from '../../protocols/membership/index.js'
import type { MemberHealth, MemberRecord, MembershipMessage } from '../../protocols/membership/index.js'
import { simulatedSignatures } from '../../sim/world/signatures.js'

/** A peer id for the member with this number. */
export const peerOf = (number: number): PeerId =>
  toPeerId(`12D3KooWMember${[...String(number).padStart(6, '0')].map((digit) => 'abcdefghij'[Number(digit)]).join('')}`)

export const addressOf = (number: number, port = 9080): Multiaddr => `/ip4/10.0.${number >> 8}.${number & 255}/tcp/${port}` as Multiaddr

/** The keys of all members of these tests. */
export const signaturesOf = (number: number): Signatures => simulatedSignatures('membership tests', peerOf(number))

/** The same record as its subject would sign it. */
export const resigned = (record: MemberRecord, number: number): MemberRecord =>
  ({ ...record, signature: signaturesOf(number).sign(encodeSelfStatement(record)) })

/** A record of member `number`, signed by it, written as in MEMBERSHIP.md section 6: `alive@1.3` is generation 1, incarnation 3. */
export function record (number: number, statement: string, change: Partial<MemberRecord> = {}): MemberRecord {
  const [, health, generation, incarnation] = /^(alive|suspect|dead|left)@(\d+)\.(\d+)$/.exec(statement) ?? []
  if (health === undefined) throw new Error(`not a statement: ${statement}`)
  return resigned({
    peer: peerOf(number),
    name: toNodeName(`node${number}`),
    generation: toGeneration(Number(generation)),
    incarnation: toIncarnation(Number(incarnation)),
    health: health as MemberHealth,
    multiaddrs: [addressOf(number)],
    http: `http://10.0.0.${number}:8080`,
    signature: new Uint8Array(0),
    ...change
  }, number)
}

/** `alive@1.3`, or `unknown`. */
export const statementOf = (record: MemberRecord | undefined): string =>
  record === undefined ? 'unknown' : `${record.health}@${record.generation}.${record.incarnation}`

/** One core alone, driven by hand; whoever it pings answers at once, except the mute. */
export class Solo {
  readonly core: Membership
  readonly options: MembershipOptions
  readonly mute = new Set<PeerId>()
  nowMs: number

  constructor (number: number, settings: { readonly seed?: string, readonly options?: Partial<MembershipOptions>, readonly generation?: number, readonly nowMs?: number, readonly signatures?: Signatures } = {}) {
    this.nowMs = settings.nowMs ?? 0
    const { peer, name, generation, multiaddrs, http } = record(number, `alive@${settings.generation ?? 1}.0`)
    this.options = { ...defaultMembershipOptions, ...settings.options }
    this.core = new Membership({ peer, name, generation, multiaddrs, http }, this.options, new Prng(settings.seed ?? 'solo'), this.nowMs, settings.signatures ?? signaturesOf(number))
  }

  /** Gossip from a member. */
  hear (from: number, ...updates: MemberRecord[]): void {
    this.core.step(peerOf(from), probe('ack', 0, updates), this.nowMs)
  }

  /** Gossip from a member that tells of deaths, and the time until they are believed. */
  bury (from: number, ...verdicts: MemberRecord[]): void {
    this.hear(from, ...verdicts)
    this.run(this.nowMs + suspicionMsMin(this.options, this.core.aliveCount))
  }

  sync (from: number, ...records: MemberRecord[]): void {
    this.core.step(peerOf(from), { kind: 'sync', records }, this.nowMs)
  }

  /** Ticks at every deadline up to `untilMs`; returns everything caused since the last call. */
  run (untilMs: number): MembershipEffects[] {
    const all = [this.#take()]
    while (this.core.nextDeadlineMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.core.nextDeadlineMs)
      this.core.tick(this.nowMs)
      all.push(this.#take())
    }
    this.nowMs = untilMs
    return all
  }

  #take (): MembershipEffects {
    const effects = this.core.takeEffects()
    for (const { to, message } of effects.sends) {
      if (message.kind === 'ping' && !this.mute.has(to)) this.core.step(to, probe('ack', message.sequence, []), this.nowMs)
    }
    return effects
  }

  stateOf (number: number): string {
    return statementOf(this.core.get(peerOf(number))?.record)
  }
}

export function probe (kind: 'ping' | 'ack', sequence: number, updates: readonly MemberRecord[]): MembershipMessage {
  return { kind, sequence, epoch: toEpoch(0), durableBatch: toBatchNumber(0), updates }
}

export function updatesOf (message: MembershipMessage): readonly MemberRecord[] {
  if (message.kind === 'digest') return []
  return message.kind === 'sync' ? message.records : message.updates
}

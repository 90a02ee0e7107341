import { toGeneration, toPeerId, toRevision, type Bucket, type PeerId } from '../../src/base/index.js'
import { KvState, type AppliedCommands, type AppliedResult, type SessionLimits, type StoredValue, type ValueReader } from '../../src/kv/index.js'
import type { Command, OriginCommands } from '../../protocols/kv/index.js'

export const peerId = (number: number): PeerId => toPeerId(`12D3KooWTestPeer${'ABCDEFGHJKLMNPQRSTUVWXYZ'[Math.floor(number / 24)]}${'ABCDEFGHJKLMNPQRSTUVWXYZ'[number % 24]}aa`)
export const key = (text: string): Buffer => Buffer.from(text, 'utf8')
export const set = (sequence: number, name: string, value = `v${sequence}`): Command => ({ sequence, write: { op: 'set', key: key(name), value: key(value) } })
export const del = (sequence: number, name: string): Command => ({ sequence, write: { op: 'delete', key: key(name) } })

/** Keys that begin with `x` lie in bucket 1, all others in bucket 0. */
export const bucketOf = (bytes: Uint8Array): Bucket => (bytes[0] === 0x78 ? 1 : 0) as Bucket

export function from (commands: readonly Command[], origin: { peer?: PeerId, generation?: number, floor?: number } = {}): OriginCommands {
  return { peer: origin.peer ?? peerId(0), generation: toGeneration(origin.generation ?? 1), floor: origin.floor ?? 0, commands }
}

export const stateOf = (limits?: SessionLimits): KvState =>
  new KvState({ revision: toRevision(0), keyCount: 0, sessions: [], bucketOf, ...(limits === undefined ? {} : { limits }) })

/** A partition's state with its data in a map: what the driver does with a real database. */
export class TestPartition {
  readonly data = new Map<string, StoredValue>()
  state: KvState
  readonly read: ValueReader = (_bucket, bytes) => this.data.get(Buffer.from(bytes).toString('utf8'))

  constructor (state = stateOf()) {
    this.state = state
  }

  apply (...origins: OriginCommands[]): AppliedCommands {
    const applied = this.state.apply(origins, this.read, (bucket) => bucket === 0)
    for (const write of applied.writes) {
      const name = Buffer.from(write.key).toString('utf8')
      if (write.value === undefined) this.data.delete(name)
      else this.data.set(name, write.value)
    }
    return applied
  }

  results (...origins: OriginCommands[]): AppliedResult[] {
    return this.apply(...origins).results.map(({ result }) => result)
  }

  /** `a=v1@3`: values as text, with their revisions. */
  get contents (): string {
    return [...this.data].sort(([left], [right]) => left < right ? -1 : 1)
      .map(([name, { value, revision }]) => `${name}=${Buffer.from(value).toString('utf8')}@${revision}`).join(' ')
  }
}

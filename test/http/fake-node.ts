import { type KvErrorDetail, toPartitionId, toRevision } from '../../src/base/index.js'
import type { AnswerCallback, ChangeCallback, KvAnswer, MemberReport, NodeApi, PartitionReport, ReadinessReport, StatusReport } from '../../src/node/index.js'
import type { Consistency, WriteOperation } from '../../protocols/kv/messages.js'

/** How the fake answers: at once inside the call, in a later turn, never, twice, with one error, or by throwing. */
export type FakeMode =
  | { readonly kind: 'at-once' | 'later' | 'never' | 'twice' }
  | { readonly kind: 'fails', readonly detail: KvErrorDetail }
  | { readonly kind: 'throws', readonly error: Error }

export type FakeCall =
  | { readonly kind: 'get', readonly key: string, readonly consistency: Consistency, readonly timeoutMs: number }
  | { readonly kind: 'set', readonly key: string, readonly value: Buffer, readonly timeoutMs: number }
  | { readonly kind: 'delete', readonly key: string, readonly timeoutMs: number }
  | { readonly kind: 'leave' | 'stay', readonly key: string, readonly timeoutMs: number }

/** A node of one map. Records what it was asked, and keeps the callbacks it does not answer. */
export class FakeNode implements NodeApi {
  mode: FakeMode = { kind: 'at-once' }
  readonly calls: FakeCall[] = []
  /** In `never` mode: what would answer each call. */
  readonly unanswered: Array<() => void> = []
  readiness_: ReadinessReport = { ready: true, checks: [{ name: 'admitted', ok: true, detail: 'member 1' }] }
  readonly #values = new Map<string, { value: Buffer, revision: number }>()
  #revision = 0

  get (key: Uint8Array, options: { readonly consistency: Consistency, readonly timeoutMs: number }, answer: AnswerCallback): void {
    const name = Buffer.from(key).toString()
    this.calls.push({ kind: 'get', key: name, ...options })
    this.#answer(answer, () => {
      const found = this.#values.get(name)
      if (found === undefined) return { kind: 'missing', ageMsMax: 17 }
      return { kind: 'value', value: found.value, revision: toRevision(found.revision), ageMsMax: 17 }
    })
  }

  write (operation: WriteOperation, { timeoutMs }: { readonly timeoutMs: number }, answer: AnswerCallback): void {
    const key = Buffer.from(operation.key).toString()
    if (operation.op === 'set') {
      const value = Buffer.from(operation.value)
      this.calls.push({ kind: 'set', key, value, timeoutMs })
      this.#answer(answer, () => {
        this.#values.set(key, { value, revision: ++this.#revision })
        return { kind: 'set', revision: toRevision(this.#revision) }
      })
    } else {
      this.calls.push({ kind: 'delete', key, timeoutMs })
      this.#answer(answer, () => {
        const deleted = this.#values.delete(key)
        return { kind: 'delete', deleted, revision: toRevision(deleted ? ++this.#revision : this.#revision) }
      })
    }
  }

  changeMember (name: string, change: 'leave' | 'stay', { timeoutMs }: { readonly timeoutMs: number }, answer: ChangeCallback): void {
    this.calls.push({ kind: change, key: name, timeoutMs })
    if (this.mode.kind === 'fails') answer(this.mode.detail)
    else if (name !== 'node1') answer({ code: 'member_unknown', name })
    else answer(undefined)
  }

  #answer (answer: AnswerCallback, result: () => KvAnswer): void {
    const { mode } = this
    switch (mode.kind) {
      case 'at-once': answer(result()); break
      case 'later': setImmediate(() => { answer(result()) }); break
      case 'never': this.unanswered.push(() => { answer(result()) }); break
      case 'twice': answer(result()); answer(result()); break
      case 'fails': answer({ kind: 'failed', detail: mode.detail }); break
      case 'throws': throw mode.error
    }
  }

  /** Answers everything that waits. */
  answerAll (): void {
    for (const answer of this.unanswered.splice(0)) answer()
  }

  status (): StatusReport {
    return {
      name: 'node1',
      peer: '12D3KooWFake',
      version: '0.1.0',
      memberId: undefined,
      clusterId: undefined,
      clusterName: 'test',
      epoch: 1,
      generation: 1,
      uptimeMs: 5,
      multiaddrs: [],
      http: '127.0.0.1:1',
      admitted: true,
      ready: true,
      reasons: [],
      limits: { keyBytesMax: 1024, valueBytesMax: 1024 * 1024, timeoutMsMax: 60_000, requestsMax: 10 },
      requests: { waiting: 0, answered: 0, failed: 0 },
      storage: { healthy: true, durableBatch: 1, freeBytes: 1 },
      partitions: { count: 4, replicas: 4, masters: 2 }
    }
  }

  members (): readonly MemberReport[] {
    return [{
      name: 'node1', peer: '12D3KooWFake', memberId: 1, health: 'alive', sinceMs: 3, generation: 1, incarnation: 0, multiaddrs: [], http: '', self: true, rttMs: undefined, localHealth: 0, leaving: false, replicas: 4
    }]
  }

  partitions (): readonly PartitionReport[] {
    return [{
      partition: toPartitionId(0),
      master: undefined,
      slaves: ['node2'],
      preferred: 'node1',
      role: 'none',
      term: undefined,
      commitIndex: undefined,
      appliedIndex: undefined,
      revision: undefined,
      keyCount: undefined
    }]
  }

  readiness (): ReadinessReport {
    return this.readiness_
  }
}

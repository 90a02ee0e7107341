import { outcomeByCode } from '../../src/base/index.js'
import type { KvAnswer } from '../../src/node/index.js'
import type { RegisterOperation } from '../linearizability/index.js'
import type { RecordedOperation } from './recording.js'

/** What a client asks for. */
export interface Request {
  readonly kind: 'set' | 'delete' | 'get'
  readonly key: string
  /** Of a set: unique in its run, so that a read says whose write it saw. */
  readonly value: string | undefined
  readonly through: string
  readonly timeoutUs: number
  readonly consistency: 'linearizable' | 'local'
}

interface Entry {
  readonly number: number
  readonly request: Request
  readonly calledUs: number
  returnedUs: number | undefined
  answer: string
  value: string | undefined
}

/** Everything that clients asked for, and what became of it. */
export class History {
  readonly #entries: Entry[] = []
  #acknowledgedCount = 0

  get count (): number {
    return this.#entries.length
  }

  /** Writes whose success a client was told. */
  get acknowledgedCount (): number {
    return this.#acknowledgedCount
  }

  /** @returns the operation's number */
  call (request: Request, calledUs: number): number {
    const number = this.#entries.length
    this.#entries.push({ number, request, calledUs, returnedUs: undefined, answer: 'open', value: request.kind === 'set' ? request.value : undefined })
    return number
  }

  /** @returns whether the operation did what it was asked for */
  answered (number: number, result: KvAnswer, atUs: number): boolean {
    const entry = this.#entries[number] as Entry
    entry.answer = answerText(result)
    if (result.kind === 'failed') return false
    entry.returnedUs = atUs
    if (result.kind === 'value') entry.value = Buffer.from(result.value).toString()
    if (entry.request.kind !== 'get') this.#acknowledgedCount++
    return true
  }

  /** The process that was asked is gone. */
  lost (number: number): void {
    (this.#entries[number] as Entry).answer = 'lost'
  }

  /** Per key, what the checker wants: definite failures and unanswered reads tell nothing and are left out. */
  byKey (): Map<string, Array<RegisterOperation & { readonly number: number }>> {
    const histories = new Map<string, Array<RegisterOperation & { readonly number: number }>>()
    for (const { number, request, calledUs, returnedUs, answer, value } of this.#entries) {
      if (request.consistency === 'local') continue
      if (returnedUs === undefined && (request.kind === 'get' || (answer !== 'unknown' && answer !== 'lost' && answer !== 'open'))) continue
      let history = histories.get(request.key)
      if (history === undefined) {
        history = []
        histories.set(request.key, history)
      }
      history.push({ number, kind: request.kind, value, calledAt: calledUs, returnedAt: returnedUs ?? Infinity })
    }
    return histories
  }

  /** One operation for a person, e.g. `#17 get key-3 through node2 at 3512.25 ms, answered ok "v12"`. */
  text (number: number): string {
    const { request: { kind, key, through }, calledUs, answer, value } = this.#entries[number] as Entry
    const what = value === undefined ? '' : ` ${JSON.stringify(value)}`
    return `#${number} ${kind} ${key}${kind === 'get' ? '' : what} through ${through} at ${calledUs / 1000} ms, answered ${answer}${kind === 'get' ? what : ''}`
  }

  records (): RecordedOperation[] {
    return this.#entries.map(({ number, request, calledUs, returnedUs, answer, value }) =>
      ({ number, kind: request.kind, key: request.key, value, through: request.through, calledUs, returnedUs, answer }))
  }

  /** The requests as they were sent, in order: what the shrinker writes down. */
  requests (): Array<{ readonly number: number, readonly calledUs: number, readonly request: Request }> {
    return this.#entries.map(({ number, calledUs, request }) => ({ number, calledUs, request }))
  }
}

/** `ok`, `missing`, `unknown`, `unavailable` (nothing was changed). */
export function answerText (result: KvAnswer): string {
  switch (result.kind) {
    case 'set':
    case 'delete':
    case 'value': return 'ok'
    case 'missing': return 'missing'
    case 'failed': return outcomeByCode[result.detail.code] === 'unknown' ? 'unknown' : 'unavailable'
  }
}

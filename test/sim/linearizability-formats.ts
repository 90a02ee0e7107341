import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AppendOperation, CasOperation } from '../../sim/linearizability/index.js'

/** One line of a history, in its format's own words; its place among the events is its time. */
export interface HistoryEvent {
  readonly process: string
  /** `invoke`, `ok`, `fail`, `info` */
  readonly type: string
  readonly f: string
  readonly key: string
  readonly value: string
}

export type KeyedAppend = AppendOperation & { readonly key: string }

/** What is expected of one file of the folder. */
export interface KnownVerdict {
  readonly file: string
  readonly model: string
  readonly expected: 'ok' | 'illegal'
  readonly ops: number
  readonly unknown: number
}

/** `shared/histories` beside the checkout: above where the tests were started or compiled to; undefined where it is not. */
export function historiesFolder (): string | undefined {
  for (const start of [process.cwd(), dirname(fileURLToPath(import.meta.url))]) {
    for (let folder = start; ; folder = dirname(folder)) {
      const candidate = join(folder, 'shared', 'histories')
      if (existsSync(join(candidate, 'verdicts.json'))) return candidate
      if (dirname(folder) === folder) break
    }
  }
  return undefined
}

export function knownVerdicts (folder: string): KnownVerdict[] {
  const parsed: unknown = JSON.parse(readFileSync(join(folder, 'verdicts.json'), 'utf8'))
  if (!Array.isArray(parsed)) throw new Error('verdicts.json holds no list')
  return (parsed as KnownVerdict[]).filter(({ expected }) => expected === 'ok' || expected === 'illegal')
}

export function readEvents (folder: string, file: string): HistoryEvent[] {
  const lines = readFileSync(join(folder, file), 'utf8').split('\n').filter((line) => line !== '')
  return lines.flatMap(file.startsWith('jepsen/') ? jepsenEvent : ednEvent)
}

/** `INFO  jepsen.util - 0 :invoke :cas [1 2]`; other lines are the tests' own talk. */
function jepsenEvent (line: string): HistoryEvent[] {
  const match = /^INFO\s+jepsen\.util - (\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(\S.*)$/.exec(line)
  if (match === null) return []
  const [, process = '', type = '', f = '', value = ''] = match
  return [{ process, type, f, key: '', value: value.trim() }]
}

/** `{:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}` */
function ednEvent (line: string): HistoryEvent[] {
  const match = /^\{:process (\d+), :type :(\w+), :f :(\w+), :key "(.*)", :value (?:nil|"(.*)")\}$/.exec(line)
  if (match === null) throw new Error(`not a line of a history: ${line}`)
  const [, process = '', type = '', f = '', key = '', value = ''] = match
  return [{ process, type, f, key, value }]
}

interface Pair {
  readonly invoked: HistoryEvent
  readonly calledAt: number
  readonly ended: HistoryEvent | undefined
  readonly returnedAt: number
}

/** Calls with their ends; a call without one, or with `info`, never returned. */
function pairs (events: readonly HistoryEvent[]): Pair[] {
  const open = new Map<string, { readonly event: HistoryEvent, readonly at: number }>()
  const paired: Pair[] = []
  for (const [at, event] of events.entries()) {
    if (event.type === 'invoke') {
      if (open.has(event.process)) throw new Error(`process ${event.process} calls while it waits`)
      open.set(event.process, { event, at })
      continue
    }
    const call = open.get(event.process)
    if (call === undefined) throw new Error(`process ${event.process} returns from nothing`)
    open.delete(event.process)
    paired.push({ invoked: call.event, calledAt: call.at, ended: event, returnedAt: event.type === 'info' ? Infinity : at })
  }
  for (const { event, at } of open.values()) paired.push({ invoked: event, calledAt: at, ended: undefined, returnedAt: Infinity })
  return paired.sort((a, b) => a.calledAt - b.calledAt)
}

export function toCasOperations (events: readonly HistoryEvent[]): CasOperation[] {
  return pairs(events).flatMap(({ invoked, calledAt, ended, returnedAt }): CasOperation[] => {
    const times = { calledAt, returnedAt }
    switch (invoked.f) {
      case 'read':
        if (ended?.type !== 'ok') return []
        return [{ ...times, kind: 'read', value: ended.value === 'nil' ? undefined : Number(ended.value) }]
      case 'write': return [{ ...times, kind: 'write', value: Number(invoked.value) }]
      default: {
        const [from = NaN, to = NaN] = invoked.value.replace(/[[\]]/g, '').split(' ').map(Number)
        return [{ ...times, kind: 'cas', from, to, swapped: ended?.type !== 'fail' }]
      }
    }
  })
}

export function toAppendOperations (events: readonly HistoryEvent[]): KeyedAppend[] {
  return pairs(events).map(({ invoked: { f, key, value }, calledAt, ended, returnedAt }) => {
    if (f !== 'get' && f !== 'put' && f !== 'append') throw new Error(`no operation is called ${f}`)
    return { kind: f, key, value: f === 'get' ? ended?.value ?? '' : value, calledAt, returnedAt }
  })
}

export function byKey (operations: readonly KeyedAppend[]): Map<string, KeyedAppend[]> {
  const histories = new Map<string, KeyedAppend[]>()
  for (const operation of operations) {
    const history = histories.get(operation.key)
    if (history === undefined) histories.set(operation.key, [operation])
    else history.push(operation)
  }
  return histories
}

import type { RecordedOperation, Recording } from '../run/recording.js'
import { operationText, valueText } from './format.js'
import type { KeyStory } from './page-data.js'

/** Per key what the checker found, the broken ones first and then by their names. */
export function keyStories ({ operations, linearizations }: Pick<Recording, 'operations' | 'linearizations'>): KeyStory[] {
  const byKey = new Map<string, RecordedOperation[]>()
  for (const operation of operations) {
    const list = byKey.get(operation.key)
    if (list === undefined) byKey.set(operation.key, [operation])
    else list.push(operation)
  }
  const stories = [...byKey].map(([key, list]): KeyStory => {
    const found = linearizations.get(key)
    if (found === undefined) return { key, verdict: 'unchecked', order: [], blocked: -1, text: '' }
    if (found.verdict === 'ok') return { key, verdict: 'ok', order: found.order, blocked: -1, text: '' }
    return { key, ...broken(found, list) }
  })
  return stories.sort((a, b) => rank(a) - rank(b) || byName(a.key, b.key))
}

const RANKS: Readonly<Record<KeyStory['verdict'], number>> = { illegal: 0, unknown: 1, ok: 2, unchecked: 2 }
const rank = ({ verdict }: KeyStory): number => RANKS[verdict]
/** `key-2` before `key-10`. */
const byName = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)

function broken ({ verdict, order }: { readonly verdict: 'illegal' | 'unknown' | 'ok', readonly order: readonly number[] }, operations: readonly RecordedOperation[]): Omit<KeyStory, 'key'> {
  const placed = new Set(order)
  const byNumber = new Map(operations.map((operation) => [operation.number, operation]))
  const inOrder = order.map((number) => byNumber.get(number)).filter((operation) => operation !== undefined)
  // Whatever is placed next must take effect before the earliest return among what is left: that one is what blocks.
  let blocked: RecordedOperation | undefined
  for (const operation of operations) {
    if (operation.returnedUs === undefined || placed.has(operation.number)) continue
    if (blocked === undefined || operation.returnedUs < (blocked.returnedUs ?? Infinity)) blocked = operation
  }
  const found = `${order.length} operations can be put in an order.`
  if (verdict === 'unknown') return { verdict, order, blocked: -1, text: `Too hard to decide. The best attempt: ${found}` }
  if (blocked === undefined) return { verdict, order, blocked: -1, text: found }
  return { verdict, order, blocked: blocked.number, text: `${found} The next one cannot: ${operationText(blocked)}. ${reason(blocked, inOrder, operations)}` }
}

/** Why an operation does not follow the ones before. */
function reason (blocked: RecordedOperation, inOrder: readonly RecordedOperation[], operations: readonly RecordedOperation[]): string {
  const writes = inOrder.filter(({ kind }) => kind !== 'get')
  const last = writes[writes.length - 1]
  const now = last === undefined ? 'The key is missing at that point.' : `At that point the value is ${valueText(effectOf(last))}, written by #${last.number}.`
  if (blocked.kind !== 'get') return now
  const isSame = (write: RecordedOperation): boolean => effectOf(write) === blocked.value
  const at = writes.findLastIndex(isSame)
  const [write, next] = [writes[at], writes[at + 1]]
  if (write !== undefined && next !== undefined) return `${now} ${valueText(blocked.value)} was written by #${write.number} and overwritten by #${next.number}.`
  if (blocked.value === undefined) return `${now} Nothing that could be placed deletes it.`
  const source = operations.find((operation) => operation.kind === 'set' && operation.value === blocked.value)
  if (source === undefined) return `${now} Nobody ever wrote ${valueText(blocked.value)}.`
  if (source.calledUs > (blocked.returnedUs ?? Infinity)) return `${now} ${valueText(blocked.value)} was written by #${source.number} only later.`
  return `${now} ${valueText(blocked.value)} was written by #${source.number} (${source.answer}), which cannot be placed before.`
}

const effectOf = ({ kind, value }: RecordedOperation): string | undefined => kind === 'set' ? value : undefined

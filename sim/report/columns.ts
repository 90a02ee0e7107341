import type { Fact } from '../observe/facts.js'
import type { RecordedMessage } from '../run/recording.js'
import type { FactColumns, MessageColumns } from './page-data.js'

/** The order is that of the codes in the page. */
const FACT_KINDS = ['started', 'crashed', 'term', 'voted', 'won', 'deposed', 'appended', 'acknowledged', 'committed', 'installing', 'installed'] as const satisfies ReadonlyArray<Fact['kind']>
type Missing = Exclude<Fact['kind'], typeof FACT_KINDS[number]>
/** Breaks the build where a kind has no code. */
export const everyFactHasACode: Missing extends never ? true : never = true

/** Gives a text its position in a table. */
export type Intern = (text: string) => number

export function encodeFacts (facts: readonly Fact[], nodeOf: Intern, textOf: Intern): FactColumns {
  const columns = { kind: [] as number[], atUs: [] as number[], node: [] as number[], partition: [] as number[], term: [] as number[], a: [] as number[], b: [] as number[] }
  let lastUs = 0
  for (const fact of facts) {
    const [a, b] = details(fact, textOf)
    columns.kind.push(FACT_KINDS.indexOf(fact.kind))
    columns.atUs.push(fact.atUs - lastUs)
    columns.node.push(nodeOf(fact.node))
    columns.partition.push('partition' in fact ? fact.partition : -1)
    columns.term.push('term' in fact ? fact.term : 0)
    columns.a.push(a)
    columns.b.push(b)
    lastUs = fact.atUs
  }
  return columns
}

function details (fact: Fact, textOf: Intern): readonly [number, number] {
  switch (fact.kind) {
    case 'term': return [fact.vote, 0]
    case 'voted': return [0, textOf(fact.peer)]
    case 'appended': return [fact.first, fact.last]
    case 'acknowledged': return [fact.index, textOf(fact.peer)]
    case 'committed': return [fact.index, 0]
    default: return [0, 0]
  }
}

/** The fact at a position. @param atUs its time, summed up */
export function decodeFact (columns: FactColumns, i: number, atUs: number, nodes: readonly string[], texts: readonly string[]): Fact {
  const at = (column: readonly number[]): number => column[i] ?? 0
  const node = nodes[at(columns.node)] ?? '?'
  const common = { atUs, node, partition: at(columns.partition), term: at(columns.term) }
  const { partition, term } = common
  const [a, b] = [at(columns.a), at(columns.b)]
  const kind = FACT_KINDS[at(columns.kind)] ?? 'started'
  switch (kind) {
    case 'started':
    case 'crashed': return { kind, atUs, node }
    case 'term': return { kind, ...common, vote: a }
    case 'voted': return { kind, ...common, peer: texts[b] ?? '?' }
    case 'won':
    case 'deposed': return { kind, ...common }
    case 'appended': return { kind, atUs, node, partition, term, first: a, last: b }
    case 'acknowledged': return { kind, ...common, index: a, peer: texts[b] ?? '?' }
    case 'committed': return { kind, atUs, node, partition, index: a }
    case 'installing':
    case 'installed': return { kind, atUs, node, partition }
  }
}

export function encodeMessages (messages: readonly RecordedMessage[], nodeOf: Intern, textOf: Intern): MessageColumns {
  const columns = { sentUs: [] as number[], tookUs: [] as number[], from: [] as number[], to: [] as number[], channel: [] as number[], text: [] as number[] }
  let lastUs = 0
  for (const { sentUs, deliveredUs, from, to, channel, text } of messages) {
    columns.sentUs.push(sentUs - lastUs)
    columns.tookUs.push(deliveredUs === undefined ? -1 : deliveredUs - sentUs)
    columns.from.push(nodeOf(from))
    columns.to.push(nodeOf(to))
    columns.channel.push(textOf(channel))
    columns.text.push(textOf(text))
    lastUs = sentUs
  }
  return columns
}

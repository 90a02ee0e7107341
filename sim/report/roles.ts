import type { Fact } from '../observe/facts.js'
import type { Intern } from './columns.js'
import type { ProcessSpan, RoleSpan } from './page-data.js'

type Open = Omit<RoleSpan, 'toUs'>
type PlacedFact = Extract<Fact, { readonly partition: number }>

/** When each node's process ran. A node whose beginning was not recorded ran from time 0. */
export function processSpans (facts: readonly Fact[], nodeOf: Intern, endUs: number): ProcessSpan[] {
  const spans: ProcessSpan[] = []
  const since = new Map<string, number | undefined>()
  for (const { kind, node, atUs } of facts) {
    if (kind === 'started') {
      if (since.get(node) === undefined) since.set(node, atUs)
    } else if (kind === 'crashed') {
      const fromUs = since.has(node) ? since.get(node) : 0
      since.set(node, undefined)
      if (fromUs !== undefined) spans.push({ kind: 'up', node: nodeOf(node), fromUs, toUs: atUs })
    } else if (!since.has(node)) since.set(node, 0)
  }
  for (const [node, fromUs] of since) if (fromUs !== undefined) spans.push({ kind: 'up', node: nodeOf(node), fromUs, toUs: endUs })
  return spans
}

/**
 * When each replica was master, candidate or being installed. Whom a vote in a hard state is for is a member id, of which
 * facts do not say the node: a node's own id is the one under which it won, or, where it never did, its place among the
 * nodes, as in a cluster that nobody joined.
 */
export function roleSpans (facts: readonly Fact[], nodeOf: Intern, endUs: number): RoleSpan[] {
  const spans: RoleSpan[] = []
  const open = new Map<string, Open>()
  const ids = ownIds(facts, nodeOf)
  const isOwn = (node: string, vote: number): boolean => ids.get(node)?.has(vote) ?? vote === nodeOf(node) + 1
  const close = (place: string, atUs: number): void => {
    const span = open.get(place)
    open.delete(place)
    if (span !== undefined) spans.push({ ...span, toUs: atUs })
  }
  const begin = (kind: RoleSpan['kind'], { atUs, node, partition }: PlacedFact, term: number): void => {
    const place = placeOf(node, partition)
    close(place, atUs)
    open.set(place, { kind, node: nodeOf(node), partition, term, fromUs: atUs })
  }
  for (const fact of facts) {
    const { atUs } = fact
    switch (fact.kind) {
      case 'started':
      case 'crashed':
        for (const [place, span] of open) if (span.node === nodeOf(fact.node)) close(place, atUs)
        break
      case 'term': {
        const span = open.get(placeOf(fact.node, fact.partition))
        if (span !== undefined && (span.term === 0 || fact.term <= span.term)) break
        close(placeOf(fact.node, fact.partition), atUs)
        if (fact.vote !== 0 && isOwn(fact.node, fact.vote)) begin('candidate', fact, fact.term)
        break
      }
      case 'won':
        for (const [place, span] of open) if (span.kind === 'candidate' && span.partition === fact.partition && span.term <= fact.term) close(place, atUs)
        begin('master', fact, fact.term)
        break
      case 'deposed': close(placeOf(fact.node, fact.partition), atUs); break
      case 'acknowledged': {
        const span = open.get(placeOf(fact.node, fact.partition))
        if (span?.kind === 'candidate') close(placeOf(fact.node, fact.partition), atUs)
        break
      }
      case 'installing': begin('installing', fact, 0); break
      case 'installed': close(placeOf(fact.node, fact.partition), atUs); break
      case 'voted':
      case 'appended':
      case 'committed':
    }
  }
  for (const place of open.keys()) close(place, endUs)
  return spans.sort((a, b) => a.fromUs - b.fromUs)
}

const placeOf = (node: string, partition: number): string => `${node}/${partition}`

function ownIds (facts: readonly Fact[], nodeOf: Intern): Map<string, Set<number>> {
  const ids = new Map<string, Set<number>>()
  const votes = new Map<string, { readonly term: number, readonly vote: number }>()
  for (const fact of facts) {
    if (fact.kind === 'term') votes.set(placeOf(fact.node, fact.partition), fact)
    if (fact.kind !== 'won') continue
    const last = votes.get(placeOf(fact.node, fact.partition))
    if (last === undefined || last.term !== fact.term || last.vote === 0) continue
    ids.set(fact.node, (ids.get(fact.node) ?? new Set([nodeOf(fact.node) + 1])).add(last.vote))
  }
  return ids
}

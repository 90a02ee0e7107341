import type { Violation } from '../observe/facts.js'
import type { Recording } from '../run/recording.js'
import { encodeFacts, encodeMessages } from './columns.js'
import { faultSpans, pauseSpans } from './fault-spans.js'
import { SYSTEM } from './format.js'
import { keyStories } from './key-story.js'
import type { KeyStory, PageData, PageViolation } from './page-data.js'
import { processSpans, roleSpans } from './roles.js'

/** A table of texts, each once. */
class Table {
  readonly texts: string[] = []
  readonly #positions = new Map<string, number>()

  constructor (texts: readonly string[]) {
    for (const text of texts) this.intern(text)
  }

  readonly intern = (text: string): number => {
    let position = this.#positions.get(text)
    if (position === undefined) {
      position = this.texts.length
      this.texts.push(text)
      this.#positions.set(text, position)
    }
    return position
  }
}

/** What the page draws, made of a recording. */
export function pageData (recording: Recording): PageData {
  const { facts, messages, operations, endUs } = recording
  const nodes = new Table(Array.from({ length: recording.scenario.nodes }, (_, i) => `node${i + 1}`))
  const texts = new Table([])
  const nodeOf = nodes.intern
  const encodedFacts = encodeFacts(facts, nodeOf, texts.intern)
  const encodedMessages = encodeMessages(messages, nodeOf, texts.intern)
  const keys = keyStories(recording)
  const data: Omit<PageData, 'nodes' | 'texts' | 'replicas'> = {
    warmUpEndUs: recording.warmUpEndUs,
    healedUs: recording.healedUs ?? -1,
    endUs,
    violations: recording.violations.map((violation) => pageViolation(violation, keys, nodeOf)).sort((a, b) => a.atUs - b.atUs),
    processes: [...processSpans(facts, nodeOf, endUs), ...pauseSpans(recording, nodeOf)],
    roles: roleSpans(facts, nodeOf, endUs),
    faults: faultSpans(recording, nodeOf),
    facts: encodedFacts,
    messages: encodedMessages,
    operations,
    keys
  }
  return { ...data, nodes: nodes.texts, texts: texts.texts, replicas: replicasOf(recording, nodes.texts) }
}

/** A violation of a history names its key in its text. */
function pageViolation ({ atUs, invariant, node, partition, text }: Violation, keys: readonly KeyStory[], nodeOf: (name: string) => number): PageViolation {
  const story = invariant === 'linearizability' ? keys.find(({ key, blocked }) => blocked >= 0 && ` ${text} `.includes(` ${key} `)) : undefined
  return { atUs, invariant, node: node === undefined ? -1 : nodeOf(node), partition: partition ?? -1, operation: story?.blocked ?? -1, text }
}

/** The partitions each node ever did something in, the system's first. */
function replicasOf ({ facts }: Recording, nodes: readonly string[]): number[][] {
  const seen = new Map(nodes.map((node) => [node, new Set<number>()]))
  for (const fact of facts) if ('partition' in fact) seen.get(fact.node)?.add(fact.partition)
  const rank = (partition: number): number => partition === SYSTEM ? -1 : partition
  return nodes.map((node) => [...seen.get(node) ?? []].sort((a, b) => rank(a) - rank(b)))
}

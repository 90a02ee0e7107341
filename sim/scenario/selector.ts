import { didYouMean } from '../../src/base/index.js'
import { textual } from './kinds.js'
import type { Context, Kind, Parsed } from './kinds.js'
import type { NodeSelector } from './scenario.js'

const WORDS = ['it', 'any', 'any running', 'any stopped', 'coordinator']
const EXPECTED = 'a node such as node3, master of 0, slave of 0, it, any, any running, any stopped or coordinator'

/** node1 … */
export function nodeNames (nodes: number): string[] {
  return Array.from({ length: nodes }, (_, index) => `node${index + 1}`)
}

/** A node by its name. */
export const nodeName: Kind<string> = textual({
  expected: 'the name of a node',
  parse: (text, { nodes }) => parseName(text, nodes),
  write: String
})

/** Which node, also one that is only known when it is needed. */
export const selector: Kind<NodeSelector> = textual({ expected: EXPECTED, parse: parseSelector, write: String })

/** A selector, or `all`. */
export const selectorOrAll: Kind<NodeSelector> = textual({
  expected: `${EXPECTED}, or all`,
  parse: (text, context) => text === 'all' ? { value: text } : parseSelector(text, context),
  write: String
})

function parseName (text: string, nodes: number): Parsed<string> {
  const names = nodeNames(nodes)
  if (names.includes(text)) return { value: text }
  if (/^node\d+$/.test(text)) return { wrong: `must be one of the nodes ${nodes === 1 ? 'node1' : `node1 to node${nodes}`}` }
  return { wrong: 'must be the name of a node', hint: didYouMean(text, names) }
}

function parseSelector (text: string, { nodes, partitions, hasIt }: Context): Parsed<NodeSelector> {
  if (text === 'it' && !hasIt) return { wrong: 'can be "it" only in a step that waits for something ("on")' }
  if (WORDS.includes(text)) return { value: text }
  if (/^node\d+$/.test(text)) return parseName(text, nodes)
  const [, role, digits] = /^(master|slave) of (\d{1,5})$/.exec(text) ?? []
  if (role === undefined) return { wrong: `must be ${EXPECTED}`, hint: didYouMean(text, [...WORDS, 'master of 0', 'slave of 0']) }
  const partition = Number(digits)
  return partition < partitions ? { value: `${role} of ${partition}` } : { wrong: `must name a partition from 0 to ${partitions - 1}` }
}

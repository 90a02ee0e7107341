import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document, Node, ParsedNode } from 'yaml'
import type { Origin, Report } from './problem.js'

/** A YAML value that knows where it stands. */
export type Located =
  | { readonly kind: 'mapping', readonly at: Origin, readonly entries: readonly LocatedEntry[] }
  | { readonly kind: 'list', readonly at: Origin, readonly items: readonly Located[] }
  | { readonly kind: 'scalar', readonly at: Origin, readonly value: unknown }

export interface LocatedEntry {
  readonly key: string
  readonly keyAt: Origin
  readonly value: Located
}

/** Characters of a configuration file; a larger one is refused unread. */
export const CONFIG_SIZE_MAX = 1024 * 1024
/** How deep mappings and lists may nest; the format itself needs five. */
const DEPTH_MAX = 16
/** Nodes of the tree with aliases unfolded: what stops an alias bomb. */
const NODES_MAX = 100_000

/** Reads YAML 1.2; undefined where its syntax is so wrong that nothing more can be said about it. */
export function readDocument (text: string, file: string, report: Report): Located | undefined {
  const lines = new LineCounter()
  const start: Origin = { source: file, line: 1, column: 1 }
  if (text.length > CONFIG_SIZE_MAX) {
    report(start, `the file has ${text.length} characters; at most ${CONFIG_SIZE_MAX} are allowed`)
    return undefined
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, uniqueKeys: true })
  const originAt = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset)
    return { source: file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  let readable = true
  for (const problem of [...document.errors, ...document.warnings]) {
    report(originAt(problem.pos[0]), describeSyntax(problem.code, problem.message))
    if (problem.code !== 'DUPLICATE_KEY') readable = false
  }
  if (!readable) return undefined
  try {
    return new Walker(document, originAt, report).locate(document.contents, start, 0)
  } catch (problem) {
    if (!(problem instanceof TooLargeError)) throw problem
    report(start, problem.message)
    return undefined
  }
}

function describeSyntax (code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is given twice; keep one of them'
  if (code === 'MULTIPLE_DOCS') return 'the file holds several YAML documents; keep one, without "---" in between'
  return `YAML syntax: ${message.trim().replace(/\s+/g, ' ')}`
}

class TooLargeError extends Error {}

/** Turns yaml's tree into ours, aliases unfolded within limits. */
class Walker {
  readonly #document: Document<ParsedNode, boolean>
  readonly #originAt: (offset: number) => Origin
  readonly #report: Report
  #left = NODES_MAX

  constructor (document: Document<ParsedNode, boolean>, originAt: (offset: number) => Origin, report: Report) {
    this.#document = document
    this.#originAt = originAt
    this.#report = report
  }

  locate (node: Node | null | undefined, parent: Origin, depth: number): Located {
    if (--this.#left < 0) throw new TooLargeError(`the file unfolds to more than ${NODES_MAX} values; use fewer aliases`)
    if (depth > DEPTH_MAX) throw new TooLargeError(`the file nests deeper than ${DEPTH_MAX} levels`)
    const at = node?.range == null ? parent : this.#originAt(node.range[0])
    if (isAlias(node)) {
      const target = node.resolve(this.#document)
      if (target !== undefined) return { ...this.locate(target, at, depth + 1), at }
      this.#report(at, `there is no anchor "&${node.source}" before this`)
      return { kind: 'scalar', at, value: undefined }
    }
    if (isMap(node)) {
      return { kind: 'mapping', at, entries: node.items.map(({ key, value }) => this.#entry(key, value, at, depth)) }
    }
    if (isSeq(node)) {
      return { kind: 'list', at, items: node.items.map((item) => this.locate(nodeOf(item), at, depth + 1)) }
    }
    return { kind: 'scalar', at, value: isScalar(node) ? node.value : null }
  }

  #entry (keyNode: unknown, valueNode: unknown, parent: Origin, depth: number): LocatedEntry {
    const keyAt = isScalar(keyNode) && keyNode.range != null ? this.#originAt(keyNode.range[0]) : parent
    const key = isScalar(keyNode) ? String(keyNode.value) : ''
    const value = this.locate(nodeOf(valueNode), keyAt, depth + 1)
    // yaml places an absent value behind the colon, possibly on the next line; a person looks at the key
    const empty = value.kind === 'scalar' && value.value === null
    return { key, keyAt, value: empty ? { ...value, at: keyAt } : value }
  }
}

const nodeOf = (value: unknown): Node | undefined => isAlias(value) || isMap(value) || isSeq(value) || isScalar(value) ? value : undefined

/** The value without its places. */
export function toPlain (located: Located): unknown {
  switch (located.kind) {
    case 'mapping': return Object.fromEntries(located.entries.map(({ key, value }) => [key, toPlain(value)]))
    case 'list': return located.items.map(toPlain)
    case 'scalar': return located.value
  }
}

import { Composer, isAlias, isMap, isScalar, isSeq, LineCounter, Parser } from 'yaml'
import type { CST, Document, Node, ParsedNode } from 'yaml'
import { quote } from './problem.js'
import type { Place, Report } from './problem.js'

/** A YAML value that knows where it stands. Scalars are texts as they were written; what they mean is their reader's business. */
export type Located =
  | { readonly kind: 'mapping', readonly at: Place, readonly entries: readonly LocatedEntry[] }
  | { readonly kind: 'list', readonly at: Place, readonly items: readonly Located[] }
  | { readonly kind: 'text', readonly at: Place, readonly text: string }
  | { readonly kind: 'nothing', readonly at: Place }

export interface LocatedEntry {
  readonly key: string
  readonly keyAt: Place
  readonly value: Located
}

/** Characters of a scenario file; a larger one is refused unread. */
export const SCENARIO_SIZE_MAX = 512 * 1024
/** How deep mappings and lists may nest; the form itself needs six. */
const DEPTH_MAX = 12
/** Values of the tree with aliases unfolded: what stops an alias bomb. */
const VALUES_MAX = 100_000

const START: Place = { line: 1, column: 1 }

/** Reads YAML 1.2; undefined where its syntax is so wrong that nothing more can be said about it. Never throws. */
export function readTree (text: string, report: Report): Located | undefined {
  if (text.length > SCENARIO_SIZE_MAX) {
    report(START, `the file has ${text.length} characters; at most ${SCENARIO_SIZE_MAX} are allowed`)
    return undefined
  }
  const lines = new LineCounter()
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  // parseDocument() in two steps: composing recurses, so the depth is looked at in between.
  const tokens = [...new Parser(lines.addNewLine).parse(text)]
  if (tokens.some((token) => isTooDeep(token))) {
    report(START, `the file nests deeper than ${DEPTH_MAX} levels`)
    return undefined
  }
  // Keys are looked at for uniqueness below: yaml's own look takes quadratic time.
  const documents = [...new Composer({ stringKeys: true, uniqueKeys: false }).compose(tokens, true, text.length)]
  let readable = documents.length === 1
  if (!readable) report(placeAt(documents[1]?.range?.[0] ?? 0), 'the file holds several YAML documents; keep one, without "---" in between')
  for (const problem of documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])) {
    report(placeAt(problem.pos[0]), `YAML syntax: ${problem.message.trim().replace(/\s+/g, ' ')}`)
    readable = false
  }
  const [document] = documents
  return readable && document !== undefined ? new Walker(placeAt, report).walk(document) : undefined
}

/** Whether a syntax tree nests too deep, found without recursion. */
function isTooDeep (token: CST.Token): boolean {
  const open: Array<readonly [token: CST.Token, depth: number]> = [[token, 0]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [each, depth] = next
    if (depth > DEPTH_MAX) return true
    if (each.type === 'document') {
      if (each.value !== undefined) open.push([each.value, depth])
    } else if ('items' in each) {
      for (const { key, value } of each.items) {
        if (key != null) open.push([key, depth + 1])
        if (value !== undefined) open.push([value, depth + 1])
      }
    }
  }
  return false
}

/** Turns yaml's tree into ours, aliases unfolded within limits. */
class Walker {
  readonly #placeAt: (offset: number) => Place
  readonly #report: Report
  readonly #anchors = new Map<string, Node>()
  #left = VALUES_MAX
  #isTooLarge = false

  constructor (placeAt: (offset: number) => Place, report: Report) {
    this.#placeAt = placeAt
    this.#report = report
  }

  walk (document: Document.Parsed<ParsedNode, boolean>): Located | undefined {
    const root = this.#locate(document.contents, START, 0)
    if (!this.#isTooLarge) return root
    this.#report(START, `the file unfolds to more than ${VALUES_MAX} values, or nests deeper than ${DEPTH_MAX} levels; use fewer aliases`)
    return undefined
  }

  #locate (node: Node | undefined | null, parent: Place, depth: number): Located {
    const at = node?.range == null ? parent : this.#placeAt(node.range[0])
    if (--this.#left < 0 || depth > DEPTH_MAX) this.#isTooLarge = true
    if (this.#isTooLarge || node == null) return { kind: 'nothing', at }
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source)
      if (target !== undefined) return { ...this.#locate(target, at, depth + 1), at }
      this.#report(at, `there is no anchor ${quote(`&${node.source}`)} before this`)
      return { kind: 'nothing', at }
    }
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return { kind: 'nothing', at }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (isMap(node)) return { kind: 'mapping', at, entries: this.#entries(node.items, at, depth) }
    if (isSeq(node)) return { kind: 'list', at, items: node.items.map((item) => this.#locate(nodeOf(item), at, depth + 1)) }
    if (node.value === null) return { kind: 'nothing', at }
    // A number or "true" is what was written, so that a key may be 007.
    return { kind: 'text', at, text: typeof node.value === 'string' ? node.value : node.source ?? '' }
  }

  #entries (pairs: ReadonlyArray<{ readonly key: unknown, readonly value: unknown }>, parent: Place, depth: number): LocatedEntry[] {
    const seen = new Map<string, Place>()
    const entries: LocatedEntry[] = []
    for (const pair of pairs) {
      const key = isScalar(pair.key) ? String(pair.key.value) : ''
      const keyAt = isScalar(pair.key) && pair.key.range != null ? this.#placeAt(pair.key.range[0]) : parent
      const value = this.#locate(nodeOf(pair.value), keyAt, depth + 1)
      const earlier = seen.get(key)
      if (earlier !== undefined) {
        this.#report(keyAt, `${quote(key)} is given twice (first in line ${earlier.line}); keep one of them`)
        continue
      }
      seen.set(key, keyAt)
      // yaml places an absent value behind the colon, possibly on the next line; a person looks at the key
      entries.push({ key, keyAt, value: value.kind === 'nothing' ? { ...value, at: keyAt } : value })
    }
    return entries
  }
}

const nodeOf = (value: unknown): Node | undefined => isAlias(value) || isMap(value) || isSeq(value) || isScalar(value) ? value : undefined

/** What stands there, for a message. */
export function describe (located: Located): string {
  switch (located.kind) {
    case 'mapping': return 'a mapping'
    case 'list': return located.items.length === 0 ? 'an empty list' : `a list of ${located.items.length}`
    case 'text': return quote(located.text)
    case 'nothing': return 'nothing'
  }
}

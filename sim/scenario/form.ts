import { didYouMean } from '../../src/base/index.js'
import type { Context, Kind, Read } from './kinds.js'
import { quote } from './problem.js'
import { describe } from './yaml-tree.js'
import type { Located, LocatedEntry } from './yaml-tree.js'

/** One property of a value: under which key a file has it, and what is meant where it has not. */
export interface Field<Value> {
  readonly key: string
  readonly kind: Kind<Value>
  /** Without one, the key is required. */
  readonly fallback: { readonly value: Value } | undefined
}

/** A field for every property. */
export type Fields<Value> = { readonly [Property in keyof Value]-?: Field<Value[Property]> }

export const required = <Value>(key: string, kind: Kind<Value>): Field<Value> => ({ key, kind, fallback: undefined })
export const defaulted = <Value>(key: string, kind: Kind<Value>, value: Value): Field<Value> => ({ key, kind, fallback: { value } })

/** The keys of one mapping; those that nobody asked for do not exist. */
export class Mapping {
  readonly name: string
  readonly located: Located
  readonly #entries: ReadonlyMap<string, LocatedEntry>
  readonly #asked = new Set<string>()

  /**
   * @param name what messages call it; empty for the whole file
   * @param shorthand the key that a value stands for which is no mapping
   */
  constructor (name: string, located: Located, report: Context['report'], shorthand?: string) {
    this.name = name
    this.located = located
    if (located.kind === 'mapping') this.#entries = new Map(located.entries.map((entry) => [entry.key, entry]))
    else if (located.kind === 'nothing') this.#entries = new Map()
    else if (shorthand !== undefined) this.#entries = new Map([[shorthand, { key: shorthand, keyAt: located.at, value: located }]])
    else {
      report(located.at, `${name === '' ? 'the file' : name} must be a mapping of keys, found ${describe(located)}`)
      this.#entries = new Map()
    }
  }

  /** What stands under a key. */
  entry (key: string): LocatedEntry | undefined {
    this.#asked.add(key)
    return this.#entries.get(key)
  }

  keys (): readonly string[] {
    return [...this.#entries.keys()]
  }

  path (key: string): string {
    return this.name === '' ? key : `${this.name}.${key}`
  }

  /** Reads one key, or takes what it defaults to. */
  read<Value> (field: Field<Value>, context: Context): Read<Value> {
    const entry = this.entry(field.key)
    if (entry !== undefined) return field.kind.read(entry.value, this.#subject(field.key), context)
    if (field.fallback !== undefined) return field.fallback
    context.report(this.located.at, `${this.path(field.key)} is missing`)
    return undefined
  }

  /** All fields; undefined where one is wrong. */
  readAll<Value> (fields: Fields<Value>, context: Context): Read<Value> {
    return this.#gather(fields, context, () => true)
  }

  /** Those fields that are there. */
  readSome<Value> (fields: Fields<Value>, context: Context): Read<Partial<Value>> {
    return this.#gather(fields, context, (key) => this.entry(key) !== undefined)
  }

  #gather<Value> (fields: Fields<Value>, context: Context, isWanted: (key: string) => boolean): Read<Value> {
    const values: Record<string, unknown> = {}
    let complete = true
    for (const [property, field] of Object.entries<Field<unknown>>(fields)) {
      if (!isWanted(field.key)) continue
      const read = this.read(field, context)
      if (read === undefined) complete = false
      else values[property] = read.value
    }
    // every property of Value has a field of its type
    return complete ? { value: values as Value } : undefined
  }

  /** Reports every key that nobody asked for. */
  finish (context: Context): void {
    for (const key of this.keys()) {
      if (this.#asked.has(key)) continue
      context.report(this.#entries.get(key)?.keyAt ?? this.located.at, `there is no key ${quote(key)}${this.name === '' ? '' : ` in ${this.name}`}${didYouMean(key, this.#asked)}`)
    }
  }

  /** What stands in place of a mapping bears the mapping's name. */
  #subject (key: string): string {
    return this.located.kind === 'mapping' ? this.path(key) : this.name
  }
}

/** What a mapping holds, as `key: value` texts: what differs from the defaults. */
export function writeFields<Value> (fields: Fields<Value>, value: Partial<Value>): ReadonlyArray<readonly [key: string, text: string]> {
  const written: Array<readonly [string, string]> = []
  for (const [property, { key, kind, fallback }] of Object.entries<Field<unknown>>(fields)) {
    if (!(property in value)) continue
    const text = kind.write(value[property as keyof Value])
    if (fallback === undefined || text !== kind.write(fallback.value)) written.push([key, text])
  }
  return written
}

/** On one line: nothing, the shorthand's value alone, or a flow mapping. */
export function writeFlow (written: ReadonlyArray<readonly [key: string, text: string]>, shorthand?: string): string {
  const [first] = written
  if (first === undefined) return ''
  if (written.length === 1 && first[0] === shorthand) return first[1]
  return `{${written.map(([key, text]) => `${key}: ${text}`).join(', ')}}`
}

/** A mapping with these keys; where `shorthand` is given, its value alone may stand for the whole. */
export function form<Value> (fields: Fields<Value>, shorthand?: string): Kind<Value> {
  return {
    read (located, name, context) {
      const mapping = new Mapping(name, located, context.report, shorthand)
      const read = mapping.readAll(fields, context)
      mapping.finish(context)
      return read
    },
    write: (value) => writeFlow(writeFields(fields, value), shorthand) || '{}'
  }
}

/** A mapping with some of these keys. */
export function partialForm<Value> (fields: Fields<Value>): Kind<Partial<Value>> {
  return {
    read (located, name, context) {
      const mapping = new Mapping(name, located, context.report)
      const read = mapping.readSome(fields, context)
      mapping.finish(context)
      return read
    },
    write: (value) => writeFlow(writeFields(withoutDefaults(fields), value)) || '{}'
  }
}

/** The same fields, every one of which is written where it is there. */
export function withoutDefaults<Value> (fields: Fields<Value>): Fields<Value> {
  return Object.fromEntries(Object.entries<Field<unknown>>(fields).map(([property, { key, kind }]) => [property, { key, kind, fallback: undefined }])) as Fields<Value>
}

/** A mapping from node names. */
export function perNode<Value> (key: Kind<string>, kind: Kind<Value>): Kind<Readonly<Record<string, Value>>> {
  return {
    read (located, name, context) {
      const mapping = new Mapping(name, located, context.report)
      const values: Record<string, Value> = {}
      let complete = located.kind === 'mapping' || located.kind === 'nothing'
      for (const each of mapping.keys()) {
        const entry = mapping.entry(each)
        if (entry === undefined) continue
        const node = key.read({ kind: 'text', at: entry.keyAt, text: each }, `the key ${quote(each)} of ${name}`, context)
        const read = kind.read(entry.value, mapping.path(each), context)
        if (node === undefined || read === undefined) complete = false
        else values[node.value] = read.value
      }
      return complete ? { value: values } : undefined
    },
    write: (values) => `{${Object.entries(values).map(([node, value]) => `${node}: ${kind.write(value)}`).join(', ')}}`
  }
}

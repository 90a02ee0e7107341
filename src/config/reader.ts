import { safeParse } from 'valibot'
import { didYouMean } from '../base/index.js'
import { toPlain } from './document.js'
import type { Located } from './document.js'
import { originOf, show } from './problem.js'
import type { Origin, Report } from './problem.js'
import { LIST_ITEMS_MAX } from './schema.js'
import type { ValueSchema } from './schema.js'

/** A valid value and where it came from. */
export interface Field<Value> {
  readonly value: Value
  readonly at: Origin
  /** What beats what: a flag (2), the environment (1), the file (0). */
  readonly rank: Rank
}

export type Rank = 0 | 1 | 2

/** A key of the file given elsewhere, as text. */
export interface KeyOverride {
  /** `section.key` */
  readonly key: string
  /** The environment variable or flag, for messages. */
  readonly source: string
  /** One text; several only for a key that holds a list. */
  readonly texts: readonly string[]
  readonly rank: 1 | 2
}

/**
 * Reads the keys of one mapping. Every value given is checked, also one that is beaten by a higher rank; the keys asked
 * for are the keys that exist, so `finish` reports all others.
 */
export class MappingReader {
  readonly at: Origin
  readonly #name: string
  readonly #entries: ReadonlyMap<string, { readonly keyAt: Origin, readonly value: Located }>
  readonly #overrides: readonly KeyOverride[]
  readonly #report: Report
  readonly #asked = new Set<string>()

  /** @param name of the mapping in messages, e.g. `network`; empty for the whole file. */
  constructor (name: string, located: Located, report: Report, overrides: readonly KeyOverride[] = []) {
    this.#name = name
    this.at = located.at
    this.#report = report
    this.#overrides = overrides
    const empty = located.kind === 'scalar' && (located.value === null || located.value === undefined)
    if (located.kind !== 'mapping' && !empty) {
      report(located.at, `${name === '' ? 'the file' : name} must be a mapping of keys, found ${show(toPlain(located))}`)
    }
    this.#entries = new Map(located.kind === 'mapping' ? located.entries.map((entry) => [entry.key, entry]) : [])
  }

  /** What stands under a key in the file, unchecked. */
  located (key: string): Located | undefined {
    this.#asked.add(key)
    return this.#entries.get(key)?.value
  }

  /** Where a key stands in the file, or else the mapping itself. */
  keyAt (key: string): Origin {
    return this.#entries.get(key)?.keyAt ?? this.at
  }

  text<Value> (key: string, schema: ValueSchema<Value>): Field<Value> | undefined {
    return this.#scalar(key, schema, (text) => text)
  }

  /** Like `text`, but digits from outside the file are a number. */
  number (key: string, schema: ValueSchema<number>): Field<number> | undefined {
    return this.#scalar(key, schema, (text) => /^-?\d{1,15}$/.test(text) ? Number(text) : text)
  }

  #scalar<Value> (key: string, schema: ValueSchema<Value>, fromText: (text: string) => unknown): Field<Value> | undefined {
    const located = this.located(key)
    let field = located === undefined ? undefined : this.#check(this.#path(key), located.at, 0, toPlain(located), schema)
    for (const { source, texts, rank } of this.#overridesOf(key)) {
      for (const text of texts) field = this.#check(source, originOf(source), rank, fromText(text), schema) ?? field
    }
    return field
  }

  /** A list; items that are wrong are reported and left out. */
  list<Item> (key: string, schema: ValueSchema<Item>): Field<ReadonlyArray<Field<Item>>> | undefined {
    const located = this.located(key)
    let field: Field<ReadonlyArray<Field<Item>>> | undefined
    if (located?.kind === 'list') {
      const items = located.items.map((item, index) => this.#check(`${this.#path(key)}[${index}]`, item.at, 0, toPlain(item), schema))
      field = { value: items.filter((item) => item !== undefined), at: located.at, rank: 0 }
    } else if (located !== undefined) {
      this.#report(located.at, `${this.#path(key)} must be a list, found ${show(toPlain(located))}`)
    }
    for (const { source, texts, rank } of this.#overridesOf(key)) {
      const at = originOf(source)
      const items = texts.map((text) => this.#check(source, at, rank, text, schema))
      field = { value: items.filter((item) => item !== undefined), at, rank }
    }
    if (field !== undefined && field.value.length > LIST_ITEMS_MAX) {
      this.#report(field.at, `${this.#path(key)} has ${field.value.length} entries; at most ${LIST_ITEMS_MAX} are allowed`)
    }
    return field
  }

  /** Reports every key that nobody asked for. */
  finish (): void {
    for (const [key, { keyAt }] of this.#entries) {
      if (this.#asked.has(key)) continue
      this.#report(keyAt, `there is no key ${show(this.#path(key))}${didYouMean(key, this.#asked, this.#path(''))}`)
    }
  }

  #path (key: string): string {
    return this.#name === '' ? key : `${this.#name}.${key}`
  }

  #overridesOf (key: string): readonly KeyOverride[] {
    return this.#overrides.filter((override) => override.key === this.#path(key))
  }

  #check<Value> (name: string, at: Origin, rank: Rank, value: unknown, schema: ValueSchema<Value>): Field<Value> | undefined {
    return checkValue({ name, at, rank, value }, schema, this.#report)
  }
}

/** Checks one value; where it is wrong, reports it and answers undefined. */
export function checkValue<Value> (
  { name, at, rank, value }: { name: string, at: Origin, rank: Rank, value: unknown },
  schema: ValueSchema<Value>,
  report: Report
): Field<Value> | undefined {
  const result = safeParse(schema, value, { abortPipeEarly: true })
  if (result.success) return { value: result.output, at, rank }
  const hidden = name.endsWith('secret') || name.endsWith('SECRET')
  const subject = at.source === name ? '' : `${name} `
  report(at, `${subject}${result.issues[0].message}${hidden ? '' : `, found ${show(value)}`}`)
  return undefined
}

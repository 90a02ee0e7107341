import { didYouMean } from '../../src/base/index.js'
import type { Report } from './problem.js'
import { describe } from './yaml-tree.js'
import type { Located } from './yaml-tree.js'

/** What a value is read in. */
export interface Context {
  readonly report: Report
  /** How many nodes the scenario has. */
  readonly nodes: number
  readonly partitions: number
  /** Whether `it` means somebody here: the step waits for something to happen. */
  readonly hasIt: boolean
}

/** A value that was read, or undefined where it is wrong and was reported. */
export type Read<Value> = { readonly value: Value } | undefined

/** How one kind of value looks in a file: whatever is written reads as what it was. */
export interface Kind<Value> {
  /** @param name what a message calls it, e.g. `crash.node` */
  read (located: Located, name: string, context: Context): Read<Value>
  /** On one line, as it may stand in a flow collection. */
  write (value: Value): string
}

/** What a text stands for, or what is wrong with it: ends a sentence that begins with its name. */
export type Parsed<Value> = { readonly value: Value } | { readonly wrong: string, readonly hint?: string }

/** A kind that is one text. */
export function textual<Value> (form: { readonly expected: string, readonly parse: (text: string, context: Context) => Parsed<Value>, readonly write: (value: Value) => string }): Kind<Value> {
  return {
    read (located, name, context) {
      const parsed: Parsed<Value> = located.kind === 'text' ? form.parse(located.text, context) : { wrong: `must be ${form.expected}` }
      if ('value' in parsed) return parsed
      context.report(located.at, `${name} ${parsed.wrong}, found ${describe(located)}${parsed.hint ?? ''}`)
      return undefined
    },
    write: form.write
  }
}

/** A whole number between the two. */
export function count (min: number, max: number): Kind<number> {
  const expected = `a whole number from ${min} to ${max}`
  return textual({
    expected,
    parse: (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : -1
      return value >= min && value <= max ? { value } : { wrong: `must be ${expected}` }
    },
    write: String
  })
}

const UNITS_US = { us: 1, ms: 1000, s: 1_000_000, min: 60_000_000, h: 3_600_000_000 } as const
/** A thousand hours: no scenario is longer, no clock further ahead. */
const DURATION_US_MAX = 1000 * UNITS_US.h

function parseDuration (text: string): Parsed<number> {
  const [, digits = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?) ?([a-zµ]*)$/.exec(text) ?? []
  if (digits === '') return { wrong: 'must be a duration such as 20us, 150ms or 30s' }
  if (unit === '' && Number(digits) === 0) return { value: 0 }
  if (unit === '') return { wrong: `needs a unit: ${digits}us, ${digits}ms or ${digits}s` }
  const factor = unit in UNITS_US ? UNITS_US[unit as keyof typeof UNITS_US] : undefined
  if (factor === undefined) return { wrong: 'must have one of the units us, ms, s, min and h' }
  const value = Math.round(Number(digits) * factor * 1000) / 1000
  if (!Number.isInteger(value)) return { wrong: 'must be whole microseconds' }
  return value <= DURATION_US_MAX ? { value } : { wrong: 'must be at most 1000h' }
}

export function writeDuration (us: number): string {
  if (us % UNITS_US.s === 0) return `${us / UNITS_US.s}s`
  return us % UNITS_US.ms === 0 ? `${us / UNITS_US.ms}ms` : `${us}us`
}

/** µs, written with their unit. */
export const duration: Kind<number> = textual({ expected: 'a duration such as 20us, 150ms or 30s', parse: parseDuration, write: writeDuration })

/** A duration that is not 0. */
export const period: Kind<number> = textual({
  expected: 'a duration such as 20us, 150ms or 30s',
  parse: (text) => {
    const parsed = parseDuration(text)
    return 'value' in parsed && parsed.value === 0 ? { wrong: 'must be longer than 0' } : parsed
  },
  write: writeDuration
})

/** Whole ms, written as a duration. */
export function milliseconds (min: number, max: number): Kind<number> {
  return textual({
    expected: 'a duration such as 150ms or 2s',
    parse: (text) => {
      const parsed = parseDuration(text)
      if ('wrong' in parsed) return parsed
      const value = parsed.value / 1000
      return Number.isInteger(value) && value >= min && value <= max ? { value } : { wrong: `must be whole milliseconds from ${min}ms to ${max}ms` }
    },
    write: (value) => writeDuration(value * 1000)
  })
}

/** `100us..400us`, or one duration for both. */
export const durationRange: Kind<{ readonly min: number, readonly max: number }> = textual({
  expected: 'a range of durations such as 100us..400us',
  parse: (text) => {
    const at = text.indexOf('..')
    const min = parseDuration(at === -1 ? text : text.slice(0, at))
    const max = at === -1 ? min : parseDuration(text.slice(at + 2))
    if ('wrong' in min || 'wrong' in max) return { wrong: 'must be a range of durations such as 100us..400us' }
    return min.value <= max.value ? { value: { min: min.value, max: max.value } } : { wrong: 'must begin with the shorter one' }
  },
  write: ({ min, max }) => min === max ? writeDuration(min) : `${writeDuration(min)}..${writeDuration(max)}`
})

/** `1/50` is 50, `never` is 0: one in so many. */
export const oneIn: Kind<number> = textual({
  expected: 'a ratio such as 1/50, or never',
  parse: (text) => {
    if (text === 'never' || text === '0') return { value: 0 }
    const [, digits] = /^1 ?\/ ?([1-9]\d{0,8})$/.exec(text) ?? []
    return digits === undefined ? { wrong: 'must be a ratio such as 1/50, or never' } : { value: Number(digits) }
  },
  write: (value) => value === 0 ? 'never' : `1/${value}`
})

const SIZES = { B: 1, kB: 1000, MB: 1_000_000, KiB: 1024, MiB: 1024 * 1024 } as const

function parseSize (text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9}) ?(B|kB|MB|KiB|MiB)$/.exec(text) ?? []
  return digits === undefined ? undefined : Number(digits) * SIZES[unit as keyof typeof SIZES]
}

/** Bytes, with their unit. */
export const bytes: Kind<number> = textual({
  expected: 'a size such as 1B, 64kB or 64MiB',
  parse: (text) => {
    const value = parseSize(text)
    return value === undefined ? { wrong: 'must be a size such as 1B, 64kB or 64MiB' } : { value }
  },
  write: (value) => {
    const unit = (['MiB', 'MB', 'KiB', 'kB'] as const).find((each) => value > 0 && value % SIZES[each] === 0) ?? 'B'
    return `${value / SIZES[unit]}${unit}`
  }
})

/** Bytes per second; `unlimited` is 0. */
export const bandwidth: Kind<number> = textual({
  expected: 'a bandwidth such as 50kB/s, or unlimited',
  parse: (text) => {
    const value = text === 'unlimited' ? 0 : text.endsWith('/s') ? parseSize(text.slice(0, -2)) : undefined
    return value === undefined ? { wrong: 'must be a bandwidth such as 50kB/s, or unlimited' } : { value }
  },
  write: (value) => value === 0 ? 'unlimited' : `${bytes.write(value)}/s`
})

/** Operations per second, `200/s`. */
export const rate: Kind<number> = textual({
  expected: 'a rate such as 200/s',
  parse: (text) => {
    const [, digits] = /^(\d{1,5}) ?\/ ?s$/.exec(text) ?? []
    return digits === undefined ? { wrong: 'must be a rate such as 200/s' } : { value: Number(digits) }
  },
  write: (value) => `${value}/s`
})

/** Parts per million, `-200ppm`: a clock may be ten times too slow or too fast, never stand or go back. */
export const ppm: Kind<number> = textual({
  expected: 'a drift such as 200ppm or -50ppm',
  parse: (text) => {
    const [, digits] = /^([+-]?\d{1,7}) ?ppm$/.exec(text) ?? []
    if (digits === undefined) return { wrong: 'must be a drift such as 200ppm or -50ppm' }
    const value = Number(digits) + 0 // no -0
    return value >= -900_000 && value <= 9_000_000 ? { value } : { wrong: 'must be from -900000ppm to 9000000ppm' }
  },
  write: (value) => `${value}ppm`
})

export const yesNo: Kind<boolean> = textual({
  expected: 'true or false',
  parse: (text) => text === 'true' || text === 'false' ? { value: text === 'true' } : { wrong: 'must be true or false' },
  write: String
})

/** One of a few words. */
export function oneOf<Word extends string> (words: readonly Word[]): Kind<Word> {
  const expected = `one of ${words.join(', ')}`
  return textual({
    expected,
    parse: (text) => {
      const value = words.find((word) => word === text)
      return value === undefined ? { wrong: `must be ${expected}`, hint: didYouMean(text, words) } : { value }
    },
    write: String
  })
}

/** Any text of so many characters. */
export function text (min: number, max: number): Kind<string> {
  const expected = `text of ${min} to ${max} characters`
  return textual({
    expected,
    parse: (given) => given.length >= min && given.length <= max ? { value: given } : { wrong: `must be ${expected}` },
    write: writeText
  })
}

/** Plain where no reader of YAML can take it for anything else, otherwise in double quotes, of which JSON's are a part. */
export function writeText (value: string): string {
  const isPlain = /^[A-Za-z0-9_](?:[A-Za-z0-9_./]|[+: -](?=[A-Za-z0-9]))*$/.test(value) && !/^(?:null|true|false|yes|no|on|off|[\d._]+(?:e\d+)?|0[xo][\da-f]+)$/i.test(value)
  return isPlain ? value : JSON.stringify(value)
}

/** Items on one line. */
export function listOf<Item> (item: Kind<Item>, min: number, max: number): Kind<readonly Item[]> {
  return {
    read (located, name, context) {
      if (located.kind !== 'list' || located.items.length < min || located.items.length > max) {
        context.report(located.at, `${name} must be a list of ${min} to ${max}, found ${describe(located)}`)
        return undefined
      }
      const items = located.items.map((each, index) => item.read(each, `${name}[${index}]`, context))
      const right = items.filter((each) => each !== undefined)
      return right.length === items.length ? { value: right.map(({ value }) => value) } : undefined
    },
    write: (items) => `[${items.map((each) => item.write(each)).join(', ')}]`
  }
}

/** What may be missing: a field of this kind is left out. */
export function optional<Value> (kind: Kind<Value>): Kind<Value | undefined> {
  return {
    read: (located, name, context) => kind.read(located, name, context),
    write: (value) => value === undefined ? '' : kind.write(value)
  }
}

/** Written otherwise than it is held. */
export function mapped<Held, Written> (kind: Kind<Written>, toHeld: (written: Written) => Held, toWritten: (held: Held) => Written): Kind<Held> {
  return {
    read (located, name, context) {
      const read = kind.read(located, name, context)
      return read === undefined ? undefined : { value: toHeld(read.value) }
    },
    write: (value) => kind.write(toWritten(value))
  }
}

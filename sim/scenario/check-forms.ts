import { defaulted, Mapping, required, writeFields, writeFlow } from './form.js'
import type { Fields } from './form.js'
import { count, duration, listOf } from './kinds.js'
import type { Context, Kind, Read } from './kinds.js'
import { describe } from './yaml-tree.js'
import type { Check, NodeSelector } from './scenario.js'
import { selector } from './selector.js'

type CheckOf<Name extends Check['kind']> = Omit<Extract<Check, { readonly kind: Name }>, 'kind'>

/** One way to write a check: its first key names it, what that key says is in `fields`. */
interface CheckForm<Value> {
  readonly constants: Partial<Check>
  readonly fields: Fields<Value>
}

export const partition: Kind<number> = {
  read (located, name, context) {
    return count(0, context.partitions - 1).read(located, name, context)
  },
  write: String
}

const NODES_MAX = 16
const within = defaulted('within', duration, 0)
const partitionOrFirst = defaulted('partition', partition, 0)

const oneMaster: CheckForm<CheckOf<'one-master'>> = { constants: { kind: 'one-master' }, fields: { partition: required('one-master', partition), withinUs: within } }
const noMasterAmong: CheckForm<CheckOf<'no-master-among'>> = {
  constants: { kind: 'no-master-among' }, fields: { nodes: required('no-master-among', listOf(selector, 0, NODES_MAX)), partition: partitionOrFirst, withinUs: within }
}
const master: CheckForm<CheckOf<'master'>> = { constants: { kind: 'master' }, fields: { node: required('master', selector), partition: partitionOrFirst, withinUs: within } }
const caughtUp: CheckForm<CheckOf<'caught-up'>> = { constants: { kind: 'caught-up' }, fields: { partition: required('caught-up', partition), withinUs: within } }
const running: CheckForm<{ readonly node: NodeSelector }> = { constants: { kind: 'running', running: true }, fields: { node: required('running', selector) } }
const stopped: CheckForm<{ readonly node: NodeSelector }> = { constants: { kind: 'running', running: false }, fields: { node: required('stopped', selector) } }

/** By the key that names the check. `satisfies`: a new kind of check needs a form. */
const FORMS: Readonly<Record<string, CheckForm<unknown>>> = {
  'one-master': oneMaster, 'no-master-among': noMasterAmong, master, 'caught-up': caughtUp, running, stopped
} satisfies Record<Check['kind'] | 'stopped', unknown>

/** `{one-master: 0, within: 3s}` and so on. */
export const check: Kind<Check> = {
  read (located, name, context) {
    const mapping = new Mapping(name, located, context.report)
    const names = mapping.keys().filter((key) => Object.hasOwn(FORMS, key))
    if (names.length !== 1) {
      const found = names.length === 0 ? describe(located) : names.join(' and ')
      context.report(located.at, `${name} must say one of ${Object.keys(FORMS).join(', ')}, found ${found}`)
      return undefined
    }
    return readCheck(mapping, FORMS[names[0] ?? ''] ?? oneMaster, context)
  },
  write (value) {
    const chosen = Object.values(FORMS).find(({ constants }) => Object.entries(constants).every(([property, constant]) => value[property as keyof Check] === constant))
    return writeFlow(writeFields(chosen?.fields ?? {}, value))
  }
}

function readCheck (mapping: Mapping, { constants, fields }: CheckForm<unknown>, context: Context): Read<Check> {
  const read: Read<unknown> = mapping.readAll(fields, context)
  mapping.finish(context)
  // the constants and the fields of one form are together one variant of Check
  return read === undefined ? undefined : { value: Object.assign({}, constants, read.value) as Check }
}

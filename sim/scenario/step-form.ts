import { didYouMean, SYSTEM_PARTITION } from '../../src/base/index.js'
import { ACTION_NAMES, readAction, writeAction } from './action-forms.js'
import { partition } from './check-forms.js'
import { defaulted, Mapping, required, writeFields } from './form.js'
import type { Fields } from './form.js'
import { count, duration, oneOf, optional, writeDuration } from './kinds.js'
import type { Context, Kind, Read } from './kinds.js'
import { quote } from './problem.js'
import type { Place } from './problem.js'
import type { Step, TriggerEvent, When } from './scenario.js'
import { nodeName } from './selector.js'
import { describe } from './yaml-tree.js'
import type { Located } from './yaml-tree.js'

type On = When & { readonly kind: 'on' }

const STEPS_MAX = 10_000
const ID_MAX = 1_000_000
const NTH_MAX = 1_000_000

const EVENTS: readonly TriggerEvent[] = ['started', 'voted', 'won', 'deposed', 'appended', 'acknowledged', 'committed', 'installing', 'installed', 'answered']

/** One of the scenario's partitions, or `system`: the coordinator's. */
const partitionOrSystem: Kind<number> = {
  read (located, name, context) {
    return located.kind === 'text' && located.text === 'system' ? { value: SYSTEM_PARTITION } : partition.read(located, name, context)
  },
  write: (value) => value === SYSTEM_PARTITION ? 'system' : String(value)
}

const onFields: Fields<Omit<On, 'kind'>> = {
  event: required('on', oneOf(EVENTS)),
  partition: defaulted('partition', optional(partitionOrSystem), undefined),
  node: defaulted('node', optional(nodeName), undefined),
  nth: defaulted('nth', count(1, NTH_MAX), 1),
  fromUs: defaulted('from', duration, 0),
  delayUs: defaulted('delay', duration, 0)
}
const ON_KEYS = Object.values(onFields).map(({ key }) => key)
const at = required('at', duration)
const after = required('after', duration)
const WHEN_KEYS = [at.key, after.key, 'on']

/** A step and where it stands. */
export interface LocatedStep {
  readonly step: Step
  readonly at: Place
}

/** Reads all steps; those that are wrong are reported and left out. */
export function readSteps (located: Located, context: Context): LocatedStep[] {
  if (located.kind === 'nothing') return []
  if (located.kind !== 'list' || located.items.length > STEPS_MAX) {
    context.report(located.at, `steps must be a list of at most ${STEPS_MAX}, found ${describe(located)}`)
    return []
  }
  const steps: LocatedStep[] = []
  const ids = new Set<number>()
  let previous: When | undefined = { kind: 'at', atUs: 0 }
  for (const [index, item] of located.items.entries()) {
    const mapping = new Mapping('step', item, context.report)
    const id = mapping.read(defaulted('id', count(0, ID_MAX), index + 1), context)
    const when: Read<When> = item.kind === 'mapping' ? readWhen(mapping, previous, context) : undefined
    const action = item.kind === 'mapping' ? readOnlyAction(mapping, { ...context, hasIt: when?.value.kind === 'on' }) : undefined
    previous = when?.value
    if (id !== undefined && ids.has(id.value)) context.report(item.at, `another step has the id ${id.value}; steps without one have their position`)
    if (id !== undefined) ids.add(id.value)
    if (id !== undefined && when !== undefined && action !== undefined) steps.push({ step: { id: id.value, when: when.value, action: action.value }, at: item.at })
  }
  return steps
}

function readWhen (mapping: Mapping, previous: When | undefined, context: Context): Read<When> {
  const given = WHEN_KEYS.filter((key) => mapping.entry(key) !== undefined)
  const [key] = given
  if (key === undefined || given.length > 1) {
    context.report(mapping.located.at, `a step says when: by one of at, after and on${key === undefined ? '' : `, not by ${given.join(' and ')}`}`)
    return undefined
  }
  if (key === 'on') {
    const read = mapping.readAll(onFields, context)
    return read === undefined ? undefined : { value: { kind: 'on', ...read.value } }
  }
  for (const each of ON_KEYS) {
    const entry = mapping.entry(each)
    if (entry !== undefined) context.report(entry.keyAt, `${quote(each)} belongs to a step that waits for something ("on")`)
  }
  const time = mapping.read(key === 'at' ? at : after, context)
  if (time === undefined) return undefined
  if (key === 'at') return { value: { kind: 'at', atUs: time.value } }
  // without a previous time that could be read there is nothing to say beyond what was said there
  if (previous === undefined) return undefined
  return { value: previous.kind === 'at' ? { kind: 'at', atUs: previous.atUs + time.value } : { ...previous, delayUs: previous.delayUs + time.value } }
}

function readOnlyAction (mapping: Mapping, context: Context): ReturnType<typeof readAction> {
  const known = ['id', ...WHEN_KEYS, ...ON_KEYS]
  const others = mapping.keys().filter((key) => !known.includes(key))
  const entries = others.flatMap((key) => mapping.entry(key) ?? [])
  const [first] = entries
  if (first === undefined) {
    context.report(mapping.located.at, 'a step says what to do: by a key such as crash, cut or set')
    return undefined
  }
  for (const { key, keyAt } of entries) {
    if (!ACTION_NAMES.includes(key)) context.report(keyAt, `there is no action ${quote(key)}${didYouMean(key, [...ACTION_NAMES, ...known])}`)
    else if (key !== first.key) context.report(keyAt, `a step does one thing, ${quote(first.key)} already; make ${quote(key)} a step of its own ("after: 0s")`)
  }
  return readAction(first.key, first.value, context)
}

/** When a step is over, as far as that can be told beforehand. */
export function endOf ({ when, action }: Step): number {
  const begunUs = when.kind === 'at' ? when.atUs : when.fromUs + when.delayUs
  if (action.do === 'check') return begunUs + ('withinUs' in action.check ? action.check.withinUs : 0)
  const lastsUs = 'forUs' in action ? action.forUs : 'timeoutUs' in action ? action.timeoutUs : 'restartUs' in action ? action.restartUs : 0
  return begunUs + (lastsUs ?? 0)
}

/** Lines of one step, not indented. */
export function writeStep ({ id, when, action }: Step, index: number): string[] {
  const whenLines = when.kind === 'at' ? [`at: ${writeDuration(when.atUs)}`] : writeFields<Omit<On, 'kind'>>(onFields, when).map(([key, text]) => `${key}: ${text}`)
  return [...id === index + 1 ? [] : [`id: ${id}`], ...whenLines, writeAction(action)]
}

import type { ChannelName } from '../../src/node/index.js'
import { check } from './check-forms.js'
import { defaulted, form, Mapping, required, withoutDefaults, writeFields, writeFlow } from './form.js'
import { count, duration, listOf, mapped, oneOf, optional, period, ppm, text } from './kinds.js'
import type { Context, Kind, Read } from './kinds.js'
import type { Action, CrashLoss, DiskFault, NodeSelector } from './scenario.js'
import { selector, selectorOrAll } from './selector.js'
import { linkFields } from './setup-forms.js'
import { describe } from './yaml-tree.js'
import type { Located } from './yaml-tree.js'

type ActionOf<Name extends Action['do']> = Omit<Extract<Action, { readonly do: Name }>, 'do'>

const NODES_MAX = 16
const FACTOR_MAX = 1_000_000
const NAME_SIZE_MAX = 100
const VALUE_SIZE_MAX = 65_536
const REQUEST_TIMEOUT_US = 5_000_000

const CHANNELS: readonly ChannelName[] = ['cluster', 'membership', 'replication', 'kv']
const LOSSES: readonly CrashLoss[] = ['everything', 'tail', 'subset', 'nothing']
const DIRECTIONS: ReadonlyArray<(Action & { readonly do: 'isolate' })['direction']> = ['both', 'in', 'out']
const CONSISTENCIES: ReadonlyArray<(Action & { readonly do: 'get' })['consistency']> = ['linearizable', 'local']
const FAULTS: readonly DiskFault[] = ['stall', 'slow', 'full', 'fsync-error', 'fsync-error-lands', 'read-error', 'bit-rot-log', 'bit-rot-data', 'bit-rot-meta', 'lies']

/** One node, or a list of them. */
const selectors: Kind<readonly NodeSelector[]> = {
  read (located, name, context) {
    const list: Located = located.kind === 'text' ? { kind: 'list', at: located.at, items: [located] } : located
    return listOf(selector, 0, NODES_MAX).read(list, name, context)
  },
  write: (nodes) => listOf(selector, 0, NODES_MAX).write(nodes)
}

const node = required('node', selector)
const imageName = text(1, NAME_SIZE_MAX)
const groups = required('groups', listOf(selectors, 1, NODES_MAX))
const forEver = defaulted('for', optional(period), undefined)
const loses = defaulted('loses', oneOf(LOSSES), 'tail')
const restart = defaulted('restart', optional(duration), undefined)
const from = required('from', selector)
const to = required('to', selector)
const channel = defaulted('channel', oneOf(CHANNELS), 'replication')
const key = required('key', text(1, 1024))
const request = {
  through: defaulted('through', selector, 'any running'),
  timeoutUs: defaulted('timeout', period, REQUEST_TIMEOUT_US),
  answer: defaulted('answer', optional(text(1, VALUE_SIZE_MAX)), undefined)
}
const onlyNode = form({ node }, 'node')

/** An action that needs to be told nothing. */
const nothing: Kind<object> = {
  read (located, name, { report }) {
    if (located.kind === 'nothing' || (located.kind === 'mapping' && located.entries.length === 0)) return { value: {} }
    report(located.at, `${name} takes nothing, found ${describe(located)}`)
    return undefined
  },
  write: () => ''
}

const linkEnds = { from: defaulted('from', selectorOrAll, 'all'), to: defaulted('to', selectorOrAll, 'all'), forUs: forEver }

/** Which links, and beside that what of them changes. */
const link: Kind<ActionOf<'link'>> = {
  read (located, name, context) {
    const mapping = new Mapping(name, located, context.report)
    const ends = mapping.readAll(linkEnds, context)
    const set = mapping.readSome(linkFields, context)
    mapping.finish(context)
    if (set !== undefined && Object.keys(set.value).length === 0) {
      context.report(located.at, `${name} changes nothing; say some of ${Object.values(linkFields).map(({ key }) => key).join(', ')}`)
      return undefined
    }
    return ends === undefined || set === undefined ? undefined : { value: { ...ends.value, set: set.value } }
  },
  write: ({ set, ...ends }) => writeFlow([...writeFields(linkEnds, ends), ...writeFields(withoutDefaults(linkFields), set)])
}

const checkNow: Kind<ActionOf<'check'>> = mapped(check, (written) => ({ check: written }), (action) => action.check)

/** What stands behind each action's key. */
const FORMS: { readonly [Name in Action['do']]: Kind<ActionOf<Name>> } = {
  'crash': form({ node, loses, restartUs: restart, effects: defaulted('effects', count(0, FACTOR_MAX), 0) }, 'node'),
  'crash-all': form({ loses, restartUs: restart }),
  'start': onlyNode,
  'start-all': nothing,
  'stop': onlyNode,
  'wipe': onlyNode,
  'pause': form({ node, forUs: required('for', period) }),
  'slow': form({ node, factor: required('factor', count(1, FACTOR_MAX)), forUs: required('for', period) }),
  'clock-jump': form({ node, byUs: required('by', period) }),
  'clock-drift': form({ node, ppm: required('drift', ppm) }),
  'cut': form({ groups }, 'groups'),
  'cut-one-way': form({ from: required('from', selectors), to: required('to', selectors) }),
  'isolate': form({ node, direction: defaulted('direction', oneOf(DIRECTIONS), 'both') }, 'node'),
  'bridge': onlyNode,
  'ring': nothing,
  'chain': nothing,
  'star': onlyNode,
  'flap': form({ groups, everyUs: required('every', period), forUs: required('for', period) }),
  'heal': nothing,
  'link': link,
  'reset': form({ from, to }),
  'half-open': form({ from, to, forUs: required('for', period) }),
  'replay': form({ from, to, channel, forUs: required('for', period), delayUs: required('delay', duration) }),
  'garble': form({ from, to, channel }),
  'rumour': form({ from, to, about: required('about', selector), says: required('says', oneOf(['alive', 'suspect', 'dead', 'left'])) }),
  'disk': form({ node, fault: required('fault', oneOf(FAULTS)), forUs: forEver, factor: defaulted('factor', optional(count(1, FACTOR_MAX)), undefined) }),
  'image': form({ node, as: required('as', imageName) }),
  'restore': form({ node, from: required('from', imageName) }),
  'set': form({ key, value: required('value', text(0, VALUE_SIZE_MAX)), ...request }),
  'delete': form({ key, ...request }, 'key'),
  'get': form({ key, ...request, consistency: defaulted('consistency', oneOf(CONSISTENCIES), 'linearizable') }, 'key'),
  'check': checkNow
}

/** The keys that name actions. */
export const ACTION_NAMES: readonly string[] = Object.keys(FORMS)

const isActionName = (name: string): name is Action['do'] => Object.hasOwn(FORMS, name)

/** Reads what stands behind an action's key. */
export function readAction (name: string, located: Located, context: Context): Read<Action> {
  if (!isActionName(name)) return undefined
  const read: Read<object> = FORMS[name].read(located, name, context)
  // a form gives all of its action's properties but the name
  return read === undefined ? undefined : { value: { do: name, ...read.value } as Action }
}

/** `crash: master of 0` */
export function writeAction ({ do: name, ...rest }: Action): string {
  const kind: Kind<unknown> = FORMS[name]
  const written = kind.write(rest)
  return written === '' || written === '{}' ? `${name}:` : `${name}: ${written}`
}

import { Prng } from '../../src/base/index.js'
import { appendModel, casRegisterModel, checkParts, DEFAULT_CHECK_LIMITS, REFUSED, searchLinearization } from '../../sim/linearizability/index.js'
import type { CasOperation, Interval, KeysResult, Model } from '../../sim/linearizability/index.js'
import { expect, suite } from '../harness.js'
import { byKey, historiesFolder, knownVerdicts, readEvents, toAppendOperations, toCasOperations } from './linearizability-formats.js'
import type { HistoryEvent, KeyedAppend, KnownVerdict } from './linearizability-formats.js'
import { faultOf } from './linearizability-support.js'

/** For everything that is checked once, together. */
const ALL_MS_MAX = 10_000

const checkCas = (operations: readonly CasOperation[]): KeysResult => checkParts(casRegisterModel, new Map([['', operations]]))
const checkAppend = (operations: readonly KeyedAppend[]): KeysResult => checkParts(appendModel, byKey(operations))

function checkEvents ({ model }: KnownVerdict, events: readonly HistoryEvent[]): KeysResult {
  return model === 'cas-register' ? checkCas(toCasOperations(events)) : checkAppend(toAppendOperations(events))
}

/** Earlier calls and later returns, of about every third operation; some never return. */
function widen<Operation extends Interval> (random: Prng, operations: readonly Operation[]): Operation[] {
  return operations.map((operation) => random.chance(1, 3)
    ? { ...operation, calledAt: operation.calledAt - random.below(4), returnedAt: random.chance(1, 20) ? Infinity : operation.returnedAt + random.below(4) }
    : operation)
}

/** All keys at once: states are numbers of lists of texts. */
function wholeMapModel (keys: readonly string[]): Model<number, KeyedAppend> {
  const states = [keys.map(() => '')]
  const numbers = new Map([[JSON.stringify(states[0]), 0]])
  return {
    initial: 0,
    apply (state, operation) {
      const texts = states[state] ?? []
      const at = keys.indexOf(operation.key)
      const after = appendModel.apply(texts[at] ?? '', operation)
      if (after === REFUSED || operation.kind === 'get') return after === REFUSED ? REFUSED : state
      const next = texts.with(at, after)
      const name = JSON.stringify(next)
      const number = numbers.get(name) ?? states.push(next) - 1
      numbers.set(name, number)
      return number
    },
    isRead: appendModel.isRead
  }
}

suite('histories of other systems with known verdicts', ({ test }) => {
  const found = historiesFolder()
  if (found === undefined) {
    test('are not here: skipped', () => { console.log('skipped: there is no ../shared/histories beside the checkout') })
    return
  }
  const folder: string = found
  const files = knownVerdicts(folder).map((known) => ({ known, events: readEvents(folder, known.file) }))
  const legal = files.filter(({ known }) => known.expected === 'ok')

  test('all 108 get their verdicts in ten seconds, with linearizations to show for it', () => {
    const startMs = performance.now()
    const results = files.map(({ known, events }) => ({ known, events, result: checkEvents(known, events) }))
    const tookMs = performance.now() - startMs
    for (const { known, result } of results) expect.is(result.verdict, known.expected, known.file)
    expect.is(results.length, 108)
    expect.ok(tookMs < ALL_MS_MAX, `took ${tookMs} ms`)
    for (const { known, events, result } of results) {
      const histories = known.model === 'cas-register' ? undefined : byKey(toAppendOperations(events))
      for (const [key, { verdict, order }] of result.perKey) {
        const isDue = ({ returnedAt }: Interval): boolean => verdict === 'ok' && returnedAt !== Infinity
        const fault = histories === undefined
          ? faultOf(casRegisterModel, toCasOperations(events), order, isDue)
          : faultOf(appendModel, histories.get(key) ?? [], order, isDue)
        expect.is(fault, undefined, `${known.file} ${key}`)
      }
    }
  })

  test('as many operations are read as there are, and as many unknown ones', () => {
    for (const { known, events } of files) {
      const operations: readonly Interval[] = known.model === 'cas-register' ? toCasOperations(events) : toAppendOperations(events)
      expect.is(operations.length, known.ops, known.file)
      expect.is(operations.filter(({ returnedAt }) => returnedAt === Infinity).length, known.unknown, known.file)
    }
  })

  test('the file without an operation is linearizable', () => {
    expect.is(checkCas(toCasOperations(readEvents(folder, 'jepsen/etcd_095.log'))).verdict, 'ok')
  })

  test('a read of a value that nobody wrote is found in every one of them', () => {
    let mutants = 0
    for (const { known, events } of legal) {
      const random = new Prng(`flip ${known.file}`)
      const reads = [...events.keys()].filter((i) => events[i]?.type === 'ok' && (events[i]?.f === 'read' || events[i]?.f === 'get'))
      for (const at of random.shuffle(reads).slice(0, 3)) {
        const flipped = events.map((event, i) => i === at ? { ...event, value: '777' } : event)
        expect.is(checkEvents(known, flipped).verdict, 'illegal', `${known.file} line ${at + 1}`)
        mutants++
      }
    }
    expect.ok(mutants > 60, String(mutants))
  })

  test('two calls in the other order change no verdict', () => {
    for (const { known, events } of files) {
      const random = new Prng(`swap ${known.file}`)
      const swaps = [...events.keys()].filter((i) => events[i]?.type === 'invoke' && events[i + 1]?.type === 'invoke')
      const at = swaps[random.below(Math.max(1, swaps.length))]
      if (at === undefined) continue
      const swapped = events.map((event, i) => (i === at ? events[at + 1] : i === at + 1 ? events[at] : event) as HistoryEvent)
      expect.is(checkEvents(known, swapped).verdict, known.expected, `${known.file} lines ${at + 1} and ${at + 2}`)
    }
  })

  test('other names of processes and keys change no verdict', () => {
    for (const { known, events } of files) {
      const renamed = events.map((event) => ({ ...event, process: String(97 - Number(event.process)), key: `key ${9 - Number(event.key)}` }))
      expect.is(checkEvents(known, renamed).verdict, known.expected, known.file)
    }
  })

  test('wider intervals never make a linearizable history illegal', () => {
    let decided = 0
    for (const { known, events } of legal) {
      const random = new Prng(`widen ${known.file}`)
      const { verdict } = known.model === 'cas-register' ? checkCas(widen(random, toCasOperations(events))) : checkAppend(widen(random, toAppendOperations(events)))
      expect.is.not(verdict, 'illegal', known.file)
      if (verdict === 'ok') decided++
    }
    expect.ok(decided > 20, String(decided))
  }, { limitMs: 60_000 })

  for (const name of ['c01-ok', 'c01-bad', 'c10-ok', 'c10-bad']) {
    test(`${name} is decided as one object, too`, () => {
      const operations = toAppendOperations(readEvents(folder, `kv/${name}.txt`))
      const model = wholeMapModel([...byKey(operations).keys()])
      const { verdict, order } = searchLinearization(model, operations, DEFAULT_CHECK_LIMITS)
      expect.is(verdict, name.endsWith('ok') ? 'ok' : 'illegal')
      expect.is(faultOf(model, operations, order, () => verdict === 'ok'), undefined)
    })
  }
})

import { Prng } from '../../src/base/index.js'
import { DEFAULT_CHECK_LIMITS, orderUniqueWrites, registerModel, searchLinearization } from '../../sim/linearizability/index.js'
import type { CheckResult, RegisterOperation } from '../../sim/linearizability/index.js'
import { expect, suite } from '../harness.js'
import { anyHistory, bend, faultOf, isLinearizableByTrying, trueHistory } from './linearizability-support.js'
import type { HistoryShape } from './linearizability-support.js'

/** What takes longer is not compared. */
const LIMITS = { ...DEFAULT_CHECK_LIMITS, stepsMax: 30_000 }
const search = (history: readonly RegisterOperation[]): CheckResult => searchLinearization(registerModel, history, LIMITS)
const returned = ({ returnedAt }: RegisterOperation): boolean => returnedAt !== Infinity

function randomShape (random: Prng, operationsMax: number): HistoryShape {
  const operations = random.between(Math.ceil(operationsMax / 2), operationsMax)
  return {
    operations, time: random.between(operations, 8 * operations), durationMax: random.between(0, 12),
    sets: random.between(1, 4), deletes: random.between(0, 4), unknownOneIn: random.between(3, 40)
  }
}

const KINDS: ReadonlyArray<readonly [string, (random: Prng, operationsMax: number) => RegisterOperation[]]> = [
  ['any', (random, operationsMax) => anyHistory(random, randomShape(random, operationsMax))],
  ['true', (random, operationsMax) => trueHistory(random, randomShape(random, operationsMax))],
  ['bent', (random, operationsMax) => bend(random, trueHistory(random, randomShape(random, operationsMax)))],
  ['bent twice', (random, operationsMax) => bend(random, bend(random, trueHistory(random, randomShape(random, operationsMax))))]
]

/** Calls `check` with histories of every kind; their seeds are in what it says. */
function eachHistory (count: number, operationsMax: number, check: (history: RegisterOperation[], says: (what: string) => string, kind: string) => void): void {
  for (const [kind, draw] of KINDS) {
    for (let i = 0; i < count; i++) {
      const seed = `${kind} ${operationsMax} ${i}`
      const history = draw(new Prng(seed), operationsMax)
      check(history, (what) => `${seed}: ${what}: ${JSON.stringify(history)}`, kind)
    }
  }
}

/** The history as it was known when this operation returned. */
function until (history: readonly RegisterOperation[], { returnedAt: endsAt }: RegisterOperation): RegisterOperation[] {
  return history.filter(({ calledAt }) => calledAt <= endsAt).map((operation) => operation.returnedAt > endsAt ? { ...operation, returnedAt: Infinity } : operation)
}

suite('both ways to decide a history of one key', ({ test }) => {
  test('the search agrees with trying out every order, and shows a linearization or a beginning of one', () => {
    const counts = { ok: 0, illegal: 0 }
    eachHistory(3000, 6, (history, says) => {
      const { verdict, order, offender } = search(history)
      const expected = isLinearizableByTrying(registerModel, history) ? 'ok' : 'illegal'
      counts[expected]++
      expect.is(verdict, expected, says('search'))
      expect.is(faultOf(registerModel, history, order, (operation) => verdict === 'ok' && returned(operation)), undefined, says('order'))
      expect.is(offender === undefined, verdict === 'ok', says('offender'))
      if (offender !== undefined) expect.is(order.includes(offender), false, says('offender in order'))
    })
    expect.ok(counts.ok > 3000 && counts.illegal > 1500, JSON.stringify(counts))
  })

  test('unique values in O(n log n) agree with the search on small histories', () => {
    const counts = { ok: 0, illegal: 0, unknown: 0 }
    eachHistory(6000, 10, (history, says, kind) => {
      const expected = search(history)
      const result = orderUniqueWrites(history)
      if (result === undefined) throw new Error(says('not unique'))
      counts[expected.verdict]++
      expect.is(result.verdict, expected.verdict, says('unique writes'))
      if (kind === 'true') expect.is(result.verdict, 'ok', says('is true'))
      if (result.verdict === 'ok') expect.is(faultOf(registerModel, history, result.order, returned), undefined, says('order'))
    })
    expect.ok(counts.ok > 5000 && counts.illegal > 5000, JSON.stringify(counts))
  })

  test('and on longer ones', () => {
    const counts = { ok: 0, illegal: 0, unknown: 0 }
    eachHistory(250, 60, (history, says) => {
      const expected = search(history)
      const result = orderUniqueWrites(history)
      counts[expected.verdict]++
      if (expected.verdict !== 'unknown') expect.is(result?.verdict, expected.verdict, says('unique writes'))
      if (result?.verdict === 'ok') expect.is(faultOf(registerModel, history, result.order, returned), undefined, says('order'))
    })
    expect.ok(counts.ok > 250 && counts.illegal > 250 && counts.unknown < 20, JSON.stringify(counts))
  })

  test('what is not linearizable is explained up to the return that ends it', () => {
    let explained = 0
    eachHistory(1500, 12, (history, says) => {
      const result = orderUniqueWrites(history)
      if (result?.verdict !== 'illegal') return
      const offender = history[result.offender ?? -1]
      if (offender === undefined) throw new Error(says('no offender'))
      explained++
      expect.is(search(until(history, offender)).verdict, 'illegal', says('until the offender returned'))
      const known = history.map((operation) => operation === offender ? { ...operation, returnedAt: Infinity } : operation)
      expect.is(faultOf(registerModel, known, result.order, ({ returnedAt }) => returnedAt < offender.returnedAt), undefined, says('beginning'))
    })
    expect.ok(explained > 1500, String(explained))
  })
})

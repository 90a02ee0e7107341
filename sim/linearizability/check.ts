import { DEFAULT_CHECK_LIMITS } from './model.js'
import type { CheckLimits, CheckResult, Interval, Model, Verdict } from './model.js'
import { registerModel, written } from './register.js'
import type { RegisterOperation } from './register.js'
import { searchLinearization } from './search.js'
import { orderUniqueWrites } from './unique-writes.js'

/** Steps of the first round over all keys. Lower finds easy violations sooner, higher repeats less. */
const FIRST_ROUND_STEPS = 20_000
/** Each round has so many times the steps of the one before; what is repeated is a third of the last round. */
const ROUND_GROWTH = 4

export interface KeysResult {
  /** `illegal` where any key is, else `unknown` where any is. */
  readonly verdict: Verdict
  /** The first key with that verdict; undefined where all are ok. */
  readonly key: string | undefined
  /** In the order of the histories. Missing: keys that were not decided when another was found to be illegal. */
  readonly perKey: ReadonlyMap<string, CheckResult>
}

/** Whether one key's history is linearizable. Positions in the result are those of `history`. */
export function checkRegisterHistory (history: readonly RegisterOperation[], limits: CheckLimits = DEFAULT_CHECK_LIMITS): CheckResult {
  return orderUniqueWrites(history) ?? searchRegister(history, limits)
}

/** The verdict on one key's history. */
export function checkRegister (history: readonly RegisterOperation[]): Verdict {
  return checkRegisterHistory(history).verdict
}

/**
 * Whether every key's history is linearizable, which is the same as all of them together (Herlihy and Wing,
 * "Linearizability", 1990, theorem 1). Histories with unique values are all decided, in O(n log n); the others are
 * searched in rounds with ever more steps, until one is illegal, so that no hard key hides an easy violation.
 * May be called while operations are open: they count as unknown.
 */
export function checkByKey (histories: ReadonlyMap<string, readonly RegisterOperation[]>, limits: CheckLimits = DEFAULT_CHECK_LIMITS): KeysResult {
  const decided = new Map<string, CheckResult>()
  for (const [key, history] of histories) {
    const result = orderUniqueWrites(history)
    if (result !== undefined) decided.set(key, result)
  }
  return searchInRounds(histories, decided, limits, searchRegister)
}

/** Whether the history of every part of an object is linearizable; searched in rounds, until one is illegal. */
export function checkParts<State extends string | number | undefined, Operation extends Interval> (
  model: Model<State, Operation>, histories: ReadonlyMap<string, readonly Operation[]>, limits: CheckLimits = DEFAULT_CHECK_LIMITS
): KeysResult {
  return searchInRounds(histories, new Map(), limits, (history, roundLimits) => searchLinearization(model, history, roundLimits))
}

/** The search, without the unknown writes that nobody can have seen: they may as well have never taken effect. */
function searchRegister (history: readonly RegisterOperation[], limits: CheckLimits): CheckResult {
  const seen = new Set<string | undefined>()
  for (const { kind, value, returnedAt } of history) if (kind === 'get' && returnedAt !== Infinity) seen.add(value)
  const positions = [...history.keys()].filter((position) => {
    const operation = history[position] as RegisterOperation
    return operation.returnedAt !== Infinity || (operation.kind !== 'get' && seen.has(written(operation)))
  })
  const result = searchLinearization(registerModel, positions.map((position) => history[position] as RegisterOperation), limits)
  return {
    ...result,
    order: result.order.map((i) => positions[i] as number),
    offender: result.offender === undefined ? undefined : positions[result.offender]
  }
}

/** @param decided what is known beforehand; filled */
function searchInRounds<Operation> (
  histories: ReadonlyMap<string, readonly Operation[]>, decided: Map<string, CheckResult>, limits: CheckLimits,
  search: (history: readonly Operation[], limits: CheckLimits) => CheckResult
): KeysResult {
  let open = [...histories].filter(([key]) => !decided.has(key))
  let isIllegal = [...decided.values()].some(({ verdict }) => verdict === 'illegal')
  for (let steps = FIRST_ROUND_STEPS; open.length > 0 && !isIllegal; steps *= ROUND_GROWTH) {
    const stepsMax = Math.min(steps, limits.stepsMax)
    const harder: typeof open = []
    for (const [key, history] of open) {
      const result = search(history, { ...limits, stepsMax })
      if (result.exhausted === 'steps' && stepsMax < limits.stepsMax) harder.push([key, history])
      else decided.set(key, result)
      isIllegal = result.verdict === 'illegal'
      if (isIllegal) break
    }
    open = harder
  }
  return summarise(histories, decided)
}

function summarise (histories: ReadonlyMap<string, unknown>, decided: ReadonlyMap<string, CheckResult>): KeysResult {
  const perKey = new Map<string, CheckResult>()
  for (const key of histories.keys()) {
    const result = decided.get(key)
    if (result !== undefined) perKey.set(key, result)
  }
  for (const verdict of ['illegal', 'unknown'] as const) {
    for (const [key, result] of perKey) if (result.verdict === verdict) return { verdict, key, perKey }
  }
  return { verdict: 'ok', key: undefined, perKey }
}

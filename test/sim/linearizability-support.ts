import type { Prng } from '../../src/base/index.js'
import { REFUSED } from '../../sim/linearizability/index.js'
import type { Interval, Model, RegisterOperation } from '../../sim/linearizability/index.js'

/**
 * What is wrong with an order of operations as (the beginning of) a linearization; undefined where nothing is.
 * @param isDue which operations must be in it
 */
export function faultOf<State extends string | number | undefined, Operation extends Interval> (
  model: Model<State, Operation>, history: readonly Operation[], order: readonly number[], isDue: (operation: Operation) => boolean
): string | undefined {
  const placed = new Set<number>()
  let state = model.initial
  let lastCall = -Infinity
  for (const position of order) {
    const operation = history[position]
    if (operation === undefined || placed.has(position)) return `position ${position} is not there, or there twice`
    placed.add(position)
    if (operation.returnedAt < lastCall) return `operation ${position} returned before one was called that is in front of it`
    lastCall = Math.max(lastCall, operation.calledAt)
    const after = model.apply(state, operation)
    if (after === REFUSED) return `operation ${position} does not fit the state ${String(state)}`
    state = after
  }
  for (const [position, operation] of history.entries()) {
    if (placed.has(position)) continue
    if (isDue(operation)) return `operation ${position} is missing`
    if (operation.returnedAt < lastCall) return `operation ${position} returned before one was called that is in the order without it`
  }
  return undefined
}

/** The definition, tried out: some order of all that returned and some of the rest. For a handful of operations. */
export function isLinearizableByTrying<State extends string | number | undefined, Operation extends Interval> (
  model: Model<State, Operation>, history: readonly Operation[]
): boolean {
  const extend = (state: State, rest: readonly Operation[]): boolean => {
    if (rest.every(({ returnedAt }) => returnedAt === Infinity)) return true
    return rest.some((operation) => {
      if (rest.some(({ returnedAt }) => returnedAt < operation.calledAt)) return false
      const after = model.apply(state, operation)
      return after !== REFUSED && extend(after, rest.filter((other) => other !== operation))
    })
  }
  return extend(model.initial, history.filter((operation) => operation.returnedAt !== Infinity || !model.isRead(operation)))
}

export interface HistoryShape {
  readonly operations: number
  /** The longer than `operations`, the fewer overlap; small numbers make equal times. */
  readonly time: number
  readonly durationMax: number
  /** Out of 10 operations. */
  readonly sets: number
  readonly deletes: number
  /** One in so many outcomes is unknown. */
  readonly unknownOneIn: number
}

/** Any operations at any times: mostly not linearizable. */
export function anyHistory (random: Prng, shape: HistoryShape): RegisterOperation[] {
  const kinds = Array.from({ length: shape.operations }, () => kindOf(random, shape))
  const values: Array<string | undefined> = [undefined, undefined]
  for (const [i, kind] of kinds.entries()) if (kind === 'set') values.push(`v${i}`)
  if (random.chance(1, 20)) values.push('never')
  return kinds.map((kind, i): RegisterOperation => {
    const calledAt = random.below(shape.time)
    const returnedAt = random.chance(1, shape.unknownOneIn) ? Infinity : calledAt + random.below(shape.durationMax + 1)
    return { kind, value: kind === 'set' ? `v${i}` : kind === 'get' ? values[random.below(values.length)] : undefined, calledAt, returnedAt }
  })
}

/** A register that works, seen by clients: linearizable. The history is in no order. */
export function trueHistory (random: Prng, shape: HistoryShape): RegisterOperation[] {
  const points = Array.from({ length: shape.operations }, () => random.below(shape.time)).sort((a, b) => a - b)
  let state: string | undefined
  const history = points.map((point, i): RegisterOperation => {
    const kind = kindOf(random, shape)
    const isUnknown = random.chance(1, shape.unknownOneIn)
    const isLost = isUnknown && random.chance(1, 2)
    if (kind !== 'get' && !isLost) state = kind === 'set' ? `v${i}` : undefined
    return {
      kind,
      value: kind === 'set' ? `v${i}` : kind === 'get' ? state : undefined,
      calledAt: point - random.below(shape.durationMax + 1),
      returnedAt: isUnknown ? Infinity : point + random.below(shape.durationMax + 1)
    }
  })
  return random.shuffle(history)
}

/** One thing about the history is otherwise: a value that a get returned, or a time. Perhaps it is still linearizable. */
export function bend (random: Prng, history: readonly RegisterOperation[]): RegisterOperation[] {
  const at = random.below(history.length)
  const values = [undefined, ...history.flatMap(({ kind, value }) => kind === 'set' ? [value] : [])]
  return history.map((operation, i) => {
    if (i !== at) return operation
    if (operation.kind === 'get' && random.chance(3, 4)) return { ...operation, value: values[random.below(values.length)] }
    const { calledAt, returnedAt } = operation
    if (returnedAt === Infinity) return { ...operation, returnedAt: calledAt + random.below(20) }
    const moment = random.between(calledAt, returnedAt)
    return { ...operation, calledAt: moment, returnedAt: moment }
  })
}

function kindOf (random: Prng, shape: HistoryShape): 'set' | 'delete' | 'get' {
  const dice = random.below(10)
  return dice < shape.sets ? 'set' : dice < shape.sets + shape.deletes ? 'delete' : 'get'
}

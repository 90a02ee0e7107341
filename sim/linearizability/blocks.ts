import { written } from './register.js'
import type { RegisterOperation } from './register.js'

/**
 * Operations that can stand side by side in every linearization: a value's set and all gets of it, one delete, or one get
 * that found nothing.
 */
export interface Block {
  readonly kind: 'value' | 'delete' | 'missing'
  /** The latest call in it: what returned before comes first. */
  readonly lastCall: number
  /** The earliest return in it: what is called after comes later. Infinity: an unknown delete, which may be left out. */
  readonly firstReturn: number
  /** Positions in the history, in an order that respects time; a set first. */
  readonly positions: readonly number[]
  /** false: a value that was never set, or that a get returned before it was set. */
  readonly isPossible: boolean
  isPlaced: boolean
}

/**
 * The blocks of a history, in the order of their first positions. Left out: gets that told nobody anything, and unknown
 * sets whose value nobody saw (they may as well have never taken effect).
 * @returns undefined where some value was set twice
 */
export function toBlocks (history: readonly RegisterOperation[]): Block[] | undefined {
  const blocks: Block[] = []
  const values = new Map<string, Value>()
  const byValue = (value: string): Value => {
    let found = values.get(value)
    if (found === undefined) {
      found = { set: undefined, gets: [] }
      values.set(value, found)
    }
    return found
  }
  for (const [position, operation] of history.entries()) {
    const { kind, calledAt, returnedAt } = operation
    const isGet = kind === 'get'
    if (isGet && returnedAt === Infinity) continue
    const value = isGet ? operation.value : written(operation)
    if (value === undefined) {
      blocks.push({ kind: isGet ? 'missing' : 'delete', lastCall: calledAt, firstReturn: returnedAt, positions: [position], isPossible: true, isPlaced: false })
      continue
    }
    const found = byValue(value)
    if (isGet) found.gets.push(position)
    else if (found.set === undefined) found.set = position
    else return undefined
  }
  for (const value of values.values()) if (value.gets.length > 0 || returned(history, value.set) !== Infinity) blocks.push(valueBlock(history, value))
  return blocks
}

interface Value {
  set: number | undefined
  readonly gets: number[]
}

function valueBlock (history: readonly RegisterOperation[], { set, gets }: Value): Block {
  let lastCall = called(history, set)
  let firstReturn = returned(history, set)
  for (const get of gets) {
    lastCall = Math.max(lastCall, called(history, get))
    firstReturn = Math.min(firstReturn, returned(history, get))
  }
  gets.sort((a, b) => called(history, a) - called(history, b))
  return {
    kind: 'value', lastCall, firstReturn, positions: set === undefined ? gets : [set, ...gets],
    isPossible: set !== undefined && firstReturn >= called(history, set), isPlaced: false
  }
}

function called (history: readonly RegisterOperation[], position: number | undefined): number {
  return position === undefined ? -Infinity : (history[position] as RegisterOperation).calledAt
}

function returned (history: readonly RegisterOperation[], position: number | undefined): number {
  return position === undefined ? Infinity : (history[position] as RegisterOperation).returnedAt
}

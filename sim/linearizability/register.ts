/** One client operation on one key. Values are unique per set; `undefined` is a missing key. */
export interface Operation {
  readonly kind: 'set' | 'delete' | 'get'
  /** What was set, or what a get returned. */
  readonly value: string | undefined
  readonly calledAt: number
  /** Infinity: the outcome is unknown; it may take effect at any later time, or never. */
  readonly returnedAt: number
}

/** Search steps one key may take before the verdict is "unknown". */
const STEPS_MAX = 2_000_000

/**
 * Whether one key's history is linearizable as a register: Wing and Gong's search with Lowe's memo of (which operations
 * are done, state). Operations with an unknown outcome need not be placed.
 */
export function checkRegister (history: readonly Operation[]): 'ok' | 'illegal' | 'unknown' {
  const operations = history.filter((operation) => operation.kind !== 'get' || operation.returnedAt !== Infinity)
  operations.sort((a, b) => a.calledAt - b.calledAt)
  const done = new Array<boolean>(operations.length).fill(false)
  const seen = new Set<string>()
  const required = operations.filter((operation) => operation.returnedAt !== Infinity).length
  let steps = 0

  function search (state: string | undefined, first: number, placed: number): 'ok' | 'illegal' | 'unknown' {
    if (placed === required) return 'ok'
    if (++steps > STEPS_MAX) return 'unknown'
    while (first < operations.length && done[first] === true) first++
    const memo = `${first}|${state ?? ''}|${done.slice(first).map(Number).join('').replace(/0+$/, '')}`
    if (seen.has(memo)) return 'illegal'
    seen.add(memo)
    // Only what was called before the earliest pending return may come next.
    let horizon = Infinity
    for (let i = first; i < operations.length; i++) {
      const operation = operations[i] as Operation
      if (operation.calledAt > horizon) break
      if (done[i] !== true && operation.returnedAt < horizon) horizon = operation.returnedAt
    }
    for (let i = first; i < operations.length; i++) {
      const operation = operations[i] as Operation
      if (operation.calledAt > horizon) break
      if (done[i] === true || (operation.kind === 'get' && operation.value !== state)) continue
      done[i] = true
      const next = operation.kind === 'get' ? state : operation.kind === 'set' ? operation.value : undefined
      const verdict = search(next, first, placed + (operation.returnedAt === Infinity ? 0 : 1))
      if (verdict !== 'illegal') return verdict
      done[i] = false
    }
    return 'illegal'
  }

  return search(undefined, 0, 0)
}

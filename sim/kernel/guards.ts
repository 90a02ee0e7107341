/** A core read a clock, drew chance or set a timer while a world ran: such a run cannot be replayed. */
export class LeakError extends Error {
  override readonly name = 'LeakError'
}

interface Guarded {
  readonly holder: object
  readonly name: string
  readonly what: string
}

const GUARDED: readonly Guarded[] = [
  { holder: Date, name: 'now', what: 'the clock (Date.now)' },
  { holder: performance, name: 'now', what: 'the clock (performance.now)' },
  { holder: process, name: 'hrtime', what: 'the clock (process.hrtime)' },
  { holder: Math, name: 'random', what: 'chance (Math.random)' },
  { holder: globalThis, name: 'setTimeout', what: 'a timer (setTimeout)' },
  { holder: globalThis, name: 'setInterval', what: 'a timer (setInterval)' },
  { holder: globalThis.crypto, name: 'getRandomValues', what: 'chance (crypto.getRandomValues)' },
  { holder: globalThis.crypto, name: 'randomUUID', what: 'chance (crypto.randomUUID)' }
]

/**
 * Runs `step`, synchronously, while the clock, chance and timers throw; whatever the step does must follow from the seed.
 * @throws {LeakError} where it used one of them
 */
export function guarded<Result> (step: () => Result): Result {
  const originals = GUARDED.map(({ holder, name }) => Object.getOwnPropertyDescriptor(holder, name))
  const OriginalDate = Date
  for (const { holder, name, what } of GUARDED) {
    Object.defineProperty(holder, name, { configurable: true, writable: true, value: () => { throw new LeakError(`${what} was used inside a simulated run`) } })
  }
  globalThis.Date = new Proxy(OriginalDate, {
    construct (target, parameters: unknown[]) {
      if (parameters.length === 0) throw new LeakError('the clock (new Date) was used inside a simulated run')
      return Reflect.construct(target, parameters) as Date
    }
  })
  try {
    return step()
  } finally {
    globalThis.Date = OriginalDate
    GUARDED.forEach(({ holder, name }, i) => {
      const original = originals[i]
      if (original === undefined) Reflect.deleteProperty(holder, name)
      else Object.defineProperty(holder, name, original)
    })
  }
}

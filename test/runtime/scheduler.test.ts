import { createScheduler, nowMs } from '../../src/runtime/index.js'
import { expect, suite } from '../harness.js'

const loop = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

/** The delays of the timers that `action` sets. */
function timersSet (action: () => void): number[] {
  const original = globalThis.setTimeout
  const delaysMs: number[] = []
  globalThis.setTimeout = Object.assign((...parameters: Parameters<typeof original>) => {
    delaysMs.push(parameters[1] ?? 0)
    return original(...parameters)
  }, original)
  try {
    action()
  } finally {
    globalThis.setTimeout = original
  }
  return delaysMs
}

interface Counting {
  readonly scheduler: ReturnType<typeof createScheduler>
  /** When each turn ran. */
  readonly turnsMs: readonly number[]
  /** Resolves with the time of the turn with this number, from 1. */
  until (count: number): Promise<number>
}

function counting (): Counting {
  const turnsMs: number[] = []
  let reached: () => void = () => {}
  const scheduler = createScheduler(() => { turnsMs.push(nowMs()); reached() })
  return {
    scheduler,
    turnsMs,
    until: async (count) => {
      for (;;) {
        const turnMs = turnsMs[count - 1]
        if (turnMs !== undefined) return turnMs
        await new Promise<void>((resolve) => { reached = resolve })
      }
    }
  }
}

suite('scheduler', ({ test }) => {
  test('runs one turn for any number of requests, and none inside the call', async () => {
    const { scheduler, turnsMs } = counting()
    scheduler.requestTurn()
    scheduler.requestTurn()
    expect.is(turnsMs.length, 0)
    await loop()
    await loop()
    expect.is(turnsMs.length, 1)
    scheduler.requestTurn()
    await loop()
    expect.is(turnsMs.length, 2)
    scheduler.stop()
  })

  test('a turn that asks for the next one gets it, and lets input in between', async () => {
    let turns = 0
    const order: string[] = []
    const scheduler = createScheduler(() => {
      order.push('turn')
      if (++turns < 3) scheduler.requestTurn()
    })
    scheduler.requestTurn()
    setImmediate(() => { order.push('input') })
    while (turns < 3) await loop()
    expect.equal(order, ['turn', 'input', 'turn', 'turn'])
    scheduler.stop()
  })

  test('wakes at its deadline and not before, once', async () => {
    const { scheduler, turnsMs, until } = counting()
    const deadlineMs = nowMs() + 12.4
    scheduler.wakeAt(deadlineMs)
    const wokenMs = await until(1)
    expect.ok(wokenMs >= deadlineMs, `${deadlineMs - wokenMs} ms too early`)
    scheduler.wakeAt(nowMs() + 15)
    await until(2)
    await loop()
    expect.is(turnsMs.length, 2)
    scheduler.stop()
  })

  test('a deadline in the past is a turn soon, not inside the call', async () => {
    const { scheduler, turnsMs, until } = counting()
    scheduler.wakeAt(nowMs() - 1000)
    expect.is(turnsMs.length, 0)
    await until(1)
    scheduler.stop()
  })

  test('a deadline that moves back is not woken early, and one that moves forward is not late', async () => {
    const { scheduler, until } = counting()
    const startMs = nowMs()
    scheduler.wakeAt(startMs + 10)
    scheduler.wakeAt(startMs + 30)
    const wokenMs = await until(1)
    expect.ok(wokenMs >= startMs + 30, `woken ${wokenMs - startMs} ms after the start`)
    const secondMs = nowMs()
    scheduler.wakeAt(secondMs + 60_000)
    scheduler.wakeAt(secondMs + 10)
    expect.ok(await until(2) - secondMs < 30_000)
    scheduler.stop()
  })

  test('moving the deadline back again and again sets no timer', async () => {
    const { scheduler } = counting()
    const startMs = nowMs()
    const delaysMs = timersSet(() => {
      for (let index = 0; index < 1000; index++) scheduler.wakeAt(startMs + 60_000 + index)
    })
    expect.is(delaysMs.length, 1)
    scheduler.stop()
  })

  test('a deadline beyond what a timer can wait for, or none, is no turn now', async () => {
    const { scheduler, turnsMs, until } = counting()
    expect.equal(timersSet(() => { scheduler.wakeAt(nowMs() + 2 ** 40) }), [2 ** 31 - 1])
    await loop()
    scheduler.wakeAt(Infinity)
    await loop()
    expect.is(turnsMs.length, 0)
    scheduler.wakeAt(nowMs() + 1)
    await until(1)
    scheduler.stop()
  })

  test('after stop there is no turn', async () => {
    const { scheduler, turnsMs } = counting()
    scheduler.requestTurn()
    scheduler.wakeAt(nowMs() + 1)
    scheduler.stop()
    scheduler.requestTurn()
    scheduler.wakeAt(nowMs() - 1)
    expect.equal(timersSet(() => { scheduler.wakeAt(nowMs() + 1) }), [])
    await new Promise((resolve) => { setTimeout(resolve, 5) }) // absence has no condition to wait for
    expect.is(turnsMs.length, 0)
  })
})

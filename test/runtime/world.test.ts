import '../../src/runtime/polyfill.js'
import { isClusterId } from '../../src/base/index.js'
import { nowMs, randomSeed, wallMs } from '../../src/runtime/index.js'
import { expect, suite } from '../harness.js'

suite('runtime', ({ test }) => {
  test('the clock of deadlines never goes back, the wall clock is near the time of day', () => {
    let before = nowMs()
    for (let index = 0; index < 1000; index++) {
      const now = nowMs()
      expect.ok(now >= before)
      before = now
    }
    expect.ok(Math.abs(wallMs() - Date.now()) < 1000)
  })

  test('seeds differ and have the form of a cluster id', () => {
    const seeds = Array.from({ length: 100 }, randomSeed)
    expect.ok(seeds.every(isClusterId))
    expect.is(new Set(seeds).size, 100)
  })

  test('Promise.withResolvers is there and settles its promise either way', async () => {
    const kept = Promise.withResolvers<number>()
    kept.resolve(7)
    expect.is(await kept.promise, 7)
    const broken = Promise.withResolvers<number>()
    broken.reject(new Error('planted'))
    expect.match(String(await broken.promise.catch((error: unknown) => error)), /planted/)
  })
})

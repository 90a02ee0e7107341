import { exponential, heavyTail, KeyedChance } from '../../sim/kernel/chance.js'
import { expect, suite } from '../harness.js'

suite('chance in integers', ({ test }) => {
  test('the exponential table has the mean and the tail of the distribution', () => {
    const chance = new KeyedChance('exponential')
    const count = 200_000
    let sum = 0
    let beyond = 0
    let far = 0
    for (let i = 0; i < count; i++) {
      const drawn = exponential(10_000, chance.uint32(i, 0))
      expect.ok(Number.isInteger(drawn) && drawn >= 0)
      sum += drawn
      if (drawn > 10_000) beyond++
      if (drawn > 60_000) far++
    }
    expect.ok(Math.abs(sum / count - 10_000) < 100, `mean ${sum / count}`)
    expect.ok(Math.abs(beyond / count - 0.3679) < 0.005, `${beyond / count} above the mean, e^-1 expected`)
    expect.ok(Math.abs(far / count - 0.00248) < 0.0005, `${far / count} above six means, e^-6 expected`)
  })

  test('quantiles are those of -ln(1 - u), at the ends of the table too', () => {
    for (const u of [0, 1, 0.25, 0.5, 0.9, 0.99, 0.996, 0.9999, 0.99999]) {
      const random = Math.min(0xffffffff, Math.floor(u * 2 ** 32))
      const exact = -Math.log(1 - random / 2 ** 32) * 1_000_000
      const drawn = exponential(1_000_000, random)
      expect.ok(Math.abs(drawn - exact) <= Math.max(2, exact * 0.02), `at ${u}: ${drawn}, ${exact} expected`)
    }
    expect.is(exponential(0, 0xffffffff), 0)
  })

  test('the heavy tail stays below its maximum and reaches it', () => {
    expect.is(heavyTail(6_400_000, 0), 100_000)
    const chance = new KeyedChance('tail')
    let most = 0
    let upperHalf = 0
    for (let i = 0; i < 100_000; i++) {
      const drawn = heavyTail(4_000_000, chance.uint32(i, 0))
      expect.ok(Number.isInteger(drawn) && drawn >= 62_500 && drawn <= 4_000_000)
      most = Math.max(most, drawn)
      if (drawn > 2_000_000) upperHalf++
    }
    expect.ok(most > 3_900_000, `${most}`)
    expect.ok(Math.abs(upperHalf / 100_000 - 0.059) < 0.004, `${upperHalf}`)
  })

  test('draws depend on seed, event and purpose, and are the same on every engine', () => {
    const chance = new KeyedChance('fixed')
    expect.equal([chance.uint32(0, 0), chance.uint32(1, 0), chance.uint32(0, 1), chance.uint32(2 ** 31, 0)], [3680654311, 3955957977, 2980866447, 1533891600])
    expect.is.not(new KeyedChance('other').uint32(0, 0), chance.uint32(0, 0))
    let hits = 0
    for (let i = 0; i < 100_000; i++) if (chance.oneIn(50, i, 3)) hits++
    expect.ok(Math.abs(hits - 2000) < 200, `${hits} of 100,000 one in 50`)
    expect.not(chance.oneIn(0, 1, 1))
  })
})

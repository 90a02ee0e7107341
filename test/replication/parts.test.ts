import { Prng, toLogIndex, toTerm } from '../../src/base/index.js'
import { InflightWindow } from '../../src/replication/inflight.js'
import { entryBytes, RetainedLog } from '../../src/replication/log.js'
import { VoterSet } from '../../src/replication/quorum.js'
import { Rounds } from '../../src/replication/rounds.js'
import type { LogEntry } from '../../protocols/replication/index.js'
import { expect, suite } from '../harness.js'
import { entriesOf, member } from './bench.js'

suite('parts of replication', ({ test }) => {
  test('a quorum agrees on what its majority has reached', () => {
    const table: Array<[values: number[], agreed: number]> = [
      [[7], 7], [[3, 9], 3], [[3, 9, 5], 5], [[9, 0, 0], 0], [[4, 4, 9, 1], 4], [[1, 2, 3, 4], 2], [[1, 2, 3, 4, 5], 3], [[9, 9, 9, 0, 0], 9], [[9, 9, 0, 0, 0], 0]
    ]
    for (const [values, agreed] of table) {
      const voters = new VoterSet(values.map((_, at) => member(at + 1)), member(1))
      expect.is(voters.agreed((each) => values[each - 1] ?? -1), agreed, values.join())
      expect.is(voters.agreed((each) => values[each - 1] ?? -1), agreed, 'asked twice')
    }
  })

  test('votes decide as soon as a majority granted, or can no longer', () => {
    const voters = (count: number): VoterSet => new VoterSet(Array.from({ length: count }, (_, at) => member(at + 1)), member(1))
    const verdict = (count: number, granted: number[], refused: number[]): string =>
      voters(count).verdict(new Map([...granted.map((each) => [member(each), true] as const), ...refused.map((each) => [member(each), false] as const)]))
    expect.is(verdict(1, [1], []), 'won')
    expect.is(verdict(3, [1], []), 'open')
    expect.is(verdict(3, [1, 2], [3]), 'won')
    expect.is(verdict(3, [1], [2, 3]), 'lost')
    expect.is(verdict(4, [1, 2], []), 'open')
    expect.is(verdict(4, [1], [2, 3]), 'lost')
    expect.is(verdict(5, [1, 2], [3, 4]), 'open')
    expect.is(verdict(3, [1, 8, 9], []), 'open', 'strangers do not count')
  })

  test('the kept log behaves as an array does, through appends, truncations and compactions', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Prng(`log ${seed}`)
      const log = new RetainedLog({ index: toLogIndex(0), term: toTerm(0) }, [])
      let model: LogEntry[] = []
      let start = { index: 0, term: 0 }
      let term = 1
      for (let step = 0; step < 400; step++) {
        const last = start.index + model.length
        const choice = random.below(10)
        if (choice < 7) {
          if (random.chance(1, 5)) term++
          const entry: LogEntry = { term: toTerm(term), index: toLogIndex(last + 1), kind: 'commands', payload: new Uint8Array(random.below(50)) }
          log.append(entry)
          model.push(entry)
        } else if (choice < 8 && model.length > 0) {
          const from = start.index + random.between(1, model.length)
          log.truncateFrom(toLogIndex(from))
          model.length = from - start.index - 1
        } else if (model.length > 0) {
          const to = start.index + random.between(1, Math.min(model.length, 40))
          log.compact(toLogIndex(to))
          const dropped = model[to - start.index - 1]
          model = model.slice(to - start.index)
          start = { index: to, term: dropped?.term ?? 0 }
        }
        expect.is(log.lastIndex, start.index + model.length)
        expect.is(log.bytes, model.reduce((sum, entry) => sum + entryBytes(entry), 0), `seed ${seed} step ${step}`)
        expect.is(log.lastTerm, model[model.length - 1]?.term ?? start.term)
        if (model.length > 0) {
          const a = random.between(1, model.length)
          const b = random.between(a, model.length)
          expect.equal(log.slice(toLogIndex(start.index + a), toLogIndex(start.index + b)).map(({ index }) => index), model.slice(a - 1, b).map(({ index }) => index))
        }
        const probe = random.between(0, start.index + model.length + 2)
        const known = probe === start.index ? start.term : model[probe - start.index - 1]?.term
        expect.is(log.termAt(toLogIndex(probe)), probe < start.index ? undefined : known)
      }
    }
  })

  test('a batch holds as many entries as fit, and always one', () => {
    const log = new RetainedLog({ index: toLogIndex(0), term: toTerm(0) }, entriesOf([1, 1, 1, 1]).map((entry) => ({ ...entry, payload: new Uint8Array(36) })))
    const sizes = (entriesMax: number, bytesMax: number): number => log.batch(toLogIndex(1), entriesMax, bytesMax).length
    expect.is(sizes(9, 1000), 4)
    expect.is(sizes(3, 1000), 3)
    expect.is(sizes(9, 200), 2)
    expect.is(sizes(9, 299), 2)
    expect.is(sizes(9, 300), 3)
    expect.is(sizes(9, 1), 1)
  })

  test('the last position of at most a term is found as by looking at each', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = new Prng(`terms ${seed}`)
      let term = 1
      const terms = Array.from({ length: random.below(12) }, () => (term += random.below(3)))
      const startTerm = random.between(0, 1)
      const log = new RetainedLog({ index: toLogIndex(startTerm === 0 ? 0 : 5), term: toTerm(startTerm) }, entriesOf(terms, startTerm === 0 ? 0 : 5))
      for (let index = log.startIndex as number; index <= log.lastIndex + 2; index++) {
        for (let of = startTerm; of <= term + 1; of++) {
          let expected = Math.min(index, log.lastIndex)
          while (expected > log.startIndex && (log.termAt(toLogIndex(expected)) ?? 0) > of) expected--
          expect.is(log.lastAtMost(toLogIndex(index), toTerm(of)), expected, `seed ${seed}: ${terms.join()} at ${index} of ${of}`)
        }
      }
      if (startTerm === 1) {
        expect.is(log.lastAtMost(toLogIndex(3), toTerm(9)), 3, 'below the start terms are unknown')
        expect.is(log.lastAtMost(toLogIndex(9), toTerm(0)), 4)
      }
    }
  })

  test('the window counts appends and bytes, and frees what arrived', () => {
    const window = new InflightWindow(3, 100)
    for (let round = 0; round < 5; round++) {
      const at = round * 3
      window.add(toLogIndex(at + 1), 10)
      window.add(toLogIndex(at + 2), 10)
      expect.is(window.isFull, false)
      window.add(toLogIndex(at + 3), 10)
      expect.is(window.isFull, true)
      window.freeUpTo(toLogIndex(at + 1))
      expect.is(window.count, 2)
      window.freeUpTo(toLogIndex(at + 3))
      expect.is(window.count, 0)
    }
    window.add(toLogIndex(99), 100)
    expect.is(window.isFull, true)
    window.clear()
    expect.is(window.isFull, false)
  })

  test('a round\'s beginning is never said to be later than it was', () => {
    const rounds = new Rounds(1000)
    const first = rounds.beginTimed(100)
    const second = rounds.begin()
    const third = rounds.beginTimed(200)
    expect.equal([first, second, third].map((round) => rounds.beganMs(round)), [100, 100, 200])
    expect.is(rounds.beganMs(0), -Infinity)
    for (let at = 300; at <= 5000; at += 100) rounds.beginTimed(at)
    expect.is(rounds.beganMs(third), -Infinity)
    expect.is(rounds.beganMs(rounds.newest), 5000)
  })
})

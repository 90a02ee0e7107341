import { expect, suite } from '../harness.js'
import { toLogIndex } from '../../src/base/index.js'
import { findBootProblem } from '../../src/replication/index.js'
import { append, accepted, Bench, bootOf, voteReply, voteRequest } from './bench.js'
import type { BootSketch } from './bench.js'

suite('durability', ({ test }) => {
  test('with one follower of two a leader commits when its own flush is over, and not before', () => {
    const bench = new Bench().leadReady()
    bench.propose()
    bench.step(2, accepted(1, 2))
    expect.is(bench.group.commitIndex, 1)
    bench.flush()
    expect.is(bench.group.commitIndex, 2)
  })

  test('three followers of five commit an entry that the leader\'s own disk does not have yet', () => {
    const bench = new Bench({ voters: 5 }).lead()
    bench.step(2, accepted(1, 1)).step(3, accepted(1, 1))
    bench.propose()
    for (const follower of [2, 3, 4]) bench.step(follower, accepted(1, 2))
    expect.is(bench.group.commitIndex, 2)
    expect.is(bench.unflushedCount > 0, true)
  })

  test('the completion of an overwritten append proves nothing about what overwrote it (A-B-A)', () => {
    const bench = new Bench({ voters: 3 })
    bench.step(2, append({ term: 1, log: [1, 1], round: 1 }))
    bench.step(3, append({ term: 2, prev: [0, 0], log: [2, 2], round: 1 }))
    bench.nowMs = 5000
    bench.step(2, voteRequest(3, [2, 2]))
    bench.step(2, append({ term: 3, prev: [0, 0], log: [1, 1, 3], round: 1 }))
    expect.is(bench.unflushedCount, 4)
    const acknowledged = (round: number): number => {
      bench.sent = []
      bench.step(2, append({ term: 3, prev: [2, 1], round }))
      return Math.max(0, ...bench.look('append-reply').filter(({ term }) => term === 3).map(({ index }) => index))
    }
    // After the first flush entries 1 and 2 of term 1 are on the disk, and in the log again; but the second flush puts
    // those of term 2 over them before the fourth brings them back. After the third, term 3 is durable.
    bench.flushOne()
    expect.is(acknowledged(2), 0)
    bench.flushOne()
    expect.is(acknowledged(3), 0)
    bench.flushOne()
    expect.is(acknowledged(4), 0)
    bench.flushOne()
    expect.is(acknowledged(5), 3)
  })

  test('a follower that becomes leader over a slow disk does not commit on its old appends\' completions', () => {
    const bench = new Bench({ voters: 3 })
    bench.step(2, append({ term: 1, log: [1, 1, 1], round: 1 }))
    bench.step(3, append({ term: 2, prev: [0, 0], log: [2, 2, 2], round: 1 }))
    bench.flushOne()
    bench.nowMs = 5000
    bench.group.tick(5000)
    bench.take()
    bench.step(2, voteReply(3, true, true))
    expect.is(bench.group.role, 'candidate')
    bench.flush()
    bench.step(2, voteReply(3, true))
    expect.is(bench.group.role, 'leader')
    bench.step(2, accepted(3, 4, 1))
    expect.is(bench.group.commitIndex, 0)
    bench.flush()
    expect.is(bench.group.commitIndex, 4)
  })

  test('hard state is stored when it changes and not otherwise', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1] }))
    expect.is(bench.persists.length, 0)
    bench.step(2, append({ term: 1, prev: [1, 1], commit: 1 }))
    expect.equal(bench.persists.map(({ hardState }) => hardState), [{ term: 1, vote: 0, commitIndex: 1 }])
    bench.step(2, append({ term: 1, prev: [1, 1], log: [1] }))
    expect.is(bench.persists[1]?.hardState, undefined)
  })

  test('a heartbeat is answered at once while a flush is under way, however slow the disk', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1], log: [1, 1] }))
    bench.sent = []
    bench.step(2, append({ term: 1, prev: [3, 1], round: 7 }))
    expect.equal(bench.look('append-reply').map(({ accepted, index, round }) => [accepted, index, round]), [[true, 1, 7]])
  })

  test('compaction tells the disk the new start, keeps the rest, and goes no further than what is applied', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1, 2], commit: 3 } })
    const bytes = bench.group.logBytes
    bench.group.compact(toLogIndex(2))
    bench.take()
    expect.equal(bench.persists[0]?.logStart, { index: 2, term: 1, configuration: { index: 0, voters: [1, 2, 3], learners: [] } })
    expect.is(bench.group.firstIndex, 3)
    expect.is(bench.group.termAt(toLogIndex(1)), undefined)
    expect.is(bench.group.termAt(toLogIndex(2)), 1)
    expect.is(bench.group.logBytes, bytes / 2)
    bench.group.compact(toLogIndex(1))
    expect.is(bench.take().persist, undefined)
    expect.throws(() => { bench.group.compact(toLogIndex(4)) }, /only what is applied/)
  })

  test('an idle group has no effects, and says so', () => {
    const bench = new Bench()
    expect.is(bench.group.dirty, false)
    const first = bench.group.takeEffects()
    expect.is(first, bench.group.takeEffects())
    bench.group.tick(10)
    expect.is(bench.group.dirty, false)
  })

  test('records that no correct replica wrote are recognised', () => {
    const table: Array<[boot: BootSketch, problem: RegExp | undefined]> = [
      [{}, undefined],
      [{ log: [1, 1, 2], term: 3, commit: 2 }, undefined],
      [{ start: [4, 2], log: [2, 3], commit: 5, applied: 4 }, undefined],
      [{ log: [2, 1], term: 2 }, /term falls/],
      [{ log: [1, 3], term: 2 }, /never entered/],
      [{ log: [1], commit: 2 }, /log ends at 1/],
      [{ start: [4, 1], log: [1], commit: 3 }, /only 3 is committed/],
      [{ start: [4, 1], log: [1], commit: 5, applied: 3 }, /only 3 is applied/],
      [{ log: [1, 1], commit: 1, applied: 2 }, /only 1 is committed/],
      [{ start: [4, 1], log: [1], commit: 5, applied: 0, installing: true }, undefined]
    ]
    for (const [sketch, problem] of table) {
      const found = findBootProblem(bootOf(sketch))
      if (problem === undefined) expect.is(found, undefined)
      else expect.match(found ?? 'nothing was found', problem)
    }
    const gap = bootOf({ log: [1, 1, 1] })
    expect.match(findBootProblem({ ...gap, entries: gap.entries.filter(({ index }) => index !== 2) }) ?? '', /entry 3 where 2 belongs/)
  })
})

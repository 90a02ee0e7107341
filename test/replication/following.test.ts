import { expect, suite } from '../harness.js'
import { toLogIndex, toTerm } from '../../src/base/index.js'
import { append, Bench, entriesOf, member, voteRequest } from './bench.js'

/** Terms of the kept log, from its start on. */
const termsOf = ({ group }: Bench): Array<number | undefined> => {
  const terms = []
  for (let index: number = group.firstIndex; index <= group.lastIndex; index++) terms.push(group.termAt(toLogIndex(index)))
  return terms
}

suite('following', ({ test }) => {
  test('an append is acknowledged once it is durable, not before', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1], round: 1 })).flush()
    bench.sent = []
    bench.step(2, append({ term: 1, prev: [1, 1], log: [1, 1], round: 1 }))
    expect.is(bench.sent.length, 0)
    expect.equal(bench.persists[bench.persists.length - 1]?.entries, entriesOf([1, 1], 1))
    bench.flush()
    expect.equal(bench.look('append-reply', 2).map(({ accepted, index, round }) => [accepted, index, round]), [[true, 3, 1]])
  })

  test('a new round is echoed at once with what is durable, the rest is acknowledged after the flush', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1], round: 1 })).flush()
    bench.sent = []
    bench.step(2, append({ term: 1, prev: [1, 1], log: [1, 1], round: 2 }))
    expect.equal(bench.look('append-reply').map(({ accepted, index, round }) => [accepted, index, round]), [[true, 1, 2]])
    bench.step(2, append({ term: 1, prev: [3, 1], round: 3 }))
    expect.equal(bench.look('append-reply').map(({ accepted, index, round }) => [accepted, index, round]), [[true, 1, 3]])
    bench.flush()
    expect.is(Math.max(...bench.look('append-reply').map(({ index }) => index)), 3)
  })

  test('nothing is echoed in a term that is not durable', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 4, prev: [1, 1], round: 1 }))
    expect.is(bench.sent.length, 0)
    bench.flush()
    expect.equal(bench.look('append-reply').map(({ term, accepted, index }) => [term, accepted, index]), [[4, true, 1]])
  })

  test('appends of one turn are answered together', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1], round: 1 })).flush()
    bench.sent = []
    for (let at = 1; at <= 3; at++) bench.group.step(member(2), append({ term: 1, prev: [at, 1], log: [1], round: 1 }), 0)
    bench.take()
    bench.flush()
    expect.equal(bench.look('append-reply').map(({ index }) => index), [4])
  })

  test('a mere commit notice is not answered, a repeated append and a heartbeat are', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1], log: [1], round: 1 })).flush()
    bench.sent = []
    bench.step(2, append({ term: 1, prev: [2, 1], commit: 2, round: 1 })).flush()
    expect.is(bench.look('append-reply').length, 0)
    expect.is(bench.group.commitIndex, 2)
    bench.step(2, append({ term: 1, prev: [1, 1], log: [1], round: 1 }))
    expect.equal(bench.look('append-reply').map(({ index }) => index), [2])
    bench.step(2, append({ term: 1, prev: [2, 1], round: 2 }))
    expect.equal(bench.look('append-reply').map(({ index, round }) => [index, round]), [[2, 2]])
  })

  test('an append behind an entry that is not there is refused with the last position worth trying', () => {
    const table: Array<[log: number[], prev: readonly [number, number], hint: [number, number]]> = [
      [[1, 1, 1], [7, 4], [3, 1]],
      [[1, 1, 2, 2, 2], [5, 3], [5, 2]],
      [[1, 1, 3, 3, 3], [5, 2], [2, 1]],
      [[4, 4, 4], [3, 2], [0, 0]],
      [[], [3, 2], [0, 0]]
    ]
    for (const [log, prev, hint] of table) {
      const bench = new Bench({ boot: { log, term: 5 } })
      bench.step(2, append({ term: 5, prev, log: [5] })).flush()
      expect.equal(bench.look('append-reply').map(({ accepted, index, hintTerm }) => [accepted, index, hintTerm]), [[false, ...hint]], `log ${log.join()}`)
      expect.equal(termsOf(bench), log)
    }
  })

  test('an append with the same position but another term is refused', () => {
    const bench = new Bench({ boot: { log: [1, 2] } })
    bench.step(2, append({ term: 3, prev: [2, 1], log: [3] })).flush()
    expect.equal(bench.look('append-reply').map(({ accepted }) => accepted), [false])
    expect.equal(termsOf(bench), [1, 2])
  })

  test('conflicting entries are replaced, and the disk is told from where on', () => {
    const bench = new Bench({ boot: { log: [1, 2, 2, 2] } })
    bench.step(2, append({ term: 3, prev: [2, 2], log: [3] }))
    expect.equal(termsOf(bench), [1, 2, 3])
    const persist = bench.persists[bench.persists.length - 1]
    expect.is(persist?.truncateFrom, 3)
    expect.equal(persist?.entries.map(({ index, term }) => [index, term]), [[3, 3]])
  })

  test('a shorter or older append takes nothing away', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1], log: [1, 1, 1] })).flush()
    bench.step(2, append({ term: 1, prev: [1, 1], log: [1] })).step(2, append({ term: 1 })).step(2, append({ term: 1, prev: [1, 1] }))
    expect.equal(termsOf(bench), [1, 1, 1, 1])
    expect.ok(bench.persists.every(({ truncateFrom }) => truncateFrom === undefined))
  })

  test('an append of an older term changes nothing', () => {
    const bench = new Bench({ boot: { log: [1], term: 3 } })
    bench.step(2, append({ term: 2, prev: [1, 1], log: [2], commit: 2 })).flush()
    expect.equal(termsOf(bench), [1])
    expect.is(bench.group.commitIndex, 0)
  })

  test('the commit index goes no further than the log is known to agree with the leader\'s', () => {
    const bench = new Bench({ boot: { log: [1, 1, 2, 2] } })
    bench.step(2, append({ term: 3, prev: [1, 1], log: [1], commit: 4 }))
    expect.is(bench.group.commitIndex, 2)
    expect.equal(bench.committed.map(({ index }) => index), [1, 2])
    bench.step(2, append({ term: 3, prev: [2, 1], commit: 4 }))
    expect.is(bench.group.commitIndex, 2)
    bench.step(2, append({ term: 3, prev: [2, 1], log: [3, 3], commit: 3 }))
    expect.equal(bench.committed.map(({ index, term }) => [index, term]), [[1, 1], [2, 1], [3, 3]])
  })

  test('the commit index never falls', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1], commit: 3 } })
    bench.step(2, append({ term: 1, prev: [3, 1], commit: 1 }))
    expect.is(bench.group.commitIndex, 3)
  })

  test('entries are handed out once, in order, also those committed before a restart and not applied', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1, 1], commit: 3, applied: 1 } })
    expect.equal(bench.committed.map(({ index }) => index), [2, 3])
    bench.step(2, append({ term: 1, prev: [4, 1], commit: 4 })).step(2, append({ term: 1, prev: [4, 1], commit: 4 }))
    expect.equal(bench.committed.map(({ index }) => index), [2, 3, 4])
  })

  test('what contradicts a committed entry is not believed', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1], commit: 2 } })
    bench.step(2, append({ term: 5, prev: [1, 1], log: [5] })).step(2, append({ term: 5, prev: [2, 3] }))
    expect.equal(termsOf(bench), [1, 1, 1])
    expect.is(bench.anomalies.length, 2)
  })

  test('what no leader sends is not believed', () => {
    const bench = new Bench({ boot: { log: [1, 1] } })
    const good = append({ term: 3, prev: [2, 1], log: [2, 3] })
    const [first, second] = good.entries
    if (first === undefined || second === undefined) throw new Error('two entries')
    bench.step(2, { ...good, entries: [second, first] })
    bench.step(2, { ...good, entries: [{ ...first, term: toTerm(4) }] })
    bench.step(2, { ...good, entries: [{ ...first, term: toTerm(3) }, { ...second, term: toTerm(2) }] })
    bench.step(2, { ...good, entries: [{ ...first, term: toTerm(0) }] })
    bench.step(2, { ...good, prevTerm: toTerm(4) })
    bench.step(2, { ...good, prevIndex: toLogIndex(0) })
    expect.equal(termsOf(bench), [1, 1])
    expect.ok(bench.anomalies.length >= 4)
    bench.step(2, good)
    expect.equal(termsOf(bench), [1, 1, 2, 3])
  })

  test('an append that begins before the compacted position matches through it', () => {
    const bench = new Bench({ boot: { start: [3, 1], log: [1] } })
    bench.step(2, append({ term: 2, prev: [1, 1], log: [1, 1, 1, 2], commit: 5 })).flush()
    expect.equal(termsOf(bench), [1, 2])
    bench.look('append-reply')
    bench.step(2, append({ term: 2, prev: [0, 0], round: 2 })).flush()
    expect.equal(bench.look('append-reply').map(({ accepted, index }) => [accepted, index]), [[true, 5]])
    bench.step(2, append({ term: 2, prev: [1, 1], log: [1, 2] }))
    expect.is(bench.anomalies.length, 1)
  })

  test('a probe below the commit index is answered with the commit index', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1, 1], commit: 3 } })
    bench.step(2, append({ term: 2, prev: [1, 1] })).flush()
    expect.equal(bench.look('append-reply').map(({ index }) => index), [3])
  })

  test('a vote request that comes between append and flush does not let the acknowledgement out early', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1], log: [1] }))
    bench.nowMs = 5000
    bench.step(3, voteRequest(2, [2, 1]))
    expect.is(bench.sent.filter(({ message }) => message.kind === 'append-reply' && message.index === 2).length, 0)
    bench.flushOne()
    expect.ok(bench.peek('append-reply').some(({ index, term }) => index === 2 && term === 1))
    expect.is(bench.look('vote-reply').length, 0)
    bench.flushOne()
    expect.equal(bench.look('vote-reply').map(({ granted }) => granted), [true])
  })
})

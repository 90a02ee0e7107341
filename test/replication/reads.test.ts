import { expect, suite } from '../harness.js'
import { accepted, append, Bench, member, readReply, readRequest, refused, voteRequest } from './bench.js'

const newestRound = (bench: Bench): number => Math.max(...bench.peek('append').map(({ round }) => round))

suite('linearizable reads', ({ test }) => {
  test('a leader answers once a quorum echoed a round begun after the read arrived', () => {
    const bench = new Bench().leadReady()
    bench.read(7)
    const round = newestRound(bench)
    expect.equal(bench.peek('append', 2).map(({ entries }) => entries.length), [0])
    bench.step(2, accepted(1, 1, round - 1)).step(3, accepted(1, 1, round - 1))
    expect.equal(bench.ready, [])
    bench.step(3, accepted(1, 1, round))
    expect.equal(bench.ready, [7])
  })

  test('a refusal of the same term echoes the round as well', () => {
    const bench = new Bench().leadReady()
    bench.read(7)
    bench.step(2, refused(1, 0, 0, newestRound(bench)))
    expect.equal(bench.ready, [7])
  })

  test('reads of one turn share a round, a later read needs a later one', () => {
    const bench = new Bench({ voters: 5 }).lead()
    bench.step(2, accepted(1, 1)).step(3, accepted(1, 1))
    bench.sent = []
    bench.group.read(1, bench.nowMs)
    bench.group.read(2, bench.nowMs)
    bench.take()
    const first = newestRound(bench)
    bench.read(3)
    const second = newestRound(bench)
    expect.ok(second > first)
    bench.step(2, accepted(1, 1, first)).step(3, accepted(1, 1, first))
    expect.equal(bench.ready, [1, 2])
    bench.step(2, accepted(1, 1, second))
    expect.equal(bench.ready, [1, 2])
    bench.step(4, accepted(1, 1, second))
    expect.equal(bench.ready, [1, 2, 3])
  })

  test('a read that joins others in a turn is answered no earlier than its own arrival allows', () => {
    const bench = new Bench().leadReady()
    bench.propose()
    bench.group.read(1, bench.nowMs)
    bench.group.step(member(2), accepted(1, 2), bench.nowMs)
    const { token } = bench.persists[bench.persists.length - 1] ?? { token: -1 }
    bench.group.persisted(token)
    bench.group.step(member(3), readRequest(1, 70), bench.nowMs)
    bench.take()
    bench.step(2, accepted(1, 2, newestRound(bench)))
    expect.equal(bench.look('read-reply').map(({ index }) => index), [2])
  })

  test('where too many turns of reads wait, further ones join the newest and wait for a round of their own', () => {
    const bench = new Bench().leadReady()
    for (let id = 1; id <= 256; id++) bench.read(id)
    const full = newestRound(bench)
    bench.read(257)
    bench.step(2, accepted(1, 1, full))
    expect.is(bench.ready.length, 255)
    bench.read(258)
    bench.step(2, accepted(1, 1, newestRound(bench)))
    expect.is(bench.ready.length, 258)
  })

  test('a new leader answers nothing before it has committed an entry of its own term', () => {
    const bench = new Bench({ boot: { log: [1, 1], commit: 1, term: 3 } }).lead()
    bench.read(7)
    const round = newestRound(bench)
    bench.step(2, accepted(4, 2, round)).step(3, accepted(4, 2, round))
    expect.equal(bench.ready, [])
    bench.step(2, accepted(4, 3, round))
    expect.equal(bench.ready, [7])
    expect.is(bench.group.appliedIndex, 3)
  })

  test('a leader that steps down refuses its reads', () => {
    const bench = new Bench().leadReady()
    bench.read(7)
    bench.step(2, append({ term: 5, prev: [1, 1] }))
    expect.equal(bench.refusals, [7])
    expect.equal(bench.ready, [])
  })

  test('a deposed leader that hears nothing answers nothing', () => {
    const bench = new Bench().leadReady()
    bench.pass(500)
    bench.read(7)
    bench.pass(1000)
    expect.equal(bench.ready, [])
    expect.equal(bench.refusals, [7])
  })

  test('a group of one answers at once', () => {
    const bench = new Bench({ voters: 1 }).flush()
    bench.read(1)
    expect.equal(bench.ready, [1])
    bench.propose()
    bench.read(2)
    expect.equal(bench.ready, [1, 2])
  })

  test('a follower asks its leader, and answers when it has applied what the leader named', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1] } })
    bench.step(2, append({ term: 1, prev: [3, 1], commit: 1 })).flush()
    bench.sent = []
    bench.group.read(4, 0)
    bench.group.read(5, 0)
    bench.take()
    const asked = bench.look('read-request', 2)
    expect.is(asked.length, 1)
    bench.step(2, readReply(1, asked[0]?.id ?? -1, 3))
    expect.equal(bench.ready, [])
    bench.step(2, append({ term: 1, prev: [3, 1], commit: 2 }))
    expect.equal(bench.ready, [])
    bench.step(2, append({ term: 1, prev: [3, 1], commit: 3 }))
    expect.equal(bench.ready, [4, 5])
  })

  test('a question is repeated every heartbeat under its number until it is answered', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1] }))
    bench.read(4)
    const id = bench.look('read-request')[0]?.id
    bench.pass(250)
    expect.equal(bench.look('read-request').map((request) => request.id), [id, id])
    bench.step(2, readReply(1, id ?? -1, 0)).step(2, readReply(1, id ?? -1, 0))
    expect.equal(bench.ready, [4])
    bench.pass(300)
    expect.is(bench.look('read-request').length, 0)
  })

  test('answers to other questions, of other terms and of others than the leader answer nothing', () => {
    const bench = new Bench({ boot: { log: [1], term: 4 } })
    bench.step(2, append({ term: 4, prev: [1, 1] })).flush()
    bench.read(4)
    const id = bench.look('read-request')[0]?.id ?? -1
    bench.step(2, readReply(4, id + 1, 0)).step(2, readReply(3, id, 0)).step(3, readReply(4, id, 0))
    expect.equal(bench.ready, [])
    expect.equal(bench.refusals, [])
  })

  test('another process of the same replica asks under other numbers: a late answer to the first must not count', () => {
    const numberOf = (seed: string): number => {
      const bench = new Bench({ boot: { log: [1] }, seed })
      bench.step(2, append({ term: 1, prev: [1, 1] }))
      bench.read(1)
      return bench.look('read-request')[0]?.id ?? -1
    }
    const numbers = ['life 1', 'life 2', 'life 3'].map(numberOf)
    expect.is(new Set(numbers).size, 3)
    expect.ok(numbers.every((number) => Number.isSafeInteger(number) && number >= 0))
  })

  test('a change of leader refuses what was asked, not what was confirmed', () => {
    const bench = new Bench({ boot: { log: [1, 1] } })
    bench.step(2, append({ term: 1, prev: [2, 1] })).read(1)
    const id = bench.look('read-request')[0]?.id ?? -1
    bench.step(2, readReply(1, id, 2)).read(2)
    bench.step(3, append({ term: 2, prev: [2, 1] }))
    expect.equal(bench.refusals, [2])
    bench.step(3, append({ term: 2, prev: [2, 1], commit: 2 }))
    expect.equal(bench.ready, [1])
  })

  test('without a leader a read is refused at once', () => {
    const bench = new Bench()
    bench.read(1)
    expect.equal(bench.refusals, [1])
    bench.pass(2000)
    bench.read(2)
    expect.equal(bench.refusals, [1, 2])
  })

  test('a leader answers a follower\'s question like a read of its own, and repeats under the same number are harmless', () => {
    const bench = new Bench().leadReady()
    bench.step(2, readRequest(1, 70)).step(2, readRequest(1, 70))
    expect.is(bench.peek('read-reply').length, 0)
    bench.step(3, accepted(1, 1, newestRound(bench)))
    expect.equal(bench.look('read-reply', 2).map(({ id, index, accepted: ok }) => [id, index, ok]), [[70, 1, true], [70, 1, true]])
  })

  test('who does not lead the term refuses the question', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, readRequest(1, 70))
    expect.equal(bench.look('read-reply', 2).map(({ accepted: ok }) => ok), [false])
    bench.step(3, append({ term: 1, prev: [1, 1] })).read(9)
    const id = bench.look('read-request')[0]?.id ?? -1
    bench.step(3, readReply(1, id, 0, false))
    expect.equal(bench.refusals, [9])
  })

  test('many turns of questions are under way at once, and further reads gather for the next', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1] }))
    for (let id = 1; id <= 100; id++) bench.read(id)
    const asked = bench.look('read-request')
    expect.is(asked.length, 64)
    bench.step(2, readReply(1, asked[0]?.id ?? -1, 0))
    const [next] = bench.look('read-request')
    bench.step(2, readReply(1, next?.id ?? -1, 0))
    expect.equal(bench.ready, [1, ...Array.from({ length: 36 }, (_, at) => 65 + at)])
  })

  test('a read in flight when mastership is handed over is refused once the newer term is known', () => {
    const bench = new Bench().leadReady()
    bench.group.transferLeadership(member(2), bench.nowMs)
    bench.take()
    bench.read(7)
    bench.step(2, voteRequest(2, [1, 1], { transfer: true }))
    expect.equal(bench.refusals, [7])
    bench.step(3, accepted(1, 1, 99))
    expect.equal(bench.ready, [])
  })
})

import { toPartitionId } from '../../src/base/index.js'
import { expect, suite } from '../harness.js'
import { append, Bench, member, timeoutNow, voteReply, voteRequest } from './bench.js'

suite('elections', ({ test }) => {
  test('a follower that hears nobody asks for pre-votes between the two timeouts, without raising its term', () => {
    const waits = new Set<number>()
    for (let seed = 0; seed < 50; seed++) {
      const bench = new Bench({ seed: String(seed), boot: { log: [1, 1], term: 4 } })
      const waitMs = bench.group.nextDeadlineMs
      expect.ok(waitMs >= 1000 && waitMs <= 2000, `waits ${waitMs} ms`)
      waits.add(waitMs)
      bench.pass(waitMs)
      expect.is(bench.group.role, 'pre-candidate')
      expect.is(bench.group.term, 4)
      expect.equal(bench.look('vote-request').map(({ term, preVote, lastIndex, lastTerm }) => [term, preVote, lastIndex, lastTerm]), [[5, true, 2, 1], [5, true, 2, 1]])
      expect.is(bench.persists.length, 0)
    }
    expect.ok(waits.size > 40, 'waits are drawn')
  })

  test('a pre-candidate raises its term once a quorum would vote for it, and asks once its own vote is durable', () => {
    const bench = new Bench()
    bench.pass(2000)
    bench.sent = []
    bench.step(2, voteReply(1, true, true))
    expect.is(bench.group.role, 'candidate')
    expect.equal(bench.persists[0]?.hardState, { term: 1, vote: 1, commitIndex: 0 })
    expect.is(bench.sent.length, 0)
    expect.is(bench.held.length, 2)
    bench.flush()
    expect.equal(bench.look('vote-request').map(({ preVote, term }) => [preVote, term]), [[false, 1], [false, 1]])
  })

  test('a vote counts once, however often it arrives', () => {
    const bench = new Bench({ voters: 5 })
    bench.pass(2000)
    bench.step(2, voteReply(1, true, true)).step(2, voteReply(1, true, true)).step(2, voteReply(1, true, true))
    expect.is(bench.group.role, 'pre-candidate')
    bench.step(3, voteReply(1, true, true)).flush()
    expect.is(bench.group.role, 'candidate')
    bench.step(2, voteReply(1, true)).step(2, voteReply(1, true)).step(2, voteReply(1, true))
    expect.is(bench.group.role, 'candidate')
    bench.step(4, voteReply(1, true))
    expect.is(bench.group.role, 'leader')
    expect.is(bench.becameLeader, 1)
  })

  test('the own vote counts only once it is durable', () => {
    const bench = new Bench()
    bench.pass(2000)
    bench.step(2, voteReply(1, true, true))
    bench.step(2, voteReply(1, true)) // no correct peer has been asked yet
    expect.is(bench.group.role, 'candidate')
    bench.flush()
    expect.is(bench.group.role, 'leader')
  })

  test('half of an even group elects nobody', () => {
    const bench = new Bench({ voters: 4 })
    bench.pass(2000)
    bench.step(2, voteReply(1, true, true))
    expect.is(bench.group.role, 'pre-candidate')
    bench.step(3, voteReply(1, true, true)).flush()
    bench.step(2, voteReply(1, true))
    expect.is(bench.group.role, 'candidate')
    bench.step(3, voteReply(1, true))
    expect.is(bench.group.role, 'leader')
  })

  test('a refusing majority sends a candidate back to wait', () => {
    const bench = new Bench()
    bench.pass(2000)
    bench.step(2, voteReply(1, true, true)).flush()
    bench.step(2, voteReply(1, false)).step(3, voteReply(1, false))
    expect.is(bench.group.role, 'follower')
    expect.is(bench.group.leader, 0)
  })

  test('votes of another term or of the other kind elect nobody', () => {
    const bench = new Bench({ boot: { term: 5 } })
    bench.pass(2000)
    bench.step(2, voteReply(6, true, true)).flush()
    expect.is(bench.group.term, 6)
    bench.step(2, voteReply(5, true)).step(3, voteReply(5, true)).step(3, voteReply(6, true, true)).step(2, voteReply(7, true, true))
    expect.is(bench.group.role, 'candidate')
    expect.is(bench.group.term, 6)
  })

  test('a vote leaves after it is durable, and goes to one candidate of a term only', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, voteRequest(2, [1, 1]))
    expect.is(bench.sent.length, 0)
    expect.equal(bench.persists[0]?.hardState, { term: 2, vote: 2, commitIndex: 0 })
    bench.flush()
    expect.equal(bench.look('vote-reply', 2).map(({ granted }) => granted), [true])
    bench.step(3, voteRequest(2, [9, 1]))
    expect.equal(bench.look('vote-reply', 3).map(({ granted, term }) => [granted, term]), [[false, 2]])
    bench.step(2, voteRequest(2, [1, 1]))
    expect.equal(bench.look('vote-reply', 2).map(({ granted }) => granted), [true])
  })

  test('a vote survives a restart: the same term is not voted in twice', () => {
    const bench = new Bench({ boot: { log: [1], term: 2, vote: 2 } })
    bench.step(3, voteRequest(2, [9, 1])).flush()
    expect.equal(bench.look('vote-reply', 3).map(({ granted }) => granted), [false])
  })

  test('only a log at least as new as the own gets a vote or a pre-vote', () => {
    const table: Array<[last: readonly [number, number], granted: boolean]> = [
      [[3, 2], true], [[4, 2], true], [[1, 3], true], [[2, 2], false], [[9, 1], false], [[0, 0], false]
    ]
    for (const [last, granted] of table) {
      for (const preVote of [true, false]) {
        const bench = new Bench({ boot: { log: [1, 2, 2] } })
        bench.step(2, voteRequest(5, last, { preVote })).flush()
        expect.equal(bench.look('vote-reply').map((reply) => reply.granted), [granted], `last ${last.join(':')}, pre-vote ${preVote}`)
      }
    }
  })

  test('entries that are not flushed yet count in the comparison: they may be acknowledged before the vote arrives', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1], log: [1] }))
    bench.nowMs = 5000
    bench.step(3, voteRequest(2, [1, 1])).flush()
    expect.equal(bench.look('vote-reply').map(({ granted }) => granted), [false])
  })

  test('a granted pre-vote names the term asked for and changes nothing; a refused one names the own term', () => {
    const bench = new Bench({ boot: { log: [2], term: 4 } })
    bench.step(2, voteRequest(5, [1, 2], { preVote: true }))
    expect.is(bench.group.term, 4)
    expect.is(bench.persists.length, 0)
    bench.step(3, voteRequest(4, [9, 2], { preVote: true })).step(3, voteRequest(3, [9, 2], { preVote: true }))
    expect.equal(bench.look('vote-reply').map(({ term, granted }) => [term, granted]), [[5, true], [4, false], [4, false]])
  })

  test('a vote granted puts the own campaign off, a refused one does not', () => {
    const bench = new Bench({ boot: { log: [2] } })
    const beforeMs = bench.group.nextDeadlineMs
    bench.nowMs = beforeMs - 1
    bench.step(2, voteRequest(3, [0, 0]))
    expect.is(bench.group.nextDeadlineMs, beforeMs)
    bench.step(3, voteRequest(3, [1, 2]))
    expect.ok(bench.group.nextDeadlineMs >= beforeMs + 999)
  })

  test('who hears a leader ignores elections, their terms included, until the minimum timeout has passed', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1] })).flush()
    bench.sent = []
    bench.nowMs = 999
    bench.step(3, voteRequest(9, [9, 9])).step(3, voteRequest(9, [9, 9], { preVote: true }))
    expect.is(bench.sent.length, 0)
    expect.is(bench.group.term, 1)
    bench.nowMs = 1000
    bench.step(3, voteRequest(9, [9, 9])).flush()
    expect.equal(bench.look('vote-reply').map(({ granted }) => granted), [true])
  })

  test('a leader that hears its quorum ignores elections', () => {
    const bench = new Bench().leadReady()
    bench.step(3, voteRequest(9, [9, 9]))
    expect.is(bench.group.role, 'leader')
    expect.is(bench.group.term, 1)
  })

  test('an election that the leader asked for is held although the leader is alive', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1] })).flush()
    bench.step(3, voteRequest(2, [1, 1], { transfer: true })).flush()
    expect.equal(bench.look('vote-reply').map(({ granted }) => granted), [true])
  })

  test('the hint that the leader is gone brings an early campaign and lifts the refusal of others', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1] })).flush()
    bench.nowMs = 300
    bench.group.leaderLost(member(3), 300)
    expect.ok(bench.group.nextDeadlineMs >= 1000)
    bench.group.leaderLost(member(2), 300)
    expect.ok(bench.group.nextDeadlineMs <= 450)
    bench.step(3, voteRequest(2, [1, 1], { preVote: true }))
    expect.equal(bench.look('vote-reply').map(({ granted }) => granted), [true])
  })

  test('the loss of the candidate voted for is a hint too: it may have led without having been heard', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, voteRequest(2, [1, 1])).flush()
    bench.group.leaderLost(member(3), 0)
    expect.ok(bench.group.nextDeadlineMs >= 1000)
    bench.group.leaderLost(member(2), 0)
    expect.ok(bench.group.nextDeadlineMs <= 150)
  })

  test('a candidate that meets a rival in its term begins anew soon, with a pre-vote, instead of after a whole timeout', () => {
    const bench = new Bench()
    bench.pass(bench.group.nextDeadlineMs)
    bench.step(2, voteReply(1, true, true)).flush()
    bench.nowMs += 5
    bench.step(3, voteRequest(1, [0, 0])).flush()
    expect.equal(bench.look('vote-reply').map(({ granted }) => granted), [false])
    bench.pass(400)
    expect.is(bench.group.role, 'pre-candidate')
    expect.is(bench.group.term, 1)
  })

  test('a sign of the leader takes the hint back', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1] })).flush()
    bench.group.leaderLost(member(2), 0)
    bench.step(2, append({ term: 1, prev: [1, 1], round: 2 }))
    expect.ok(bench.group.nextDeadlineMs >= 1000)
    bench.sent = []
    bench.step(3, voteRequest(2, [1, 1], { preVote: true }))
    expect.is(bench.sent.length, 0)
  })

  test('the leader of an older term is told of the newer one', () => {
    const bench = new Bench({ boot: { log: [1], term: 7 } })
    bench.step(2, append({ term: 1, prev: [1, 1] }))
    expect.equal(bench.look('append-reply', 2).map(({ term, accepted }) => [term, accepted]), [[7, false]])
    expect.is(bench.group.leader, 0)
  })

  test('a leader that learns of a newer term steps down', () => {
    const bench = new Bench().leadReady()
    bench.step(2, { ...voteReply(5, false), preVote: true })
    expect.is(bench.group.role, 'follower')
    expect.is(bench.group.term, 5)
    expect.is(bench.steppedDown, 1)
  })

  test('a leadership that ends in the turn it began was never begun, as far as the driver is told', () => {
    const bench = new Bench()
    bench.pass(bench.group.nextDeadlineMs)
    bench.step(2, voteReply(1, true, true)).flush()
    bench.group.step(member(2), voteReply(1, true), bench.nowMs)
    expect.is(bench.group.role, 'leader')
    bench.group.step(member(3), append({ term: 2 }), bench.nowMs)
    const { becameLeader, steppedDown } = bench.take()
    expect.equal([becameLeader, steppedDown], [false, true])
  })

  test('a second leader of one term is not believed', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1] })).flush()
    bench.step(3, append({ term: 1, prev: [1, 1], log: [1] }))
    expect.is(bench.group.leader, 2)
    expect.is(bench.group.lastIndex, 1)
    expect.is(bench.anomalies.length, 1)
  })

  test('requests for votes are repeated to those who have not answered', () => {
    const bench = new Bench({ voters: 3 })
    bench.pass(bench.group.nextDeadlineMs)
    bench.step(2, voteReply(0, false, true))
    bench.sent = []
    bench.pass(100)
    expect.is(bench.peek('vote-request', 3).length, 1)
    expect.is(bench.peek('vote-request', 2).length, 0)
  })

  test('a candidate without an answer tries again with a pre-vote, term by term only when it would win', () => {
    const bench = new Bench()
    bench.pass(20_000)
    expect.is(bench.group.term, 0)
    expect.is(bench.group.role, 'pre-candidate')
  })

  test('a group of one leads and commits as soon as its disk has its vote and its log', () => {
    const bench = new Bench({ voters: 1 })
    expect.is(bench.committed.length, 0)
    bench.flushOne()
    expect.is(bench.group.role, 'leader')
    const index = bench.propose()
    expect.is(bench.committed.length, 0)
    bench.flush()
    expect.equal(bench.committed.map((entry) => entry.index), [1, index])
  })

  test('messages from itself and of other partitions are ignored', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(1, voteRequest(5, [9, 9]))
    bench.step(2, { ...voteRequest(5, [9, 9]), partition: toPartitionId(4) })
    expect.is(bench.group.term, 1)
    bench.flush()
    expect.is(bench.sent.length, 0)
  })

  test('a term that no group reaches draws nobody into it', () => {
    const bench = new Bench()
    bench.step(2, append({ term: 2 ** 52 }))
    expect.is(bench.group.term, 0)
    expect.is(bench.anomalies.length, 1)
  })

  test('only the leader of the current term can make a follower campaign, and late repetitions cannot', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.step(2, append({ term: 1, prev: [1, 1] })).flush()
    bench.step(3, timeoutNow(1))
    expect.is(bench.group.role, 'follower')
    bench.step(2, timeoutNow(1)).flush()
    expect.is(bench.group.role, 'candidate')
    expect.equal(bench.look('vote-request').map(({ transfer, preVote, term }) => [transfer, preVote, term]), [[true, false, 2], [true, false, 2]])
    bench.step(2, timeoutNow(1))
    expect.is(bench.group.term, 2)
  })

  test('a preferred voter campaigns early at its start, so that it is elected first', () => {
    const bench = new Bench({ preferred: 1 })
    expect.ok(bench.group.nextDeadlineMs <= 150)
    expect.ok(new Bench({ preferred: 2 }).group.nextDeadlineMs >= 1000)
  })
})

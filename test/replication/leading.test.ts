import { expect, suite } from '../harness.js'
import { toLogIndex } from '../../src/base/index.js'
import { accepted, append, Bench, member, refused, voteReply, voteRequest } from './bench.js'

/** (prev, entries) of the appends that left for one follower. */
const sentTo = (bench: Bench, to: number): Array<[prev: number, count: number]> => bench.look('append', to).map(({ prevIndex, entries }) => [prevIndex, entries.length])

suite('leading', ({ test }) => {
  test('a new leader opens its term with an entry and sends it at once, before its own flush', () => {
    const bench = new Bench({ boot: { log: [1, 1], term: 3 } })
    bench.pass(2000)
    bench.step(2, voteReply(4, true, true)).flush()
    bench.sent = []
    bench.step(2, voteReply(4, true))
    expect.is(bench.group.role, 'leader')
    expect.equal(bench.peek('append').map(({ prevIndex, prevTerm, entries }) => [prevIndex, prevTerm, entries.map(({ kind, term }) => [kind, term])]), [
      [2, 1, [['noop', 4]]], [2, 1, [['noop', 4]]]
    ])
    expect.is(bench.unflushedCount, 1)
  })

  test('an entry of an earlier term is not committed by counting, only with one of the own term (figure 8)', () => {
    const bench = new Bench({ boot: { log: [1, 2], term: 3 } }).lead()
    bench.step(2, accepted(4, 2)).step(3, accepted(4, 2))
    expect.is(bench.group.commitIndex, 0)
    bench.step(2, accepted(4, 3))
    expect.is(bench.group.commitIndex, 3)
    expect.equal(bench.committed.map(({ index }) => index), [1, 2, 3])
  })

  test('a minority commits nothing', () => {
    const bench = new Bench({ voters: 5 }).lead()
    bench.step(2, accepted(1, 1))
    expect.is(bench.group.commitIndex, 0)
    bench.step(2, accepted(1, 1))
    expect.is(bench.group.commitIndex, 0)
    bench.step(3, accepted(1, 1))
    expect.is(bench.group.commitIndex, 1)
  })

  test('replies of an older term count for nothing', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1], term: 5 } }).lead()
    bench.step(2, accepted(5, 4)).step(3, accepted(4, 4)).step(2, refused(5, 0, 0))
    expect.is(bench.group.commitIndex, 0)
    bench.step(2, accepted(6, 4))
    expect.is(bench.group.commitIndex, 4)
  })

  test('an acknowledgement of what was never sent is not believed', () => {
    const bench = new Bench().lead()
    bench.step(2, accepted(1, 9)).step(2, accepted(1, 1, 99))
    expect.is(bench.group.commitIndex, 0)
    expect.is(bench.anomalies.length, 2)
  })

  test('a repeated or late acknowledgement takes nothing back', () => {
    const bench = new Bench().leadReady()
    bench.propose()
    bench.flush()
    bench.step(2, accepted(1, 2)).step(2, accepted(1, 1)).step(2, accepted(1, 0))
    expect.is(bench.group.commitIndex, 2)
    expect.equal(bench.group.followers.map(({ matchIndex }) => matchIndex), [2, 1])
  })

  test('proposals of one turn leave as one append', () => {
    const bench = new Bench().leadReady()
    for (let count = 0; count < 5; count++) bench.group.propose('commands', new Uint8Array(8))
    bench.take()
    expect.equal(sentTo(bench, 2), [[1, 5]])
  })

  test('appends follow each other without waiting, up to the window, and go on when they are acknowledged', () => {
    const bench = new Bench({ tuning: { inflightAppendsMax: 2, appendEntriesMax: 3 } }).leadReady()
    for (let count = 0; count < 10; count++) bench.group.propose('commands', new Uint8Array(8))
    bench.take()
    expect.equal(sentTo(bench, 2), [[1, 3], [4, 3]])
    bench.step(2, accepted(1, 4))
    expect.equal(sentTo(bench, 2), [[7, 3]])
    bench.step(2, accepted(1, 10))
    expect.equal(sentTo(bench, 2), [[10, 1]])
  })

  test('the window also closes by bytes, and a single entry passes however large', () => {
    const bench = new Bench({ tuning: { inflightBytesMax: 5000, appendBytesMax: 1000 } }).leadReady()
    for (let count = 0; count < 3; count++) bench.group.propose('commands', new Uint8Array(4000))
    bench.take()
    expect.equal(sentTo(bench, 2), [[1, 1], [2, 1]])
    bench.step(2, accepted(1, 2))
    expect.equal(sentTo(bench, 2), [[3, 1]])
  })

  test('a follower that is behind is probed with one append at a time, a term at a time', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6], term: 7 } }).lead()
    expect.equal(sentTo(bench, 2), [[10, 1]])
    bench.step(2, refused(8, 7, 3)) // the follower: 1 1 1 2 2 2 3 3 3 3 3 asked at 10 of term 6
    expect.equal(sentTo(bench, 2), [[3, 8]])
    bench.propose()
    expect.equal(sentTo(bench, 2), [])
    bench.step(2, accepted(8, 11))
    expect.equal(sentTo(bench, 2), [[11, 1]])
  })

  test('repeated and late refusals do not set a follower back', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1, 1], term: 2 } }).lead()
    bench.step(2, refused(3, 2, 1))
    bench.sent = []
    bench.step(2, refused(3, 2, 1)).step(2, refused(3, 3, 1))
    expect.equal(sentTo(bench, 2), [])
    bench.step(2, accepted(3, 5))
    bench.sent = []
    bench.step(2, refused(3, 2, 1)).step(2, refused(3, 0, 0))
    expect.equal(sentTo(bench, 2), [])
    expect.equal(bench.group.followers[0]?.mode, 'replicate')
  })

  test('a lost append is noticed by the next heartbeat and sent again', () => {
    const bench = new Bench().leadReady()
    bench.propose()
    bench.propose()
    bench.flush()
    bench.sent = []
    bench.pass(100)
    const [heartbeat] = bench.look('append', 2)
    expect.equal([heartbeat?.prevIndex, heartbeat?.entries.length], [3, 0])
    bench.step(2, refused(1, 1, 1, 2))
    expect.equal(sentTo(bench, 2), [[1, 2]])
  })

  test('a silent follower is probed, not flooded', () => {
    const bench = new Bench().leadReady()
    bench.propose()
    bench.flush()
    bench.step(3, accepted(1, 2))
    bench.pass(150)
    bench.step(3, accepted(1, 2, 2))
    bench.pass(300)
    bench.step(3, accepted(1, 2, 5))
    expect.is(bench.group.followers[0]?.mode, 'probe')
    bench.sent = []
    bench.propose()
    bench.propose()
    expect.equal(sentTo(bench, 2), [])
    bench.pass(100)
    expect.equal(sentTo(bench, 2), [[1, 0]])
    bench.step(2, accepted(1, 1, 6))
    expect.equal(sentTo(bench, 2), [[1, 3]])
  })

  test('when the connection to a follower closes, what was under way is sent again', () => {
    const bench = new Bench().leadReady()
    bench.propose()
    bench.sent = []
    bench.group.leaderLost(member(2), bench.nowMs)
    bench.take()
    expect.equal(sentTo(bench, 2), [[1, 1]])
  })

  test('a risen commit index is told at once, in one empty append, or with the entries that leave anyway', () => {
    const bench = new Bench().leadReady()
    bench.propose()
    bench.flush()
    bench.sent = []
    bench.step(2, accepted(1, 2))
    expect.equal(bench.peek('append', 2).map(({ commitIndex, entries }) => [commitIndex, entries.length]), [[2, 0]])
    expect.equal(bench.look('append', 3).map(({ commitIndex, entries }) => [commitIndex, entries.length]), [[2, 0]])
    bench.group.propose('commands', new Uint8Array(1))
    bench.group.step(member(3), accepted(1, 2), bench.nowMs)
    bench.take()
    expect.equal(bench.look('append', 3).map(({ commitIndex, entries }) => [commitIndex, entries.length]), [[2, 1]])
  })

  test('heartbeats leave at multiples of the interval, one a beat, with a new round', () => {
    const bench = new Bench().leadReady()
    bench.pass(100 - bench.nowMs % 100 + 1)
    bench.sent = []
    bench.step(2, accepted(1, 1, 2)).pass(200)
    const beats = bench.look('append', 2)
    expect.is(beats.length, 2)
    expect.ok((beats[0]?.round ?? 0) < (beats[1]?.round ?? 0))
    expect.is(bench.group.nextDeadlineMs % 100, 0)
  })

  test('a leader without answers from a quorum steps down within an election timeout and a beat', () => {
    const bench = new Bench().leadReady()
    bench.pass(900)
    expect.is(bench.group.role, 'leader')
    bench.pass(300)
    expect.is(bench.group.role, 'follower')
    expect.is(bench.group.leader, 0)
    expect.is(bench.steppedDown, 1)
  })

  test('answers to old rounds do not keep a leader in office', () => {
    const bench = new Bench().leadReady()
    for (let beat = 0; beat < 13 && bench.group.role === 'leader'; beat++) {
      bench.pass(100)
      bench.step(2, accepted(1, 1, 1)).step(3, accepted(1, 1, 1))
    }
    expect.is(bench.group.role, 'follower')
  })

  test('answers to new rounds do, one follower of two being enough', () => {
    const bench = new Bench().leadReady()
    for (let beat = 0; beat < 50; beat++) {
      bench.pass(100)
      bench.step(3, accepted(1, 1, Math.max(...bench.look('append', 3).map(({ round }) => round))))
    }
    expect.is(bench.group.role, 'leader')
  })

  test('a leader that lost its quorum lets others campaign', () => {
    const bench = new Bench({ voters: 3 }).leadReady()
    bench.nowMs += 1000
    bench.step(3, voteRequest(2, [1, 1])).flush()
    expect.equal(bench.look('vote-reply').map(({ granted }) => granted), [true])
  })

  test('proposals are refused beyond the bytes that may be uncommitted, and by those who do not lead', () => {
    const bench = new Bench({ tuning: { uncommittedBytesMax: 1000 } })
    expect.equal(bench.group.propose('commands', new Uint8Array(1)), { kind: 'refused', reason: 'not_leader' })
    bench.leadReady()
    expect.is(bench.group.propose('commands', new Uint8Array(5000)).kind, 'accepted')
    expect.equal(bench.group.propose('commands', new Uint8Array(1)), { kind: 'refused', reason: 'overloaded' })
    bench.take()
    bench.flush()
    bench.step(2, accepted(1, 2))
    expect.is(bench.group.propose('commands', new Uint8Array(1)).kind, 'accepted')
  })

  test('an append of the own term never comes from another: it is ignored', () => {
    const bench = new Bench().leadReady()
    bench.step(2, append({ term: 1, prev: [1, 1], log: [1] }))
    expect.is(bench.group.role, 'leader')
    expect.is(bench.anomalies.length, 1)
  })

  test('a follower that needs compacted entries is sent a snapshot once, and heartbeats meanwhile', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1, 1], commit: 4 }, tuning: { snapshotTimeoutMs: 2000 } }).lead()
    bench.group.compact(toLogIndex(3))
    bench.take()
    bench.step(3, accepted(2, 5))
    bench.sent = []
    bench.step(2, refused(2, 1, 1)).step(2, refused(2, 1, 1))
    expect.equal(bench.snapshotsWanted, [2])
    bench.propose()
    expect.equal(sentTo(bench, 2), [])
    const keepThird = (): void => {
      const rounds = bench.peek('append', 3).map(({ round }) => round)
      bench.step(3, accepted(2, 6, Math.max(...rounds)))
    }
    bench.pass(100)
    expect.equal(bench.peek('append', 2).map(({ prevIndex, entries }) => [prevIndex, entries.length]), [[3, 0]])
    keepThird()
    for (let beat = 0; beat < 17; beat++) {
      bench.pass(100)
      keepThird()
    }
    expect.equal(bench.snapshotsWanted, [2])
    for (let beat = 0; beat < 3; beat++) {
      bench.pass(100)
      keepThird()
    }
    expect.equal(bench.snapshotsWanted, [2, 2])
    bench.sent = []
    bench.step(2, accepted(2, 4))
    expect.equal(sentTo(bench, 2), [[4, 2]])
    expect.is(bench.group.followers[0]?.mode, 'replicate')
  })

  test('a snapshot stream that failed is tried again after a while, not at once', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1, 1], commit: 4 } }).lead()
    bench.group.compact(toLogIndex(3))
    bench.take()
    bench.step(2, refused(2, 1, 1))
    bench.group.snapshotSent(member(2), false, bench.nowMs)
    bench.take()
    expect.equal(bench.snapshotsWanted, [2])
    for (let beat = 0; beat < 12; beat++) {
      bench.pass(100)
      bench.step(3, accepted(2, 5, Math.max(...bench.peek('append', 3).map(({ round }) => round))))
    }
    expect.equal(bench.snapshotsWanted, [2, 2])
  })

  test('a follower whose state is gone is sent a snapshot although the leader has the whole log, and its log counts', () => {
    const bench = new Bench().lead()
    bench.step(2, accepted(1, 1, 1, true))
    expect.is(bench.group.commitIndex, 1)
    expect.equal(bench.snapshotsWanted, [2])
    bench.step(2, accepted(1, 1, 1, true))
    expect.equal(bench.snapshotsWanted, [2])
    bench.propose()
    expect.is(sentTo(bench, 2).length > 0, true)
  })
})

import { expect, suite } from '../harness.js'
import { toLogIndex, toTerm } from '../../src/base/index.js'
import type { SnapshotPosition } from '../../src/replication/index.js'
import { append, Bench, member, timeoutNow, voteRequest } from './bench.js'

const position = (term: number, lastIndex: number, lastTerm: number): SnapshotPosition => ({ term: toTerm(term), lastIndex: toLogIndex(lastIndex), lastTerm: toTerm(lastTerm), configuration: { index: toLogIndex(0), voters: [1, 2, 3].map(member), learners: [] } })

const offer = (bench: Bench, from: number, header: SnapshotPosition): boolean => {
  const isTaken = bench.group.offerSnapshot(member(from), header, bench.nowMs)
  bench.take()
  return isTaken
}

const install = (bench: Bench, header: SnapshotPosition): void => {
  bench.group.snapshotInstalled(header, bench.nowMs)
  bench.take()
}

suite('snapshots at the receiver', ({ test }) => {
  test('a snapshot that brings nothing new is refused, as is one of an older leader or of a stranger', () => {
    const bench = new Bench({ boot: { log: [1, 1, 2], commit: 2, term: 4 } })
    expect.is(offer(bench, 2, position(4, 2, 1)), false)
    expect.is(offer(bench, 2, position(4, 1, 1)), false)
    expect.is(offer(bench, 2, position(3, 9, 2)), false)
    expect.is(offer(bench, 9, position(4, 9, 2)), false)
    expect.is(offer(bench, 2, position(4, 9, 5)), false)
    expect.is(bench.group.isInstalling, false)
    expect.is(offer(bench, 2, position(4, 9, 2)), true)
    expect.is(bench.group.isInstalling, true)
  })

  test('an offer of a newer term makes its sender the leader', () => {
    const bench = new Bench({ boot: { log: [1] } })
    expect.is(offer(bench, 3, position(6, 9, 2)), true)
    expect.is(bench.group.term, 6)
    expect.is(bench.group.leader, 3)
  })

  test('while installing it votes and acknowledges, but neither campaigns nor applies nor reads, and says what it wants', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1], commit: 1 } })
    bench.step(2, append({ term: 1, prev: [3, 1] })).read(5)
    expect.is(offer(bench, 2, position(1, 9, 1)), true)
    expect.equal(bench.refusals, [5])
    bench.sent = []
    bench.step(2, append({ term: 1, prev: [3, 1], log: [1], commit: 4, round: 2 })).flush()
    const replies = bench.look('append-reply')
    expect.ok(replies.length > 0 && replies.every(({ snapshotWanted }) => snapshotWanted))
    expect.is(Math.max(...replies.map(({ index }) => index)), 4)
    expect.is(bench.group.commitIndex, 4)
    expect.is(bench.committed.length, 0)
    bench.read(6)
    expect.equal(bench.refusals, [5, 6])
    bench.step(2, timeoutNow(1)).pass(5000)
    expect.is(bench.group.role, 'follower')
    bench.step(3, voteRequest(2, [4, 1])).flush()
    expect.equal(bench.look('vote-reply').map(({ granted }) => granted), [true])
  })

  test('a snapshot behind the log replaces it whole, and the leader is told once that is durable', () => {
    const bench = new Bench({ boot: { log: [1, 1], commit: 1, term: 3 } })
    const header = position(3, 9, 2)
    offer(bench, 2, header)
    bench.sent = []
    install(bench, header)
    expect.equal(bench.persists[bench.persists.length - 1]?.logStart, { index: 9, term: 2, configuration: { index: 0, voters: [1, 2, 3], learners: [] } })
    expect.is(bench.group.appliedIndex, 9)
    expect.is(bench.group.commitIndex, 9)
    expect.is(bench.group.lastIndex, 9)
    expect.is(bench.peek('append-reply').filter(({ index }) => index === 9).length, 0)
    bench.flush()
    expect.equal(bench.look('append-reply').map(({ accepted, index, snapshotWanted }) => [accepted, index, snapshotWanted]), [[true, 9, false]])
    bench.step(2, append({ term: 3, prev: [9, 2], log: [3], commit: 10 }))
    expect.equal(bench.committed.map(({ index }) => index), [10])
  })

  test('a snapshot inside the log keeps what follows it, and what is committed there is applied then', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1, 1], commit: 1 } })
    const header = position(1, 3, 1)
    offer(bench, 2, header)
    bench.step(2, append({ term: 1, prev: [4, 1], commit: 4 }))
    install(bench, header)
    expect.is(bench.group.firstIndex, 4)
    expect.is(bench.group.lastIndex, 4)
    expect.equal(bench.committed.map(({ index }) => index), [4])
    expect.is(bench.persists[bench.persists.length - 1]?.truncateFrom, undefined)
  })

  test('acknowledged entries behind the snapshot stay, committed or not', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1, 1, 1], commit: 1 } })
    const header = position(1, 3, 1)
    offer(bench, 2, header)
    install(bench, header)
    expect.is(bench.group.lastIndex, 5)
    expect.is(bench.group.commitIndex, 3)
  })

  test('a snapshot that is finished in the turn that brought its entries stores only what lies behind it', () => {
    const bench = new Bench({ boot: { log: [1] } })
    const header = position(1, 4, 1)
    offer(bench, 2, header)
    bench.group.step(member(2), append({ term: 1, prev: [1, 1], log: [1, 1, 1, 1, 1], commit: 1 }), 0)
    install(bench, header)
    const persist = bench.persists[bench.persists.length - 1]
    expect.equal(persist?.logStart, { index: 4, term: 1, configuration: { index: 0, voters: [1, 2, 3], learners: [] } })
    expect.equal(persist?.entries.map(({ index }) => index), [5, 6])
    bench.flush()
    expect.is(Math.max(...bench.look('append-reply').map(({ index }) => index)), 6)
  })

  test('a later offer never takes the state back', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1, 1, 1], commit: 4 } })
    expect.is(offer(bench, 2, position(1, 9, 1)), true)
    expect.is(offer(bench, 2, position(1, 3, 1)), false)
    expect.is(offer(bench, 2, position(1, 4, 1)), true)
  })

  test('a snapshot over a conflicting suffix drops it, on the disk as well', () => {
    const bench = new Bench({ boot: { log: [1, 2, 2, 2, 2], commit: 1, term: 4 } })
    const header = position(4, 3, 3)
    offer(bench, 3, header)
    install(bench, header)
    expect.is(bench.group.lastIndex, 3)
    expect.is(bench.group.termAt(toLogIndex(3)), 3)
    const persist = bench.persists[bench.persists.length - 1]
    expect.is(persist?.truncateFrom, 4)
    expect.equal(persist?.logStart, { index: 3, term: 3, configuration: { index: 0, voters: [1, 2, 3], learners: [] } })
  })

  test('flushes of the replaced log prove nothing afterwards', () => {
    const bench = new Bench({ boot: { log: [1], term: 1 } })
    bench.step(2, append({ term: 1, prev: [1, 1], log: [1, 1, 1, 1, 1, 1] }))
    const header = position(3, 4, 2)
    offer(bench, 3, header)
    install(bench, header)
    bench.flushOne()
    bench.step(3, append({ term: 3, prev: [4, 2], log: [3, 3], round: 1 }))
    expect.ok(bench.sent.every(({ to, message }) => to !== 3 || message.kind !== 'append-reply' || message.index === 0))
    bench.flush()
    expect.is(Math.max(...bench.look('append-reply', 3).map(({ index }) => index)), 6)
  })

  test('a restart under the marker wants a snapshot, keeps its log and takes one at or below its commit index', () => {
    const bench = new Bench({ boot: { start: [2, 1], log: [1, 1, 1], commit: 4, applied: 0, installing: true } })
    expect.is(bench.committed.length, 0)
    bench.step(2, append({ term: 1, prev: [5, 1] })).flush()
    expect.equal(bench.look('append-reply').map(({ accepted, index, snapshotWanted }) => [accepted, index, snapshotWanted]), [[true, 5, true]])
    expect.is(offer(bench, 2, position(1, 1, 1)), false)
    const header = position(1, 3, 1)
    expect.is(offer(bench, 2, header), true)
    install(bench, header)
    expect.equal(bench.committed.map(({ index }) => index), [4])
    expect.is(bench.group.isInstalling, false)
  })

  test('a snapshot that contradicts what is committed is not believed', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1, 1], commit: 4, installing: true, term: 3 } })
    expect.is(offer(bench, 2, position(3, 3, 2)), false)
    expect.is(bench.anomalies.length, 1)
  })

  test('a broken stream leaves it wanting: the next leader\'s offer is taken', () => {
    const bench = new Bench({ boot: { log: [1] } })
    offer(bench, 2, position(1, 9, 1))
    bench.group.snapshotFailed(5)
    bench.take()
    expect.is(bench.group.isInstalling, true)
    expect.is(offer(bench, 3, position(2, 8, 1)), true)
    install(bench, position(2, 8, 1))
    expect.is(bench.group.appliedIndex, 8)
  })

  test('nothing is compacted while installing', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1], commit: 3 } })
    offer(bench, 2, position(1, 9, 1))
    bench.group.compact(toLogIndex(2))
    expect.is(bench.group.firstIndex, 1)
  })

  test('a leader is offered no snapshot of its own term', () => {
    const bench = new Bench().leadReady()
    expect.is(offer(bench, 2, position(1, 9, 1)), false)
    expect.is(bench.group.role, 'leader')
  })
})

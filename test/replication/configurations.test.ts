import { toLogIndex, toMemberId, toTerm } from '../../src/base/index.js'
import { findBootProblem } from '../../src/replication/index.js'
import type { ConfigurationChange } from '../../src/replication/index.js'
import { encodeConfiguration } from '../../protocols/replication/index.js'
import type { LogEntry, LoggedConfiguration } from '../../protocols/replication/index.js'
import { expect, suite } from '../harness.js'
import { Bench, accepted, append, bootOf, member, partition, refused, timeoutNow, voteReply, voteRequest } from './bench.js'

const members = (...numbers: number[]) => numbers.map(member)
const logged = (index: number, voters: number[], learners: number[] = []): LoggedConfiguration => ({ index: toLogIndex(index), voters: members(...voters), learners: members(...learners) })
const entry = (term: number, index: number, voters: number[], learners: number[] = []): LogEntry =>
  ({ term: toTerm(term), index: toLogIndex(index), kind: 'configuration', payload: encodeConfiguration({ voters: members(...voters), learners: members(...learners) }) })
const farewell = (term: number, index: number) => ({ kind: 'retired' as const, partition, term: toTerm(term), index: toLogIndex(index) })

function change (bench: Bench, kind: ConfigurationChange['kind'], number: number): string {
  const proposal = bench.group.changeConfiguration({ kind, member: toMemberId(number) })
  bench.take()
  return proposal.kind === 'accepted' ? 'accepted' : proposal.reason
}

const matchOf = (bench: Bench, number: number) => bench.group.followers.find((follower) => follower.member === number)?.matchIndex

/** A leader of three with a learner 4, which has everything, and all of it is committed. */
function withLearner (): Bench {
  const bench = new Bench().leadReady()
  expect.is(change(bench, 'add-learner', 4), 'accepted')
  const { term, lastIndex } = bench.flush().group
  bench.step(2, accepted(term, lastIndex)).step(4, accepted(term, lastIndex))
  bench.sent = []
  return bench
}

suite('changes of the configuration', ({ test }) => {
  test('a learner is sent everything, and counts nowhere', () => {
    const bench = new Bench().leadReady()
    expect.is(change(bench, 'add-learner', 4), 'accepted')
    expect.ok(bench.flush().peek('append', 4).length > 0)
    const { term, lastIndex, commitIndex } = bench.group
    bench.step(4, accepted(term, lastIndex))
    expect.is(bench.group.commitIndex, commitIndex, 'the leader and a learner are no majority of three')
    bench.step(3, accepted(term, lastIndex))
    expect.is(bench.group.commitIndex, lastIndex)
    const [learner] = bench.group.followers.filter(({ isLearner }) => isLearner)
    expect.is(learner?.member, 4)
    bench.group.transferLeadership(toMemberId(4), bench.nowMs)
    bench.pass(200)
    expect.is(bench.peek('timeout-now').length, 0, 'nor is mastership handed to it')
  })

  test('a promoted learner counts from the moment the entry is in the log', () => {
    const bench = withLearner()
    expect.is(change(bench, 'promote', 4), 'accepted')
    const { term, lastIndex } = bench.flush().group
    bench.step(4, accepted(term, lastIndex))
    expect.not(bench.group.isConfigurationCommitted, 'two of four are no majority')
    bench.step(2, accepted(term, lastIndex))
    expect.ok(bench.group.isConfigurationCommitted)
    expect.equal(bench.group.configuration, logged(lastIndex, [1, 2, 3, 4]))
  })

  test('one step at a time, from an entry of the own term on, and only steps that exist', () => {
    const bench = new Bench().lead()
    expect.is(change(bench, 'add-learner', 4), 'not_ready', 'two leaders could each change one voter and share no quorum')
    const follower = new Bench()
    expect.is(change(follower, 'add-learner', 4), 'not_leader')
    const ready = new Bench().leadReady()
    for (const [kind, number] of [['add-learner', 2], ['promote', 2], ['promote', 9], ['remove', 9]] as const) expect.is(change(ready, kind, number), 'invalid', `${kind} ${number}`)
    expect.is(change(ready, 'remove', 3), 'accepted')
    expect.is(change(ready, 'remove', 2), 'pending')
    const alone = new Bench({ voters: 1 }).flush()
    expect.is(change(alone, 'remove', 1), 'invalid', 'somebody has to be left')
  })

  test('a learner votes only once it has confirmed the configuration it learns by', () => {
    const bench = new Bench().leadReady()
    change(bench, 'add-learner', 4)
    const { term, lastIndex } = bench.flush().group
    bench.step(2, accepted(term, lastIndex)).step(4, accepted(term, lastIndex - 1))
    expect.is(change(bench, 'promote', 4), 'behind')
    bench.step(4, accepted(term, lastIndex))
    expect.is(change(bench, 'promote', 4), 'accepted')
  })

  test('a leader that removes itself does not count itself, leads until that is committed, and hands over', () => {
    const bench = new Bench().leadReady()
    expect.is(change(bench, 'remove', 1), 'accepted')
    const { term, lastIndex } = bench.flush().group
    bench.step(2, accepted(term, lastIndex))
    expect.is(bench.group.role, 'leader', 'of the two that stay one has it')
    expect.is(bench.steppedDown, 0)
    bench.step(3, accepted(term, lastIndex))
    expect.equal([bench.group.role, bench.steppedDown, bench.peek('timeout-now').length], ['follower', 1, 1])
    expect.is(bench.group.retiredIndex, lastIndex)
    bench.pass(20_000)
    expect.is(bench.group.role, 'follower', 'and never campaigns again')
  })

  test('a leader that removes itself and is a learner again in the same turn steps down, and is not retired', () => {
    const bench = new Bench().leadReady()
    change(bench, 'remove', 1)
    const { term, lastIndex } = bench.flush().group
    bench.step(2, accepted(term, lastIndex))
    bench.group.step(member(3), accepted(term, lastIndex), bench.nowMs) // committed, and the turn is not over
    expect.is(bench.group.changeConfiguration({ kind: 'add-learner', member: member(1) }).kind, 'accepted')
    bench.take()
    bench.flush().step(2, accepted(term, bench.group.lastIndex)).step(3, accepted(term, bench.group.lastIndex))
    expect.equal([bench.group.role, bench.steppedDown, bench.group.isVoter, bench.group.isMember], ['follower', 1, false, true])
    expect.is(bench.group.retiredIndex, undefined, 'what it has was confirmed, and it may be promoted for it')
  })

  test('who is removed is told once that is committed', () => {
    const bench = new Bench().leadReady()
    change(bench, 'remove', 3)
    const { term, lastIndex } = bench.flush().group
    expect.is(bench.peek('retired').length, 0)
    bench.step(2, accepted(term, lastIndex))
    expect.equal(bench.peek('retired', 3).map(({ index }) => index), [lastIndex])
  })

  test('is in force from the append on, and the one before again after a truncation', () => {
    const bench = new Bench()
    bench.step(2, { ...append({ term: 1, log: [1] }), entries: [{ ...append({ term: 1, log: [1] }).entries[0]!, kind: 'noop' }, entry(1, 2, [1, 2, 3, 4])] }).flush()
    expect.equal(bench.group.configuration, logged(2, [1, 2, 3, 4]))
    expect.not(bench.group.isConfigurationCommitted)
    bench.step(3, append({ term: 2, prev: [1, 1], log: [2] })).flush()
    expect.equal(bench.group.configuration, logged(0, [1, 2, 3]))
  })

  test('whoever does not vote does not campaign, told to or not', () => {
    const bench = new Bench({ self: 4, boot: { configuration: logged(0, [1, 2, 3], [4]) } })
    bench.step(2, append({ term: 1, log: [1] })).flush()
    bench.step(2, timeoutNow(1)).pass(20_000)
    expect.is(bench.group.role, 'follower')
    expect.is(bench.peek('vote-request').length, 0)
  })

  test('a voter whose removal is not committed may lead, by the votes of the others alone', () => {
    const boot = { ...bootOf({ log: [1], commit: 1, configuration: logged(0, [1, 2, 3]) }) }
    const bench = new Bench({ boot: { log: [1], commit: 1 } })
    bench.step(2, { ...append({ term: 1, prev: [1, 1], commit: 1 }), entries: [entry(1, 2, [2, 3])] }).flush()
    expect.equal(findBootProblem(boot), undefined)
    bench.pass(5000)
    expect.is(bench.group.role, 'pre-candidate', 'it may be the only one that has the newest log')
    const asked = bench.peek('vote-request')[0]!
    bench.step(2, voteReply(asked.term, true, true))
    expect.is(bench.group.role, 'pre-candidate', 'its own vote and one of two do not make a quorum of two')
    bench.step(3, voteReply(asked.term, true, true)).flush()
    bench.step(2, voteReply(bench.group.term, true)).flush()
    expect.is(bench.group.role, 'candidate')
    bench.step(3, voteReply(bench.group.term, true)).flush()
    expect.is(bench.group.role, 'leader')
  })

  test('a candidate that the committed configuration does not have gets a farewell, and no vote', () => {
    const bench = new Bench({ boot: { log: [1], commit: 1, configuration: logged(0, [1, 2, 3], [5]) } })
    bench.step(9, voteRequest(7, [0, 0])).flush()
    expect.equal([bench.group.term, bench.peek('vote-reply').length], [1, 0])
    expect.equal(bench.look('retired', 9), [farewell(1, 1)])
    bench.step(5, voteRequest(7, [9, 6], { preVote: true })).flush()
    expect.is(bench.look('retired', 5).length, 0, 'a learner is one of the group')
  })

  test('a candidate that the committed configuration does not have gets a vote where its log has as much: its configuration is a newer one', () => {
    const bench = new Bench({ boot: { log: [1, 1], commit: 1 } })
    bench.step(4, voteRequest(2, [3, 1], { preVote: true })).flush()
    expect.equal(bench.peek('vote-reply', 4).map(({ granted }) => granted), [true])
    bench.look('retired')
    bench.step(4, voteRequest(2, [3, 1])).flush()
    expect.equal([bench.peek('vote-reply', 4).map(({ granted }) => granted), bench.group.vote], [[true], 4])
    expect.equal(bench.peek('retired', 4), [farewell(1, 1)], 'whose log has that configuration takes no notice')
  })

  test('a farewell counts where it is newer than what the log says, until that has this replica again', () => {
    const bench = new Bench({ boot: { log: [1, 1, 1], commit: 3, configuration: logged(0, [1, 2, 3]) } })
    const before = new Bench({ boot: { start: [5, 1], configuration: logged(5, [1, 2, 3]) } })
    before.step(2, farewell(1, 4))
    expect.is(before.group.retiredIndex, undefined, 'older than the configuration that has us')
    bench.step(2, farewell(9, 8))
    expect.is(bench.group.retiredIndex, 8)
    expect.is(bench.group.term, 1, 'and draws nobody into a term')
    bench.step(2, { ...append({ term: 1, prev: [3, 1] }), entries: [...append({ term: 1, prev: [3, 1], log: [1, 1, 1, 1, 1] }).entries, entry(1, 9, [2, 3], [1])] }).flush()
    expect.is(bench.group.retiredIndex, undefined, 'it is one of them again')
  })

  test('a replica in the place of a retired one neither votes nor campaigns with less than that may have acknowledged', () => {
    const bench = new Bench({ boot: { log: [1], commit: 1, voteFloor: 3 } })
    bench.step(2, voteRequest(2, [9, 1])).flush()
    expect.equal(bench.look('vote-reply', 2).map(({ granted }) => granted), [false])
    bench.pass(20_000)
    expect.is(bench.group.role, 'follower')
    bench.step(2, append({ term: 3, prev: [1, 1], log: [3, 3] })).flush()
    bench.pass(5000)
    expect.is(bench.group.role, 'pre-candidate', 'with as much it does')
  })

  test('a replica that is retired again by an old farewell leaves the vote floor where it was', () => {
    const bench = new Bench({ boot: { voteFloor: 9 } })
    bench.step(2, farewell(1, 4))
    expect.is(bench.group.retiredIndex, 9)
    bench.step(2, farewell(1, 12))
    expect.is(bench.group.retiredIndex, 12)
  })

  test('a configuration that nobody can read is never appended, and no boot', () => {
    const broken: LogEntry = { ...entry(1, 1, [1]), payload: Uint8Array.of(0xff) }
    const bench = new Bench()
    bench.step(2, { ...append({ term: 1 }), entries: [broken] })
    expect.equal([bench.group.lastIndex, bench.anomalies.length], [0, 1])
    expect.match(findBootProblem({ ...bootOf({ term: 1 }), entries: [broken] }) ?? '', /configuration at entry 1 cannot be read/)
  })

  test('a learner that was made anew is begun with anew, though late answers of the one before confirm what it lacks', () => {
    const bench = withLearner()
    const { term, lastIndex } = bench.group
    bench.pass(100)
    const [probe] = bench.look('append', 4)
    expect.is(probe?.prevIndex, lastIndex)
    bench.step(4, refused(term, 0, 0, 1)).pass(5)
    expect.is(bench.peek('append', 4).length, 0, 'a refusal that is no newer than what was confirmed is a late one')
    bench.step(4, refused(term, 0, 0, probe!.round))
    expect.is(matchOf(bench, 4), 0)
    expect.equal(bench.look('append', 4).map(({ prevIndex }) => prevIndex), [0])
    bench.step(2, refused(term, 0, 0, probe!.round))
    expect.is(matchOf(bench, 2), lastIndex, 'a voter forgets nothing')
  })

  test('a configuration that cannot be is no boot, nor is one from behind where the log begins', () => {
    for (const [configuration, reason] of [
      [logged(0, []), /has 0 voters/], [logged(0, [1, 2], [2]), /member 2 twice/], [logged(0, Array.from({ length: 15 }, (_, at) => at + 1)), /has 15 voters/],
      [logged(0, [1], [2, 3, 4, 5, 6, 7, 8, 9]), /has 8 learners/], [logged(3, [1, 2, 3]), /behind 0, but with the configuration of entry 3/]
    ] as const) expect.match(findBootProblem(bootOf({ configuration })) ?? 'fine', reason)
    expect.is(findBootProblem({ ...bootOf({}), configuration: undefined }), undefined, 'an earlier version did not write it')
  })

  test('a snapshot with a configuration from behind its own position is no snapshot', () => {
    const bench = new Bench()
    expect.not(bench.group.offerSnapshot(member(2), { term: toTerm(1), lastIndex: toLogIndex(3), lastTerm: toTerm(1), configuration: logged(4, [1, 2]) }, 0))
    bench.take()
    expect.is(bench.anomalies.length, 1)
    expect.not(bench.group.isInstalling)
  })

  test('outlives compaction, a restart and a snapshot', () => {
    const bench = new Bench({ boot: { log: [1], commit: 1 } })
    bench.step(2, { ...append({ term: 1, prev: [1, 1] }), entries: [entry(1, 2, [1, 2, 3], [7])] }).flush()
    bench.step(2, append({ term: 1, prev: [2, 1], log: [1], commit: 3 })).flush()
    bench.group.compact(toLogIndex(3))
    bench.take()
    expect.equal(bench.persists.at(-1)?.logStart, { index: 3, term: 1, configuration: logged(2, [1, 2, 3], [7]) })
    expect.equal(new Bench({ boot: { start: [3, 1], configuration: logged(2, [1, 2, 3], [7]) } }).group.configuration, logged(2, [1, 2, 3], [7]))
    const empty = new Bench()
    const position = { term: toTerm(1), lastIndex: toLogIndex(3), lastTerm: toTerm(1), configuration: logged(2, [1, 2, 3], [7]) }
    expect.ok(empty.group.offerSnapshot(member(2), position, 0))
    empty.group.snapshotInstalled(position, 0)
    empty.take()
    expect.equal(empty.group.configuration, logged(2, [1, 2, 3], [7]))
    expect.equal(empty.group.configurationAt(toLogIndex(3)), logged(2, [1, 2, 3], [7]))
  })
})

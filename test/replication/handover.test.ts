import { expect, suite } from '../harness.js'
import { accepted, append, Bench, member, timeoutNow } from './bench.js'

/** Follower 2 (and 3) answer every heartbeat for a while. */
function keep (bench: Bench, durationMs: number, followers: readonly number[] = [2, 3]): void {
  const untilMs = bench.nowMs + durationMs
  while (bench.nowMs < untilMs && bench.group.role === 'leader') {
    bench.pass(Math.min(50, untilMs - bench.nowMs))
    for (const follower of followers) {
      const rounds = bench.peek('append', follower).map(({ round }) => round)
      if (rounds.length > 0) bench.step(follower, accepted(bench.group.term, bench.group.lastIndex, Math.max(...rounds)))
    }
    bench.sent = bench.sent.filter(({ message }) => message.kind !== 'append')
  }
}

suite('handover', ({ test }) => {
  test('a caught-up target is told to campaign at once, and proposals are refused meanwhile', () => {
    const bench = new Bench().leadReady()
    expect.is(bench.group.transferLeadership(member(2), bench.nowMs), true)
    bench.take()
    expect.equal(bench.look('timeout-now', 2), [timeoutNow(1)])
    expect.equal(bench.group.propose('commands', new Uint8Array(1)), { kind: 'refused', reason: 'transferring' })
  })

  test('a lagging target is brought up to date first', () => {
    const bench = new Bench().leadReady()
    bench.propose()
    bench.group.transferLeadership(member(2), bench.nowMs)
    bench.take()
    expect.is(bench.look('timeout-now').length, 0)
    bench.step(2, accepted(1, 2))
    expect.is(bench.look('timeout-now', 2).length, 1)
  })

  test('the message is repeated at heartbeats, and given up after the minimum election timeout', () => {
    const bench = new Bench().leadReady()
    bench.group.transferLeadership(member(2), bench.nowMs)
    bench.take()
    bench.sent = []
    keep(bench, 450)
    const told = bench.look('timeout-now', 2).length
    expect.ok(told >= 3 && told <= 5, `told ${told} times`)
    keep(bench, 650)
    expect.is(bench.group.propose('commands', new Uint8Array(1)).kind, 'accepted')
  })

  test('a stopping leader chooses the responsive follower that is furthest', () => {
    const bench = new Bench({ voters: 5 }).lead()
    bench.step(2, accepted(1, 1)).step(3, accepted(1, 1)).step(4, accepted(1, 1))
    bench.propose()
    bench.step(3, accepted(1, 2))
    expect.is(bench.group.transferLeadership(undefined, bench.nowMs), true)
    bench.take()
    expect.is(bench.look('timeout-now', 3).length, 1)
  })

  test('there is nobody to hand over to where nobody answers', () => {
    const bench = new Bench().leadReady()
    bench.pass(500)
    expect.is(bench.group.transferLeadership(undefined, bench.nowMs), false)
    expect.is(bench.group.propose('commands', new Uint8Array(1)).kind, 'accepted')
    expect.is(new Bench().group.transferLeadership(member(2), 0), false)
  })

  test('a stranger or the leader itself is no target', () => {
    const bench = new Bench().leadReady()
    expect.is(bench.group.transferLeadership(member(9), bench.nowMs), false)
    expect.is(bench.group.transferLeadership(member(1), bench.nowMs), false)
    expect.is(bench.group.propose('commands', new Uint8Array(1)).kind, 'accepted')
  })

  test('who is stopping does not let itself be made leader', () => {
    const bench = new Bench({ boot: { log: [1] } })
    bench.group.transferLeadership(undefined, 0)
    bench.step(2, append({ term: 1, prev: [1, 1] })).step(2, timeoutNow(1))
    expect.is(bench.group.role, 'follower')
    bench.pass(5000)
    expect.is(bench.group.role, 'follower')
  })

  test('mastership returns to the preferred voter once it has kept up for long enough', () => {
    const bench = new Bench({ preferred: 2, tuning: { transferBackAfterMs: 500 } }).leadReady()
    keep(bench, 400)
    expect.is(bench.look('timeout-now').length, 0)
    keep(bench, 400)
    expect.is(bench.look('timeout-now', 2).length > 0, true)
  })

  test('it does not return to a preferred voter that is silent, behind or without state', () => {
    const silent = new Bench({ preferred: 2, tuning: { transferBackAfterMs: 300 } }).leadReady()
    keep(silent, 2000, [3])
    expect.is(silent.look('timeout-now').length, 0)
    const behind = new Bench({ preferred: 2, tuning: { transferBackAfterMs: 300 } }).leadReady()
    behind.propose()
    behind.flush()
    behind.step(3, accepted(1, 2))
    for (let beat = 0; beat < 20; beat++) {
      keep(behind, 100, [3])
      behind.step(2, accepted(1, 1))
    }
    expect.is(behind.look('timeout-now').length, 0)
    const stateless = new Bench({ preferred: 2, tuning: { transferBackAfterMs: 300 } }).leadReady()
    for (let beat = 0; beat < 20; beat++) {
      keep(stateless, 100, [3])
      stateless.step(2, accepted(1, 1, 1, true))
    }
    expect.is(stateless.look('timeout-now').length, 0)
  })

  test('a return that came to nothing is not tried again soon', () => {
    const bench = new Bench({ preferred: 2, tuning: { transferBackAfterMs: 300 } }).leadReady()
    keep(bench, 1800)
    bench.sent = []
    expect.is(bench.group.propose('commands', new Uint8Array(1)).kind, 'accepted')
    bench.take()
    keep(bench, 5000)
    expect.is(bench.look('timeout-now').length, 0)
    keep(bench, 6000)
    expect.is(bench.look('timeout-now').length > 0, true)
  })
})

import { suite, expect } from '../harness.js'
import { defaultMembershipOptions } from '../../src/membership/index.js'
import { Suspicion, suspicionTerms, suspicionTimeoutMs } from '../../src/membership/suspicion.js'
import type { MemberRecord } from '../../protocols/membership/index.js'
import { Solo, peerOf, record } from './records.js'

const terms = { minMs: 2000, maxMs: 30_000, confirmations: 3 }

/** The suspicion of member 2 by the failed probe of another. */
const accused = (by: number): MemberRecord => ({ ...record(2, 'suspect@1.0'), accuser: peerOf(by) })

/** When the solo core holds member 2 dead, after the given confirmations. */
function deathMs (confirmers: readonly number[]): number {
  const options = { probeIntervalMs: 400, probeTimeoutMs: 150, suspicionMultiplier: 5, suspicionMaxMultiplier: 15 }
  const solo = new Solo(1, { options })
  for (const number of [2, 3, 4, 5, 6]) solo.hear(number, record(number, 'alive@1.0'))
  solo.hear(3, record(2, 'suspect@1.0'))
  for (const number of confirmers) solo.hear(3, accused(number)) // told on by one, whoever it is
  for (;;) {
    const untilMs = solo.nowMs + 10
    const events = solo.run(untilMs).flatMap((effects) => effects.events)
    const deaths = events.filter(({ kind }) => kind === 'died')
    if (deaths.length > 0) {
      expect.is(deaths.length, 1)
      expect.is(solo.run(untilMs + 40_000).flatMap((effects) => effects.events).length, 0, 'a verdict falls once')
      return untilMs
    }
    if (untilMs > 60_000) throw new Error('never')
  }
}

suite('membership: suspicion', ({ test }) => {
  test('[M5] given K 3, min 2 s, max 30 s, when 0 to 3 distinct members confirm, then the deadlines are 30, 16, 7.81 and 2 s', () => {
    const suspicion = new Suspicion(terms, peerOf(9), 0)
    const deadlines = [suspicion.deadlineMs]
    for (const number of [2, 2, 9, 3, 3, 4, 5]) {
      suspicion.confirm(peerOf(number))
      deadlines.push(suspicion.deadlineMs)
    }
    expect.equal(deadlines, [30_000, 16_000, 16_000, 16_000, 7811, 7811, 2000, 2000], 'a duplicate, the originator and a fourth change nothing')
  })

  test('[M5] given those figures, when a core hears the confirmations, then it judges at those times', () => {
    expect.equal([[], [4], [4, 5], [4, 5, 6], [3, 4, 4]].map(deathMs), [30_000, 16_000, 7820, 2000, 16_000])
  })

  test('[M5] given a suspicion that lasts, when a confirmation comes after the deadline it brings, then the verdict falls at once and once', () => {
    const solo = new Solo(1, { options: { suspicionMultiplier: 3 } })
    for (const number of [2, 3, 4, 5]) solo.hear(number, record(number, 'alive@1.0'))
    solo.hear(3, record(2, 'suspect@1.0'))
    solo.run(10_000)
    expect.is(solo.stateOf(2), 'suspect@1.0')
    solo.hear(4, accused(4))
    expect.ok(solo.core.nextDeadlineMs <= solo.nowMs)
    const events = solo.run(solo.nowMs).flatMap((effects) => effects.events)
    expect.equal(events.map(({ kind }) => kind), ['died'])
    solo.hear(5, accused(5), record(2, 'dead@1.0'))
    expect.is(solo.run(30_000).flatMap((effects) => effects.events).length, 0)
  })

  test('what is passed on confirms nothing: a suspicion that everybody tells of is still that of one', () => {
    const solo = new Solo(1)
    for (const number of [2, 3, 4, 5, 6]) solo.hear(number, record(number, 'alive@1.0'))
    for (const number of [3, 4, 5, 6]) solo.hear(number, accused(3))
    solo.run(23_900)
    expect.is(solo.stateOf(2), 'suspect@1.0')
    solo.run(24_000)
    expect.is(solo.stateOf(2), 'dead@1.0')
  })

  test('a confirmation is told on with who confirms; nobody confirms its own death', () => {
    const solo = new Solo(1)
    for (const number of [2, 3, 4, 5, 6]) solo.hear(number, record(number, 'alive@1.0'))
    solo.hear(3, accused(3))
    solo.run(5000)
    solo.hear(5, accused(2), accused(4))
    const told = solo.run(5200).flatMap(({ sends }) => sends).flatMap(({ message }) => 'updates' in message ? message.updates : [])
    expect.ok(told.some(({ peer, accuser }) => peer === peerOf(2) && accuser === peerOf(4)))
    solo.run(11_300) // 11.38 s with one confirmation, 4 s with both
    expect.is(solo.stateOf(2), 'suspect@1.0', 'one confirmation of two wanted')
  })

  test('the worked vectors of MEMBERSHIP.md 1.2 hold', () => {
    const curve = (multiplier: number): number[] => {
      const each = suspicionTerms({ ...defaultMembershipOptions, suspicionMultiplier: multiplier }, 128)
      return Array.from({ length: each.confirmations + 1 }, (_, confirmed) => Math.round(suspicionTimeoutMs(each, confirmed) / 10) / 100)
    }
    expect.equal(curve(5), [63.22, 36.88, 21.47, 10.54])
    expect.equal(curve(4), [50.57, 23.98, 8.43])
  })

  test('[M6] given three members, when a suspicion starts, then the shortest timeout holds from the start', () => {
    const solo = new Solo(1)
    for (const number of [2, 3]) solo.hear(number, record(number, 'alive@1.0'))
    solo.hear(3, record(2, 'suspect@1.0'))
    solo.run(3999)
    expect.is(solo.stateOf(2), 'suspect@1.0')
    solo.run(4000)
    expect.is(solo.stateOf(2), 'dead@1.0')
  })

  test('a higher incarnation ends the suspicion', () => {
    const solo = new Solo(1)
    for (const number of [2, 3]) solo.hear(number, record(number, 'alive@1.0'))
    solo.hear(3, record(2, 'suspect@1.0'))
    solo.run(3000)
    solo.hear(3, record(2, 'alive@1.1'))
    const events = solo.run(60_000).flatMap((effects) => effects.events)
    expect.equal(events.map(({ kind, record: { incarnation } }) => `${kind} ${incarnation}`), ['recovered 1'])
  })
})

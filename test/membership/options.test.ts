import { Prng, toGeneration } from '../../src/base/index.js'
import { Membership, defaultMembershipOptions, membershipOptionProblems } from '../../src/membership/index.js'
import { confirmationsWanted, nackDelayMs, retransmitLimit, suspicionMsMin, syncIntervalMsOf } from '../../src/membership/options.js'
import { LocalHealth } from '../../src/membership/local-health.js'
import { suite, expect } from '../harness.js'
import { record, signaturesOf } from './records.js'

const defaults = defaultMembershipOptions

suite('membership: options', ({ test }) => {
  test('the defaults have no problems', () => {
    expect.equal(membershipOptionProblems(defaults), [])
    expect.is(nackDelayMs(defaults), 400)
  })

  test('[M15] given a configuration whose nacks would come after the interval, when a core is made of it, then it is refused', () => {
    expect.match(membershipOptionProblems({ ...defaults, probeIntervalMs: 990 }).join(), /probeIntervalMs must exceed 990/)
    expect.equal(membershipOptionProblems({ ...defaults, probeIntervalMs: 991 }), [])
    expect.is(membershipOptionProblems({ ...defaults, probeTimeoutMs: 600 }).length, 1)
    const { peer, name, multiaddrs, http } = record(1, 'alive@1.0')
    expect.throws(() => new Membership({ peer, name, multiaddrs, http, generation: toGeneration(1) }, { ...defaults, probeIntervalMs: 900 }, new Prng(1), 0, signaturesOf(1)), /probeIntervalMs/)
  })

  test('every other broken relation and range is named, all together', () => {
    const problems = membershipOptionProblems({
      ...defaults, gossipIntervalMs: 2000, syncIntervalMs: 500, reconnectIntervalMs: 999, deadRememberedMs: 4999, leftRememberedMs: 4999,
      updatesPerMessageMax: 33, membersMax: 0, indirectProbes: 1.5, gossipFanout: Number.NaN, localHealthMax: -1
    })
    for (const name of ['gossipIntervalMs', 'syncIntervalMs', 'reconnectIntervalMs', 'deadRememberedMs', 'leftRememberedMs', 'updatesPerMessageMax', 'membersMax', 'indirectProbes', 'gossipFanout', 'localHealthMax']) {
      expect.ok(problems.some((problem) => problem.startsWith(name)), name)
    }
    expect.is(problems.length, 10)
  })

  test('the formulas give memberlist\'s table', () => {
    const rows = [9, 10, 100, 128, 1000].map((count) =>
      [count, suspicionMsMin(defaults, count), retransmitLimit(defaults, count), syncIntervalMsOf(defaults, count) / 1000])
    expect.equal(rows, [[9, 4000, 4, 30], [10, 4000, 8, 30], [100, 8000, 12, 90], [128, 8429, 12, 90], [1000, 12_000, 16, 180]])
    expect.equal([32, 33, 64, 65].map((count) => syncIntervalMsOf(defaults, count) / 1000), [30, 60, 60, 90])
    expect.equal([1, 2, 3, 4, 5].map((count) => confirmationsWanted(defaults, count)), [0, 0, 0, 2, 2])
  })

  test('local health moves between 0 and its maximum and stretches time', () => {
    const health = new LocalHealth(2)
    health.improve()
    expect.is(health.score, 0)
    for (let i = 0; i < 5; i++) health.worsen()
    expect.equal([health.score, health.scale(1000)], [2, 3000])
    health.improve()
    expect.equal([health.score, health.scale(1000)], [1, 2000])
    const off = new LocalHealth(0)
    off.worsen()
    expect.is(off.scale(1000), 1000)
  })
})

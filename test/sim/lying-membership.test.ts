import { lyingScenario } from '../../sim/nemesis/index.js'
import { describeFrame } from '../../sim/observe/index.js'
import { runScenario } from '../../sim/run/index.js'
import { readScenario } from '../../sim/scenario/index.js'
import { expect, suite } from '../harness.js'

const SEEDS = 8

suite('a membership layer that lies', ({ test }) => {
  test(`[M25] views never decide mastership: five voters, any subset told dead or alive at any time, pauses and cuts, ${SEEDS} seeds`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violations, faults, acknowledged } = await runScenario(lyingScenario(`M25 ${seed}`, { durationUs: 5_000_000 }), { seed: `M25 ${seed}` })
      // at most one master per term, quorums of the map's voters, no acknowledged write lost, linearizable: all of it is looked at
      expect.equal(violations, [], `seed M25 ${seed}`)
      expect.ok((faults.get('rumour') ?? 0) > 40, `seed M25 ${seed} lied ${faults.get('rumour')} times`)
      expect.ok(acknowledged > 0, `seed M25 ${seed}`)
    }
  }, { limitMs: 110_000 })

  test('a master that all others are told is gone goes on mastering', async () => {
    const lies = Array.from({ length: 20 }, (_, i) => [2, 3, 4, 5].map((to) => `  - {at: ${i * 200}ms, rumour: {from: node${to === 2 ? 3 : 2}, to: node${to}, about: master of 0, says: left}}\n`).join('')).join('')
    const read = readScenario(`nodes: 5\nclients: 100/s\nduration: 6s\nexpect: {master-changes-max: 0}\nsteps:\n${lies}`, 'lies.yaml')
    if ('problems' in read) throw new Error(JSON.stringify(read.problems))
    let passedOn = 0
    const { violations, faults } = await runScenario(read.scenario, {
      seed: 'dead by hearsay',
      sink: { fact () {}, sent (_atUs, _from, _to, channel, payload) { if (channel === 'membership' && describeFrame(channel, payload).includes('node1 left')) passedOn++ }, delivered () {}, fault () {}, operation () {}, violation () {} }
    })
    expect.equal(violations, [])
    expect.is(faults.get('rumour'), 80)
    expect.ok(passedOn > 20, `the lie is believed: it is passed on ${passedOn} times`)
  })
})

import { EffectCollector, eventsOfChange } from '../../src/membership/effects.js'
import { suite, expect } from '../harness.js'
import { Solo, addressOf, peerOf, record } from './records.js'

suite('membership: effects', ({ test }) => {
  test('subscribers are told every step, also those in between', () => {
    const table = [
      [undefined, 'alive@1.0', 'joined'],
      [undefined, 'suspect@1.0', 'joined suspected'],
      ['alive@1.0', 'alive@1.1', ''],
      ['alive@1.0', 'suspect@1.0', 'suspected'],
      ['alive@1.0', 'dead@1.0', 'died'],
      ['alive@1.0', 'left@1.0', 'left'],
      ['suspect@1.0', 'suspect@1.1', ''],
      ['suspect@1.0', 'alive@1.1', 'recovered'],
      ['suspect@1.0', 'dead@1.0', 'died'],
      ['suspect@1.0', 'left@1.0', 'left'],
      ['dead@1.0', 'dead@1.1', ''],
      ['dead@1.0', 'alive@1.1', 'recovered'],
      ['dead@1.0', 'suspect@1.1', 'recovered suspected'],
      ['dead@1.0', 'left@1.0', 'left'],
      ['left@1.0', 'alive@1.1', 'recovered'],
      ['left@1.0', 'suspect@1.1', 'recovered suspected'],
      ['left@1.0', 'dead@1.1', 'died'],
      ['alive@1.0', 'alive@2.0', 'restarted'],
      ['suspect@1.0', 'suspect@2.0', 'restarted suspected'],
      ['dead@1.0', 'alive@2.0', 'restarted'],
      ['left@1.0', 'suspect@2.0', 'restarted suspected'],
      ['alive@1.0', 'dead@2.0', 'died'],
      ['left@1.0', 'left@2.0', '']
    ] as const
    for (const [before, now, told] of table) {
      expect.is(eventsOfChange(before === undefined ? undefined : record(2, before), record(2, now)).join(' '), told, `${before} to ${now}`)
    }
  })

  test('new addresses, a new name or a new HTTP address are a change', () => {
    const before = record(2, 'alive@1.0')
    for (const change of [{ multiaddrs: [] }, { multiaddrs: [addressOf(3)] }, { http: '' }, { name: record(3, 'alive@1.0').name }]) {
      expect.equal(eventsOfChange(before, record(2, 'alive@1.1', change)), ['changed'])
    }
  })

  test('of what is remembered and forgotten in one turn the last counts; the first conflict is kept', () => {
    const effects = new EffectCollector()
    effects.remember(record(2, 'alive@1.0'))
    effects.remember(record(2, 'dead@1.0'))
    effects.remember(record(3, 'suspect@1.0'))
    effects.forget(peerOf(3))
    effects.forget(peerOf(4))
    effects.remember(record(4, 'suspect@1.0'))
    effects.conflict({ kind: 'later-generation', record: record(1, 'alive@2.0'), from: peerOf(2) })
    effects.conflict({ kind: 'same-generation', record: record(1, 'alive@1.9'), from: peerOf(3) })
    const taken = effects.take()
    expect.equal(taken.remember, [record(2, 'dead@1.0'), record(4, 'alive@1.0')], 'a doubt is not remembered')
    expect.equal(taken.forget, [peerOf(3)])
    expect.is(taken.conflict?.kind, 'later-generation')
    expect.equal(effects.take(), { sends: [], events: [], heard: [], remember: [], forget: [], conflict: undefined })
  })

  test('suspecting and refuting write nothing to disk but the new incarnation', () => {
    const solo = new Solo(1)
    for (const number of [2, 3]) solo.hear(number, record(number, 'alive@1.0'))
    solo.core.takeEffects()
    solo.hear(3, record(2, 'suspect@1.0'))
    expect.equal(solo.core.takeEffects().remember, [])
    solo.hear(2, record(2, 'alive@1.1'))
    expect.equal(solo.core.takeEffects().remember, [record(2, 'alive@1.1')])
  })
})

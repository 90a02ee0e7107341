import { suite, expect } from '../harness.js'
import { asHearsay, combine, compareStatements, isLeap } from '../../src/membership/precedence.js'
import { INCARNATION_LEAP_MAX } from '../../src/membership/limits.js'
import type { MemberRecord } from '../../protocols/membership/index.js'
import { Solo, addressOf, record, statementOf } from './records.js'

const HEALTHS = ['alive', 'suspect', 'dead', 'left'] as const
const statements: MemberRecord[] = []
for (const generation of [1, 2, 3]) {
  for (const incarnation of [0, 1, 2]) {
    for (const health of HEALTHS) statements.push(record(2, `${health}@${generation}.${incarnation}`))
  }
}
const ORDERS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] as const

const apply = (stored: MemberRecord, incoming: MemberRecord): MemberRecord =>
  compareStatements(incoming, stored) > 0 ? combine(stored, incoming) : stored

suite('membership: precedence', ({ test }) => {
  test('[M8] given any three statements in three generations, when they are applied in every order, then the end is the same and the incarnation never decreases', () => {
    const start = record(2, 'alive@1.0')
    for (const a of statements) {
      for (const b of statements) {
        for (const c of statements) {
          const three = [a, b, c]
          let outcome: string | undefined
          for (const order of ORDERS) {
            let stored = start
            for (const position of order) {
              const next = apply(stored, three[position] as MemberRecord)
              const grows = next.generation > stored.generation || (next.generation === stored.generation && next.incarnation >= stored.incarnation)
              if (!grows) throw new Error(`${statementOf(stored)} went back to ${statementOf(next)}`)
              stored = next
            }
            outcome ??= statementOf(stored)
            if (statementOf(stored) !== outcome) throw new Error(`${three.map(statementOf).join(', ')} in order ${order.join()}: ${statementOf(stored)}, not ${outcome}`)
          }
        }
      }
    }
  })

  test('[M8] given every pair of statements, when they are compared, then SWIM\'s rules hold', () => {
    const beats = (a: string, b: string): boolean => compareStatements(record(2, a), record(2, b)) > 0
    for (const [i, j] of [[0, 0], [0, 1], [1, 0], [1, 1], [2, 1], [1, 2]] as const) {
      expect.is(beats(`alive@1.${i}`, `alive@1.${j}`), i > j)
      expect.is(beats(`alive@1.${i}`, `suspect@1.${j}`), i > j)
      expect.is(beats(`suspect@1.${i}`, `suspect@1.${j}`), i > j)
      expect.is(beats(`suspect@1.${i}`, `alive@1.${j}`), i >= j)
      expect.is(beats(`dead@1.${i}`, `alive@1.${j}`), i >= j)
      expect.is(beats(`dead@1.${i}`, `suspect@1.${j}`), i >= j)
      expect.is(beats(`left@1.${i}`, `dead@1.${j}`), i >= j)
      expect.is(beats(`alive@1.${i}`, `dead@1.${j}`), i > j)
      expect.is(beats(`alive@1.${i}`, `left@1.${j}`), i > j)
      expect.ok(beats(`alive@2.${i}`, `left@1.${j}`), 'a higher generation beats everything')
    }
  })

  test('[M8] given any two statements, when a core hears them in either order, then it ends in the greatest once a death has stood its trial', () => {
    for (const a of statements) {
      for (const b of statements) {
        const greatest = [record(2, 'alive@1.0'), a, b].reduce(apply)
        for (const two of [[a, b], [b, a]] as const) {
          const solo = new Solo(1)
          for (const number of [2, 3, 4, 5]) solo.hear(number, record(number, 'alive@1.0')) // enough that a suspicion lasts
          solo.hear(3, two[0])
          solo.bury(3, two[1])
          expect.is(solo.stateOf(2), statementOf(greatest), `${statementOf(two[0])} then ${statementOf(two[1])}`)
        }
      }
    }
  })

  test('[M9] [defect memberlist #197] given dead at 1.1 and then at 1.10, when a delayed alive at 1.2 arrives, then it stays dead, and alive at 1.11 revives it', () => {
    const solo = new Solo(1)
    solo.bury(3, record(2, 'alive@1.0'), record(2, 'dead@1.1'))
    expect.is(solo.stateOf(2), 'dead@1.1')
    solo.hear(3, record(2, 'dead@1.10'))
    expect.is(solo.stateOf(2), 'dead@1.10')
    solo.hear(4, record(2, 'alive@1.2'))
    solo.sync(4, record(2, 'alive@1.10'))
    expect.is(solo.stateOf(2), 'dead@1.10')
    solo.hear(4, record(2, 'alive@1.11'))
    expect.is(solo.stateOf(2), 'alive@1.11')
  })

  test('a death in a full sync is only a suspicion of a member believed present', () => {
    expect.is(statementOf(asHearsay(record(2, 'dead@1.3'), 'alive')), 'suspect@1.3')
    expect.is(statementOf(asHearsay(record(2, 'dead@1.3'), 'suspect')), 'suspect@1.3')
    expect.is(statementOf(asHearsay(record(2, 'dead@1.3'), 'dead')), 'dead@1.3', 'so that the stored incarnation advances')
    expect.is(statementOf(asHearsay(record(2, 'left@1.3'), 'alive')), 'left@1.3')
    const solo = new Solo(1)
    solo.sync(3, record(2, 'alive@1.0'))
    solo.sync(3, record(2, 'dead@1.0'))
    expect.is(solo.stateOf(2), 'suspect@1.0')
  })

  test('an accusation cannot change what its subject announced', () => {
    const solo = new Solo(1)
    solo.hear(2, record(2, 'alive@1.4'))
    solo.bury(3, record(2, 'dead@1.4', { multiaddrs: [addressOf(99)], http: 'http://elsewhere:1' }))
    const { health, multiaddrs, http } = solo.core.members()[1]!.record
    expect.equal({ health, multiaddrs, http }, { health: 'dead', multiaddrs: [addressOf(2)], http: 'http://10.0.0.2:8080' })
  })

  test('[defect memberlist #359] nobody believes a leap that no member makes, and everything up to it', () => {
    expect.not(isLeap(record(2, `alive@1.${INCARNATION_LEAP_MAX}`), undefined))
    expect.ok(isLeap(record(2, `alive@1.${INCARNATION_LEAP_MAX + 1}`), undefined))
    expect.not(isLeap(record(2, `dead@1.${INCARNATION_LEAP_MAX + 5}`), record(2, 'alive@1.5')))
    expect.ok(isLeap(record(2, `dead@1.${INCARNATION_LEAP_MAX + 6}`), record(2, 'alive@1.5')))
    expect.ok(isLeap(record(2, `dead@2.${INCARNATION_LEAP_MAX + 1}`), record(2, 'alive@1.5')), 'a new generation starts at 0')
    expect.ok(isLeap(record(2, `alive@${2 ** 40}.0`), record(2, 'alive@1.5')))
  })
})

import fc from 'fast-check'
import { balance } from '../../src/placement/index.js'
import { expect, suite } from '../harness.js'
import {
  anyCase, bestByTryingAll, canBeCheaper, copiesOf, firstChangeCount, firstPlaces, leastFirstChanges, leastMoved, loads, membersUpTo, movedCount, spread
} from './placements.js'
import type { Case, Placement } from './placements.js'

const any = anyCase({ partitionsMax: 40, membersMax: 12 })
const alone = (partitionCount: number): number[][] => Array.from({ length: partitionCount }, () => [1])

/** `step` at every member count from 2 to 16 and back to 1, with who was there before and who is. */
function comeAndGo (partitionCount: number, step: (input: Case, to: Placement) => void): void {
  let partitions: Placement = balance({ partitions: alone(partitionCount), members: [1], replicaCount: 3 })
  const go = (members: readonly number[]): void => {
    const input = { partitions, members, replicaCount: 3 }
    partitions = balance(input)
    step(input, partitions)
  }
  for (let count = 2; count <= 16; count++) go(membersUpTo(count))
  for (let gone = 1; gone < 16; gone++) go(membersUpTo(16).slice(gone)) // the eldest first
}

suite('an optimal balance', ({ test }) => {
  test('gives every partition its copies, on different members that are there', () => {
    fc.assert(fc.property(any, (input) => {
      const placement = balance(input)
      expect.is(placement.length, input.partitions.length)
      for (const set of placement) {
        expect.is(new Set(set).size, copiesOf(input))
        expect.is(set.length, copiesOf(input))
        expect.ok(set.every((member) => input.members.includes(member)))
      }
    }), { numRuns: 2000 })
  })

  test('gives no two members numbers of replicas or of first places that differ by more than one', () => {
    fc.assert(fc.property(any, (input) => {
      const placement = balance(input)
      expect.ok(spread(loads(input.members, placement)) <= 1, 'replicas')
      expect.ok(spread(firstPlaces(input.members, placement)) <= 1, 'first places')
    }), { numRuns: 2000 })
  })

  test('changes nothing where all is balanced', () => {
    fc.assert(fc.property(any, (input) => {
      const placement = balance(input)
      expect.equal(balance({ ...input, partitions: placement }), placement)
    }), { numRuns: 1000 })
  })

  test('changes the order of a set in its first place only, and adds replicas behind', () => {
    fc.assert(fc.property(any, (input) => {
      balance(input).forEach((to, partition) => {
        const from = input.partitions[partition] ?? []
        const stayed = from.filter((member) => to.includes(member))
        const natural = [...stayed, ...to.filter((member) => !from.includes(member)).sort((a, b) => a - b)]
        expect.equal(to, [to[0], ...natural.filter((member) => member !== to[0])])
      })
    }), { numRuns: 1000 })
  })

  test('moves no replica more than it must', () => {
    fc.assert(fc.property(any, (input) => {
      const given = balance(input)
      expect.not(canBeCheaper({ members: input.members, given, allowed: given.map(() => input.members), free: input.partitions }))
      expect.ok(movedCount(input.partitions, given) >= leastMoved(input), 'the lower bound is none')
    }), { numRuns: 500 })
  })

  test('changes no first place more than the sets that it chose ask for', () => {
    fc.assert(fc.property(any, (input) => {
      const sets = balance(input)
      const free = input.partitions.map((set) => set.slice(0, 1))
      expect.not(canBeCheaper({ members: input.members, given: sets.map((set) => set.slice(0, 1)), allowed: sets, free }))
    }), { numRuns: 500 })
  })

  test('agrees with trying all placements: in replicas moved always, in first places changed nearly always', () => {
    let [seen, worse] = [0, 0]
    fc.assert(fc.property(anyCase({ partitionsMax: 4, membersMax: 4 }), (input) => {
      const placement = balance(input)
      const best = bestByTryingAll(input)
      expect.is(movedCount(input.partitions, placement), best.moved)
      const surplus = firstChangeCount(input.partitions, placement) - best.firstChanges
      expect.ok(surplus >= 0, 'trying all found no better than the best')
      seen++
      worse += surplus
    }), { numRuns: 600 })
    expect.ok(worse <= seen / 40, `${worse} first places too many in ${seen} placements`)
  })

  for (const partitionCount of [1, 2, 16, 64, 1024]) {
    test(`of ${partitionCount} partitions stays even, and moves the least there is, as members come to 16 one by one and go`, () => {
      comeAndGo(partitionCount, (input, to) => {
        const what = `${partitionCount} partitions on ${input.members.length} members`
        expect.ok(spread(loads(input.members, to)) <= 1, what)
        expect.ok(spread(firstPlaces(input.members, to)) <= 1, what)
        expect.is(movedCount(input.partitions, to), leastMoved(input), what)
        expect.is(firstChangeCount(input.partitions, to), leastFirstChanges(input), `first places, ${what}`)
      })
    })
  }

  test('does not depend on what members are, nor changes what it is given', () => {
    const partitions = Object.freeze([Object.freeze([1]), Object.freeze([3, 2]), Object.freeze([])])
    const numbers = balance({ partitions, members: [1, 2, 3], replicaCount: 2 })
    const names = balance({ partitions: partitions.map((set) => set.map((member) => `m${member}`)), members: ['m1', 'm2', 'm3'], replicaCount: 2 })
    expect.equal(names, numbers.map((set) => set.map((member) => `m${member}`)))
  })

  test('takes away copies that are too many, not the first', () => {
    expect.equal(balance({ partitions: [[1, 2, 3], [2, 3, 1], [3, 1, 2]], members: [1, 2, 3], replicaCount: 1 }), [[1], [2], [3]])
  })

  test('only repairs while a member can be given nothing', () => {
    fc.assert(fc.property(any, fc.nat(), (input, draw) => {
      const away = input.members[draw % input.members.length]
      const receivers = input.members.filter((member) => member !== away)
      balance({ ...input, receivers }).forEach((to, partition) => {
        const living = input.partitions[partition]?.filter((member) => input.members.includes(member)) ?? []
        const added = to.filter((member) => !living.includes(member))
        expect.equal(to, [...living.filter((member) => to.includes(member)), ...added], 'the order')
        if (living.length > 0) expect.is(to[0], living[0])
        expect.ok(added.every((member) => receivers.includes(member)))
        const able = receivers.filter((member) => !living.includes(member)).length
        expect.is(to.length, Math.min(copiesOf(input), living.length + able))
        expect.is(added.length, Math.max(0, to.length - living.length))
      })
    }), { numRuns: 500 })
  })

  test('has nothing to do for no partitions', () => {
    expect.equal(balance({ partitions: [], members: [1], replicaCount: 3 }), [])
  })

  test('without members, without copies and with one member twice is a bug of the caller', () => {
    expect.throws(() => balance({ partitions: [[1]], members: [], replicaCount: 1 }), /somebody/)
    expect.throws(() => balance({ partitions: [[1]], members: [1], replicaCount: 0 }), /somebody/)
    expect.throws(() => balance({ partitions: [[1]], members: [1, 1], replicaCount: 1 }), /named once/)
    expect.throws(() => balance({ partitions: [[1, 1]], members: [1], replicaCount: 1 }), /names a member once/)
  })

  test('places 1024 partitions on 3 and on 512 members in little time', () => {
    for (const [memberCount, limitMs] of [[3, 10], [512, 100]] as const) {
      const input = { partitions: alone(1024), members: membersUpTo(memberCount), replicaCount: 3 }
      const timesMs = Array.from({ length: 15 }, () => {
        const startMs = performance.now()
        balance(input)
        return performance.now() - startMs
      })
      expect.ok(Math.min(...timesMs) < limitMs, `${memberCount} members took ${Math.min(...timesMs).toFixed(1)} ms at best`)
    }
  })
})

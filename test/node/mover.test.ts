import { toLogIndex, toMemberId } from '../../src/base/index.js'
import type { MemberId } from '../../src/base/index.js'
import { nextStep } from '../../src/node/mover.js'
import type { MoverFollower } from '../../src/node/mover.js'
import { expect, suite } from '../harness.js'

const ids = (...numbers: number[]): MemberId[] => numbers.map(toMemberId)

interface Sketch { readonly voters: number[], readonly learners?: number[], readonly wish: number[], readonly gone?: number[], readonly behind?: number[] }

/** The step of member 1, who masters. */
function step ({ voters, learners = [], wish, gone = [], behind = [] }: Sketch): string {
  const followers = [...voters, ...learners].filter((number) => number !== 1).map((number): MoverFollower =>
    ({ member: toMemberId(number), isThere: !gone.includes(number), isCaughtUp: !gone.includes(number) && !behind.includes(number) }))
  const found = nextStep({ self: toMemberId(1), configuration: { index: toLogIndex(1), voters: ids(...voters), learners: ids(...learners) } as never, followers, wish: ids(...wish) })
  return found === undefined ? 'nothing' : found.kind === 'hand-over' ? `hand-over ${found.to}` : `${found.kind} ${found.member}`
}

suite('one safe step towards the wished replicas', ({ test }) => {
  for (const [what, sketch, expected] of [
    ['nothing where they are there', { voters: [1, 2, 3], wish: [3, 1, 2] }, 'nothing'],
    ['a newcomer learns first', { voters: [1], wish: [1, 2, 3] }, 'add-learner 2'],
    ['the next newcomer learns beside it', { voters: [1], learners: [2], wish: [1, 2, 3], behind: [2] }, 'add-learner 3'],
    ['whoever has caught up votes, before anybody else learns', { voters: [1], learners: [2], wish: [1, 2, 3] }, 'promote 2'],
    ['whoever has not is waited for', { voters: [1, 2], learners: [3], wish: [1, 2, 3], behind: [3] }, 'nothing'],
    ['a learner that does not answer does not vote', { voters: [1, 2], learners: [3], wish: [1, 2, 3], gone: [3] }, 'nothing'],
    ['a learner that is not wished any more goes', { voters: [1, 2, 3], learners: [4], wish: [1, 2, 3] }, 'remove 4'],
    ['nobody goes before all that are wished vote', { voters: [1, 2, 3], learners: [4], wish: [1, 2, 4], behind: [4] }, 'nothing'],
    ['then who is gone goes first', { voters: [1, 2, 3, 4, 5], wish: [1, 4, 5], gone: [3] }, 'remove 3'],
    ['nobody goes where those that stay would be no quorum', { voters: [1, 2, 3], wish: [1, 2], gone: [2] }, 'nothing'],
    ['a gone one goes where they are', { voters: [1, 2, 3], wish: [1, 2], gone: [3] }, 'remove 3'],
    ['a master that is not wished hands over, last of all', { voters: [1, 2, 3, 4], wish: [2, 3, 4] }, 'hand-over 2'],
    ['to somebody who has caught up', { voters: [1, 2, 3, 4], wish: [2, 3, 4], behind: [2] }, 'hand-over 3'],
    ['other leavers before it', { voters: [1, 2, 3, 4, 5], wish: [2, 3, 4] }, 'remove 5'],
    ['a set that moves as a whole learns first as well', { voters: [1], wish: [2] }, 'add-learner 2']
  ] as ReadonlyArray<readonly [string, Sketch, string]>) {
    test(what, () => { expect.is(step(sketch), expected) })
  }

  test('from any set to any other, with everybody there: ends, keeps a quorum of the old or the new at every step', () => {
    for (const wish of [[1], [2], [1, 2, 3], [4, 5, 6], [2, 3, 4, 5, 6], [6, 1]]) {
      for (const from of [[1], [1, 2], [1, 2, 3], [1, 3, 5, 6]]) {
        let voters = [...from]
        let learners: number[] = []
        for (let steps = 0; ; steps++) {
          const taken = step({ voters, learners, wish })
          if (taken === 'nothing' || taken.startsWith('hand-over')) break
          const [kind, number] = [taken.split(' ')[0], Number(taken.split(' ')[1])]
          if (kind === 'add-learner') learners = [...learners, number]
          else if (kind === 'promote') [voters, learners] = [[...voters, number], learners.filter((each) => each !== number)]
          else [voters, learners] = [voters.filter((each) => each !== number), learners.filter((each) => each !== number)]
          expect.ok(wish.every((each) => voters.includes(each)) || from.every((each) => voters.includes(each)), `${from.join()} to ${wish.join()}: ${voters.join()}`)
          if (steps > 50) throw new Error(`${from.join()} to ${wish.join()} never ends`)
        }
        expect.equal(voters.filter((each) => each !== 1 || wish.includes(1)).sort((a, b) => a - b), [...wish].sort((a, b) => a - b), `${from.join()} to ${wish.join()}`)
      }
    }
  })
})

import { lines } from '../mutant.js'
import type { Mutant } from '../mutant.js'

export const membershipMutants: readonly Mutant[] = [
  {
    id: 'suspicion-never-refuted',
    area: 'membership',
    about: 'A node that hears that it is suspected does not deny it, and is dead to the others for ever.',
    breaks: 'after healing everybody knows that everybody lives',
    file: 'src/membership/beliefs.ts',
    find: 'this.own.refute(statement)',
    replace: '',
    seedsMax: 100,
    liveness: true
  },
  {
    id: 'incarnation-not-compared',
    area: 'membership',
    about: 'A denial does not outweigh the suspicion it answers.',
    breaks: 'after healing everybody knows that everybody lives',
    file: 'src/membership/precedence.ts',
    find: 'return a.generation - b.generation || a.incarnation - b.incarnation || ',
    replace: 'return a.generation - b.generation || ',
    seedsMax: 100,
    liveness: true
  },
  {
    id: 'dead-never-knocked-at-again',
    area: 'membership',
    about: 'Who was declared dead is neither asked again nor greeted when it comes back.',
    breaks: 'after healing everybody knows that everybody lives',
    file: 'src/membership/reunion.ts',
    find: lines('this.#knockAmong(list.absent().map(({ record }) => record.peer))', '    this.#knockAmong(book.peers())'),
    replace: 'if (list.presentCount < 0) this.#knockAmong(book.peers())',
    more: [{
      file: 'src/membership/reunion.ts',
      find: 'if (this.#beliefs.list.isPresent(peer) || this.#greetings.has(peer)) return',
      replace: 'if (this.#beliefs.list.get(peer) !== undefined || this.#greetings.has(peer)) return'
    }],
    scenario: 'disruptive-server',
    seedsMax: 200,
    liveness: true
  },
  {
    id: 'answers-to-probes-ignored',
    area: 'membership',
    about: 'Answers to health questions do not count: everybody is suspected all the time.',
    breaks: 'nobody who answers is declared dead',
    file: 'src/membership/detector.ts',
    find: lines('this.#probes.delete(sequence)', '    this.#health.improve()'),
    replace: 'this.#health.improve()',
    seedsMax: 100,
    liveness: true
  },
  {
    id: 'generation-not-compared',
    area: 'membership',
    about: 'A process that starts again does not outweigh the death of the one before it.',
    breaks: 'after healing everybody knows that everybody lives',
    file: 'src/membership/precedence.ts',
    find: 'return a.generation - b.generation || a.incarnation - b.incarnation || ',
    replace: 'return a.incarnation - b.incarnation || ',
    seedsMax: 100,
    liveness: true
  }
]

import { lines } from '../mutant.js'
import type { Mutant } from '../mutant.js'

export const commitMutants: readonly Mutant[] = [
  {
    id: 'commit-of-earlier-term-entry-by-counting',
    area: 'commit',
    about: 'An entry of an earlier term is committed as soon as a majority has it (Raft paper, figure 8).',
    breaks: 'what is committed stays',
    file: 'src/replication/leadership.ts',
    find: 'if (index <= commitIndex || log.termAt(index) !== term) return',
    replace: 'if (index <= commitIndex || log.termAt(index) === undefined) return',
    scenario: 'figure-8',
    seedsMax: 3000
  },
  {
    id: 'commit-beyond-the-matched-prefix',
    area: 'commit',
    about: 'A slave takes the master\'s commit index for its own log beyond what it knows to agree.',
    breaks: 'one committed entry per index, ever',
    file: 'src/replication/accept-append.ts',
    find: 'Math.min(message.commitIndex, matchedIndex)',
    replace: 'Math.min(message.commitIndex, log.lastIndex)',
    seedsMax: 300
  },
  {
    id: 'minority-commits',
    area: 'commit',
    about: 'What any single replica has on its disk counts as committed.',
    breaks: 'what is committed is durable on a majority',
    file: 'src/replication/leadership.ts',
    find: 'const index = toLogIndex(voters.agreed(this.#matchOf))',
    replace: 'const index = toLogIndex(Math.max(...voters.members.map(this.#matchOf)))',
    seedsMax: 50
  },
  {
    id: 'acknowledges-before-commit',
    area: 'commit',
    about: 'A set is acknowledged when it enters the master\'s log.',
    breaks: 'an acknowledged write survives',
    file: 'src/node/partition-desk.ts',
    find: 'for (const work of taken) this.#remember(work)',
    replace: lines(
      'for (const work of taken) {',
      "        if (work.operation.op === 'set') work.settle({ kind: 'result', result: { kind: 'set', revision: this.machine.revision } })",
      '        else this.#remember(work)',
      '      }'
    ),
    seedsMax: 50
  },
  {
    id: 'acknowledges-another-terms-entry',
    area: 'commit',
    about: 'Whoever waits for an entry is answered with whatever is applied in its place, a later master\'s entry included.',
    breaks: 'an acknowledged write takes effect',
    file: 'src/node/partition-desk.ts',
    find: lines(
      'const work = proposed?.get(result.sequence)',
      '    if (proposed === undefined || work === undefined || work.generation !== result.generation) return',
      '    proposed.delete(result.sequence)',
      '    if (proposed.size === 0) this.#proposed.delete(result.peer)'
    ),
    replace: lines(
      'const waiting = [...this.#proposed.values()].flatMap((works) => [...works.values()])',
      '    const work = proposed?.get(result.sequence) ?? waiting.find((each) => each.operation.op === result.result.kind)',
      '    if (work === undefined) return',
      '    const works = this.#proposed.get(work.peer)',
      '    works?.delete(work.sequence)',
      '    if (works?.size === 0) this.#proposed.delete(work.peer)'
    ),
    more: [{
      file: 'src/node/partition-desk.ts',
      find: lines('const proposed = [...this.#proposed.values()]', '    this.#proposed.clear()'),
      replace: 'const proposed = this.#replica?.failure === undefined ? [] : [...this.#proposed.values()]'
    }],
    seedsMax: 300
  },
  {
    id: 'commit-index-not-spread',
    area: 'commit',
    about: 'A master never tells its slaves what is committed: they apply nothing, and a new master applies what it finds.',
    breaks: 'replicas converge, and slaves answer reads',
    file: 'src/replication/append-sender.ts',
    find: "outbox.sendNow(progress.member, { kind: 'append', partition, term, prevIndex, prevTerm, commitIndex, round, entries })",
    replace: "outbox.sendNow(progress.member, { kind: 'append', partition, term, prevIndex, prevTerm, commitIndex: toLogIndex(0), round, entries })",
    seedsMax: 20,
    liveness: true
  }
]

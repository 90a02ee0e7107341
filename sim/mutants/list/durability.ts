import { lines } from '../mutant.js'
import type { Mutant } from '../mutant.js'

export const durabilityMutants: readonly Mutant[] = [
  {
    id: 'vote-not-durable',
    area: 'durability',
    about: 'The vote is not in the record that is stored: a voter that restarts has not voted.',
    breaks: 'one vote per voter and term, across restarts',
    file: 'src/replication/replica-state.ts',
    find: 'return { term: this.#term, vote: this.#vote, commitIndex: this.#commitIndex }',
    replace: 'return { term: this.#term, vote: 0, commitIndex: this.#commitIndex }',
    scenario: 'vote-durability',
    seedsMax: 200
  },
  {
    id: 'term-not-durable',
    area: 'durability',
    about: 'A new term is stored only with a vote or a commit: a voter that restarts goes back to an older term.',
    breaks: 'a node\'s term never decreases',
    file: 'src/replication/replica-state.ts',
    find: lines('this.#vote = 0', '    this.durability.voteChanged()'),
    replace: 'this.#vote = 0',
    scenario: 'term-durability',
    seedsMax: 200
  },
  {
    id: 'last-3-log-entries-lost-on-crash',
    area: 'durability',
    about: 'A restart does not see the last three entries that were not known to be committed.',
    breaks: 'an acknowledged write survives',
    file: 'src/node/boot.ts',
    find: 'logStart: { index, term }, entries, appliedIndex',
    replace: 'logStart: { index, term }, entries: entries.slice(0, Math.max(0, this.hardState.commitIndex - index, entries.length - 3)), appliedIndex',
    seedsMax: 100
  },
  {
    id: 'vote-sent-before-flush',
    area: 'durability',
    about: 'A granted vote leaves before it is on the disk.',
    breaks: 'a granted vote is durable before it is sent',
    file: 'src/replication/roles.ts',
    find: "outbox.sendAfter(from, { kind: 'vote-reply', partition, term, preVote, granted })",
    replace: "outbox.sendNow(from, { kind: 'vote-reply', partition, term, preVote, granted })",
    scenario: 'vote-durability',
    seedsMax: 100
  },
  {
    id: 'candidate-asks-before-its-vote-is-durable',
    area: 'durability',
    about: 'A candidate asks for votes in a term that is not on its own disk.',
    breaks: 'a term is durable before anything is said in it',
    file: 'src/replication/candidacy.ts',
    find: 'outbox.sendAfter(member, {',
    replace: 'outbox.sendNow(member, {',
    seedsMax: 100
  },
  {
    id: 'append-acknowledged-before-flush',
    area: 'durability',
    about: 'A slave acknowledges an append at once.',
    breaks: 'an acknowledged entry is durable',
    file: 'src/replication/following.ts',
    find: 'if (this.#matchedIndex <= durableIndex) {',
    replace: 'if (this.#matchedIndex <= durableIndex || log.lastIndex > durableIndex) {',
    scenario: 'append-durability',
    seedsMax: 50
  },
  {
    id: 'early-echo-acknowledges-what-is-not-flushed',
    area: 'durability',
    about: 'The early answer that keeps reads from waiting for the disk also acknowledges what the disk does not have yet.',
    breaks: 'an acknowledged entry is durable',
    file: 'src/replication/following.ts',
    find: 'if (isEchoed) this.#answer(true, true, durableIndex, toTerm(0))',
    replace: 'if (isEchoed) this.#answer(true, true, this.#matchedIndex, toTerm(0))',
    scenario: 'append-durability',
    seedsMax: 50
  },
  {
    id: 'leader-counts-its-unflushed-log',
    area: 'durability',
    about: 'A master counts itself among those who have an entry before its own disk has it.',
    breaks: 'what is committed is durable on a majority',
    file: 'src/replication/leadership.ts',
    find: '?? this.#state.durability.durableIndex',
    replace: '?? this.#state.log.lastIndex',
    seedsMax: 100
  },
  {
    id: 'nothing-waits-for-the-disk',
    area: 'durability',
    about: 'Votes, acknowledgements and requests leave while what they rest on is on its way to the disk.',
    breaks: 'what is said is durable',
    file: 'src/replication/replica-state.ts',
    find: 'const waits = outbox.after.length > 0 && !durability.isIdle',
    replace: 'const waits = outbox.after.length > 0 && durability.durableIndex < 0',
    seedsMax: 50
  },
  {
    id: 'durable-index-survives-truncation',
    area: 'durability',
    about: 'Entries that replace overwritten ones count as flushed because the old ones were.',
    breaks: 'an acknowledged entry is durable',
    file: 'src/replication/durability.ts',
    find: 'if (this.#durableIndex > to) this.#durableIndex = to',
    replace: 'if (this.#durableIndex > to && to < 0) this.#durableIndex = to',
    more: [{
      file: 'src/replication/replica-state.ts',
      find: 'assert(this.durability.durableIndex <= log.lastIndex, ',
      replace: 'assert(this.durability.durableIndex >= 0, '
    }],
    seedsMax: 500
  }
]

import { lines } from '../mutant.js'
import type { Mutant } from '../mutant.js'

export const logMutants: readonly Mutant[] = [
  {
    id: 'follower-truncates-always',
    area: 'log',
    about: 'A slave drops its uncommitted entries from an append on even where they are the same, so that a late append takes acknowledged ones back.',
    breaks: 'an acknowledged entry stays',
    file: 'src/replication/accept-append.ts',
    find: '} else if (log.entryAt(entry.index).term !== entry.term) {',
    replace: '} else if (log.entryAt(entry.index).term !== entry.term || entry.index > state.commitIndex) {',
    more: [{ file: 'src/replication/following.ts', find: 'assert(this.#matchedIndex <= log.lastIndex, ', replace: 'assert(this.#matchedIndex >= 0, ' }],
    seedsMax: 200
  },
  {
    id: 'no-prev-log-term-check',
    area: 'log',
    about: 'A slave takes an append behind any entry at the right place, whatever its term.',
    breaks: 'the same index and term are the same entry everywhere, and all before it',
    file: 'src/replication/accept-append.ts',
    find: 'if (!log.has(prevIndex, prevTerm)) {',
    replace: 'if (log.termAt(prevIndex) === undefined) {',
    seedsMax: 200
  },
  {
    id: 'accepts-stale-term-append-entries',
    area: 'log',
    about: 'A slave takes appends of a master of an older term.',
    breaks: 'an acknowledged entry stays, and a slave follows the master of its term',
    file: 'src/replication/receive.ts',
    find: lines(
      "if (message.kind === 'append') roles.refuseAppend(from)",
      "    else if (message.kind === 'vote-request') roles.refuseVote(from, message)",
      '    return'
    ),
    replace: lines(
      "if (message.kind === 'vote-request') roles.refuseVote(from, message)",
      "    if (message.kind !== 'append') return"
    ),
    scenario: 'stale-messages',
    seedsMax: 1000
  },
  {
    id: 'accepts-stale-term-append-entries-reply',
    area: 'log',
    about: 'A master counts acknowledgements that were meant for its own or another mastership of an older term.',
    breaks: 'what is committed is durable on a majority',
    file: 'src/replication/receive.ts',
    find: lines('else if (message.kind === \'vote-request\') roles.refuseVote(from, message)', '    return'),
    replace: lines('else if (message.kind === \'vote-request\') roles.refuseVote(from, message)', "    if (message.kind !== 'append-reply') return"),
    scenario: 'stale-acknowledgement',
    seedsMax: 3000
  },
  {
    id: 'truncation-not-stored',
    area: 'log',
    about: 'Entries that a new master took back stay on the disk and return with the next start.',
    breaks: 'a restart finds the log as it was',
    file: 'src/replication/durability.ts',
    find: lines(
      'if (this.#truncateFrom === undefined || from < this.#truncateFrom) this.#truncateFrom = from',
      '      this.#handedIndex = toLogIndex(from - 1)'
    ),
    replace: 'this.#handedIndex = toLogIndex(from - 1)',
    seedsMax: 300
  },
  {
    id: 'acknowledges-beyond-the-match',
    area: 'log',
    about: 'A slave acknowledges its whole log, the tail of a deposed master included.',
    breaks: 'an acknowledged entry is the one the master sent',
    file: 'src/replication/accept-append.ts',
    find: 'index: matchedIndex > state.commitIndex ? matchedIndex : state.commitIndex }',
    replace: 'index: log.lastIndex }',
    seedsMax: 300
  },
  {
    id: 'new-master-takes-logs-for-equal',
    area: 'log',
    about: 'A new master takes its slaves to have all it has, and sends them nothing older.',
    breaks: 'a healed cluster converges',
    file: 'src/replication/progress.ts',
    find: lines('this.#nextIndex = nextIndex', '    this.contactMs = nowMs'),
    replace: lines('this.#nextIndex = nextIndex', '    this.#matchIndex = toLogIndex(nextIndex - 1)', '    this.contactMs = nowMs'),
    seedsMax: 100
  },
  {
    id: 'refusals-ignored',
    area: 'log',
    about: 'A master does not step back where a slave lacks the entry before: it offers the same append for ever.',
    breaks: 'a healed cluster converges',
    file: 'src/replication/progress.ts',
    find: 'if (nextIndex >= this.#nextIndex) return',
    replace: 'if (nextIndex > 0) return',
    seedsMax: 100,
    liveness: true
  }
]

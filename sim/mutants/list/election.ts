import { lines } from '../mutant.js'
import type { Mutant } from '../mutant.js'

export const electionMutants: readonly Mutant[] = [
  {
    id: 'duplicate-vote-counted',
    area: 'election',
    about: 'A voter that answers twice counts as two voters.',
    breaks: 'one master per partition and term',
    file: 'src/replication/candidacy.ts',
    find: 'if (!this.#answers.has(from)) this.#answers.set(from, granted)',
    replace: lines(
      'const counted = this.#answers.has(from) ? this.#state.voters.others.find((member) => !this.#answers.has(member)) : from',
      '    if (counted !== undefined) this.#answers.set(counted, granted)'
    ),
    scenario: 'duplicate-votes',
    seedsMax: 500
  },
  {
    id: 'minority-elects',
    area: 'election',
    about: 'One vote less than a majority makes a master.',
    breaks: 'one master per partition and term',
    file: 'src/replication/quorum.ts',
    find: "if (granted >= this.#quorumCount) return 'won'",
    replace: "if (granted >= Math.max(1, this.#quorumCount - 1)) return 'won'",
    seedsMax: 100
  },
  {
    id: 'vote-without-up-to-date-check',
    area: 'election',
    about: 'Voters grant their votes to candidates whose logs lack what theirs have.',
    breaks: 'a master has every committed entry',
    file: 'src/replication/roles.ts',
    find: 'mayVote && log.isCoveredBy(request)',
    replace: 'mayVote && log.lastIndex >= 0',
    seedsMax: 100
  },
  {
    id: 'strict-greater-in-up-to-date-check',
    area: 'election',
    about: 'A candidate needs a longer log than the voter, not one as long: among equals nobody is elected.',
    breaks: 'progress',
    file: 'src/replication/log.ts',
    find: 'lastTerm === this.lastTerm && lastIndex >= this.#lastIndex)',
    replace: 'lastTerm === this.lastTerm && lastIndex > this.#lastIndex)',
    seedsMax: 20,
    liveness: true
  },
  {
    id: 'votes-twice-in-a-term',
    area: 'election',
    about: 'A voter that has voted grants another candidate of the same term its vote as well.',
    breaks: 'all votes of a voter in a term go to one candidate',
    file: 'src/replication/roles.ts',
    find: 'const isFree = vote === from || (vote === 0 && this.#current.leader === 0)',
    replace: 'const isFree = vote === from || this.#current.leader === 0',
    more: [{ file: 'src/replication/roles.ts', find: 'this.#state.voteFor(from)', replace: 'if (vote === 0) this.#state.voteFor(from)' }],
    seedsMax: 200
  },
  {
    id: 'elections-refused-by-nobody',
    area: 'election',
    about: 'Voters that hear their master let themselves be drawn into an election all the same.',
    breaks: 'a node that returns from a cut deposes nobody',
    file: 'src/replication/receive.ts',
    find: "if (message.kind === 'vote-request' && !message.transfer && roles.hearsLeader) return false",
    replace: "if (message.kind === 'vote-request' && !message.transfer && roles.hearsLeader && message.preVote) return true",
    more: [{
      file: 'src/replication/roles.ts',
      find: "if (this.#mayCampaign && !isResigning) this.campaign('pre-vote')",
      replace: "if (this.#mayCampaign && !isResigning) this.campaign('election')"
    }],
    scenario: 'disruptive-server',
    seedsMax: 200,
    liveness: true
  },
  {
    id: 'candidate-ignores-the-leader-of-its-term',
    area: 'election',
    about: 'A replica that campaigns does not listen to the master of its term, and never returns to following.',
    breaks: 'a healed cluster converges',
    file: 'src/replication/roles.ts',
    find: "return this.#current.role === 'leader' ? undefined : this.follow(this.#state.term)",
    replace: 'return undefined',
    seedsMax: 100,
    liveness: true
  },
  {
    id: 'no-check-quorum',
    area: 'election',
    about: 'A master that hears no majority any more stays master for ever.',
    breaks: 'a master that is heard by all and hears nobody is replaced',
    file: 'src/replication/leadership.ts',
    find: 'if (!this.hearsLeader) return false',
    replace: 'if (!this.hearsLeader && nowMs < 0) return false',
    scenario: 'deaf-master',
    seedsMax: 500,
    liveness: true
  },
  {
    id: 'master-by-verdict',
    area: 'election',
    about: 'A slave that believes its master gone leads the next term at once, without a single vote.',
    breaks: 'only a quorum of votes makes a master',
    file: 'src/replication/group.ts',
    find: "if (role.role === 'follower' && isLeader) role.leaderLost()",
    replace: "if (role.role === 'follower' && isLeader && !this.#state.installing) this.#roles.campaign('transfer')",
    more: [{
      file: 'src/replication/roles.ts',
      find: lines('candidacy.ask()', '    this.decide()'),
      replace: lines('candidacy.ask()', "    if (how === 'transfer') this.#lead()", '    else this.decide()')
    }],
    seedsMax: 100
  }
]

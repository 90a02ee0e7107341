import { lines } from '../mutant.js'
import type { Mutant } from '../mutant.js'

export const readMutants: readonly Mutant[] = [
  {
    id: 'reads-from-local-state-of-a-leader',
    area: 'reads',
    about: 'A master answers reads from what it has applied, whether or not it still is the master.',
    breaks: 'linearizable reads',
    file: 'src/replication/group.ts',
    find: "else if (role.role === 'leader') role.read(id)",
    replace: "else if (role.role === 'leader') this.#state.outbox.readsReady.push(id)",
    scenario: 'isolate-master-read-old-leader',
    seedsMax: 200
  },
  {
    id: 'slave-reads-local-applied',
    area: 'reads',
    about: 'A slave answers linearizable reads from what it has applied.',
    breaks: 'linearizable reads',
    file: 'src/replication/group.ts',
    find: 'else if (role.leader !== 0) this.#roles.forwarded.add(id)',
    replace: 'else if (role.leader !== 0) this.#state.outbox.readsReady.push(id)',
    seedsMax: 20
  },
  {
    id: 'no-quorum-round',
    area: 'reads',
    about: 'A master takes its own word for being the master: reads wait for no answer of a majority.',
    breaks: 'linearizable reads',
    file: 'src/replication/leadership.ts',
    find: 'this.reads.confirm(voters.agreed(this.#roundOf))',
    replace: 'this.reads.confirm(this.#rounds.newest)',
    scenario: 'isolate-master-read-old-leader',
    seedsMax: 200
  },
  {
    id: 'one-echo-confirms',
    area: 'reads',
    about: 'One slave\'s answer confirms a read, also where there are four.',
    breaks: 'linearizable reads',
    file: 'src/replication/leadership.ts',
    find: 'this.reads.confirm(voters.agreed(this.#roundOf))',
    replace: 'this.reads.confirm(Math.max(voters.agreed(this.#roundOf), ...voters.others.map(this.#roundOf)))',
    scenario: 'read-with-one-slave',
    seedsMax: 2000
  },
  {
    id: 'round-confirmation-counts-old-rounds',
    area: 'reads',
    about: 'A read is confirmed by a round that began before it arrived.',
    breaks: 'linearizable reads',
    file: 'src/replication/leader-reads.ts',
    find: 'if (batch.round === 0 || batch.round > round) break',
    replace: 'if (batch.round === 0 || batch.round - 1 > round) break',
    scenario: 'read-behind-old-round',
    seedsMax: 2000
  },
  {
    id: 'read-index-before-own-term-entry',
    area: 'reads',
    about: 'A new master gives read indexes before it has committed an entry of its own term, when it does not know what is committed.',
    breaks: 'linearizable reads',
    file: 'src/replication/leadership.ts',
    find: 'if (this.isReady) this.reads.confirm(',
    replace: 'this.reads.confirm(',
    scenario: 'read-through-new-master',
    seedsMax: 500
  },
  {
    id: 'reads-do-not-wait-to-be-applied',
    area: 'reads',
    about: 'A read is answered as soon as its index is known, not when it is applied here.',
    breaks: 'linearizable reads',
    file: 'src/replication/confirmed-reads.ts',
    find: 'if (index > appliedIndex) return true',
    replace: 'if (index < 0 && index > appliedIndex) return true',
    seedsMax: 50
  },
  {
    id: 'read-answered-before-apply',
    area: 'reads',
    about: 'Reads are answered before the entries that the same turn committed are applied.',
    breaks: 'linearizable reads',
    file: 'src/node/replica.ts',
    find: lines(
      'this.#apply(effects.committed)',
      '    if (effects.becameLeader) this.#listener.becameMaster()',
      '    for (const id of effects.readsReady) this.#listener.readReady(id)'
    ),
    replace: lines(
      'for (const id of effects.readsReady) this.#listener.readReady(id)',
      '    this.#apply(effects.committed)',
      '    if (effects.becameLeader) this.#listener.becameMaster()'
    ),
    seedsMax: 100
  }
]

import { lines } from '../mutant.js'
import type { Mutant } from '../mutant.js'

export const sessionMutants: readonly Mutant[] = [
  {
    id: 'duplicate-applied-twice',
    area: 'sessions',
    about: 'A set that was applied already is written again, over what came after it.',
    breaks: 'a write is applied at most once',
    file: 'src/kv/state.ts',
    find: lines('if (before !== undefined) return before', '    const bucket = this.#bucketOf(write.key)'),
    replace: lines(
      'const bucket = this.#bucketOf(write.key)',
      "    if (before !== undefined && write.op === 'set') context.writes.push({ bucket, key: write.key, value: { value: write.value, revision: this.#revision } })",
      '    if (before !== undefined) return before'
    ),
    seedsMax: 200
  },
  {
    id: 'session-remembers-nothing',
    area: 'sessions',
    about: 'Results of commands are not kept: a command that is logged twice is applied twice.',
    breaks: 'a write is applied at most once',
    file: 'src/kv/session.ts',
    find: 'this.#outcomes.add(sequence, kind, revision)',
    replace: 'if (sequence > SEQUENCE_MAX) this.#outcomes.add(sequence, kind, revision)',
    seedsMax: 200
  },
  {
    id: 'window-forgets',
    area: 'sessions',
    about: 'A raised floor also drops results above it, which are then not known to be applied.',
    breaks: 'a write is applied at most once',
    file: 'src/kv/session.ts',
    find: 'this.#outcomes.dropBelow(floor)',
    replace: 'this.#outcomes.dropBelow(floor + 16)',
    scenario: 'retry-across-master-change',
    seedsMax: 500
  },
  {
    id: 'floor-ignored',
    area: 'sessions',
    about: 'A command below the floor, whose result nobody knows any more, is applied (again).',
    breaks: 'a write is applied at most once',
    file: 'src/kv/session.ts',
    find: '(generation === this.#generation && sequence < this.#floor) || ',
    replace: '',
    more: [{
      file: 'src/kv/session.ts',
      find: 'assert(sequence >= this.#floor && sequence <= SEQUENCE_MAX, ',
      replace: lines('if (sequence < this.#floor) return', '    assert(sequence <= SEQUENCE_MAX, ')
    }],
    scenario: 'command-below-the-floor',
    seedsMax: 1000
  },
  {
    id: 'generation-not-raised',
    area: 'sessions',
    about: 'A process that starts again calls itself what the one before it did, and numbers its writes from 1 again.',
    breaks: 'an acknowledged write takes effect',
    file: 'src/node/boot.ts',
    find: 'generation: toGeneration((node?.generation ?? 0) + 1)',
    replace: 'generation: toGeneration(node?.generation ?? 1)',
    seedsMax: 50
  },
  {
    id: 'older-generation-accepted',
    area: 'sessions',
    about: 'A late command of a process that is over is applied as one of the process that runs now.',
    breaks: 'a write is applied at most once',
    file: 'src/kv/session-table.ts',
    find: lines('} else if (origin.generation < session.generation) {', '      return run(undefined)'),
    replace: lines('} else if (origin.generation < session.generation) {', '      changed = true'),
    more: [{
      file: 'src/kv/state.ts',
      find: 'if (session.isExpired(generation, sequence)) return { kind: \'expired\' }',
      replace: 'if (generation === session.generation && session.isExpired(generation, sequence)) return { kind: \'expired\' }'
    }],
    scenario: 'command-of-an-older-process',
    seedsMax: 2000
  },
  {
    id: 'sessions-not-stored',
    area: 'sessions',
    about: 'Sessions are in memory only: a replica that restarts does not know what it applied.',
    breaks: 'replicas that applied the same are the same',
    file: 'src/node/kv-machine.ts',
    find: lines('if (session === undefined) commit.delete(key)', '      else commit.put(key, sealRecord(key, encodeSession(session)))'),
    replace: lines('if (session === undefined) commit.delete(key)', '      else if (session.floor < 0) commit.put(key, sealRecord(key, encodeSession(session)))'),
    seedsMax: 50
  },
  {
    id: 'sessions-not-in-snapshot',
    area: 'sessions',
    about: 'A snapshot carries the data without the sessions.',
    breaks: 'replicas that applied the same are the same',
    file: 'src/node/kv-machine.ts',
    find: 'this.ranges = [dataRange(buckets.first, buckets.last), sessionRange(partition)]',
    replace: 'this.ranges = [dataRange(buckets.first, buckets.last), sessionRange(partition)].slice(0, 1)',
    scenario: 'snapshot-slow-slave',
    seedsMax: 100
  },
  {
    id: 'session-table-not-copied-on-install',
    area: 'sessions',
    about: 'The sessions of an installed snapshot are on the disk and not in memory: until the next start all is new to the replica.',
    breaks: 'replicas that applied the same are the same',
    file: 'src/node/kv-machine.ts',
    find: 'sessions: this.#installedSessions, bucketOf })',
    replace: 'sessions: [], bucketOf })',
    scenario: 'snapshot-slow-slave',
    seedsMax: 200
  }
]

import type { Mutant } from '../mutant.js'

export const determinismMutants: readonly Mutant[] = [
  {
    id: 'clock-read-in-a-core',
    area: 'determinism',
    about: 'An election timeout depends on the real time.',
    breaks: 'a run follows from its seed',
    file: 'src/replication/roles.ts',
    find: 'const electionMs = nowMs + random.between(options.electionTimeoutMsMin, options.electionTimeoutMsMax)',
    replace: 'const electionMs = nowMs + random.between(options.electionTimeoutMsMin, options.electionTimeoutMsMax) + Date.now() % 7',
    seedsMax: 5
  },
  {
    id: 'chance-in-a-core',
    area: 'determinism',
    about: 'A core draws its own chance.',
    breaks: 'a run follows from its seed',
    file: 'src/membership/reunion.ts',
    find: 'parts.random.between(1, parts.options.syncIntervalMs)',
    replace: 'Math.ceil(Math.random() * parts.options.syncIntervalMs)',
    seedsMax: 5
  },
  {
    id: 'timer-in-the-driver',
    area: 'determinism',
    about: 'A flush begins when a real timer says so.',
    breaks: 'a run follows from its seed',
    file: 'src/node/group-commit.ts',
    find: 'this.#disk.write(batch.operations, this.#flushed)',
    replace: 'setTimeout(() => { this.#disk.write(batch.operations, this.#flushed) }, 0)',
    seedsMax: 5
  },
  {
    id: 'process-id-in-a-core',
    area: 'determinism',
    about: 'The numbers of read requests begin at the id of the process: no guard sees it, only the traces of two processes differ.',
    breaks: 'a run follows from its seed',
    file: 'src/replication/forwarded-reads.ts',
    find: 'this.#nextRequest = state.random.uint32() * 0x10000',
    replace: 'this.#nextRequest = state.random.uint32() * 0x10000 + process.pid % 0x10000',
    seedsMax: 5,
    twice: true
  },
  {
    id: 'memory-decides-in-a-core',
    area: 'determinism',
    about: 'How long a slave waits for its master depends on the memory that the process uses.',
    breaks: 'a run follows from its seed',
    file: 'src/replication/following.ts',
    find: 'this.#electionMs = nowMs + random.between(options.electionTimeoutMsMin, options.electionTimeoutMsMax)',
    replace: 'this.#electionMs = nowMs + random.between(options.electionTimeoutMsMin, options.electionTimeoutMsMax) + process.memoryUsage().heapUsed % 5',
    seedsMax: 5,
    twice: true
  }
]

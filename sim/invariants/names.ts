/** What is checked after every event, and what breaks where it does not hold. */
export const INVARIANTS = {
  /** One master per partition and term, ever (Raft paper, figure 3). */
  'election-safety': 'one master per partition and term, ever',
  /** All votes a voter grants in a term go to one candidate, across restarts. */
  'vote-once': 'one vote per voter and term, across restarts',
  /** A granted vote leaves only when it is on the voter's disk. */
  'vote-durability': 'a granted vote is durable before it is sent',
  /** Nothing is said in a term that is not on the sender's disk. */
  'term-durability': 'a term is durable before anything is said in it',
  /** An entry is acknowledged only when it is on the sender's disk, the same as the master sent it. */
  'append-durability': 'an acknowledged entry is durable and the master\'s',
  /** A master never overwrites or deletes entries of its log. */
  'leader-append-only': 'a master only appends to its log',
  /** Index and term identify an entry, its bytes and all before it. */
  'log-matching': 'the same index and term are the same entry everywhere',
  /** What is said to be committed is on the disks of a majority of the replica set. */
  'commit-durability': 'a committed entry is durable on a majority',
  /** A master counts replicas only for entries of its own term (Raft paper, figure 8). */
  'commit-own-term': 'a master commits by an entry of its own term',
  /** The first committed entry at an index is the only one, on every node (state machine safety). */
  'committed-prefix': 'one committed entry per index, ever',
  /** A master has every committed entry in its log. */
  'leader-completeness': 'a master has every committed entry',
  /** A node's term only grows, on disk and in what it reports. */
  'term-monotonic': 'a node\'s term never decreases',
  /** A node's commit index only grows, on disk and within a process. */
  'commit-monotonic': 'a node\'s commit index never decreases',
  /** A vote once given stays until the term changes. */
  'vote-stability': 'a vote changes only with the term',
  /** Nothing is applied that is not committed. */
  'applied-within-commit': 'what is applied is committed',
  /** A committed entry is never removed from a disk but by compaction. */
  'committed-kept': 'a committed entry stays on the disk',
  /** Replicas that applied the same have the same data, sessions, revision and key count. */
  'state-hash': 'replicas that applied the same are the same',
  /** The counter of keys is the number of keys. */
  'key-count': 'a replica counts its keys right',
  /** Batches are numbered from 1 without gap, and every batch has its number. */
  'batch-sequence': 'batches are numbered without gap',
  /** Whatever is durable, a restart can read it and go on. */
  'bootable': 'a restart can go on from any durable state',
  /** Every frame sent can be decoded. */
  'frame-readable': 'every frame sent can be decoded',
  /** At the end all replicas of a partition are equal byte by byte. */
  'replicas-equal': 'all replicas are equal in the end'
} as const

/** What is checked in a run beside the invariants, most of it when everything has healed. */
export const RUN_PROMISES = {
  /** Every client history is linearizable (Herlihy and Wing 1990). */
  linearizability: 'every operation takes effect at one moment between its call and its answer',
  /** Requests are answered, and written and read keys are there again. */
  liveness: 'a healed cluster makes progress',
  /** The nodes that run find together again and then believe each other alive. */
  membership: 'in a healed cluster everybody who runs is believed alive by everybody who runs',
  /** Steps of kind `check`, answers and `expect`. */
  expectation: 'what the scenario says must come out',
  'no-crash': 'no process ends itself',
  determinism: 'a run follows from its scenario and seed',
  'client-contract': 'an answer is one of those that were promised'
} as const

export type InvariantName = keyof typeof INVARIANTS

export const INVARIANT_NAMES = Object.keys(INVARIANTS) as readonly InvariantName[]

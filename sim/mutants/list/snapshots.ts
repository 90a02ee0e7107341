import { lines } from '../mutant.js'
import type { Mutant } from '../mutant.js'

export const snapshotMutants: readonly Mutant[] = [
  {
    id: 'applied-index-from-before-the-data',
    area: 'snapshots',
    about: 'A snapshot says a position and then reads data that is newer.',
    breaks: 'replicas that applied the same are the same',
    file: 'src/node/snapshot-sender.ts',
    find: 'const disk = open()',
    replace: 'let disk = open()',
    more: [{
      file: 'src/node/snapshot-sender.ts',
      find: "yield encodeSnapshotFrame({ kind: 'header', header })",
      replace: lines("yield encodeSnapshotFrame({ kind: 'header', header })", '    disk.close()', '    disk = open()')
    }],
    scenario: 'snapshot-slow-slave',
    seedsMax: 300
  },
  {
    id: 'no-clear-before-install',
    area: 'snapshots',
    about: 'A snapshot is written over the old state: what was deleted meanwhile stays.',
    breaks: 'replicas that applied the same are the same',
    file: 'src/node/snapshot-receiver.ts',
    find: 'commit.afterGathering(() => { this.#clear(install, 0, nowMs) })',
    replace: 'commit.afterGathering(() => { this.#clear(install, replica.machine.ranges.length, nowMs) })',
    scenario: 'snapshot-slow-slave',
    seedsMax: 200
  },
  {
    id: 'marker-not-honoured-at-restart',
    area: 'snapshots',
    about: 'A replica that was being installed when it crashed takes what it has for its state.',
    breaks: 'an acknowledged write survives',
    file: 'src/node/boot.ts',
    find: "case 'installing': into.installing = true; return",
    replace: "case 'installing': return",
    scenario: 'half-a-state-restarts',
    seedsMax: 500
  },
  {
    id: 'marker-not-written',
    area: 'snapshots',
    about: 'An installation is not marked on the disk before the old state is cleared.',
    breaks: 'an acknowledged write survives',
    file: 'src/node/snapshot-receiver.ts',
    find: 'commit.put(installingKey(header.partition), encodeInstalling(header.partition, { index: header.lastIndex, term: header.lastTerm }))',
    replace: 'if (header.lastIndex < 0) commit.put(installingKey(header.partition), encodeInstalling(header.partition, { index: header.lastIndex, term: header.lastTerm }))',
    scenario: 'snapshot-receiver-crashes',
    seedsMax: 500
  },
  {
    id: 'log-start-not-stored-after-install',
    area: 'snapshots',
    about: 'The log on the disk is not begun anew behind a snapshot that was installed.',
    breaks: 'a restart can go on from any durable state',
    file: 'src/replication/durability.ts',
    find: lines('this.#handedIndex = log.startIndex', '    this.#logStartChanged = true', '    this.#limit(toLogIndex(0), log)'),
    replace: lines('this.#handedIndex = log.startIndex', '    this.#limit(toLogIndex(0), log)'),
    scenario: 'snapshot-slow-slave',
    seedsMax: 100
  },
  {
    id: 'log-not-reset-after-install',
    area: 'snapshots',
    about: 'A snapshot keeps a log behind it that contradicts it.',
    breaks: 'one committed entry per index, ever',
    file: 'src/replication/replica-state.ts',
    find: 'if (this.log.has(lastIndex, lastTerm)) {',
    replace: 'if (this.log.termAt(lastIndex) !== undefined) {',
    seedsMax: 3000
  },
  {
    id: 'revision-not-copied-on-install',
    area: 'snapshots',
    about: 'A replica goes on counting from its own revision after a snapshot.',
    breaks: 'replicas that applied the same are the same',
    file: 'src/node/kv-machine.ts',
    find: 'this.#state = new KvState({ revision: header.revision,',
    replace: 'this.#state = new KvState({ revision: this.revision,',
    scenario: 'snapshot-slow-slave',
    seedsMax: 100
  },
  {
    id: 'applies-while-installing',
    area: 'snapshots',
    about: 'A replica whose state is being replaced applies what is committed, and answers reads from it.',
    breaks: 'replicas that applied the same are the same',
    file: 'src/replication/replica-state.ts',
    find: 'if (!this.installing) {',
    replace: 'if (!this.installing || log.lastIndex > 0) {',
    more: [
      { file: 'src/replication/replica-state.ts', find: 'if (this.#appliedIndex < this.#commitIndex) {', replace: 'if (this.#appliedIndex < this.#commitIndex && this.#appliedIndex >= log.startIndex) {' },
      { file: 'src/replication/group.ts', find: 'if (this.#state.installing) this.#state.outbox.readsRefused.push(id)', replace: 'if (this.#state.term === 0) this.#state.outbox.readsRefused.push(id)' },
      { file: 'src/node/replica.ts', find: 'return this.#failure === undefined && !this.#group.isInstalling', replace: 'return this.#failure === undefined' }
    ],
    scenario: 'snapshot-receiver-crashes',
    seedsMax: 1000
  }
]

import { lines } from '../mutant.js'
import type { Mutant } from '../mutant.js'

export const storageMutants: readonly Mutant[] = [
  {
    id: 'data-a-batch-after-the-applied-index',
    area: 'storage',
    about: 'Values are stored one batch after the position that says that they are.',
    breaks: 'an acknowledged write survives, and replicas that applied the same are the same',
    file: 'src/node/kv-machine.ts',
    find: lines('for (const operation of this.#operations) commit.add(operation)', '    this.#operations = []'),
    replace: lines(
      'const operations = this.#operations',
      '    commit.whenGathered(() => { for (const operation of operations) commit.add(operation) })',
      '    this.#operations = []'
    ),
    seedsMax: 50
  },
  {
    id: 'applied-index-a-batch-after-the-data',
    area: 'storage',
    about: 'The applied position and the counters are stored one batch after the values they belong to.',
    breaks: 'replicas that applied the same are the same',
    file: 'src/node/kv-machine.ts',
    find: lines(
      'commit.put(replicaStateKey(this.partition), encodeReplicaState(this.partition, {',
      '      appliedIndex: applied.index, appliedTerm: applied.term, revision: this.#state.revision, keyCount: this.#state.keyCount',
      '    }))'
    ),
    replace: lines(
      'const record = encodeReplicaState(this.partition, {',
      '      appliedIndex: applied.index, appliedTerm: applied.term, revision: this.#state.revision, keyCount: this.#state.keyCount',
      '    })',
      '    commit.whenGathered(() => { commit.put(replicaStateKey(this.partition), record) })'
    ),
    seedsMax: 50
  },
  {
    id: 'released-with-the-batch-before',
    area: 'storage',
    about: 'The end of a flush releases what waits for the next one too.',
    breaks: 'what is said is durable',
    file: 'src/node/group-commit.ts',
    find: 'for (const callback of batch.afterDurable) callback()',
    replace: 'for (const callback of [...batch.afterDurable, ...this.#gathering.afterDurable.splice(0)]) callback()',
    seedsMax: 50
  },
  {
    id: 'acknowledgement-before-flush',
    area: 'storage',
    about: 'What waits for the batch that is about to be flushed is sent at once.',
    breaks: 'what is said is durable',
    file: 'src/node/group-commit.ts',
    find: 'if (number <= this.#durable) callback()',
    replace: 'if (number <= this.#durable + 1) callback()',
    seedsMax: 50
  },
  {
    id: 'failed-flush-taken-for-done',
    area: 'storage',
    about: 'A flush that failed counts as durable.',
    breaks: 'an acknowledged entry is durable',
    file: 'src/node/driver.ts',
    find: lines(
      'this.#commit.complete(input.error)',
      '        if (input.error !== undefined) this.#diskFailed(input.error)',
      '        else this.#overlay.release(this.#commit.durable)'
    ),
    replace: lines('this.#commit.complete(undefined)', '        this.#overlay.release(this.#commit.durable)'),
    scenario: 'fsync-error-slave',
    seedsMax: 200
  },
  {
    id: 'overlay-not-consulted',
    area: 'storage',
    about: 'Reads and conditions see the database only, not what is applied and on its way there.',
    breaks: 'linearizable reads',
    file: 'src/node/kv-machine.ts',
    find: 'if (unflushed !== undefined) return unflushed.value',
    replace: 'if (unflushed !== undefined && key.length === 0) return unflushed.value',
    seedsMax: 20
  },
  {
    id: 'overlay-released-early',
    area: 'storage',
    about: 'The end of a flush also forgets values whose own batch is still gathering.',
    breaks: 'linearizable reads',
    file: 'src/node/driver.ts',
    find: 'else this.#overlay.release(this.#commit.durable)',
    replace: 'else this.#overlay.release(this.#commit.gathering)',
    seedsMax: 50
  },
  {
    id: 'overlay-forgets-deletes',
    area: 'storage',
    about: 'For a key that was deleted and is not flushed the database is asked, which still has it.',
    breaks: 'linearizable reads',
    file: 'src/kv/overlay.ts',
    find: 'return this.#entries.size === 0 ? undefined : this.#entries.get(keyText(key))',
    replace: lines('const entry = this.#entries.get(keyText(key))', '    return entry?.value === undefined ? undefined : entry'),
    seedsMax: 50
  },
  {
    id: 'wrong-checksums-believed',
    area: 'storage',
    about: 'A record whose checksum is wrong is taken as it is.',
    breaks: 'damage is detected, never answered',
    file: 'src/layout/sealing.ts',
    find: 'if (stored !== actual) {',
    replace: 'if (stored !== actual && record.length === SEAL_BYTES) {',
    scenario: 'bit-rot-data-master',
    seedsMax: 50
  },
  {
    id: 'read-error-taken-for-missing',
    area: 'storage',
    about: 'A key that cannot be read is answered as missing.',
    breaks: 'a failed read never means "missing"',
    file: 'src/node/partition-desk.ts',
    find: lines("work.settle(failed('storage_failed', error.message))", '      this.replica.stop(error.message)'),
    replace: "work.settle({ kind: 'missing', revision: this.machine.revision, ageMsMax })",
    scenario: 'read-error',
    seedsMax: 50
  },
  {
    id: 'batch-number-not-stamped',
    area: 'storage',
    about: 'Batches do not carry their numbers: a disk that was rolled back looks like any other.',
    breaks: 'batches are numbered without gap',
    file: 'src/node/group-commit.ts',
    find: 'batch.operations.push(this.#stamp(batch.number))',
    replace: 'if (batch.operations.length === 0) batch.operations.push(this.#stamp(batch.number))',
    seedsMax: 5
  },
  {
    id: 'batch-number-not-checked',
    area: 'storage',
    about: 'Nobody compares what a disk holds with what its node announced as durable before.',
    breaks: 'a disk that was rolled back is detected',
    file: 'src/node/cluster.ts',
    find: 'if (hello.heardBatch > commit.durable) {',
    replace: 'if (hello.heardBatch > commit.durable && hello.heardBatch < 0) {',
    more: [{
      file: 'src/node/cluster.ts',
      find: 'if (link.hello === undefined && hello.durableBatch < link.heardBefore) {',
      replace: 'if (link.hello === undefined && hello.durableBatch < 0) {'
    }],
    scenario: 'stale-disk-restored',
    seedsMax: 20
  },
  {
    id: 'overwritten-log-records-stay',
    area: 'storage',
    about: 'Log records that were overwritten are not deleted and return with the next start.',
    breaks: 'a restart finds the log as it was',
    file: 'src/node/log-records.ts',
    find: lines('for (const span of this.#spans.slice(keep)) this.#forget(span)', '    this.#spans.length = keep'),
    replace: 'this.#spans.length = keep',
    seedsMax: 500
  },
  {
    id: 'log-head-dropped-too-far',
    area: 'storage',
    about: 'Compaction deletes a record of which only the beginning is not needed any more.',
    breaks: 'a restart can go on from any durable state',
    file: 'src/node/log-records.ts',
    find: 'while (drop < this.#spans.length && (this.#spans[drop] as LogRecordSpan).last <= upTo) drop++',
    replace: 'while (drop < this.#spans.length && (this.#spans[drop] as LogRecordSpan).first <= upTo) drop++',
    seedsMax: 200
  },
  {
    id: 'commit-index-not-stored',
    area: 'storage',
    about: 'The commit index is not stored with what is applied by it.',
    breaks: 'a restart can go on from any durable state',
    file: 'src/replication/durability.ts',
    find: "if (this.#unsaid === 'nothing') this.#unsaid = 'commit'",
    replace: "if (this.#unsaid === 'vote') this.#unsaid = 'vote'",
    seedsMax: 20
  }
]

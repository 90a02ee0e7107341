import { lines } from '../mutant.js'
import type { Mutant } from '../mutant.js'

export const routingMutants: readonly Mutant[] = [
  {
    id: 'unknown-reported-as-unchanged',
    area: 'routing',
    about: 'A write that may be in a log is answered as not done when its time is up.',
    breaks: 'a client is never lied to about the outcome',
    file: 'src/node/gateway.ts',
    find: "} else if (request.uncertain || request.stage !== 'idle') {",
    replace: "} else if (request.uncertain && request.stage === 'done') {",
    scenario: 'unknown-outcome',
    seedsMax: 20
  },
  {
    id: 'lost-mastership-is-certain',
    area: 'routing',
    about: 'A write whose master was deposed counts as not done.',
    breaks: 'a client is never lied to about the outcome',
    file: 'src/node/gateway.ts',
    find: 'if (isWrite) request.uncertain = true',
    replace: 'if (isWrite && request.attempts < 0) request.uncertain = true',
    scenario: 'unknown-outcome',
    seedsMax: 300
  },
  {
    id: 'lost-connection-is-certain',
    area: 'routing',
    about: 'A forwarded write whose connection broke counts as not done.',
    breaks: 'a client is never lied to about the outcome',
    file: 'src/node/gateway.ts',
    find: lines('this.#forwarded.delete(request.id)', '    request.uncertain = true'),
    replace: 'this.#forwarded.delete(request.id)',
    seedsMax: 300
  },
  {
    id: 'retry-with-a-new-sequence',
    area: 'routing',
    about: 'A write that is forwarded again goes under a new number, so that both attempts are applied.',
    breaks: 'a write is applied at most once',
    file: 'src/node/gateway.ts',
    find: 'command: { sequence: request.sequence, write: request.write } }',
    replace: 'command: { sequence: request.sequence + (request.id - request.firstId) * 2 ** 20, write: request.write } }',
    more: [
      { file: 'src/node/gateway.ts', find: lines('id = 0', '  target: PeerId | undefined'), replace: lines('id = 0', '  firstId = 0', '  target: PeerId | undefined') },
      { file: 'src/node/gateway.ts', find: 'request.id = this.#nextId++', replace: lines('request.id = this.#nextId++', '    if (request.firstId === 0) request.firstId = request.id') }
    ],
    scenario: 'retry-across-master-change',
    seedsMax: 300
  },
  {
    id: 'stale-master-hint-loops',
    area: 'routing',
    about: 'A slave that names its master is asked again instead of the master.',
    breaks: 'every node serves every key',
    file: 'src/node/gateway.ts',
    find: lines('this.#hints.set(request.partition, peer)', '          request.attempts = 0'),
    replace: lines('this.#hints.set(request.partition, request.target ?? peer)', '          request.attempts = 0'),
    scenario: 'two-groups',
    seedsMax: 100,
    liveness: true
  },
  {
    id: 'misrouted-accepted',
    area: 'routing',
    about: 'A node with a wrong partition count asks for keys at partitions that do not own them, and these take the writes.',
    breaks: 'a key lives in one partition',
    file: 'src/node/driver.ts',
    find: 'return { bucket, partition: partitionOf(bucket, map.partitions.length) }',
    replace: "return { bucket, partition: partitionOf(bucket, this.#options.name === 'node2' ? Math.max(1, map.partitions.length / 2) : map.partitions.length) }",
    more: [
      { file: 'src/node/kv-server.ts', find: 'desk === undefined || place.partition !== partition) {', replace: 'desk === undefined) {' },
      { file: 'src/kv/state.ts', find: 'if (!context.owns(bucket)) return MISROUTED', replace: 'if (bucket < 0 && !context.owns(bucket)) return MISROUTED' }
    ],
    seedsMax: 50
  },
  {
    id: 'read-of-an-unknown-time',
    area: 'routing',
    about: 'A read that nobody confirmed before its deadline is answered from what is applied here.',
    breaks: 'linearizable reads',
    file: 'src/node/partition-desk.ts',
    find: "work.settle(failed('read_timeout', 'the master confirmed no read index in time'))",
    replace: 'this.#answer(work, 0)',
    seedsMax: 200
  }
]

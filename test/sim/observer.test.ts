import { Prng, SYSTEM_PARTITION, toGeneration, toLogIndex, toNodeName, toPartitionId, toRevision, toTerm } from '../../src/base/index.js'
import type { Multiaddr, PartitionId } from '../../src/base/index.js'
import { hardStateKey, mapKey, replicaStateKey, sessionKey } from '../../src/layout/index.js'
import type { DiskOperation, NodeOrigin } from '../../src/node/index.js'
import { encodeClusterFrame } from '../../protocols/cluster/index.js'
import { encodeKvFrame } from '../../protocols/kv/index.js'
import { encodeMembershipFrame } from '../../protocols/membership/index.js'
import { decodeReplicationFrame, encodeReplicationFrame } from '../../protocols/replication/index.js'
import type { LogEntry, ReplicationMessage } from '../../protocols/replication/index.js'
import { FrameScan } from '../../sim/observe/frame-scan.js'
import { describeFrame, Observer } from '../../sim/observe/index.js'
import type { Fact, Violation } from '../../sim/observe/index.js'
import { hashBytes } from '../../sim/observe/record-hash.js'
import { hashRecord, scanRecord } from '../../sim/observe/record-scan.js'
import type { RecordVisitor } from '../../sim/observe/record-scan.js'
import { World } from '../../sim/world/world.js'
import { expect, suite } from '../harness.js'
import {
  accept, append, batchNumber, campaign, cut, data, dataGone, entry, hard, installed, installing, log, logGone, logStart, refuse, report, Script, state,
  storageKey, vote
} from './observer-support.js'

const ORIGIN = { index: 0, term: 0 }

/** Facts without their times. */
const kinds = (facts: readonly Fact[]): string[] => facts.map(({ kind, node, ...rest }) => [node, kind, ...Object.entries(rest).filter(([name]) => name !== 'atUs').map(([name, value]) => `${name} ${value}`)].join(' '))

suite('facts', ({ test }) => {
  test('tell an election, a replication, a crash and an installation', () => {
    const script = new Script()
    script.facts.length = 0
    script.elect('node1', 'node2', 1)
    script.send('node1', 'node2', append(1, 0, 0, 0, [entry(1, 1)]))
    const flush = script.submit('node1', log(entry(1, 1)))
    script.write('node2', hard(1, 1, 0), log(entry(1, 1)))
    script.send('node2', 'node1', accept(1, 1))
    flush()
    script.send('node1', 'node2', append(1, 1, 1, 1))
    script.send('node2', 'node1', accept(1, 1))
    script.write('node2', hard(1, 1, 1))
    script.crash('node2')
    script.start('node2')
    script.turn('node1', report('slave', 1, 1, 1))
    script.write('node3', installing(1, 1))
    script.write('node3', hard(1, 0, 1), logStart(1, 1), state(1, 1, 0, 0), installed)
    script.write('node1', hard(2, 3, 1))
    expect.equal(kinds(script.facts), [
      'node1 term partition 0 term 1 vote 1',
      'node2 term partition 0 term 1 vote 1',
      'node2 voted partition 0 term 1 peer node1',
      'node1 won partition 0 term 1',
      'node1 appended partition 0 term 1 first 1 last 1',
      'node2 appended partition 0 term 1 first 1 last 1',
      'node2 acknowledged partition 0 term 1 index 1 peer node1',
      'node1 committed partition 0 index 1',
      'node2 committed partition 0 index 1',
      'node2 crashed',
      'node2 started',
      'node1 deposed partition 0 term 1',
      'node3 installing partition 0',
      'node3 term partition 0 term 1 vote 0',
      'node3 committed partition 0 index 1',
      'node3 installed partition 0',
      'node1 term partition 0 term 2 vote 3'
    ])
    expect.equal(script.violations, [])
  })

  test('tell that a master is deposed by its new term, by its answer to another one and by its report', () => {
    const deposed = (script: Script): number => script.facts.filter(({ kind }) => kind === 'deposed').length
    for (const how of ['term', 'answer', 'report'] as const) {
      const script = new Script()
      script.elect('node1', 'node2', 1)
      script.replicate('node1', ['node2'], entry(1, 1), ORIGIN)
      expect.is(deposed(script), 0)
      if (how === 'term') script.submit('node1', hard(2, 0, 1))
      else if (how === 'answer') script.send('node1', 'node3', refuse(1, 1))
      else script.turn('node1', report('slave', 1, 1, 1))
      expect.is(deposed(script), 1, how)
      script.turn('node1', report('slave', 1, 1, 1))
      expect.is(deposed(script), 1, how)
    }
  })

  test('ask a node for its reports only now and then, and at once after an election', () => {
    const script = new Script()
    let asked = 0
    const turn = (atUs: number): void => { script.observer.turned(atUs, 'node1', () => { asked++; return [report('slave', 1, 0, 0)] }) }
    script.write('node1', hard(1, 1, 0))
    turn(1_000_000)
    expect.is(asked, 1)
    turn(9_000_000)
    expect.is(asked, 1, 'nothing happened since')
    script.send('node1', 'node2', campaign(2, 0, 0, true))
    turn(9_000_001)
    expect.is(asked, 2)
    script.send('node1', 'node2', campaign(2, 0, 0, true))
    turn(9_000_002)
    expect.is(asked, 2, 'too soon')
    script.write('node1', hard(1, 1, 1))
    turn(9_000_003)
    expect.is(asked, 2, 'a commit index is in the frames as well')
    script.write('node1', hard(2, 0, 1))
    turn(9_000_004)
    expect.is(asked, 3)
  })
})

suite('what a disk does to its node is no broken promise of it', ({ test }) => {
  const settled = (): Script => {
    const script = new Script()
    script.elect('node1', 'node2', 1)
    script.replicate('node1', ['node2', 'node3'], entry(1, 1), ORIGIN)
    for (const node of ['node1', 'node2', 'node3']) script.write(node, log(entry(2, 1)))
    for (const node of ['node1', 'node2', 'node3']) script.write(node, hard(1, 1, 2), data('a', 1, 'x'), state(2, 1, 1, 1))
    return script
  }
  const damage = (script: Script, name: string, matches: (key: Uint8Array) => boolean): void => {
    for (const [hex, { key, value }] of script.disk(name)) {
      if (!matches(key)) continue
      const damaged = Buffer.from(value)
      damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1
      script.disk(name).set(hex, { key, value: damaged })
    }
  }

  test('a flipped bit in a value, a log record, a hard state or an applied position', () => {
    for (const prefix of [storageKey('a')[0], log(entry(1, 1)).key[0], hardStateKey(toPartitionId(0))[0], replicaStateKey(toPartitionId(0))[0], mapKey()[0]]) {
      const script = settled()
      script.crash('node3')
      damage(script, 'node3', (key) => key[0] === prefix)
      script.start('node3')
      expect.equal(script.violations, [], `prefix ${prefix}`)
    }
  })

  test('a torn batch, and a disk that its node refuses to start on', () => {
    const script = settled()
    script.submit('node3', hard(1, 1, 3), log(entry(3, 1)))
    script.tear('node3', hard(1, 1, 3)) // without its entry, and without its number
    script.crash('node3')
    script.start('node3')
    expect.equal(script.violations, [])
  })

  test('a replica of which nothing became durable has no state to compare (seed 100821)', () => {
    const script = new Script()
    for (const node of ['node1', 'node2']) script.write(node, state(0, 0, 1, 0)) // as the founding map, which no entry carries
    script.submit('node3', installing(0, 0))
    script.crash('node3')
    script.start('node3')
    expect.equal(script.violations, [])
  })

  test('a flushed batch that nobody was told of is found at the next start', () => {
    const script = settled()
    script.land('node3', hard(7, 2, 2))
    script.crash('node3')
    script.start('node3')
    script.write('node3', hard(7, 2, 2))
    script.send('node3', 'node2', vote(7))
    expect.equal(script.violations, [])
  })
})

suite('what the observer reads by hand', ({ test }) => {
  test('agrees with the real codec about every kind of message', () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = new Prng(`frames ${seed}`)
      const messages = Array.from({ length: random.between(1, 5) }, () => randomMessage(random))
      const scanned: unknown[] = []
      const payload = encodeReplicationFrame(messages)
      new FrameScan().scan(payload, (message) => {
        const { entryCount, entryTerms, entryHashes, configurations: _, ...rest } = message as FrameScan
        scanned.push({ ...rest, entryTerms: entryTerms.slice(0, entryCount), entryHashes: entryHashes.slice(0, entryCount) })
      })
      expect.equal(scanned, decodeReplicationFrame(payload).map(expected), `seed ${seed}`)
    }
  })

  test('passes over messages and fields of newer versions, and refuses what is cut short', () => {
    const known = encodeReplicationFrame([accept(3, 4)])
    const newer = Buffer.concat([Buffer.from('0a05fa03020801', 'hex'), known])
    const terms: number[] = []
    new FrameScan().scan(newer, ({ term }) => { terms.push(term) })
    expect.equal(terms, [3])
    expect.throws(() => { new FrameScan().scan(known.subarray(0, known.length - 1), () => {}) }, /length/)
  })

  test('agrees with the layout about every kind of record', () => {
    const seen: unknown[] = []
    const note = (kind: string) => (...values: unknown[]) => { seen.push([kind, ...values]) }
    const visitor: RecordVisitor = {
      batch: note('batch'), retired: note('retired'), map: () => { seen.push(['map']) }, hardState: note('hard state'), log: note('log'), logGone: note('log gone'), logStart: note('log start'),
      replicaState: note('state'), installing: note('installing'), state: note('record')
    }
    const scan = (operation: DiskOperation): void => { scanRecord(operation.key, operation.kind === 'put' ? operation.value : undefined, oneOfTwo, visitor) }
    const oneOfTwo = { partitionCount: 2, partitionOf: (bucket: number) => bucket < 512 ? 0 : 1, nameOf: () => undefined, members: new Map<number, string>(), initial: () => [], replicas: () => [] }
    const entries = [entry(300, 7), entry(301, 7), entry(302, 9, '')]
    const session = sessionKey(toPartitionId(5), '12D3KooWnode1zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz' as never)
    const value = data('a', 12, 'x')
    for (const operation of [
      hard(2 ** 40, 3, 70_000), hard(4, 0, 0, SYSTEM_PARTITION), log(...entries), cut(70_000), logGone(2 ** 33), logStart(300, 7), state(70_000, 300, 2 ** 50, 129),
      batchNumber(128), installing(4, 4), installed, value, dataGone('a'), { kind: 'put', key: session, value: Buffer.from('12345') }
    ] satisfies DiskOperation[]) scan(operation)
    const keyHash = hashBytes(storageKey('a'))
    const partition = (((storageKey('a')[1] as number) << 8) + (storageKey('a')[2] as number)) < 512 ? 0 : 1
    expect.equal(seen, [
      ['hard state', 0, 2 ** 40, 3, 70_000],
      ['hard state', SYSTEM_PARTITION, 4, 0, 0],
      ['log', 0, { first: 300, last: 302, runs: [300, 7, 302, 9] }, entries.map(({ payload }) => hashBytes(payload, 2)), []],
      ['log', 0, { first: 70_000, last: 69_999, runs: [] }, [], []],
      ['log gone', 0, 2 ** 33],
      ['log start', 0, 300, 7],
      ['state', 0, 70_000, 300, 2 ** 50, 129],
      ['batch', 128],
      ['installing', 0, true],
      ['installing', 0, false],
      ['record', partition, keyHash, hashRecord(keyHash, value.kind === 'put' ? value.value : Buffer.alloc(0)), true],
      ['record', partition, keyHash, 0, true],
      ['record', 5, hashBytes(session), hashRecord(hashBytes(session), Buffer.from('12345')), false]
    ])
  })

  test('hashes differ by every byte, by length and by what comes before', () => {
    const seen = new Set<number>()
    const bytes = Buffer.from('the quick brown fox')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const other = Buffer.from(bytes)
      other[bit >>> 3] = (other[bit >>> 3] as number) ^ (1 << (bit & 7))
      seen.add(hashBytes(other))
    }
    for (let size = 0; size <= bytes.length; size++) seen.add(hashBytes(bytes, 0, 0, size))
    for (let before = 1; before <= 100; before++) seen.add(hashBytes(bytes, before * 1_234_567_891))
    expect.is(seen.size, bytes.length * 8 + bytes.length + 1 + 100)
    expect.is(hashBytes(bytes, 5, 4, 9), hashBytes(bytes.subarray(4, 9), 5))
    for (const each of seen) expect.ok(Number.isSafeInteger(each) && each > 0 && each < 2 ** 52)
  })
})

const expected = (message: ReplicationMessage): unknown => {
  const isAppend = message.kind === 'append'
  const isVote = message.kind === 'vote-request' || message.kind === 'vote-reply'
  return {
    kind: message.kind, partition: message.partition, term: message.term,
    prevIndex: isAppend ? message.prevIndex : 0, prevTerm: isAppend ? message.prevTerm : 0, commitIndex: isAppend ? message.commitIndex : 0,
    accepted: message.kind === 'append-reply' && message.accepted, index: message.kind === 'append-reply' ? message.index : 0,
    preVote: isVote && message.preVote, granted: message.kind === 'vote-reply' && message.granted,
    entryTerms: isAppend ? message.entries.map(({ term }) => term) : [],
    entryHashes: isAppend ? message.entries.map(({ kind, payload }) => hashBytes(payload, { noop: 1, commands: 2, map: 3, configuration: 4 }[kind])) : []
  }
}

function randomMessage (random: Prng): ReplicationMessage {
  const partition: PartitionId = random.chance(1, 5) ? SYSTEM_PARTITION : toPartitionId(random.below(1024))
  const number = (): number => random.chance(1, 8) ? random.uint32() * 2 ** 15 : random.below(300)
  const term = toTerm(number() + 10)
  const flag = (): boolean => random.chance(1, 2)
  switch (random.below(7)) {
    case 0: {
      const prevIndex = number()
      const entries: LogEntry[] = Array.from({ length: random.below(6) }, (_, at) => ({
        term: toTerm(Math.max(1, term - 5 + at)), index: toLogIndex(prevIndex + 1 + at), kind: (['noop', 'commands', 'map'] as const)[random.below(3)] ?? 'noop',
        payload: Buffer.from('payload '.repeat(random.below(40)).slice(0, random.below(200)))
      }))
      return { kind: 'append', partition, term, prevIndex: toLogIndex(prevIndex), prevTerm: toTerm(random.below(5)), commitIndex: toLogIndex(number()), round: number(), entries }
    }
    case 1: return { kind: 'append-reply', partition, term, accepted: flag(), index: toLogIndex(number()), hintTerm: toTerm(number()), round: number(), snapshotWanted: flag() }
    case 2: return { kind: 'vote-request', partition, term, preVote: flag(), transfer: flag(), lastIndex: toLogIndex(number()), lastTerm: toTerm(number()) }
    case 3: return { kind: 'vote-reply', partition, term, preVote: flag(), granted: flag() }
    case 4: return { kind: 'timeout-now', partition, term }
    case 5: return { kind: 'read-request', partition, term, id: number() }
    default: return { kind: 'read-reply', partition, term, id: number(), index: toLogIndex(number()), accepted: flag() }
  }
}

suite('describeFrame', ({ test }) => {
  test('says what the messages of every channel are', () => {
    const name = toNodeName('node1')
    const peer = '12D3KooWnode1zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz' as never
    expect.is(
      describeFrame('replication', encodeReplicationFrame([append(3, 5, 3, 5, [entry(6, 3), entry(7, 3)]), append(3, 7, 3, 5), accept(3, 7), refuse(3, 4), vote(2), campaign(4, 7, 3, true)])),
      'append p0 t3 prev 5/3 commit 5 round 1 2 entries; append p0 t3 prev 7/3 commit 5 round 1 heartbeat; append-reply p0 t3 accepted 7 round 1; append-reply p0 t3 refused, try 4/0 round 1; vote-reply p0 t2 granted; pre-vote-request p0 t4 last 7/3'
    )
    expect.is(describeFrame('kv', encodeKvFrame([
      { kind: 'request', request: { id: 7, partition: toPartitionId(1), epoch: 2 as never, timeoutMs: 300, op: 'get', key: Buffer.from('a key'), consistency: 'local' } },
      { kind: 'request', request: { id: 8, partition: toPartitionId(1), epoch: 2 as never, timeoutMs: 300, op: 'write', generation: toGeneration(1), floor: 3, command: { sequence: 4, write: { op: 'set', key: Buffer.from('k'), value: Buffer.from('value') } } } },
      { kind: 'response', response: { id: 8, kind: 'result', result: { kind: 'set', revision: toRevision(9) } } },
      { kind: 'response', response: { id: 7, kind: 'failed', code: 'not_master', master: 2 as never, reason: 'elsewhere' } }
    ])), 'get #7 p1 "a key" local within 300 ms; set #8 p1 "k" 5 bytes sequence 1/4 within 300 ms; set done #8 revision 9; failed #7 not_master master 2: elsewhere')
    expect.is(describeFrame('membership', encodeMembershipFrame([
      { kind: 'ping', sequence: 3, epoch: 1 as never, durableBatch: 12 as never, updates: [{ peer, name, generation: toGeneration(2), incarnation: 5 as never, health: 'suspect', multiaddrs: [], http: '', signature: new Uint8Array(64) }] },
      { kind: 'sync', records: [] },
      { kind: 'digest', reply: true, listed: [{ peer, generation: toGeneration(2), incarnation: 5 as never, health: 'dead' }], remembered: [] }
    ])), 'ping #3 epoch 1 batch 12 (node1 suspect 2.5); sync; digest of all: 1 listed, 0 remembered')
    expect.is(describeFrame('cluster', encodeClusterFrame([
      { kind: 'map-request', epoch: 4 as never }, { kind: 'admit-request', name }, { kind: 'refuse', code: 'name_taken', reason: 'it is bound', clusterId: undefined }
    ])), 'map-request beyond epoch 4; admit-request node1; refuse name_taken: it is bound')
  })

  test('says of garbage that it is garbage', () => {
    for (const channel of ['replication', 'kv', 'membership', 'cluster'] as const) expect.match(describeFrame(channel, Buffer.from('0affff', 'hex')), /^3 bytes that cannot be decoded: /)
    expect.is(describeFrame('kv', Buffer.alloc(0)), '')
  })
})

suite('a whole world, watched', ({ test }) => {
  const NAMES = ['node1', 'node2', 'node3', 'node4', 'node5']
  for (const seed of ['watched 1', 'watched 2']) {
    test(`${seed}: crashes, cuts and snapshots break no promise, and every kind of fact is seen`, async () => {
      const violations: Violation[] = []
      const facts = new Map<string, number>()
      const observer = new Observer({
        onFact: ({ kind }) => { facts.set(kind, (facts.get(kind) ?? 0) + 1) },
        onViolation: (violation) => { violations.push(violation) }
      })
      const world = new World({ seed, tuning: { logRetainBytes: 1, logBytesMin: 2000 } })
      world.watch(observer)
      await live(world, new Prng(`${seed}/life`))
      observer.atEnd(NAMES, world.events.nowUs)
      expect.equal(violations, [], seed)
      expect.equal([...facts.keys()].sort(), [
        'acknowledged', 'appended', 'committed', 'crashed', 'deposed', 'installed', 'installing', 'started', 'term', 'voted', 'won'
      ], seed)
    })
  }

  async function live (world: World, random: Prng): Promise<void> {
    const origin: NodeOrigin = {
      kind: 'named', partitions: 1, replicas: 3, configuration: 'watched',
      peers: NAMES.map((name, at) => ({ name: toNodeName(name), multiaddr: `/ip4/10.0.0.${at + 1}/tcp/9080` as Multiaddr })),
      groups: [{ master: toNodeName('node1'), slaves: ['node2', 'node3', 'node4', 'node5'].map(toNodeName) }]
    }
    for (const name of NAMES) world.add(name, origin)
    for (const name of NAMES) world.start(name)
    await world.until(() => world.running().length === NAMES.length && world.running().every(({ driver }) => driver?.readiness().ready === true), 20_000)
    let isActive = true
    let count = 0
    const client = (): void => {
      if (isActive) world.events.after(5000, client)
      const running = world.running()
      const driver = running[random.below(Math.max(1, running.length))]?.driver
      const key = Buffer.from(`key-${random.below(50)}`)
      if (random.chance(1, 4)) driver?.write({ op: 'delete', key }, { timeoutMs: 1000 }, () => {})
      else driver?.write({ op: 'set', key, value: Buffer.from(`value-${++count}`) }, { timeoutMs: 1000 }, () => {})
    }
    client()
    for (let fault = 0; fault < 16; fault++) {
      await world.run(random.between(100, 900))
      const name = NAMES[random.below(NAMES.length)] ?? 'node1'
      switch (random.below(5)) {
        case 0: case 1: if (world.node(name).driver !== undefined) world.crash(name); break
        case 2: for (const each of NAMES) if (world.node(each).driver === undefined) world.start(each); break
        case 3: world.partition([name], NAMES.filter((each) => each !== name)); break
        default: world.network.heal()
      }
      if (fault === 8) world.partition(['node1', 'node2'], ['node3', 'node4', 'node5'])
    }
    world.network.heal()
    await world.run(100)
    for (const name of NAMES) if (world.node(name).driver === undefined) world.start(name)
    isActive = false
    await world.run(10_000)
  }
})

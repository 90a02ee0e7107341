import { Prng, toRevision } from '../../src/base/index.js'
import { KvState, SESSION_LIMITS, decodeSession, encodeSession, type AppliedResult, type SessionLimits } from '../../src/kv/index.js'
import type { Command, OriginCommands } from '../../protocols/kv/index.js'
import { expect, suite } from '../harness.js'
import { TestPartition, bucketOf, del, from, peerId, set, stateOf } from './harness.js'

/** What one gateway sends: its commands in order, its processes one after another. */
interface Sent { readonly peer: number, readonly generation: number, readonly floor: number, readonly commands: Command[] }

/**
 * Log entries as they come about: every origin's groups in an order of its own, some of them two or three times, late,
 * with the floors of their time; some floors jump ahead of commands that are still on their way.
 */
function makeLog (random: Prng): OriginCommands[][] {
  const sent: Array<{ readonly at: number, readonly group: Sent }> = []
  for (let peer = 0; peer < 4; peer++) {
    let at = 0
    for (let generation = 1; generation <= 3; generation++) {
      let sequence = random.below(3)
      let floor = 0
      for (let groups = random.below(12); groups > 0; groups--) {
        const commands = Array.from({ length: random.below(4) }, () => {
          sequence += random.between(1, 3) // the numbers between go to other partitions
          const name = random.chance(1, 10) ? 'x' : `k${random.below(6)}`
          return random.chance(1, 3) ? del(sequence, name) : set(sequence, name, `${peer}.${generation}.${sequence}`)
        })
        if (random.chance(1, 3)) floor = Math.max(floor, sequence - random.below(12))
        const group = { peer, generation, floor, commands: random.shuffle(commands) }
        at += 10
        for (let copies = random.chance(1, 2) ? 1 : random.between(2, 3); copies > 0; copies--) sent.push({ at: at + random.below(random.chance(1, 4) ? 200 : 40), group })
      }
    }
  }
  sent.sort((left, right) => left.at - right.at)
  const entries: OriginCommands[][] = []
  for (const { group } of sent) {
    const origin = from(group.commands, { peer: peerId(group.peer), generation: group.generation, floor: group.floor })
    if (entries.length > 0 && random.chance(1, 3)) entries.at(-1)!.push(origin)
    else entries.push([origin])
  }
  return entries
}

/** The rules of DESIGN.md section 3 as plainly as can be: nothing is forgotten but by the rules, nothing is fast. */
class ReferenceModel {
  readonly data = new Map<string, { value: string, revision: number }>()
  readonly #sessions = new Map<string, { generation: number, floor: number, results: Map<number, AppliedResult> }>()
  revision = 0

  apply (origin: OriginCommands): AppliedResult[] {
    const session = this.#sessions.get(origin.peer) ?? { generation: 0, floor: 0, results: new Map<number, AppliedResult>() }
    this.#sessions.set(origin.peer, session)
    if (origin.generation > session.generation) Object.assign(session, { generation: origin.generation, floor: origin.floor, results: new Map() })
    if (origin.generation === session.generation) session.floor = Math.max(session.floor, origin.floor)
    return origin.commands.map(({ sequence, write }) => {
      if (origin.generation < session.generation || sequence < session.floor) return { kind: 'expired' }
      const before = session.results.get(sequence)
      if (before !== undefined) return before
      const name = Buffer.from(write.key).toString('utf8')
      if (name === 'x') return { kind: 'misrouted' }
      let result: AppliedResult
      if (write.op === 'set') {
        this.data.set(name, { value: Buffer.from(write.value).toString('utf8'), revision: ++this.revision })
        result = { kind: 'set', revision: toRevision(this.revision) }
      } else {
        const deleted = this.data.delete(name)
        if (deleted) this.revision++
        result = { kind: 'delete', deleted, revision: toRevision(this.revision) }
      }
      session.results.set(sequence, result)
      return result
    })
  }

  get contents (): string {
    return [...this.data].sort(([left], [right]) => left < right ? -1 : 1).map(([name, { value, revision }]) => `${name}=${value}@${revision}`).join(' ')
  }
}

/** Everything replicated, in bytes. */
const snapshot = (partition: TestPartition): string => [
  partition.contents, partition.state.revision, partition.state.keyCount,
  ...[...partition.state.sessions()].map((session) => `${session.peer} ${encodeSession(session).toString('hex')}`).sort()
].join('\n')

/** A process that starts from its records alone. */
function restart (partition: TestPartition, limits: SessionLimits): void {
  const { revision, keyCount } = partition.state
  const sessions = [...partition.state.sessions()].map((session) => decodeSession(session.peer, encodeSession(session)))
  partition.state = new KvState({ revision, keyCount, sessions, bucketOf, limits })
}

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed)
const SMALL: SessionLimits = { resultsPerSessionMax: 4, activeSessionsMax: 2, sessionsMax: 3 }

suite('at most once', ({ test }) => {
  test('holds against a plain model, for commands repeated and reordered at will', () => {
    let repetitions = 0
    for (const seed of SEEDS) {
      const partition = new TestPartition()
      const model = new ReferenceModel()
      for (const entry of makeLog(new Prng(seed))) {
        const expected = entry.flatMap((origin) => model.apply(origin))
        const applied = partition.apply(...entry)
        expect.equal(applied.results.map(({ result }) => result), expected, `seed ${seed}`)
        expect.is(partition.contents, model.contents, `seed ${seed}`)
        expect.equal([applied.revision, applied.keyCount], [model.revision, model.data.size], `seed ${seed}`)
        repetitions += expected.length - applied.writes.length
      }
    }
    expect.ok(repetitions > 5000, `only ${repetitions} commands without effect: the log repeats too little`)
  })

  test('holds where the session table is far too small', () => {
    for (const seed of SEEDS) {
      const partition = new TestPartition(stateOf(SMALL))
      const effects = new Set<string>()
      for (const entry of makeLog(new Prng(seed))) {
        const before = partition.state.revision
        const { writes, results, revision } = partition.apply(...entry)
        expect.is(writes.length, revision - before, `seed ${seed}`)
        let position = 0
        for (const { peer, generation, sequence, result } of results) {
          const isEffect = (result.kind === 'set' || (result.kind === 'delete' && result.deleted)) && result.revision > before + position
          if (!isEffect) continue
          position++
          const name = `${peer} ${generation} ${sequence}`
          expect.not(effects.has(name), `seed ${seed}: ${name} took effect twice`)
          effects.add(name)
        }
        expect.is(position, writes.length, `seed ${seed}: every write belongs to one command`)
      }
      const sessions = [...partition.state.sessions()]
      expect.ok(sessions.length <= SMALL.sessionsMax, `seed ${seed}`)
      expect.ok(sessions.filter(({ outcomes }) => outcomes.count > 0).length <= SMALL.activeSessionsMax, `seed ${seed}`)
      expect.ok(sessions.every(({ outcomes }) => outcomes.count <= SMALL.resultsPerSessionMax), `seed ${seed}`)
    }
  })
})

suite('replicas', ({ test }) => {
  for (const [name, limits] of [['with ample limits', SESSION_LIMITS], ['with limits of a few', SMALL]] as const) {
    test(`are byte-equal however they group entries and whenever they restart, ${name}`, () => {
      for (const seed of SEEDS) {
        const random = new Prng(`replicas ${seed}`)
        const entries = makeLog(new Prng(seed))
        const one = new TestPartition(stateOf(limits))
        const other = new TestPartition(stateOf(limits))
        const results = entries.flatMap((entry) => one.results(...entry))
        const otherResults: AppliedResult[] = []
        for (let at = 0; at < entries.length;) {
          const count = random.between(1, 4)
          otherResults.push(...other.results(...entries.slice(at, at + count).flat()))
          at += count
          if (random.chance(1, 4)) restart(other, limits)
        }
        expect.equal(otherResults, results, `seed ${seed}`)
        expect.is(snapshot(other), snapshot(one), `seed ${seed}`)
      }
    })
  }

  test('rewrite every session record that changed, and no other', () => {
    for (const seed of SEEDS.slice(0, 100)) {
      const partition = new TestPartition(stateOf(SMALL))
      const disk = new Map<string, string>()
      for (const entry of makeLog(new Prng(seed))) {
        const { touchedSessions } = partition.apply(...entry)
        expect.is(new Set(touchedSessions).size, touchedSessions.length, `seed ${seed}`)
        for (const peer of touchedSessions) {
          const bytes = encodeSession(partition.state.session(peer)!).toString('hex')
          expect.is.not(disk.get(peer), bytes, `seed ${seed}: ${peer} did not change`)
          disk.set(peer, bytes)
        }
      }
      for (const session of partition.state.sessions()) expect.is(disk.get(session.peer), encodeSession(session).toString('hex'), `seed ${seed}: ${session.peer}`)
    }
  })
})

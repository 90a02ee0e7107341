import { INVARIANT_NAMES } from '../../sim/invariants/index.js'
import { DurableLog } from '../../sim/invariants/durable-log.js'
import { EntryTable } from '../../sim/invariants/entry-table.js'
import { StateTable } from '../../sim/invariants/state-table.js'
import { firstDifference, TermRuns } from '../../sim/invariants/term-runs.js'
import { Prng } from '../../src/base/index.js'
import { expect, suite } from '../harness.js'
import {
  accept, append, batchNumber, cut, data, dataGone, entry, hard, installed, installing, log, logGone, logStart, refuse, report, Script, state,
  storageKey, vote
} from './observer-support.js'

const ORIGIN = { index: 0, term: 0 }
const ALL = ['node2', 'node3']

/** node1 mastered term 1 and committed entries 1 and 2 everywhere. */
function settled (): Script {
  const script = new Script()
  script.elect('node1', 'node2', 1)
  script.replicate('node1', ALL, entry(1, 1), ORIGIN)
  script.replicate('node1', ALL, entry(2, 1), entry(1, 1))
  return script
}

/** Every invariant that a test below breaks; one that nobody breaks is not known to bite. */
const bitten = new Set<string>()

function bites (script: Script, ...invariants: string[]): void {
  for (const each of script.broken) bitten.add(each)
  expect.equal(script.broken, invariants, script.violations.map(({ text }) => text).join('\n'))
  for (const { text } of script.violations) expect.ok(text.length > 10)
}

suite('what must hold: nothing is said against a correct life', ({ test }) => {
  test('an election, replication, a new election, compaction and restarts break nothing', () => {
    const script = settled()
    script.turn('node1', report('master', 1, 2, 2))
    script.turn('node2', report('slave', 1, 2, 2))
    script.crash('node1')
    script.elect('node2', 'node3', 2, 2, 1, 2)
    script.replicate('node2', ['node3'], entry(3, 2), entry(2, 1))
    script.start('node1')
    script.send('node2', 'node1', append(2, 2, 1, 3, [entry(3, 2)]))
    script.write('node1', hard(2, 0, 2), log(entry(3, 2)))
    script.send('node1', 'node2', accept(2, 3))
    script.write('node1', hard(2, 0, 3), state(3, 2, 0, 0))
    script.write('node2', logStart(2, 1), logGone(1), logGone(2))
    script.turn('node2', report('master', 2, 3, 3))
    script.atEnd('node1', 'node2', 'node3')
    bites(script)
  })

  test('a vote that a later one overtook on its way to the disk may still be said', () => {
    const script = settled()
    script.write('node3', hard(4, 2, 2))
    script.send('node3', 'node1', vote(3))
    bites(script)
  })

  test('entries that nobody committed may be overwritten', () => {
    const script = settled()
    script.send('node1', 'node2', append(1, 2, 1, 2, [entry(3, 1)]))
    script.write('node1', log(entry(3, 1), entry(4, 1)))
    script.crash('node1')
    script.elect('node2', 'node3', 2, 2, 1, 2)
    script.replicate('node2', ['node3'], entry(3, 2), entry(2, 1))
    script.start('node1')
    script.send('node2', 'node1', append(2, 2, 1, 3, [entry(3, 2)]))
    script.write('node1', hard(2, 0, 3), log(entry(3, 2)), state(3, 2, 0, 0))
    script.send('node1', 'node2', accept(2, 3))
    bites(script)
  })

  test('a snapshot replaces a log and a state, and only its end is compared', () => {
    const script = new Script()
    script.elect('node1', 'node2', 1)
    const first = entry(1, 1)
    script.send('node1', 'node2', append(1, 0, 0, 0, [first]))
    script.write('node1', log(first))
    script.write('node2', hard(1, 1, 0), log(first))
    script.send('node2', 'node1', accept(1, 1))
    script.send('node1', 'node2', append(1, 1, 1, 1))
    for (const node of ['node1', 'node2']) script.write(node, hard(1, 1, 1), data('a', 1, 'x'), state(1, 1, 1, 1))
    script.write('node1', logStart(1, 1), logGone(1))
    script.write('node3', hard(1, 0, 0), data('b', 9, 'stale'), state(0, 0, 9, 1), installing(1, 1))
    script.clear('node3', storageKey('b'))
    script.write('node3', data('a', 1, 'x'))
    script.write('node3', state(1, 1, 1, 1), hard(1, 0, 1), logStart(1, 1), installed)
    script.send('node3', 'node1', accept(1, 1))
    script.atEnd('node1', 'node2', 'node3')
    bites(script)
  })
})

suite('what must hold: elections', ({ test }) => {
  test('two masters of one term, by what they send', () => {
    const script = settled()
    script.send('node2', 'node3', append(1, 2, 1, 2))
    bites(script, 'election-safety')
  })

  test('two masters of one term, by what they report', () => {
    const script = settled()
    script.turn('node3', report('master', 1, 2, 2))
    bites(script, 'election-safety')
  })

  test('a voter that votes for two candidates of one term', () => {
    const script = settled()
    script.write('node3', hard(2, 1, 2))
    script.send('node3', 'node1', vote(2))
    script.write('node3', hard(3, 2, 2))
    script.send('node3', 'node2', vote(2))
    bites(script, 'vote-once')
  })

  test('a voter that votes again after a restart', () => {
    const script = settled()
    script.write('node3', hard(2, 1, 2))
    script.send('node3', 'node1', vote(2))
    script.crash('node3')
    script.start('node3')
    script.send('node3', 'node2', vote(2))
    bites(script, 'vote-once', 'vote-durability')
  })

  test('a vote that leaves before its batch is durable', () => {
    const script = settled()
    script.write('node3', hard(2, 0, 2))
    const flush = script.submit('node3', hard(2, 1, 2))
    script.send('node3', 'node1', vote(2))
    bites(script, 'vote-durability')
    flush()
    script.send('node3', 'node1', vote(2))
    bites(script, 'vote-durability')
  })

  test('a vote for another than the disk says', () => {
    const script = settled()
    script.write('node3', hard(2, 2, 2))
    script.send('node3', 'node1', vote(2))
    bites(script, 'vote-durability')
  })

  test('an answer in a term that is not durable', () => {
    const script = settled()
    script.submit('node3', hard(2, 0, 2))
    script.send('node3', 'node2', vote(3, { preVote: true }))
    bites(script)
    script.send('node3', 'node1', refuse(2, 2))
    bites(script, 'term-durability')
  })

  test('a master without a committed entry, by what it sends', () => {
    const script = settled()
    script.crash('node3')
    script.disk('node3').clear()
    script.forget('node3')
    script.start('node3')
    script.write('node3', hard(2, 3, 0))
    bites(script)
    script.send('node3', 'node1', append(2, 0, 0, 0, [entry(1, 2)]))
    bites(script, 'leader-completeness')
  })

  test('an entry committed behind the back of a newer master', () => {
    const script = settled()
    script.elect('node2', 'node3', 2, 2, 1, 2)
    script.send('node2', 'node3', append(2, 2, 1, 2, [entry(3, 2)]))
    // the master of term 1 commits what the newer one does not have
    script.send('node1', 'node3', append(1, 2, 1, 2, [entry(3, 1)]))
    script.write('node1', log(entry(3, 1)))
    script.write('node3', log(entry(3, 1)))
    script.send('node1', 'node3', append(1, 3, 1, 3))
    bites(script, 'leader-completeness')
  })
})

suite('what must hold: logs', ({ test }) => {
  test('an acknowledgement before the entry is durable', () => {
    const script = settled()
    script.send('node1', 'node2', append(1, 2, 1, 2, [entry(3, 1)]))
    const flush = script.submit('node2', log(entry(3, 1)))
    script.send('node2', 'node1', accept(1, 3))
    bites(script, 'append-durability')
    flush()
  })

  test('an acknowledgement of another entry than the master\'s', () => {
    const script = settled()
    script.send('node1', 'node2', append(1, 2, 1, 2, [entry(3, 1)]))
    script.write('node2', log(entry(3, 1)))
    script.crash('node1')
    script.elect('node3', 'node2', 2, 2, 1, 2)
    script.send('node3', 'node2', append(2, 2, 1, 2, [entry(3, 2)]))
    script.send('node2', 'node3', accept(2, 3))
    // the voter's log is longer than the candidate's, so that its vote was wrong as well; nobody can see that from outside
    bites(script, 'append-durability')
  })

  test('an acknowledgement beyond what the master has', () => {
    const script = settled()
    script.write('node2', log(entry(3, 1)))
    script.send('node2', 'node1', accept(1, 3))
    bites(script, 'append-durability')
  })

  test('a master that overwrites its log on the disk', () => {
    const script = settled()
    script.write('node1', log(entry(3, 1)))
    script.send('node1', 'node2', append(1, 2, 1, 2, [entry(3, 1)]))
    script.write('node1', cut(3))
    bites(script, 'leader-append-only')
  })

  test('a master that sends another log than before', () => {
    const script = settled()
    script.elect('node1', 'node2', 3, 2, 1, 2)
    script.send('node1', 'node2', append(3, 2, 1, 2, [entry(3, 3)]))
    script.send('node1', 'node3', append(3, 2, 1, 2, [entry(3, 2)]))
    bites(script, 'leader-append-only')
  })

  test('the same entry with other bytes, in a message', () => {
    const script = settled()
    script.send('node1', 'node2', append(1, 2, 1, 2, [entry(3, 1)]))
    script.send('node1', 'node3', append(1, 2, 1, 2, [entry(3, 1, 'something else')]))
    bites(script, 'log-matching')
  })

  test('the same entry with other bytes, on a disk', () => {
    const script = settled()
    script.send('node1', 'node2', append(1, 2, 1, 2, [entry(3, 1)]))
    script.write('node2', log(entry(3, 1, 'something else')))
    bites(script, 'log-matching')
  })

  test('the same entry behind another one', () => {
    const script = settled()
    script.write('node3', hard(3, 0, 2), log(entry(3, 2), entry(4, 3)))
    script.write('node2', hard(3, 0, 2), log(entry(3, 3), entry(4, 3)))
    bites(script, 'log-matching')
  })

  test('a committed entry that is cut off a disk', () => {
    const script = settled()
    script.write('node3', hard(1, 1, 2), logGone(2))
    bites(script, 'committed-kept', 'bootable')
  })

  test('a committed entry that another one replaces', () => {
    const script = settled()
    script.write('node3', hard(2, 0, 2), log(entry(2, 2)))
    bites(script, 'committed-kept')
  })

  test('a committed entry that a restart does not find', () => {
    const script = settled()
    script.crash('node3')
    for (const [key, { key: bytes }] of script.disk('node3')) if (bytes[0] === 0x30) script.disk('node3').delete(key)
    script.start('node3')
    bites(script, 'committed-kept')
  })

  test('a log with a hole', () => {
    const script = settled()
    script.write('node3', log(entry(4, 1)))
    bites(script, 'bootable')
  })

  test('an entry of a term that its disk has not entered', () => {
    const script = settled()
    script.write('node3', log(entry(3, 2)))
    bites(script, 'bootable')
  })

  test('a record that cannot be read back', () => {
    const script = settled()
    const { key } = log(entry(3, 1))
    script.write('node3', { kind: 'put', key, value: Buffer.from('0000000012ff', 'hex') })
    bites(script, 'bootable')
  })
})

suite('what must hold: commits', ({ test }) => {
  test('a commit that a minority has durably', () => {
    const script = settled()
    script.send('node1', 'node2', append(1, 2, 1, 2, [entry(3, 1)]))
    script.write('node1', log(entry(3, 1)))
    script.submit('node2', log(entry(3, 1)))
    script.send('node1', 'node2', append(1, 3, 1, 3))
    bites(script) // a configuration may justify it that is only in its memory, and is in its next batch then
    script.submit('node1', log(entry(4, 1)))
    bites(script, 'commit-durability')
  })

  test('an earlier term\'s entry on a majority that is committed by counting (figure 8)', () => {
    const script = settled()
    script.send('node1', 'node2', append(1, 2, 1, 2, [entry(3, 1)]))
    script.write('node1', log(entry(3, 1)))
    script.crash('node1')
    script.elect('node3', 'node2', 2, 2, 1, 2)
    script.send('node3', 'node2', append(2, 2, 1, 2, [entry(3, 2)]))
    script.start('node1')
    script.elect('node1', 'node2', 3, 3, 1, 2)
    script.send('node1', 'node2', append(3, 2, 1, 2, [entry(3, 1), entry(4, 3)]))
    script.write('node2', log(entry(3, 1)))
    script.send('node2', 'node1', accept(3, 3))
    bites(script)
    script.send('node1', 'node2', append(3, 4, 3, 3))
    bites(script, 'commit-own-term')
  })

  test('a commit that a minority has durably, by a report', () => {
    const script = settled()
    script.send('node1', 'node2', append(1, 2, 1, 2, [entry(3, 1)]))
    script.write('node1', log(entry(3, 1)))
    script.turn('node1', report('master', 1, 3, 3))
    script.submit('node1', log(entry(4, 1)))
    bites(script, 'commit-durability')
  })

  test('what a node acknowledged before its disk was taken away counts', () => {
    const script = settled()
    script.send('node1', 'node2', append(1, 2, 1, 2, [entry(3, 1)]))
    script.write('node1', log(entry(3, 1)))
    script.write('node2', log(entry(3, 1)))
    script.send('node2', 'node1', accept(1, 3))
    script.crash('node2')
    script.disk('node2').clear()
    script.forget('node2')
    script.send('node1', 'node3', append(1, 3, 1, 3))
    bites(script)
  })

  test('alone, a commit before the own disk has it', () => {
    const script = new Script(['node1'])
    script.write('node1', hard(1, 1, 0))
    script.submit('node1', log(entry(1, 1)))
    script.send('node1', 'node1', append(1, 0, 0, 1, [entry(1, 1)]))
    script.submit('node1', log(entry(2, 1)))
    bites(script, 'commit-durability')
  })

  test('two committed entries at one index', () => {
    const script = settled()
    script.crash('node3')
    script.write('node3', hard(2, 0, 2), log(entry(3, 2)))
    script.write('node2', hard(2, 0, 2), log(entry(3, 2)))
    script.write('node2', hard(2, 0, 3))
    script.write('node1', log(entry(3, 1)))
    script.write('node1', hard(1, 1, 3))
    bites(script, 'committed-prefix')
  })

  test('a term, a vote and a commit index that go back on the disk', () => {
    const terms = settled()
    terms.write('node3', hard(0, 0, 2))
    bites(terms, 'term-monotonic', 'bootable')
    const votes = settled()
    votes.write('node3', hard(1, 2, 2))
    bites(votes, 'vote-stability')
    const commits = settled()
    commits.write('node3', hard(1, 1, 1), state(1, 1, 0, 0))
    bites(commits, 'commit-monotonic')
  })

  test('a term, a vote and a commit index that a restart finds gone back', () => {
    for (const [older, invariant] of [[hard(0, 0, 2), 'term-monotonic'], [hard(1, 2, 2), 'vote-stability'], [hard(1, 1, 1), 'commit-monotonic']] as const) {
      const script = settled()
      script.crash('node3')
      if (older.kind === 'put') script.disk('node3').set(Buffer.from(older.key).toString('hex'), older)
      script.start('node3')
      bites(script, invariant)
      const excused = settled()
      excused.crash('node3')
      if (older.kind === 'put') excused.disk('node3').set(Buffer.from(older.key).toString('hex'), older)
      excused.forget('node3')
      excused.start('node3')
      bites(excused)
    }
  })

  test('a term, a commit index and an applied index that a node reports', () => {
    const terms = settled()
    terms.turn('node2', report('slave', 5, 2, 2))
    terms.turn('node2', report('slave', 4, 2, 2))
    bites(terms)
    terms.write('node2', hard(4, 0, 2))
    terms.turn('node2', report('slave', 4, 2, 2))
    bites(terms, 'term-monotonic')
    const commits = settled()
    commits.turn('node2', report('slave', 1, 1, 1))
    bites(commits, 'commit-monotonic')
    const applied = settled()
    applied.turn('node2', report('slave', 1, 2, 3))
    bites(applied, 'applied-within-commit')
  })

  test('an applied index beyond the commit index on the disk', () => {
    const script = settled()
    script.write('node2', log(entry(3, 1)), state(3, 1, 0, 0))
    bites(script, 'applied-within-commit')
  })
})

suite('what must hold: states', ({ test }) => {
  test('two replicas with other data at one applied index', () => {
    const script = settled()
    script.replicate('node1', ALL, entry(3, 1), entry(2, 1))
    const next = entry(4, 1)
    for (const node of ['node1', 'node2']) script.write(node, log(next))
    script.send('node1', 'node2', append(1, 3, 1, 3, [next]))
    script.write('node1', hard(1, 1, 4), data('a', 1, 'x'), state(4, 1, 1, 1))
    script.write('node2', hard(1, 1, 4), data('a', 1, 'y'), state(4, 1, 1, 1))
    bites(script, 'state-hash')
  })

  test('two replicas with another revision, key count or applied term', () => {
    for (const [other, ...invariants] of [[state(2, 1, 7, 0), 'state-hash'], [state(2, 1, 0, 1), 'key-count', 'state-hash'], [state(2, 2, 0, 0), 'state-hash']] as const) {
      const script = settled()
      script.write('node2', other)
      bites(script, ...invariants)
    }
  })

  test('a key too few, after a deletion', () => {
    const script = settled()
    script.write('node1', data('a', 1, 'x'), data('b', 2, 'x'), state(2, 1, 0, 2))
    script.violations.length = 0
    const lone = new Script(['node1'])
    lone.write('node1', hard(1, 1, 1), log(entry(1, 1)), data('a', 1, 'x'), data('b', 2, 'x'), state(1, 1, 2, 2))
    bites(lone)
    lone.write('node1', hard(1, 1, 2), log(entry(2, 1)), dataGone('a'), dataGone('missing'), state(2, 1, 3, 1))
    bites(lone)
    lone.write('node1', hard(1, 1, 3), log(entry(3, 1)), dataGone('b'), state(3, 1, 4, 1))
    bites(lone, 'key-count')
  })

  test('replicas that differ in the end, by a key, a value or a position', () => {
    const values = settled()
    const replace = (script: Script, operation: ReturnType<typeof data>): void => {
      if (operation.kind === 'put') script.disk('node2').set(Buffer.from(operation.key).toString('hex'), operation)
    }
    values.atEnd('node1', 'node2', 'node3')
    bites(values)
    replace(values, data('a', 1, 'x'))
    values.atEnd('node1', 'node2')
    bites(values, 'replicas-equal')
    expect.ok(values.violations[0]?.text.includes('"a"'), values.violations[0]?.text)
    const positions = settled()
    replace(positions, state(1, 1, 0, 0))
    positions.atEnd('node1', 'node3')
    bites(positions)
    positions.atEnd('node1', 'node2', 'node3')
    bites(positions, 'replicas-equal')
    const marked = settled()
    replace(marked, installing(3, 1))
    marked.atEnd('node1', 'node2', 'node3')
    bites(marked, 'replicas-equal')
  })

  test('a batch with another number than the next, with none, with two', () => {
    const skipped = settled()
    skipped.submitRaw('node1', hard(1, 1, 2), batchNumber(99))()
    bites(skipped, 'batch-sequence')
    const missing = settled()
    missing.submitRaw('node1', hard(1, 1, 2))()
    bites(missing, 'batch-sequence')
    const lost = settled()
    lost.submit('node1', hard(1, 1, 2))
    lost.write('node1', hard(1, 1, 2))
    bites(lost, 'batch-sequence')
  })

  test('a frame that cannot be decoded', () => {
    const script = settled()
    script.observer.sent(1, 'node1', 'node2', 'replication', Buffer.from('0affff', 'hex'))
    bites(script, 'frame-readable')
  })

  test('every invariant was broken by one of these tests', () => {
    expect.equal(INVARIANT_NAMES.filter((name) => !bitten.has(name)), [])
  })
})

suite('the tables behind the invariants', ({ test }) => {
  test('runs of terms say of every index what a list of terms says', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = new Prng(`runs ${seed}`)
      const runs = new TermRuns()
      const terms = new Map<number, number>([[0, 0]])
      let base = 0
      let last = 0
      let term = 1
      for (let step = 0; step < 60; step++) {
        const dice = random.below(10)
        if (dice < 6) {
          if (random.chance(1, 3)) term++
          const to = last + random.between(1, 4)
          for (let index = last + 1; index <= to; index++) terms.set(index, term)
          last = to
          runs.extend(to, term)
        } else if (dice < 8) {
          const from = random.between(base + 1, last + 1)
          last = from - 1
          term = terms.get(last) ?? 0
          runs.truncate(from)
          if (term === 0) term = 1
        } else {
          base = random.between(base, last)
          runs.compact(base)
        }
        expect.is(runs.last, last, `seed ${seed}`)
        expect.is(runs.base, base, `seed ${seed}`)
        for (let index = 0; index <= last + 1; index++) expect.is(runs.termAt(index), index < base || index > last ? -1 : terms.get(index), `seed ${seed} index ${index}`)
        expect.is(firstDifference(runs, runs.clone(), 0, last), -1)
      }
    }
  })

  test('the first difference of two logs is the first index at which their terms differ', () => {
    const left = new TermRuns()
    left.extend(5, 1)
    left.extend(9, 3)
    const right = new TermRuns()
    right.extend(7, 1)
    right.extend(9, 3)
    expect.is(firstDifference(left, right, 0, 9), 6)
    expect.is(firstDifference(left, right, 7, 9), 7)
    expect.is(firstDifference(left, right, 8, 9), -1)
    expect.is(firstDifference(left, right, 0, 5), -1)
  })

  test('a log record that begins inside an older one replaces its tail, and its deletion brings nothing back unseen', () => {
    const durable = new DurableLog()
    const put = (first: number, last: number, term: number): void => { durable.put({ first, last, runs: last < first ? [] : [first, term] }) }
    put(1, 6, 1)
    expect.is(durable.settle(), undefined)
    put(4, 5, 2)
    expect.is(durable.settle()?.last, 6)
    expect.equal([durable.runs.last, durable.runs.termAt(3), durable.runs.termAt(4)], [5, 1, 2])
    put(6, 7, 2)
    expect.is(durable.settle(), undefined)
    durable.startAt(3, 1)
    durable.delete(1)
    expect.is(durable.settle(), undefined, 'the head goes without a look at the rest')
    expect.equal([durable.runs.base, durable.runs.last, durable.recordCount], [3, 7, 2])
    durable.delete(4)
    durable.settle()
    expect.is(durable.gapAt, 4)
  })

  test('entries and states of which all replicas are through are forgotten', () => {
    const entries = new EntryTable()
    for (let index = 1; index <= 3000; index++) expect.is(entries.see(index, 1, index === 1 ? 0 : 1, index), undefined)
    expect.ok(entries.isPruneDue)
    entries.prune(2500)
    expect.is(entries.size, 500)
    expect.ok(!entries.isPruneDue)
    expect.is(typeof entries.see(2600, 1, 1, 7), 'string')
    const states = new StateTable()
    const digest = (hash: number) => ({ node: 'node1', appliedTerm: 1, hash, revision: 1, keyCount: 1 })
    for (let applied = 1; applied <= 3000; applied++) expect.is(states.see(applied, digest(applied)), undefined)
    expect.ok(states.isPruneDue)
    states.prune(2500)
    expect.is(states.size, 501)
    expect.is(typeof states.see(2600, digest(1)), 'string')
  })

  test('only the invariants that are asked for are reported, each once per node and partition', () => {
    const script = settled()
    for (let times = 0; times < 3; times++) script.send('node2', 'node3', append(1, 2, 1, 2))
    expect.is(script.violations.length, 1)
    expect.equal({ ...script.violations[0], text: '', atUs: 0 }, { invariant: 'election-safety', atUs: 0, node: 'node2', partition: 0, text: '' })
  })
})

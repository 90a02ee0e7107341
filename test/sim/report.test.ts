import { createHash } from 'node:crypto'
import { Script } from 'node:vm'
import { SYSTEM_PARTITION } from '../../src/base/index.js'
import { calmLink } from '../../sim/network/link-options.js'
import { describeFrame } from '../../sim/observe/index.js'
import type { Fact } from '../../sim/observe/index.js'
import { formatFact, formatFault, formatMessage, formatOperation, formatViolation, Recorder, renderReport } from '../../sim/report/index.js'
import { decodeFact, encodeFacts } from '../../sim/report/columns.js'
import { escapeShell } from '../../sim/report/escape.js'
import { faultSpans } from '../../sim/report/fault-spans.js'
import { SYSTEM } from '../../sim/report/format.js'
import { againCommand } from '../../sim/report/header.js'
import { keyStories } from '../../sim/report/key-story.js'
import { pageData } from '../../sim/report/page-build.js'
import type { PageData } from '../../sim/report/page-data.js'
import { processSpans, roleSpans } from '../../sim/report/roles.js'
import { runScenario } from '../../sim/run/index.js'
import type { Recording, RecordedOperation } from '../../sim/run/index.js'
import type { Scenario, Step } from '../../sim/scenario/index.js'
import { expect, suite } from '../harness.js'

const SCENARIO: Scenario = {
  name: 'a scenario', about: 'Given,\nwhen,\nthen.', nodes: 3, partitions: 1, groups: undefined, replicas: 0, tuning: { lazyFlushMs: 1 }, network: calmLink,
  disk: { flushUsMin: 100, flushUsMax: 400 }, turnUs: 20, clocks: {}, slowness: {}, clients: undefined, durationUs: 1_000_000, late: [], steps: [],
  expect: { violated: [], ended: {}, lost: [], heals: true, acknowledgedMin: 0, masterChangesMax: undefined }
}

const EMPTY: Recording = {
  seed: '7', commit: 'abc', scenario: SCENARIO, traceHash: 'beef', violations: [], facts: [], messages: [], faults: [], operations: [],
  linearizations: new Map(), warmUpEndUs: 100, healedUs: 900_000, endUs: 1_000_000, omitted: 0
}

const OUTCOME = { seed: '7', commit: 'abc', scenario: SCENARIO, traceHash: 'beef', linearizations: new Map(), warmUpEndUs: 100, healedUs: 900_000, endUs: 1_000_000 }

const operation = (number: number, kind: RecordedOperation['kind'], value: string | undefined, calledUs: number, returnedUs: number | undefined, key = 'k'): RecordedOperation =>
  ({ number, kind, key, value, through: 'node1', calledUs, returnedUs, answer: returnedUs === undefined ? 'unknown' : kind === 'get' && value === undefined ? 'missing' : 'ok' })

const nodeOf = (name: string): number => Number(name.slice(-1)) - 1

/** What the page reads, as a browser's parser finds it. */
function dataOf (html: string): PageData {
  const text = /<script type="application\/json" id="data">(.*?)<\/script/s.exec(html)?.[1]
  if (text === undefined) throw new Error('the page has no data')
  return JSON.parse(text) as PageData
}

const blocks = (html: string, tag: 'script' | 'style'): string[] => [...html.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(([, text = '']) => text)

suite('the recorder', ({ test }) => {
  const bytes = (size = 1): Uint8Array => new Uint8Array(size)
  const recorder = (options: Partial<ConstructorParameters<typeof Recorder>[0]> = {}): Recorder => new Recorder({ describe: (channel, payload) => `${channel} ${payload.length}`, ...options })

  test('matches what arrives with what was sent, and leaves the rest lost', () => {
    const sink = recorder()
    const [first, second] = [bytes(1), bytes(2)]
    sink.sent(10, 'node1', 'node2', 'replication', first)
    sink.sent(20, 'node1', 'node2', 'replication', second)
    sink.delivered(25, 'node1', 'node2', 'replication', second)
    expect.equal(sink.finish(OUTCOME).messages.map(({ sentUs, deliveredUs, text }) => [sentUs, deliveredUs, text]), [[10, undefined, 'replication 1'], [20, 25, 'replication 2']])
  })

  test('tells the same bytes to two peers apart', () => {
    const sink = recorder()
    const payload = bytes()
    sink.sent(10, 'node1', 'node2', 'membership', payload)
    sink.sent(10, 'node1', 'node3', 'membership', payload)
    sink.delivered(30, 'node1', 'node2', 'membership', payload)
    expect.equal(sink.finish(OUTCOME).messages.map(({ to, deliveredUs }) => [to, deliveredUs]), [['node2', 30], ['node3', undefined]])
  })

  test('shows a frame that arrives twice twice, and one that nobody sent once', () => {
    const sink = recorder()
    const payload = bytes()
    sink.sent(10, 'node1', 'node2', 'kv', payload)
    sink.delivered(20, 'node1', 'node2', 'kv', payload)
    sink.delivered(40, 'node1', 'node2', 'kv', payload)
    sink.delivered(50, 'node2', 'node1', 'kv', bytes(9))
    expect.equal(sink.finish(OUTCOME).messages.map(({ sentUs, deliveredUs, text }) => [sentUs, deliveredUs, text]),
      [[10, 20, 'kv 1'], [10, 40, '(again) kv 1'], [50, 50, '(injected) kv 9']])
  })

  test('keeps the last frames before the first violation, fewer after it, and counts the others', () => {
    const sink = recorder({ messagesMax: 10 })
    for (let us = 0; us < 100; us++) sink.sent(us, 'node1', 'node2', 'kv', bytes())
    sink.violation({ invariant: 'vote-once', atUs: 99, node: undefined, partition: undefined, text: '' })
    for (let us = 100; us < 200; us++) {
      const payload = bytes()
      sink.sent(us, 'node1', 'node2', 'kv', payload)
      sink.delivered(us, 'node1', 'node2', 'kv', payload)
    }
    const { messages, omitted } = sink.finish(OUTCOME)
    expect.equal(messages.map(({ sentUs }) => sentUs), [92, 93, 94, 95, 96, 97, 98, 99, 100, 101])
    expect.is(omitted, 190)
  })

  test('keeps what is around another moment where it is told so', () => {
    const sink = recorder({ messagesMax: 10, focusUs: 50 })
    sink.violation({ invariant: 'vote-once', atUs: 0, node: undefined, partition: undefined, text: '' })
    for (let us = 0; us < 100; us++) sink.sent(us, 'node1', 'node2', 'kv', bytes())
    expect.equal(sink.finish(OUTCOME).messages.map(({ sentUs }) => sentUs), [42, 43, 44, 45, 46, 47, 48, 49, 50, 51])
  })

  test('lets no flood of entries push out who was master, and keeps the order', () => {
    const sink = recorder({ factsMax: 10 })
    sink.fact({ kind: 'won', atUs: 1, node: 'node1', partition: 0, term: 1 })
    for (let index = 1; index < 100; index++) sink.fact({ kind: 'committed', atUs: 1 + index, node: 'node1', partition: 0, index })
    sink.fact({ kind: 'crashed', atUs: 100, node: 'node1' })
    const { facts, omitted } = sink.finish(OUTCOME)
    expect.equal(facts.map(({ atUs }) => atUs), [1, 93, 94, 95, 96, 97, 98, 99, 100, 100])
    expect.is(omitted, 91)
  })
})

suite('lines of a trace', ({ test }) => {
  test('say when, where and what', () => {
    expect.is(formatFact({ kind: 'won', atUs: 12_345, node: 'node2', partition: 0, term: 4 }), '    12.345 ms node2  won p0 t4')
    expect.is(formatFact({ kind: 'appended', atUs: 1, node: 'node2', partition: SYSTEM_PARTITION, term: 4, first: 3, last: 5 }), '     0.001 ms node2  appended system t4 entries 3–5')
    const message = { sentUs: 1000, deliveredUs: 1250, from: 'node1', to: 'node2', channel: 'replication', text: 'append p0 t4' }
    expect.is(formatMessage(message, 'sent'), '     1.000 ms node1  → node2 replication: append p0 t4')
    expect.is(formatMessage(message, 'delivered'), '     1.250 ms node2  ← node1 replication: append p0 t4')
    expect.is(formatFault({ atUs: 2000, step: 3, text: 'crash node1', nodes: ['node1'] }), '     2.000 ms *      fault 3: crash node1')
    expect.is(formatOperation(operation(17, 'set', 'v12', 3000, 6200)), '     3.000 ms node1  #17 set k = "v12" → ok after 3.200 ms')
    expect.is(formatOperation(operation(18, 'get', undefined, 3000, 6200)), '     3.000 ms node1  #18 get k → missing after 3.200 ms')
    expect.is(formatViolation({ invariant: 'vote-once', atUs: 4000, node: 'node1', partition: 0, text: 'two\nvotes' }), '     4.000 ms node1  VIOLATED vote-once (p0): two ⏎ votes')
  })

  test('use the number of the system partition that base has', () => { expect.is(SYSTEM, SYSTEM_PARTITION) })
})

suite('what a report shows', ({ test }) => {
  test('masters from won to deposed, candidates until somebody wins, nothing of a process that is gone', () => {
    const facts: Fact[] = [
      { kind: 'started', atUs: 0, node: 'node1' }, { kind: 'started', atUs: 0, node: 'node2' },
      { kind: 'term', atUs: 10, node: 'node1', partition: 0, term: 1, vote: 1 },
      { kind: 'term', atUs: 12, node: 'node2', partition: 0, term: 1, vote: 2 },
      { kind: 'won', atUs: 20, node: 'node1', partition: 0, term: 1 },
      { kind: 'term', atUs: 30, node: 'node2', partition: 0, term: 2, vote: 2 },
      { kind: 'won', atUs: 40, node: 'node2', partition: 0, term: 2 },
      { kind: 'deposed', atUs: 41, node: 'node1', partition: 0, term: 1 },
      { kind: 'crashed', atUs: 60, node: 'node2' }
    ]
    expect.equal(roleSpans(facts, nodeOf, 100).map(({ kind, node, term, fromUs, toUs }) => `${kind} node${node + 1} t${term} ${fromUs}-${toUs}`), [
      'candidate node1 t1 10-20', 'candidate node2 t1 12-20', 'master node1 t1 20-41', 'candidate node2 t2 30-40', 'master node2 t2 40-60'
    ])
    expect.equal(processSpans(facts, nodeOf, 100).map(({ node, fromUs, toUs }) => [node, fromUs, toUs]), [[1, 0, 60], [0, 0, 100]])
  })

  test('faults until they end: after their time, at the next heal, or when everything is mended', () => {
    const at = (id: number, action: Step['action']): Step => ({ id, when: { kind: 'at', atUs: 0 }, action })
    const steps = [
      at(1, { do: 'pause', node: 'node1', forUs: 50 }), at(2, { do: 'isolate', node: 'node1', direction: 'both' }), at(3, { do: 'heal' }),
      at(4, { do: 'disk', node: 'node1', fault: 'stall', forUs: undefined, factor: undefined }), at(5, { do: 'crash', node: 'node1', loses: 'tail', restartUs: 10, effects: 0 })
    ]
    const note = (atUs: number, step: number, text: string): Recording['faults'][number] => ({ atUs, step, text, nodes: ['node1'] })
    const faults = [note(100, 1, 'pause'), note(110, 2, 'isolate'), note(150, 1, 'goes on'), note(200, 3, 'heal'), note(300, 4, 'stall'), note(310, 5, 'crash'), note(320, 5, 'start')]
    const spans = faultSpans({ ...EMPTY, healedUs: 500, scenario: { ...SCENARIO, steps }, faults }, nodeOf)
    expect.equal(spans.map(({ fromUs, toUs }) => [fromUs, toUs]), [[100, 150], [110, 200], [150, 150], [200, 200], [300, 500], [310, 310], [320, 320]])
  })

  test('the operation at which a history breaks, and why', () => {
    const operations = [operation(0, 'set', 'a', 0, 10), operation(1, 'set', 'b', 20, 30), operation(2, 'get', 'a', 40, 50), operation(3, 'get', 'b', 60, 70), operation(4, 'set', 'c', 35, undefined), operation(5, 'get', undefined, 0, 9, 'other')]
    const [story, other] = keyStories({ operations, linearizations: new Map([['k', { verdict: 'illegal' as const, order: [0, 1] }], ['other', { verdict: 'ok' as const, order: [5] }]]) })
    expect.equal([story?.key, story?.verdict, story?.blocked], ['k', 'illegal', 2])
    expect.match(story?.text ?? '', 'At that point the value is "b", written by #1. "a" was written by #0 and overwritten by #1.')
    expect.equal([other?.key, other?.verdict, other?.blocked], ['other', 'ok', -1])
  })

  test('every kind of fact as it was', () => {
    const place = { atUs: 5, node: 'node2', partition: 3 }
    const facts: Fact[] = [
      { kind: 'started', atUs: 1, node: 'node1' }, { kind: 'crashed', atUs: 5, node: 'node2' }, { kind: 'term', ...place, term: 2, vote: 7 }, { kind: 'voted', ...place, term: 2, peer: 'node3' },
      { kind: 'won', ...place, term: 2 }, { kind: 'deposed', ...place, term: 2 }, { kind: 'appended', ...place, term: 2, first: 4, last: 6 },
      { kind: 'acknowledged', ...place, term: 2, index: 6, peer: 'node1' }, { kind: 'committed', ...place, index: 6 }, { kind: 'installing', ...place }, { kind: 'installed', ...place }
    ]
    const texts: string[] = []
    const columns = encodeFacts(facts, nodeOf, (text) => texts.push(text) - 1)
    expect.equal(facts.map(({ atUs }, i) => decodeFact(columns, i, atUs, ['node1', 'node2', 'node3'], texts)), facts)
  })
})

suite('the page', ({ test }) => {
  const HOSTILE = '</script><script>alert(1)</script><!-- <img src=x onerror="alert(2)"> & \' \u2028'
  const hostile: Recording = {
    ...EMPTY, seed: HOSTILE, commit: HOSTILE, traceHash: HOSTILE, scenario: { ...SCENARIO, name: HOSTILE, about: HOSTILE, slowness: { [HOSTILE]: 2 } },
    violations: [{ invariant: HOSTILE, atUs: 5, node: HOSTILE, partition: 0, text: HOSTILE }],
    facts: [{ kind: 'voted', atUs: 1, node: HOSTILE, partition: 0, term: 1, peer: HOSTILE }],
    messages: [{ sentUs: 1, deliveredUs: undefined, from: HOSTILE, to: 'node1', channel: HOSTILE, text: HOSTILE }],
    faults: [{ atUs: 1, step: 1, text: HOSTILE, nodes: [HOSTILE] }],
    operations: [operation(0, 'set', HOSTILE, 0, 10, HOSTILE)],
    linearizations: new Map([[HOSTILE, { verdict: 'illegal', order: [] }]])
  }

  test('lets nothing out of its place, and keeps the texts', () => {
    const html = renderReport(hostile)
    expect.is(html.match(/<script/g)?.length, 2)
    expect.is(html.match(/<\/script/g)?.length, 2)
    expect.not.match(html, '<img')
    expect.not.match(html, '<!--')
    const data = dataOf(html)
    expect.is(data.violations[0]?.text, HOSTILE)
    expect.is(data.operations[0]?.value, HOSTILE)
    expect.ok(data.texts.includes(HOSTILE) && data.nodes.includes(HOSTILE))
  })

  test('needs nothing from outside, and lets only its own script and style run', () => {
    const html = renderReport(EMPTY)
    expect.not.match(html, /(?:src|href)="(?!#)|@import|url\(|https?:/)
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? ''
    expect.match(policy, "default-src 'none'")
    for (const tag of ['script', 'style'] as const) {
      const [text, ...more] = blocks(html, tag)
      expect.is(more.length, 0)
      expect.match(policy, `${tag}-src 'sha256-${createHash('sha256').update(text ?? '').digest('base64')}'`)
    }
  })

  test('has a script that compiles, and every element that it looks for', () => {
    const html = renderReport(EMPTY)
    const script = blocks(html, 'script')[0] ?? ''
    expect.instance(new Script(script), Script)
    const wanted = [...script.matchAll(/(?:element|Surface|attachChoice|attachSwitches)\('([\w-]+)'/g)].map(([, id = '']) => id)
    expect.ok(wanted.length >= 15, `only ${wanted.join(' ')}`)
    expect.equal(wanted.filter((id) => !html.includes(`id="${id}"`)), [])
  })

  test('begins with what was broken, first and last, and the command that shows it again', () => {
    const violation = (atUs: number, invariant: string): Recording['violations'][number] => ({ invariant, atUs, node: 'node1', partition: 0, text: `broken at ${atUs}` })
    const html = renderReport({ ...EMPTY, violations: [violation(10, 'vote-once'), violation(30, 'no-crash'), violation(20, 'term-monotonic')] })
    const header = html.slice(html.indexOf('<header>'), html.indexOf('</header>'))
    expect.match(header, /3 violations/)
    expect.match(header, /first<\/span> <b>vote-once/)
    expect.match(header, /last<\/span> <b>no-crash/)
    expect.match(header, 'npm run sim -- --scenario &#39;sim/scenarios/a scenario.yaml&#39; --seed 7')
    expect.match(renderReport(EMPTY, 'gokeydb sim --again'), 'gokeydb sim --again')
    expect.match(renderReport(EMPTY), 'every promise kept')
  })

  test('quotes the command for a shell', () => {
    expect.is(escapeShell("it's"), "'it'\\''s'")
    expect.is(againCommand({ seed: 'a-1', scenario: { ...SCENARIO, name: 'seed a-1' } }), 'npm run sim -- --seed a-1 --time 1000ms')
  })

  test('leads from a broken history to its operation', () => {
    const recording: Recording = {
      ...EMPTY, operations: [operation(4, 'get', 'x', 0, 10)], linearizations: new Map([['k', { verdict: 'illegal', order: [] }]]),
      violations: [{ invariant: 'linearizability', atUs: 99, node: undefined, partition: undefined, text: 'the history of k is not linearizable' }]
    }
    expect.is(pageData(recording).violations[0]?.operation, 4)
    expect.match(renderReport(recording), 'Nobody ever wrote &quot;x&quot;')
  })

  test('shows a real run', async () => {
    const clients = { operationsPerSecond: 50, keys: 3, sets: 2, deletes: 1, gets: 2, timeoutUsMin: 300_000, timeoutUsMax: 900_000, retries: 0 }
    const steps: Step[] = [{ id: 1, when: { kind: 'at', atUs: 300_000 }, action: { do: 'crash', node: 'master of 0', loses: 'everything', restartUs: 200_000, effects: 0 } }]
    const scenario = { ...SCENARIO, clients, steps }
    const sink = new Recorder({ describe: describeFrame })
    const { traceHash, linearizations, warmUpEndUs, healedUs, virtualUs } = await runScenario(scenario, { seed: 'report', sink })
    const recording = sink.finish({ seed: 'report', commit: 'abc', scenario, traceHash, linearizations, warmUpEndUs, healedUs, endUs: virtualUs })
    expect.ok(recording.messages.some(({ channel, text, deliveredUs, sentUs }) => channel === 'replication' && text.startsWith('append ') && deliveredUs !== undefined && deliveredUs > sentUs), 'appends arrive')
    const data = dataOf(renderReport(recording))
    expect.equal(data.nodes, ['node1', 'node2', 'node3'])
    expect.ok(data.roles.some(({ kind, partition }) => kind === 'master' && partition === 0), 'somebody masters partition 0')
    expect.ok(data.processes.some(({ toUs }) => toUs < data.endUs), 'a process ended')
    expect.is(data.messages.text.length, recording.messages.length)
    expect.ok(data.keys.length >= 3 && data.keys.every(({ verdict }) => verdict === 'ok'), 'every history is checked')
  })
})

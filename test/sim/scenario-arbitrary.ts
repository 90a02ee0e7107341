import fc from 'fast-check'
import { lateMax } from '../../sim/scenario/index.js'
import type { Action, Check, Scenario, Step, When } from '../../sim/scenario/index.js'

const us = (max: number): fc.Arbitrary<number> => fc.oneof(fc.nat({ max }), fc.nat({ max: Math.floor(max / 1_000_000) }).map((s) => s * 1_000_000))
const periodUs = fc.oneof(fc.integer({ min: 1, max: 9_000_000 }), fc.integer({ min: 1, max: 90 }).map((s) => s * 1_000_000))
const oneIn = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 999_999 }))
const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> => fc.option(value, { nil: undefined })
/** What people write, what YAML takes for something else, and any other text. */
const anyText = (minLength: number): fc.Arbitrary<string> => fc.oneof(
  fc.constantFrom('a', 'two words', 'null', '~', 'true', '007', '1e3', '0x10', 'value:1', 'a: b', 'a #b', '- a', '{', ']', ',', '&a', '*a', '!x', '"', '\'', ' x', 'x ', 'x\n', 'a\n\nb', '\t', '---', '.inf', 'é', '\u2028', '\ud800', '\u0000', '\r\n'),
  fc.string({ minLength, maxLength: 20, unit: 'binary' }),
  fc.string({ minLength, maxLength: 20 })
)

interface Sizes { readonly nodes: number, readonly partitions: number, readonly durationUs: number }

const linkOptions = {
  delayUs: us(5_000_000), jitterUs: us(5_000_000), tailOneIn: oneIn, tailUs: us(9_000_000), lossOneIn: oneIn, dropOneIn: oneIn, duplicateOneIn: oneIn, reorderOneIn: oneIn,
  corruptOneIn: oneIn, bandwidth: fc.oneof(fc.nat({ max: 1_000_000 }), fc.integer({ min: 0, max: 100 }).map((n) => n * 1024 * 1024)), cutNoticedUs: us(9_000_000)
}

function selectorOf ({ nodes, partitions }: Sizes, hasIt: boolean): fc.Arbitrary<string> {
  return fc.oneof(
    fc.integer({ min: 1, max: nodes }).map((n) => `node${n}`),
    fc.integer({ min: 0, max: partitions - 1 }).chain((p) => fc.constantFrom(`master of ${p}`, `slave of ${p}`)),
    fc.constantFrom('any', 'any running', 'any stopped', 'coordinator', ...(hasIt ? ['it'] : []))
  )
}

function checkOf (sizes: Sizes, node: fc.Arbitrary<string>): fc.Arbitrary<Check> {
  const partition = fc.integer({ min: 0, max: sizes.partitions - 1 })
  const withinUs = us(9_000_000)
  return fc.oneof<[fc.Arbitrary<Check>, ...Array<fc.Arbitrary<Check>>]>(
    fc.record({ kind: fc.constant('one-master'), partition, withinUs }),
    fc.record({ kind: fc.constant('no-master-among'), partition, nodes: fc.array(node, { maxLength: 4 }), withinUs }),
    fc.record({ kind: fc.constant('master'), partition, node, withinUs }),
    fc.record({ kind: fc.constant('running'), node, running: fc.boolean() }),
    fc.record({ kind: fc.constant('caught-up'), partition, withinUs })
  )
}

/** Any action; a restore needs an image and is left to the files. */
function actionOf (sizes: Sizes, hasIt: boolean): fc.Arbitrary<Action> {
  const node = selectorOf(sizes, hasIt)
  const nodes = fc.array(node, { maxLength: 4 })
  const loses = fc.constantFrom('everything', 'tail', 'subset', 'nothing')
  const restartUs = maybe(us(9_000_000))
  const groups = fc.array(nodes, { minLength: 1, maxLength: 4 })
  const channel = fc.constantFrom('cluster', 'membership', 'replication', 'kv')
  const end = fc.oneof(node, fc.constant('all'))
  const request = { key: anyText(1), through: node, timeoutUs: periodUs, answer: maybe(anyText(1)) }
  const ofNode = <Name extends 'start' | 'stop' | 'wipe' | 'bridge' | 'star'>(...names: Name[]): fc.Arbitrary<Action> => fc.record({ do: fc.constantFrom(...names), node }) as fc.Arbitrary<Action>
  return fc.oneof<[fc.Arbitrary<Action>, ...Array<fc.Arbitrary<Action>>]>(
    fc.record({ do: fc.constant('crash'), node, loses, restartUs, effects: fc.nat({ max: 9 }) }),
    fc.record({ do: fc.constant('crash-all'), loses, restartUs }),
    ofNode('start', 'stop', 'wipe', 'bridge', 'star'),
    fc.constantFrom('start-all', 'ring', 'chain', 'heal').map((name) => ({ do: name })),
    fc.record({ do: fc.constant('pause'), node, forUs: periodUs }),
    fc.record({ do: fc.constant('slow'), node, factor: fc.integer({ min: 1, max: 100 }), forUs: periodUs }),
    fc.record({ do: fc.constant('clock-jump'), node, byUs: periodUs }),
    fc.record({ do: fc.constant('clock-drift'), node, ppm: fc.integer({ min: -900_000, max: 9_000_000 }) }),
    fc.record({ do: fc.constant('cut'), groups }),
    fc.record({ do: fc.constant('cut-one-way'), from: nodes, to: nodes }),
    fc.record({ do: fc.constant('isolate'), node, direction: fc.constantFrom('both', 'in', 'out') }),
    fc.record({ do: fc.constant('flap'), groups, everyUs: periodUs, forUs: periodUs }),
    fc.record({
      do: fc.constant('link'), from: end, to: end, forUs: maybe(periodUs),
      set: fc.record(linkOptions, { requiredKeys: [] }).filter((set) => Object.keys(set).length > 0)
    }),
    fc.record({ do: fc.constant('reset'), from: node, to: node }),
    fc.record({ do: fc.constant('half-open'), from: node, to: node, forUs: periodUs }),
    fc.record({ do: fc.constant('replay'), from: node, to: node, channel, forUs: periodUs, delayUs: us(9_000_000) }),
    fc.record({ do: fc.constant('garble'), from: node, to: node, channel }),
    fc.record({ do: fc.constant('rumour'), from: node, to: node, about: node, says: fc.constantFrom('alive', 'suspect', 'dead', 'left') }),
    fc.record({ do: fc.constant('disk'), node, fault: fc.constantFrom('stall', 'full', 'fsync-error', 'fsync-error-lands', 'read-error', 'bit-rot-log', 'bit-rot-data', 'bit-rot-meta', 'lies'), forUs: maybe(periodUs), factor: fc.constant(undefined) }),
    fc.record({ do: fc.constant('disk'), node, fault: fc.constant('slow'), forUs: maybe(periodUs), factor: fc.integer({ min: 1, max: 1000 }) }),
    fc.record({ do: fc.constant('image'), node, as: anyText(1) }),
    fc.record({ do: fc.constant('set'), ...request, value: anyText(0) }),
    fc.record({ do: fc.constant('delete'), ...request }),
    fc.record({ do: fc.constant('get'), ...request, consistency: fc.constantFrom('linearizable', 'local') }),
    fc.record({ do: fc.constant('check'), check: checkOf(sizes, node) })
  )
}

function stepOf (sizes: Sizes): fc.Arbitrary<Omit<Step, 'id'>> {
  const when: fc.Arbitrary<When> = fc.oneof(
    fc.record({ kind: fc.constant('at'), atUs: us(sizes.durationUs) }),
    fc.record({
      kind: fc.constant('on'),
      event: fc.constantFrom('started', 'voted', 'won', 'deposed', 'appended', 'acknowledged', 'committed', 'installing', 'installed', 'answered'),
      partition: maybe(fc.oneof(fc.integer({ min: 0, max: sizes.partitions - 1 }), fc.constant(0xffff))),
      node: maybe(fc.integer({ min: 1, max: sizes.nodes }).map((n) => `node${n}`)),
      nth: fc.integer({ min: 1, max: 50 }), fromUs: us(sizes.durationUs), delayUs: us(9_000_000)
    })
  )
  return when.chain((chosen) => actionOf(sizes, chosen.kind === 'on').map((action) => ({ when: chosen, action })))
}

const sizesOf: fc.Arbitrary<Sizes> = fc.record({ nodes: fc.integer({ min: 1, max: 7 }), partitions: fc.integer({ min: 0, max: 4 }).map((k) => 2 ** k), durationUs: fc.integer({ min: 1, max: 60_000_000 }) })

/** Any scenario that makes sense. */
export const scenarios: fc.Arbitrary<Scenario> = sizesOf.chain((sizes) => {
  const names = Array.from({ length: sizes.nodes }, (_, i) => `node${i + 1}`)
  const perNode = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Record<string, Value>> => fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true })
  const range = fc.tuple(us(9_000_000), us(9_000_000)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
  return fc.record({
    name: anyText(1),
    about: anyText(0),
    nodes: fc.constant(sizes.nodes),
    partitions: fc.constant(sizes.partitions),
    replicas: fc.nat(7),
    groups: maybe(fc.array(fc.shuffledSubarray(names, { minLength: 1 }), { minLength: 1, maxLength: 4 })),
    tuning: fc.record({
      heartbeatIntervalMs: fc.integer({ min: 1, max: 500 }), electionTimeoutMsMin: fc.integer({ min: 1000, max: 2000 }), electionTimeoutMsMax: fc.integer({ min: 2000, max: 9000 }),
      probeIntervalMs: fc.integer({ min: 1000, max: 5000 }), probeTimeoutMs: fc.integer({ min: 10, max: 500 }), requestsMax: fc.integer({ min: 1, max: 10_000 }),
      logRetainBytes: fc.nat({ max: 100_000_000 }), logBytesMin: fc.nat({ max: 100_000 }), lazyFlushMs: fc.nat({ max: 100 }),
      inflightAppendsMax: fc.integer({ min: 1, max: 64 }), appendEntriesMax: fc.integer({ min: 1, max: 64 })
    }, { requiredKeys: [] }),
    network: fc.record(linkOptions),
    disk: range.map(([flushUsMin, flushUsMax]) => ({ flushUsMin, flushUsMax })),
    turnUs: periodUs,
    clocks: perNode(fc.record({ offsetUs: us(1_000_000_000), driftPpm: fc.integer({ min: -900_000, max: 9_000_000 }) })),
    slowness: perNode(fc.integer({ min: 1, max: 100 })),
    clients: maybe(fc.tuple(fc.record({
      operationsPerSecond: fc.nat({ max: 400 }), keys: fc.integer({ min: 1, max: 100 }), sets: fc.integer({ min: 1, max: 9 }), deletes: fc.nat({ max: 9 }), gets: fc.nat({ max: 9 }), retries: fc.nat({ max: 9 })
    }), range).map(([load, [timeoutUsMin, timeoutUsMax]]) => ({ ...load, timeoutUsMin, timeoutUsMax }))),
    durationUs: fc.constant(sizes.durationUs),
    late: fc.subarray(names.slice(1), { maxLength: lateMax(sizes.nodes) }),
    steps: fc.array(fc.tuple(stepOf(sizes), fc.nat({ max: 3 })), { maxLength: 12 }).map((drawn) => {
      let id = -1
      return drawn.map(([step, gap]) => ({ id: id += 1 + gap, ...step }))
    }),
    expect: fc.record({
      violated: fc.array(anyText(1), { maxLength: 3 }), ended: perNode(anyText(0)), lost: fc.uniqueArray(fc.constantFrom(...names)), heals: fc.boolean(),
      acknowledgedMin: fc.nat({ max: 1000 }), masterChangesMax: maybe(fc.nat({ max: 100 }))
    })
  }).map((scenario) => structuredClone(scenario)) // fast-check's records have no prototype
})

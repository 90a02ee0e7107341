import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Prng } from '../../src/base/index.js'
import { formatProblem, readScenario, writeScenario } from '../../sim/scenario/index.js'
import type { Scenario } from '../../sim/scenario/index.js'
import { expect, suite } from '../harness.js'
import { scenarios } from './scenario-arbitrary.js'

const DIRECTORY = 'sim/scenarios'
const FILES = readdirSync(DIRECTORY).filter((name) => name.endsWith('.yaml')).sort()
const textOf = (file: string): string => readFileSync(`${DIRECTORY}/${file}`, 'utf8')

function read (text: string, file = 'test.yaml'): Scenario {
  const result = readScenario(text, file)
  if ('problems' in result) throw new Error(`${result.problems.map((problem) => formatProblem(file, problem)).join('\n')}\nin\n${text}`)
  return result.scenario
}

/** `line:column message` */
function problemsOf (text: string): string[] {
  const result = readScenario(text, 'test.yaml')
  return 'problems' in result ? result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`) : []
}

const step = (yaml: string): string => `steps:\n  - at: 1s\n    ${yaml}\n`

/** Each has exactly this one thing wrong with it. */
const WRONG: ReadonlyArray<{ readonly name: string, readonly text: string, readonly at: string, readonly says: string }> = [
  { name: 'an unknown key', text: 'nods: 3', at: '1:1', says: 'there is no key "nods"; did you mean "nodes"?' },
  { name: 'an unknown key in a section', text: 'network: {dellay: 1ms}', at: '1:11', says: 'there is no key "dellay" in network; did you mean "delay"?' },
  { name: 'a key given twice', text: 'nodes: 3\npartitions: 1\nnodes: 5', at: '3:1', says: '"nodes" is given twice (first in line 1)' },
  { name: 'a wrong type', text: 'nodes: [3]', at: '1:8', says: 'nodes must be a whole number from 1 to 16, found a list of 1' },
  { name: 'too many nodes', text: 'nodes: 17', at: '1:8', says: 'from 1 to 16, found "17"' },
  { name: 'more nodes than a partition has replicas', text: 'nodes: 8', at: '1:1', says: '8 nodes need groups' },
  { name: 'a partition count that is no power of two', text: 'partitions: 6', at: '1:13', says: 'must be a power of two from 1 to 1024' },
  { name: 'a duration without a unit', text: 'duration: 30', at: '1:11', says: 'needs a unit: 30us, 30ms or 30s' },
  { name: 'a duration with a strange unit', text: 'duration: 30sec', at: '1:11', says: 'one of the units us, ms, s, min and h' },
  { name: 'a fraction of a microsecond', text: 'duration: 0.5us', at: '1:11', says: 'whole microseconds' },
  { name: 'a duration that ends before it begins', text: 'duration: 0s', at: '1:11', says: 'longer than 0' },
  { name: 'a range the wrong way round', text: 'disk: 4ms..1ms', at: '1:7', says: 'begin with the shorter one' },
  { name: 'a probability instead of a ratio', text: 'network: {loss: 0.02}', at: '1:17', says: 'a ratio such as 1/50, or never' },
  { name: 'a bandwidth without a unit', text: 'network: {bandwidth: 1000}', at: '1:22', says: 'a bandwidth such as 50kB/s, or unlimited' },
  { name: 'a drift without a unit', text: 'clocks: {node1: {drift: 20}}', at: '1:25', says: 'a drift such as 200ppm' },
  { name: 'a clock of nobody', text: 'clocks: {node4: {drift: 20ppm}}', at: '1:10', says: 'must be one of the nodes node1 to node3' },
  { name: 'a group with an unknown node', text: 'groups: [[node1, node7]]', at: '1:18', says: 'groups[0][1] must be one of the nodes node1 to node3' },
  { name: 'a group with a node twice', text: 'groups: [[node1, node1]]', at: '1:1', says: 'a group names node1 twice' },
  { name: 'a late node that there is not', text: 'nodes: 5\nlate: [node6]', at: '2:8', says: 'late[0] must be one of the nodes node1 to node5' },
  { name: 'a late node twice', text: 'nodes: 6\nlate: [node3, node3]', at: '2:1', says: 'late names node3 twice' },
  { name: 'a late founder', text: 'nodes: 4\nlate: [node1]', at: '2:1', says: 'node1 founds the cluster and cannot be late' },
  { name: 'late nodes without whom nothing is founded', text: 'nodes: 5\nlate: [node4, node5]', at: '2:1', says: 'of 5 nodes at most 1 may be late' },
  { name: 'a late node where all are needed', text: 'late: [node3]', at: '1:1', says: 'of 3 nodes none may be late' },
  { name: 'tuning that the node refuses', text: 'tuning: {heartbeat: 900ms}', at: '1:1', says: 'at least two heartbeats' },
  { name: 'probes that the node refuses', text: 'tuning: {probe-interval: 200ms}', at: '1:1', says: 'probeIntervalMs must exceed' },
  { name: 'clients that do nothing', text: 'clients: {rate: 5/s, sets: 0, deletes: 0, gets: 0}', at: '1:1', says: 'neither set nor delete nor get' },
  { name: 'a section without what it needs', text: 'clients: {keys: 3}', at: '1:10', says: 'clients.rate is missing' },
  { name: 'an unknown action', text: step('crsh: node1'), at: '3:5', says: 'there is no action "crsh"; did you mean "crash"?' },
  { name: 'two actions in a step', text: step('crash: node1\n    heal:'), at: '4:5', says: 'does one thing, "crash" already' },
  { name: 'a step without action', text: 'steps:\n  - at: 1s', at: '2:5', says: 'a step says what to do' },
  { name: 'a step without time', text: 'steps:\n  - heal:', at: '2:5', says: 'a step says when: by one of at, after and on' },
  { name: 'a step with two times', text: 'steps:\n  - {at: 1s, after: 2s, heal: }', at: '2:5', says: 'not by at and after' },
  { name: 'a step that is no mapping', text: 'steps:\n  - heal', at: '2:5', says: 'step must be a mapping' },
  { name: 'steps that are no list', text: 'steps: {heal: }', at: '1:8', says: 'steps must be a list' },
  { name: 'an unknown trigger', text: 'steps:\n  - on: wins\n    heal:', at: '2:9', says: 'step.on must be one of started, voted, won' },
  { name: 'what belongs to a trigger in a step without one', text: 'steps:\n  - at: 1s\n    nth: 2\n    heal:', at: '3:5', says: '"nth" belongs to a step that waits for something' },
  { name: 'a partition that there is not', text: 'steps:\n  - on: won\n    partition: 1\n    heal:', at: '3:16', says: 'a whole number from 0 to 0, found "1"' },
  { name: 'a node that there is not', text: step('crash: node9'), at: '3:12', says: 'crash must be one of the nodes node1 to node3, found "node9"' },
  { name: 'a selector that is misspelt', text: step('crash: {node: mater of 0}'), at: '3:19', says: 'did you mean "master of 0"?' },
  { name: 'a selector of a partition that there is not', text: step('crash: master of 4'), at: '3:12', says: 'must name a partition from 0 to 0' },
  { name: '"it" where nothing happened', text: step('crash: it'), at: '3:12', says: 'can be "it" only in a step that waits' },
  { name: 'an unknown word', text: step('crash: {node: node1, loses: tial}'), at: '3:33', says: 'found "tial"; did you mean "tail"?' },
  { name: 'an unknown fault', text: step('disk: {node: node1, fault: stal}'), at: '3:32', says: 'did you mean "stall"?' },
  { name: 'a slow disk without a factor', text: step('disk: {node: node1, fault: slow}'), at: '2:5', says: 'disk.factor is missing' },
  { name: 'a factor that nobody asks for', text: step('disk: {node: node1, fault: full, factor: 3}'), at: '2:5', says: 'belongs to the fault slow' },
  { name: 'an argument where none is wanted', text: step('heal: node1'), at: '3:11', says: 'heal takes nothing, found "node1"' },
  { name: 'a link that stays as it is', text: step('link: {to: node2}'), at: '3:11', says: 'link changes nothing' },
  { name: 'an image that nobody took', text: step('restore: {node: node1, from: old}'), at: '2:5', says: 'no step takes an image as "old"' },
  { name: 'a check of nothing', text: step('check: {within: 3s}'), at: '3:12', says: 'must say one of one-master, no-master-among' },
  { name: 'a check of two things', text: step('check: {one-master: 0, running: node1}'), at: '3:12', says: 'found one-master and running' },
  { name: 'a step after the end', text: 'duration: 5s\nsteps:\n  - at: 6s\n    heal:', at: '3:5', says: 'not before 6s, and the scenario\'s duration is 5s' },
  { name: 'an id that another step has by its position', text: 'steps:\n  - {id: 2, at: 1s, heal: }\n  - {at: 2s, heal: }', at: '3:5', says: 'another step has the id 2' },
  { name: 'an expectation of nobody', text: 'expect: {ended: {node5: x}}', at: '1:18', says: 'must be one of the nodes node1 to node3' },
  { name: 'an anchor that is not there', text: 'nodes: *n', at: '1:8', says: 'there is no anchor "&n"' },
  { name: 'broken syntax', text: 'steps: [', at: '1:9', says: 'YAML syntax' },
  { name: 'two documents', text: 'nodes: 3\n---\nnodes: 5', at: '2:1', says: 'several YAML documents' },
  { name: 'a list for a file', text: '- 1', at: '1:1', says: 'the file must be a mapping' }
]

suite('reading a scenario file', ({ test }) => {
  for (const { name, text, at, says } of WRONG) {
    test(`refuses ${name}`, () => {
      const problems = problemsOf(text)
      expect.is(problems.length >= 1, true, 'it was accepted')
      const found = problems.some((problem) => problem.startsWith(`${at} `) && problem.includes(says))
      expect.ok(found, `wanted ${at} … ${says}\ngot ${problems.join('\n')}`)
      if (!['nodes: *n', 'nodes: [3]', '- 1', 'steps: ['].includes(text)) expect.is(problems.length, 1, problems.join('\n'))
    })
  }

  test('reports everything that is wrong at once, in reading order', () => {
    const problems = problemsOf('nodes: many\npartitions: 3\nsteps:\n  - at: 5\n    crash: nobody\n  - on: winning\n    heal: now\n')
    expect.equal(problems.map((problem) => problem.split(' ')[0]), ['1:8', '2:13', '4:9', '5:12', '6:9', '7:11'], problems.join('\n'))
  })

  test('takes ten lines for a whole scenario, the rest by default', () => {
    const scenario = read('about: Given three nodes, when the master dies, then another one takes over.\nclients: 50/s\nsteps:\n  - at: 2s\n    crash: master of 0\n  - after: 3s\n    check: {one-master: 0}\n', 'a/b/failover.yaml')
    expect.equal(scenario, {
      name: 'failover', about: 'Given three nodes, when the master dies, then another one takes over.', nodes: 3, partitions: 1, groups: undefined, replicas: 0, tuning: {},
      network: { delayUs: 100, jitterUs: 150, tailOneIn: 0, tailUs: 0, lossOneIn: 0, dropOneIn: 0, duplicateOneIn: 0, reorderOneIn: 0, corruptOneIn: 0, bandwidth: 0, cutNoticedUs: 3_000_000 },
      disk: { flushUsMin: 100, flushUsMax: 400 }, turnUs: 20, clocks: {}, slowness: {},
      clients: { operationsPerSecond: 50, keys: 8, sets: 5, deletes: 1, gets: 4, retries: 0, timeoutUsMin: 500_000, timeoutUsMax: 4_000_000 },
      durationUs: 10_000_000, late: [],
      steps: [
        { id: 1, when: { kind: 'at', atUs: 2_000_000 }, action: { do: 'crash', node: 'master of 0', loses: 'tail', restartUs: undefined, effects: 0 } },
        { id: 2, when: { kind: 'at', atUs: 5_000_000 }, action: { do: 'check', check: { kind: 'one-master', partition: 0, withinUs: 0 } } }
      ],
      expect: { violated: [], ended: {}, lost: [], heals: true, acknowledgedMin: 0, masterChangesMax: undefined }
    })
  })

  test('lasts until five seconds after its last step where it does not say how long', () => {
    expect.is(read('steps:\n  - at: 20s\n    pause: {node: node1, for: 7s}').durationUs, 32_000_000)
  })

  test('"after" counts from the step before: from its time, or from what it waited for', () => {
    const { steps } = read('steps:\n  - {after: 1s, heal: }\n  - {after: 500ms, heal: }\n  - {on: won, nth: 2, delay: 1ms, crash: it}\n  - {after: 2ms, start: it}')
    expect.equal(steps.map(({ when }) => when.kind === 'at' ? when.atUs : [when.event, when.nth, when.delayUs]), [1_000_000, 1_500_000, ['won', 2, 1000], ['won', 2, 3000]])
  })

  test('keys and values are what is written, also where YAML knows a number', () => {
    const { steps } = read(step('set: {key: 007, value: 1.0}'))
    expect.equal(steps[0]?.action, { do: 'set', key: '007', value: '1.0', through: 'any running', timeoutUs: 5_000_000, answer: undefined })
  })

  test('unfolds aliases', () => {
    const { steps } = read('steps:\n  - at: 1s\n    cut: &sides [[node1], [node2, node3]]\n  - at: 2s\n    flap: {groups: *sides, every: 1s, for: 3s}')
    expect.equal(steps[1]?.action, { do: 'flap', groups: [['node1'], ['node2', 'node3']], everyUs: 1_000_000, forUs: 3_000_000 })
  })
})

suite('what a scenario file may not do to its reader', ({ test }) => {
  const deep: ReadonlyArray<readonly [name: string, text: string]> = [
    ['flow lists', '['.repeat(20_000)],
    ['flow mappings', '{a: '.repeat(20_000)],
    ['block lists', '- '.repeat(20_000)],
    ['explicit keys', '? '.repeat(20_000)],
    ['closed flow lists', `nodes: ${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['indentation', Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')]
  ]
  for (const [name, text] of deep) {
    test(`nesting by ${name} is refused, not followed`, () => {
      expect.match(problemsOf(text).join('\n'), 'nests deeper')
    })
  }

  test('a file that is too large is refused unread', () => {
    expect.equal(problemsOf('#'.repeat(512 * 1024 + 1)), ['1:1 the file has 524289 characters; at most 524288 are allowed'])
  })

  test('an alias bomb does not go off', () => {
    const bomb = Array.from({ length: 9 }, (_, i) => `k${i}: &k${i} [${Array.from({ length: 10 }, () => i === 0 ? 'x' : `*k${i - 1}`).join(', ')}]`).join('\n')
    expect.match(problemsOf(bomb).join('\n'), 'unfolds to more than')
    expect.match(problemsOf('a: &a [*a]').join('\n'), 'use fewer aliases')
  })

  test('many keys, many problems and many aliases take little time', () => {
    const keys = Array.from({ length: 8_000 }, (_, i) => `k${i}:`).join('\n')
    const problems = problemsOf(keys)
    expect.is(problems.length, 101)
    expect.match(problems.at(-1) ?? '', 'and 7900 more problems')
    problemsOf(`a: &a x\nb: [${'*a,'.repeat(20_000)}]`)
  })

  test('whatever the text, it is read or refused, never thrown at', () => {
    const random = new Prng('scenario fuzz')
    const texts = FILES.map(textOf)
    const bits = ['{', '}', '[', ']', ':', ',', '- ', '\n', ' ', '"', '\'', '&a ', '*a', '!!int ', '|', '>', '#', '~', '\t', '\u0000', '\ud800', '1/', 's', '9', 'on: ', 'it', '---\n', '%YAML 1.1\n', '<<: *a', '? ']
    for (let i = 0; i < 250; i++) {
      let text = texts[random.below(texts.length)] ?? ''
      if (random.chance(1, 4)) text = text.slice(0, random.below(text.length + 1))
      for (let changes = random.below(4); changes > 0; changes--) {
        const at = random.below(text.length + 1)
        const removed = random.chance(1, 2) ? random.below(20) : 0
        text = text.slice(0, at) + (random.chance(3, 4) ? bits[random.below(bits.length)] : '') + text.slice(at + removed)
      }
      let result
      try {
        result = readScenario(text, 'fuzz.yaml')
      } catch (error) {
        throw new Error(`round ${i}: ${String(error)}\n${text}`, { cause: error })
      }
      if ('problems' in result) {
        expect.ok(result.problems.length > 0, `round ${i}: neither read nor refused\n${text}`)
        for (const { line, column } of result.problems) expect.ok(line >= 1 && column >= 1, `round ${i}: ${line}:${column}`)
      } else expect.equal(read(writeScenario(result.scenario)), result.scenario, `round ${i}`)
    }
  })
})

suite('writing a scenario', ({ test }) => {
  test('gives a file that reads as the same scenario', () => {
    fc.assert(fc.property(scenarios, (scenario) => {
      expect.equal(read(writeScenario(scenario)), scenario)
    }), { numRuns: 200 })
  })

  test('leaves out what is by default', () => {
    const text = 'name: small\nabout: |-\n  Given one,\n  when two,\n  then three.\nduration: 10s\nsteps:\n  - at: 2s\n    crash: master of 0\n  - on: voted\n    partition: system\n    crash: {node: it, loses: everything, restart: 200us}\nexpect: {lost: [node3]}\n'
    expect.is(writeScenario(read(text)).split('\n').slice(1).join('\n'), text)
  })
})

suite('the scenarios of sim/scenarios', ({ test }) => {
  for (const file of FILES) {
    test(`${file} says what is given, what happens and what must come out, and can be written again`, () => {
      const scenario = read(textOf(file), file)
      expect.is(scenario.name, file.replace(/\.yaml$/, ''))
      expect.match(scenario.about, /given\s.*when\s.*then\s/is)
      expect.equal(read(writeScenario(scenario), file), scenario)
    })
  }

  test('are all in their README, and the README has no others', () => {
    const listed = [...textOf('README.md').matchAll(/`([a-z0-9-]+\.yaml)`/g)].flatMap(([, name]) => name ?? [])
    const missing = FILES.filter((name) => !listed.includes(name))
    const strangers = listed.filter((name) => !FILES.includes(name))
    expect.equal({ missing, strangers }, { missing: [], strangers: [] })
  })
})

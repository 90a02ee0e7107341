import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCommandLine } from '../../src/cli/index.js'
import { LineSplitter } from '../../src/cli/lines.js'
import { resolveLocal } from '../../src/cli/local.js'
import type { LocalResult } from '../../src/cli/local.js'
import { RotatingLogFile } from '../../src/cli/log-file.js'
import { readLogLine, Repetition } from '../../src/cli/log-line.js'
import { formatProblem } from '../../src/config/index.js'
import { SAMPLE } from '../config/sample.js'
import { expect, suite } from '../harness.js'

suite('lines of a stream', ({ test }) => {
  const split = (...chunks: string[]): string[] => {
    const lines: string[] = []
    const splitter = new LineSplitter((line) => { lines.push(line) })
    for (const chunk of chunks) splitter.push(chunk)
    splitter.end()
    return lines
  }

  test('come whole, however they are cut', () => {
    expect.equal(split('a', 'b\nc\n', '\nd\r\n', 'e'), ['ab', 'c', '', 'd', 'e'])
    expect.equal(split(), [])
  })

  test('are cut off after 64 KiB', () => {
    expect.equal(split('x'.repeat(40_000), 'x'.repeat(40_000), 'y\nz').map((line) => line.length), [65_536, 1])
    expect.equal(split(`${'x'.repeat(70_000)}\nz`).map((line) => line.length), [65_536, 1])
  })
})

suite('a log file', ({ test, before, after }) => {
  let root = ''
  before(() => { root = mkdtempSync(join(tmpdir(), 'gokeydb-log-')) })
  after(() => { rmSync(root, { recursive: true }) })
  const fail = (reason: string): void => { throw new Error(reason) }

  test('begins with its first line and appends to what is there', () => {
    const directory = join(root, 'a/b')
    const first = new RotatingLogFile(directory, fail)
    expect.equal(readdirSync(root), [])
    first.append('one')
    first.close()
    first.append('lost')
    const second = new RotatingLogFile(directory, fail)
    second.append('two')
    second.close()
    expect.is(readFileSync(join(directory, 'log.jsonl'), 'utf8'), 'one\ntwo\n')
  })

  test('keeps at most two files of the given size', () => {
    const directory = join(root, 'c')
    const log = new RotatingLogFile(directory, fail, 100)
    for (let i = 0; i < 100; i++) log.append(`line ${String(i).padStart(4, '0')}`)
    log.close()
    expect.equal(readdirSync(directory).toSorted(), ['log.1.jsonl', 'log.jsonl'])
    const [older = '', newer = ''] = ['log.1.jsonl', 'log.jsonl'].map((name) => readFileSync(join(directory, name), 'utf8'))
    expect.ok(older.length <= 100 && newer.length <= 100)
    expect.match(`${older}${newer}`, /^line 0080\n(.*\n)+line 0099\n$/)
  })

  test('gives up once, and says why, where it cannot be written', () => {
    const reasons: string[] = []
    const log = new RotatingLogFile('/dev/null/x', (reason) => { reasons.push(reason) })
    log.append('a')
    log.append('b')
    expect.is(reasons.length, 1)
    expect.match(reasons[0] ?? '', 'ENOTDIR')
  })
})

suite('a log line', ({ test }) => {
  for (const [line, shown] of [
    ['{"time":"2026","level":"warn","msg":"slow","ms":5,"peers":["a"],"ok":true}', { level: 'warn', message: 'slow ms=5 ok=true' }],
    ['{"level":"error","message":"broken"}', { level: 'error', message: 'broken' }],
    ['{"level":"info","msg":"x"}', undefined],
    ['{"level":"warn"', undefined],
    ['plain text', undefined],
    ['TypeError: x is not a function', { level: 'error', message: 'TypeError: x is not a function' }],
    [`Error: ${'x'.repeat(500)}`, { level: 'error', message: `Error: ${'x'.repeat(293)}…` }]
  ] as const) {
    test(`is read: ${line.slice(0, 60)}`, () => { expect.equal(readLogLine(line), shown) })
  }

  test('is news again after a minute, and memory of it is bounded', () => {
    const repetition = new Repetition()
    expect.equal([repetition.isNew('a', 0), repetition.isNew('a', 59_999), repetition.isNew('a', 60_000)], [true, false, true])
    for (let i = 0; i < Repetition.TEXTS_MAX; i++) repetition.isNew(`t${i}`, 60_000)
    expect.is(repetition.isNew('a', 60_001), true, 'the oldest were forgotten')
  })
})

suite('local', ({ test }) => {
  const resolve = (text: string, ...args: string[]): LocalResult => {
    const command = parseCommandLine(['local', '-config=c.yaml', ...args], {})
    if (command.kind !== 'local') throw new Error(JSON.stringify(command))
    return resolveLocal(command.options, () => text)
  }
  const problems = (result: LocalResult): string[] => result.ok ? [] : result.problems.map(formatProblem)

  test('runs every node of the file with the same flags', () => {
    const result = resolve(SAMPLE, '--data=D', '-log-level', 'warn', '--bind', '127.0.0.1')
    if (!result.ok) throw new Error(problems(result).join())
    expect.equal(result.nodes.map(({ name }) => name), ['node1', 'node2', 'node3', 'node4', 'node5', 'node6'])
    expect.equal(result.nodes[4]?.args, ['-config=c.yaml', '-node=node5', '--data=D', '--bind=127.0.0.1', '--log-level=warn'])
    expect.match(result.nodes[4]?.dataDirectory ?? '', /\/D\/node5$/)
  })

  test('refuses a wrong file, each problem once', () => {
    expect.equal(problems(resolve(SAMPLE.replace('nodes: 4', 'nodes: 5'))), ['c.yaml:2:10: cluster.nodes must be a power of two from 1 to 1024 (the nearest are 4 and 8), found 5'])
    expect.equal(problems(resolve(SAMPLE, '--log-level=loud')), ['--log-level: must be one of debug, info, warn, error, silent, found "loud"'])
  })

  test('refuses a file of several machines, whose nodes would want the same port here', () => {
    const text = `cluster: {nodes: 2}\nnetwork:\n  hosts: {a: 10.0.0.1, b: 10.0.0.2}\n`
    expect.match(problems(resolve(text)).join(), /gives HTTP port 8080 to several, each on its own/)
  })
})

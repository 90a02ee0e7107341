import { expect, suite } from '../harness.js'
import { runPlanted, totalsOf } from './planted.js'

/** Each is a way to look green without being it. */
const FAILING: ReadonlyArray<{ name: string, body: string, totals: string | undefined, says: string }> = [
  { name: 'a case that fails', body: "suite('s', (s) => { s.test('a', () => { expect.is(1, 2) }); s.test('b', () => {}) })", totals: '1/2', says: 'strictly equal' },
  { name: 'a before that throws', body: "suite('s', (s) => { s.before(() => { throw new Error('no port') }); s.test('a', () => {}) })", totals: '1/2', says: 'no port' },
  { name: 'an after that throws', body: "suite('s', (s) => { s.after(() => { throw new Error('still open') }); s.test('a', () => {}) })", totals: '1/2', says: 'still open' },
  { name: 'a beforeEach that throws', body: "suite('s', (s) => { s.beforeEach(() => { throw new Error('not set up') }); s.test('a', () => {}) })", totals: '0/1', says: 'not set up' },
  { name: 'an afterEach that throws', body: "suite('s', (s) => { s.afterEach(async () => { throw new Error('leaked') }); s.test('a', () => {}) })", totals: '0/1', says: 'leaked' },
  { name: 'an afterEach that throws after a failed case', body: "suite('s', (s) => { s.afterEach(() => { throw new Error('leaked') }); s.test('a', () => { throw new Error('wrong') }) })", totals: '0/1', says: 'wrong · and then · leaked' },
  { name: 'a suite without a case', body: "suite('s', () => {})", totals: '0/1', says: 'has no case' },
  { name: 'a suite defined with a promise', body: "suite('s', async (s) => { s.test('a', () => {}); await null; s.test('b', () => { throw new Error('b') }) })", totals: undefined, says: 'already defined' },
  { name: 'a case that never settles', body: "suite('s', (s) => { s.test('a', () => new Promise(() => {}), { limitMs: 50 }); s.test('b', () => {}) })", totals: '1/2', says: '"a" was not over after 50 ms' },
  { name: 'an unhandled rejection', body: "suite('s', (s) => { s.test('a', () => { Promise.reject(new Error('nobody listens')) }); s.test('b', () => new Promise((r) => { setTimeout(r, 20) })) })", totals: undefined, says: 'nobody listens' },
  { name: 'a rejection after the last case', body: "suite('s', (s) => { s.test('a', () => { setTimeout(() => { Promise.reject(new Error('too late')) }, 50) }) })", totals: '1/1', says: 'too late' },
  { name: 'a thrown undefined', body: "suite('s', (s) => { s.test('a', () => { throw undefined }); s.test('b', () => {}) })", totals: '1/2', says: 'thrown: undefined' },
  { name: 'a thrown object without a text', body: "suite('s', (s) => { s.test('a', () => { throw Object.create(null) }); s.test('b', () => {}) })", totals: '1/2', says: 'has no text' },
  { name: 'an error whose name is no text', body: "suite('s', (s) => { s.test('a', () => { throw Object.assign(new Error('odd'), { name: 7 }) }); s.test('b', () => {}) })", totals: '1/2', says: 'odd' },
  { name: 'a failed assertion over values that cannot be compared', body: "import assert from 'node:assert'\nsuite('s', (s) => { s.test('a', () => { const o = { get x () { throw new Error('trap') } }; assert.strictEqual(o, 1n, 'unlike') }); s.test('b', () => {}) })", totals: '1/2', says: 'unlike' },
  { name: 'an exit in the middle', body: "suite('s', (s) => { s.test('a', () => { process.exit(0) }) })", totals: undefined, says: 'Exiting early' },
  { name: 'a failure before a late, passing suite', body: "suite('s', (s) => { s.test('a', () => { throw new Error('first') }) })\nawait new Promise((r) => { setTimeout(r, 50) })\nsuite('t', (s) => { s.test('b', () => {}) })", totals: '0/1', says: 'first' }
]

suite('the harness', ({ test }) => {
  for (const { name, body, totals, says } of FAILING) {
    test(`is not fooled by ${name}`, () => {
      const run = runPlanted(body)
      expect.is(run.code, 1, `exit code ${run.code}:\n${run.output}`)
      expect.is(totalsOf(run.output), totals, run.output)
      expect.ok(run.output.includes(says), `"${says}" is not in:\n${run.output}`)
    })
  }

  test('passes what passes, with hooks in order', () => {
    const run = runPlanted(`const seen = []
      suite('s', (s) => {
        s.before(() => { seen.push('before') })
        s.beforeEach(() => { seen.push('each') })
        s.afterEach(() => { seen.push('done') })
        s.test('a', () => { seen.push('a') })
        s.test('b', async () => { await null; seen.push('b') })
        s.after(() => { console.log(seen.join(' ')) })
      })`)
    expect.is(run.code, 0, run.output)
    expect.is(totalsOf(run.output), '4/4')
    expect.match(run.output, 'before each a done each b done')
  })

  test('cleans up after a case that hung', () => {
    const run = runPlanted("suite('s', (s) => { s.afterEach(() => { console.log('cleaned') }); s.test('a', () => new Promise(() => {}), { limitMs: 50 }) })")
    expect.is(run.code, 1)
    expect.match(run.output, 'cleaned')
  })
})

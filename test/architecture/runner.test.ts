import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, suite } from '../harness.js'

const RUNNER = fileURLToPath(new URL('../run.js', import.meta.url))
const HARNESS = fileURLToPath(new URL('../harness.js', import.meta.url))
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url))
/** Several processes each, on a machine that may be busy. */
const LIMIT_MS = 60_000
const LEAK = "import { spawn } from 'node:child_process'\nconst c = spawn('sleep', ['60'], { stdio: 'inherit' }); c.unref()\n"
const PASSING = "suite('p', (s) => { s.test('a', () => {}); s.test('b', () => {}) })"

/** A checkout of its own, with a compiled test per entry; null leaves the compiled form out. */
function plant (files: Readonly<Record<string, string | null>>, fill = 10): string {
  const root = mkdtempSync(join(tmpdir(), 'gokeydb-runner-'))
  const fillers = Object.fromEntries(Array.from({ length: fill }, (_, index) => [`fill/f${index}`, PASSING]))
  mkdirSync(join(root, 'dist/test'), { recursive: true })
  mkdirSync(join(root, 'test'), { recursive: true })
  copyFileSync(RUNNER, join(root, 'dist/test/run.js'))
  copyFileSync(HARNESS, join(root, 'dist/test/harness.js'))
  symlinkSync(nearestModules(), join(root, 'node_modules'))
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  for (const [name, body] of Object.entries({ ...fillers, ...files })) {
    const source = join(root, 'test', `${name}.test.ts`)
    const compiled = join(root, 'dist/test', `${name}.test.js`)
    mkdirSync(dirname(source), { recursive: true })
    mkdirSync(dirname(compiled), { recursive: true })
    writeFileSync(source, '')
    const harness = '../'.repeat(name.split('/').length - 1) || './'
    if (body !== null) writeFileSync(compiled, `import { suite, expect } from '${harness}harness.js'\nvoid expect, suite\n${body}\n`)
  }
  return root
}

/** This file is compiled to `dist/test/architecture`, or a copy of `dist` with a link beside it. */
function nearestModules (): string {
  return MODULES.replace(/\/dist\/node_modules$/, '/node_modules')
}

function run (root: string, filters: readonly string[] = [], limitMs?: number): { code: number | null, lines: string[] } {
  const env = limitMs === undefined ? process.env : { ...process.env, TEST_LIMIT_MS: String(limitMs) }
  const { status, stdout } = spawnSync(process.execPath, ['dist/test/run.js', ...filters], { cwd: root, encoding: 'utf8', timeout: 60_000, env })
  return { code: status, lines: stdout.trimEnd().split('\n') }
}

/** Ways for a file to fail; each must be told in one line below the file's. */
const FAILING: ReadonlyArray<{ name: string, body: string | null, says: string, score: string }> = [
  { name: 'a-failed-case', body: "suite('x', (s) => { s.test('a', () => { expect.is(1, 2) }); s.test('b', () => {}) })", says: 'exited with 1', score: '1/2' },
  { name: 'no-suite', body: '', says: 'ran no case', score: '0/1' },
  { name: 'exits-before-its-end', body: "suite('x', (s) => { s.test('a', () => { process.reallyExit(0) }) })", says: 'ran no case', score: '0/1' },
  { name: 'cannot-be-loaded', body: "import 'nowhere'", says: 'exited with 1', score: '0/1' },
  { name: 'passes-and-then-dies', body: "suite('x', (s) => { s.test('a', () => { setTimeout(() => process.exit(3), 100) }) })", says: 'exited with 3', score: '1/2' },
  { name: 'killed-by-a-signal', body: "process.kill(process.pid, 'SIGKILL')", says: 'ended by SIGKILL', score: '0/1' },
  { name: 'skips-by-uvu-itself', body: "import { suite as raw } from 'uvu'\nconst t = raw('x'); t('a', () => {}); t.skip('b', () => {}); t.run()", says: 'skipped 1', score: '1/2' },
  { name: 'not-compiled', body: null, says: 'run npm run build', score: '0/1' }
]

suite('the test runner', ({ test }) => {
  test('fails for every way a file can fail, and says why', () => {
    const root = plant(Object.fromEntries(FAILING.map(({ name, body }) => [`bad/${name}`, body])), 0)
    try {
      const { code, lines } = run(root, ['bad/'])
      const output = lines.join('\n')
      expect.is(code, 1, output)
      expect.is(lines.at(-1), '3 passed, 8 failed', output)
      for (const { name, says, score } of FAILING) {
        const at = lines.findIndex((line) => line.startsWith(`FAIL test/bad/${name}.test.ts  ${score} `))
        expect.ok(at >= 0, `${name} did not fail with ${score}:\n${output}`)
        expect.ok(lines[at + 1]?.includes(says) === true, `${name}: "${says}" is not said:\n${output}`)
      }
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  }, { limitMs: LIMIT_MS })

  test('adds up all files and ends with the totals', () => {
    const root = plant({ 'kv/bad': "suite('x', (s) => { s.test('a', () => { throw new Error('wrong') }) })" })
    try {
      const { code, lines } = run(root)
      expect.is(code, 1)
      expect.is(lines.at(-1), '20 passed, 1 failed')
      expect.is(lines.filter((line) => line.startsWith('ok   ')).length, 10)
      expect.ok(lines.some((line) => /^FAIL test\/kv\/bad\.test\.ts {2}0\/1 {2}\d+\.\d s$/.test(line)), lines.join('\n'))
      expect.ok(lines.some((line) => line.includes('wrong')), lines.join('\n'))
      const good = run(root, ['fill/f1'])
      expect.equal([good.code, good.lines.at(-1)], [0, '2 passed, 0 failed'])
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  }, { limitMs: LIMIT_MS })

  test('fails where too few files are there, or a filter matches none', () => {
    const root = plant({}, 3)
    try {
      for (const filters of [[], ['nothing'], ['fill/f1', 'nothing']]) {
        const { code, lines } = run(root, filters)
        expect.equal([code, lines.at(-1)], [1, '0 passed, 1 failed'])
      }
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  }, { limitMs: LIMIT_MS })

  test('runs files that start processes alone, after all others', () => {
    const mark = (name: string): string => `import { appendFileSync as a } from 'node:fs'\nsuite('x', (s) => { s.test('a', async () => { a('order', '${name}< '); await new Promise((r) => { setTimeout(r, 150) }); a('order', '${name}> ') }) })`
    const root = plant({ 'a/process/p': mark('p'), 'a/process/q': mark('q'), 'z/last': mark('z'), 'z/more': mark('m') }, 0)
    try {
      run(root, ['a/', 'z/'])
      const order = spawnSync('cat', [join(root, 'order')], { encoding: 'utf8' }).stdout.trim()
      expect.match(order, /p< p> q< q>$/)
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  }, { limitMs: LIMIT_MS })

  test('kills a file that is not over in time, with all it started, though every case passed', async () => {
    const root = plant({ 'x/hangs': `${LEAK}suite('x', (s) => { s.test('a', () => { setInterval(() => {}, 1000) }) })` }, 0)
    try {
      const { code, lines } = run(root, ['x/'], 2000)
      expect.is(code, 1)
      expect.is(lines.at(-1), '1 passed, 1 failed', lines.join('\n'))
      expect.ok(lines.some((line) => line.includes('was not over after 2 s and was killed')), lines.join('\n'))
      await until(() => sleepers(root) === 0)
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  }, { limitMs: LIMIT_MS })

  test('leaves no process of a file behind, whether the file ends or the runner is stopped', async () => {
    const root = plant({ 'x/leaks': `${LEAK}suite('x', (s) => { s.test('a', () => {}) })`, 'x/waits': `${LEAK}setInterval(() => {}, 1000)` }, 0)
    try {
      const { code, lines } = run(root, ['x/leaks'])
      expect.is(code, 0, lines.join('\n'))
      await until(() => sleepers(root) === 0)

      const child = spawn(process.execPath, ['dist/test/run.js', 'x/waits'], { cwd: root, stdio: 'ignore' })
      await until(() => sleepers(root) === 1)
      child.kill('SIGTERM')
      await new Promise((resolve) => { child.on('exit', resolve) })
      await until(() => sleepers(root) === 0)
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  }, { limitMs: LIMIT_MS })
})

/** How many `sleep 60` run in a directory. */
function sleepers (root: string): number {
  const { stdout } = spawnSync('sh', ['-c', 'for p in /proc/[0-9]*; do [ "$(readlink "$p/cwd")" = "$1" ] && tr "\\0" " " < "$p/cmdline" && echo; done; true', 'sh', root], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line.startsWith('sleep 60')).length
}

async function until (condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 200) throw new Error('waited in vain')
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
}

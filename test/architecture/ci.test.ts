import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, suite } from '../harness.js'

/** Runs a copy of `.ci/run` in which `npm` and `npx` are the given shell lines. */
function runCi (npm: string, npx: string): { code: number | null, lines: string[] } {
  const root = mkdtempSync(join(tmpdir(), 'gokeydb-ci-'))
  try {
    mkdirSync(join(root, '.ci'))
    mkdirSync(join(root, 'bin'))
    copyFileSync('.ci/run', join(root, '.ci/run'))
    for (const [name, body] of [['npm', npm], ['npx', npx]] as const) {
      writeFileSync(join(root, 'bin', name), `#!/bin/sh\necho "${name} $*" | cut -c 1-40\n${body}\n`)
      chmodSync(join(root, 'bin', name), 0o755)
    }
    const { status, stdout } = spawnSync(join(root, '.ci/run'), { encoding: 'utf8', cwd: '/', env: { ...process.env, PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}` } })
    return { code: status, lines: stdout.trimEnd().split('\n') }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const TESTS_PASS = 'case "$1" in test) echo "10 passed, 0 failed";; esac'

suite('.ci/run', ({ test }) => {
  for (const { name, npm, npx, code, last } of [
    { name: 'adds up the tests of both versions', npm: TESTS_PASS, npx: 'echo "4 passed, 0 failed"', code: 0, last: '14 passed, 0 failed' },
    { name: 'stops where the install fails', npm: 'exit 1', npx: '', code: 1, last: '0 passed, 1 failed' },
    { name: 'fails with failed tests', npm: 'case "$1" in test) echo "9 passed, 2 failed"; exit 1;; esac', npx: 'echo "4 passed, 0 failed"', code: 1, last: '13 passed, 2 failed' },
    { name: 'fails where the tests do not build', npm: 'case "$1" in test) exit 2;; esac', npx: 'echo "4 passed, 0 failed"', code: 1, last: '4 passed, 1 failed' },
    { name: 'fails where passing tests exit with an error', npm: 'case "$1" in test) echo "9 passed, 0 failed"; exit 1;; esac', npx: 'echo "4 passed, 0 failed"', code: 1, last: '13 passed, 1 failed' },
    { name: 'fails where the linter does', npm: 'case "$1" in test) echo "10 passed, 0 failed";; run) test "$2" != lint;; esac', npx: 'echo "4 passed, 0 failed"', code: 1, last: '14 passed, 1 failed' },
    { name: 'fails where a fresh seed does', npm: 'case "$1" in test) echo "10 passed, 0 failed";; run) test "$2" != sim;; esac', npx: 'echo "4 passed, 0 failed"', code: 1, last: '14 passed, 1 failed' },
    { name: 'fails where Node.js 24 cannot be had', npm: TESTS_PASS, npx: 'exit 1', code: 1, last: '10 passed, 1 failed' }
  ]) {
    test(name, () => {
      const run = runCi(npm, npx)
      expect.equal([run.code, run.lines.at(-1)], [code, last], run.lines.join('\n'))
    })
  }

  test('installs, tests, lints, runs fresh seeds and tests again, in this order', () => {
    const { lines } = runCi(TESTS_PASS, 'echo "1 passed, 0 failed"')
    expect.equal(lines.filter((line) => /^np[mx] /.test(line)), ['npm ci', 'npm test', 'npm run lint', 'npm run sim -- --kept --fresh 100 --time', 'npx -y -p node@24 node dist/test/run.js '])
  })
})

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, suite } from '../../harness.js'

const CLI = new URL('../../../src/cli/index.js', import.meta.url).href

/** Stands for main.js: does what its node's name says. */
const FAKE = `
import { onSupervisorGone } from ${JSON.stringify(CLI)}
const name = process.argv.find((arg) => arg.startsWith('-node=')).slice(6)
process.on('SIGTERM', () => { if (name !== 'stubborn') { console.error('{"level":"info","msg":"stopped"}'); process.exit(0) } })
process.on('SIGINT', () => { console.log('got SIGINT') })
onSupervisorGone(() => process.exit(0))
console.error(JSON.stringify({ level: 'info', msg: 'pid', pid: process.pid, args: process.argv.slice(2) }))
if (name === 'dying') { console.error('{"level":"error","msg":"port 1 is taken"}'); process.exit(1) }
console.log('ready ' + name + ' http://127.0.0.1:1 /ip4/127.0.0.1/tcp/1/p2p/ID')
setInterval(() => {}, 1000)
`
const PARENT = `
import { parseCommandLine, runLocal } from ${JSON.stringify(CLI)}
const command = parseCommandLine(['local', '-config=c.yaml'], process.env)
process.exitCode = await runLocal(command.options, process.argv[2])
`

interface Local {
  readonly root: string
  readonly process: ChildProcess
  readonly output: () => string
  readonly ended: Promise<number | null>
}

suite('gokeydb local', ({ test, beforeEach, afterEach }) => {
  let root = ''
  let running: ChildProcess | undefined
  beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'gokeydb-local-')) })
  afterEach(async () => {
    running?.kill('SIGKILL')
    await until(() => pids().every((pid) => !isAlive(pid)), 'all nodes are gone')
    rmSync(root, { recursive: true })
  })

  function local (names: string, more = ''): Local {
    writeFileSync(join(root, 'fake.mjs'), FAKE)
    writeFileSync(join(root, 'parent.mjs'), PARENT)
    writeFileSync(join(root, 'c.yaml'), `cluster: {nodes: 1, master_slaves: [{master: a, slaves: [${names}]}]}\nstorage: {path: d}\n${more}`)
    const child = spawn(process.execPath, ['parent.mjs', join(root, 'fake.mjs')], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    running = child
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
    return { root, process: child, output: () => output, ended: new Promise((resolve) => { child.on('close', resolve) }) }
  }

  const log = (name: string): string => existsSync(join(root, 'd', name, 'log.jsonl')) ? readFileSync(join(root, 'd', name, 'log.jsonl'), 'utf8') : ''
  const pids = (): number[] => ['a', 'b', 'stubborn', 'dying'].flatMap((name) => [.../"pid":(\d+)/.exec(log(name))?.slice(1).map(Number) ?? []])

  test('runs all nodes, keeps their logs, and stops them on SIGINT with 0', async () => {
    const run = local('b')
    await until(() => run.output().includes('/get?key=mykey'), run.output) // the last line of the welcome
    expect.match(run.output(), /^2 of 2 nodes run/m)
    expect.match(run.output(), /^ready a http:\/\/127\.0\.0\.1:1 \/ip4\/127\.0\.0\.1\/tcp\/1\/p2p\/ID$/m)
    expect.match(run.output(), /^try: curl -X POST http:\/\/127\.0\.0\.1:1\/set/m)
    expect.match(log('b'), '"args":["-config=c.yaml","-node=b"]')
    run.process.kill('SIGINT')
    expect.is(await run.ended, 0, run.output())
    expect.match(log('a'), '"msg":"stopped"')
  })

  test('goes on when a node dies, and says why', async () => {
    const run = local('dying')
    await until(() => run.output().includes('1 of 2 nodes run'), run.output)
    expect.match(run.output(), 'dying stopped by itself (exit code 1): port 1 is taken')
    run.process.kill('SIGTERM')
    expect.is(await run.ended, 0)
  })

  test('kills at once on a second signal', async () => {
    const run = local('stubborn')
    await until(() => run.output().includes('2 of 2 nodes run'), run.output)
    run.process.kill('SIGINT')
    await until(() => run.output().includes('stopping'), run.output)
    run.process.kill('SIGINT')
    expect.is(await run.ended, 0)
  })

  test('leaves no node behind when it is killed itself', async () => {
    const run = local('b')
    await until(() => run.output().includes('2 of 2 nodes run'), run.output)
    expect.is(pids().length, 2)
    run.process.kill('SIGKILL')
    await until(() => pids().every((pid) => !isAlive(pid)), run.output)
  })

  test('starts and creates nothing where the file is wrong', async () => {
    const run = local('a')
    expect.is(await run.ended, 2)
    expect.match(run.output(), /^c\.yaml:1:\d+: "a" is the master of this group/m)
    expect.is(existsSync(join(root, 'd')), false)
  })
})

function isAlive (pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

async function until (condition: () => boolean, what: string | (() => string)): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 300) throw new Error(`waited in vain: ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
}

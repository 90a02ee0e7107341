#!/usr/bin/env node
import './runtime/polyfill.js'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { helpText, leaveCluster, membersTable, onSupervisorGone, parseCommandLine, resolveStart, runLocal } from './cli/index.js'
import type { Options } from './cli/index.js'
import { formatProblem } from './config/index.js'
import { createLogger, stderrStream } from './runtime/index.js'
import { startNode } from './start-node.js'
import { VERSION } from './version.js'

/** Exit codes of DESIGN.md section 2. */
const STOPPED = 0
const FAILED = 1
const BAD_USAGE = 2
/** ms a stop may take before the process ends all the same. */
const STOP_MS_MAX = 10_000
/** ms that a node which has left goes on answering, so that whoever asked it to go can see that it has. */
const DEPARTED_MS = 2000

async function main (): Promise<void> {
  const command = parseCommandLine(process.argv.slice(2), process.env)
  switch (command.kind) {
    case 'usage-error':
      for (const problem of command.problems) process.stderr.write(`${formatProblem(problem)}\n`)
      process.stderr.write('gokeydb --help lists the options\n')
      process.exitCode = BAD_USAGE
      return
    case 'help':
      process.stdout.write(helpText())
      return
    case 'version':
      process.stdout.write(`gokeydb ${VERSION}\n`)
      return
    case 'local':
      process.exit(await runLocal(command.options))
      return
    case 'members':
      process.exitCode = await showMembers(command.url)
      return
    case 'leave':
      process.exitCode = await leave(command.url, command.member)
      return
    case 'sim':
      process.exitCode = await runSimulator(command.args)
      return
    case 'start':
      await start(command.options)
  }
}

async function showMembers (url: string): Promise<number> {
  try {
    process.stdout.write(await membersTable(url))
    return STOPPED
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return FAILED
  }
}

async function leave (url: string, member: string | undefined): Promise<number> {
  try {
    await leaveCluster(url, member, {
      say: (line) => { process.stdout.write(`${line}\n`) },
      wait: (ms) => new Promise((resolve) => { setTimeout(resolve, ms) })
    })
    return STOPPED
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return FAILED
  }
}

/** The simulator is a program of its own beside this one: nothing here depends on it. */
async function runSimulator (args: readonly string[]): Promise<number> {
  const program = fileURLToPath(new URL('../sim/main.js', import.meta.url))
  const child = spawn(process.execPath, [program, ...args], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { child.kill(signal) })
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => { resolve(code ?? FAILED) })
  })
}

async function start (options: Options): Promise<void> {
  const resolved = resolveStart(options, (path) => readFileSync(path, 'utf8'))
  if (!resolved.ok) {
    for (const problem of resolved.problems) process.stderr.write(`${formatProblem(problem)}\n`)
    process.exitCode = BAD_USAGE
    return
  }
  const { settings } = resolved
  const log = createLogger({ level: settings.logLevel, stream: stderrStream })
  const fail = (reason: string): never => {
    log.error('the node cannot go on', { reason })
    process.exit(FAILED)
  }
  process.on('uncaughtException', (error) => { fail(error.stack ?? String(error)) })
  process.on('unhandledRejection', (reason) => { fail(reason instanceof Error ? reason.stack ?? reason.message : String(reason)) })
  try {
    const departed = (): void => { setTimeout(() => { stop() }, DEPARTED_MS) }
    const node = await startNode(settings, log, fail, departed)
    let stops = 0
    const stop = (): void => {
      stops++
      if (stops > 1) process.exit(STOPPED)
      setTimeout(() => { fail(`stopping took longer than ${STOP_MS_MAX} ms`) }, STOP_MS_MAX).unref()
      node.stop().then(() => process.exit(STOPPED), (error: unknown) => { fail(String(error)) })
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
    onSupervisorGone(stop)
    process.stdout.write(`ready ${node.name} ${node.http} ${node.multiaddrs[0] ?? ''}\n`)
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error))
  }
}

await main()

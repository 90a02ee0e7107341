import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { formatProblem } from '../config/index.js'
import type { Options } from './command-line.js'
import { LineSplitter } from './lines.js'
import { resolveLocal } from './local.js'
import type { LocalNode } from './local.js'
import { RotatingLogFile } from './log-file.js'
import { Supervisor } from './supervisor.js'
import type { Child, ChildEvents } from './supervisor.js'

/** The program that runs one node: `dist/src/main.js`, found from `dist/src/cli`. */
const MAIN_PATH = fileURLToPath(new URL('../main.js', import.meta.url))

/**
 * `gokeydb local`: runs every node of a file until Ctrl-C or SIGTERM.
 *
 * @param main the program that runs one node; another one in tests
 * @returns the exit code: 0 stopped, 1 all nodes died, 2 the file is wrong and nothing was started
 */
export async function runLocal (options: Options, main = MAIN_PATH): Promise<number> {
  const say = (line: string): void => { process.stdout.write(`${line}\n`) }
  const warn = (line: string): void => { process.stderr.write(`${line}\n`) }
  const resolved = resolveLocal(options, (path) => readFileSync(path, 'utf8'))
  if (!resolved.ok) {
    for (const problem of resolved.problems) warn(formatProblem(problem))
    return 2
  }
  const supervisor = new Supervisor(resolved.nodes, {
    spawn: (node, events) => spawnNode(main, node, events),
    openLog: ({ name, dataDirectory }) => new RotatingLogFile(dataDirectory, (reason) => { warn(`${name}'s log is not written any more: ${reason}`) }),
    say,
    warn,
    nowMs: () => performance.now(),
    after: (delayMs, body) => {
      const timer = setTimeout(body, delayMs)
      return { cancel: () => { clearTimeout(timer) } }
    }
  })
  const stop = (): void => { supervisor.stop() }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    return await supervisor.start()
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

/**
 * Each child leads a process group of its own, so that Ctrl-C at the terminal reaches it once, through the supervisor.
 * The channel in `stdio` tells it when the supervisor is gone, however it went: see `onSupervisorGone`.
 */
function spawnNode (main: string, node: LocalNode, { onOutput, onLog, onExit }: ChildEvents): Child {
  const child = spawn(process.execPath, [main, ...node.args], { detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const streams = [{ stream: child.stdout, onLine: onOutput }, { stream: child.stderr, onLine: onLog }]
  for (const { stream, onLine } of streams) {
    const lines = new LineSplitter(onLine)
    stream?.setEncoding('utf8')
    stream?.on('data', (chunk: string) => { lines.push(chunk) })
    stream?.on('end', () => { lines.end() })
  }
  let ended = false
  const end = (reason: string): void => {
    if (!ended) onExit(reason)
    ended = true
  }
  child.on('error', (problem) => { if (child.pid === undefined) end(problem.message) })
  child.on('close', (code, signal) => { end(signal ?? `exit code ${code ?? '?'}`) })
  return { kill: (signal) => { child.kill(signal) } }
}

/** In a child of `local`: calls back when the supervisor is gone, so that no node is left behind. Elsewhere does nothing. */
export function onSupervisorGone (stop: () => void): void {
  if (process.connected === undefined) return // no child of `local`
  if (!process.connected) {
    stop()
    return
  }
  process.once('disconnect', stop)
  process.channel?.unref()
}

import { relative } from 'node:path'
import type { LocalNode } from './local.js'
import type { LogFile } from './log-file.js'
import { readLogLine, Repetition } from './log-line.js'

/** One running child, as far as the supervisor needs it. */
export interface Child {
  kill (signal: 'SIGTERM' | 'SIGKILL'): void
}

/** What a child does. `onExit` comes last, once, after all output. */
export interface ChildEvents {
  readonly onOutput: (line: string) => void
  readonly onLog: (line: string) => void
  /** @param reason e.g. `exit code 1`, `SIGKILL`, or why it could not be started */
  readonly onExit: (reason: string) => void
}

/** What the supervisor needs of the world. */
export interface SupervisorWorld {
  readonly spawn: (node: LocalNode, events: ChildEvents) => Child
  readonly openLog: (node: LocalNode) => LogFile
  /** One line for the person at the terminal. */
  readonly say: (line: string) => void
  readonly warn: (line: string) => void
  readonly nowMs: () => number
  /** Calls back once after a while, unless cancelled. */
  readonly after: (delayMs: number, body: () => void) => { readonly cancel: () => void }
}

/** How long a node may take to stop; it hands over its masterships first (2 s at most). */
export const STOP_LIMIT_MS = 5000
/** When to say who has not reported yet. */
export const START_PATIENCE_MS = 15_000

interface Run {
  readonly node: LocalNode
  readonly log: LogFile
  child: Child | undefined
  state: 'starting' | 'ready' | 'stopped'
  http: string | undefined
  lastError: string | undefined
}

/** Runs all nodes of a file as children: shows where they are, keeps their logs, stops them together. */
export class Supervisor {
  readonly #world: SupervisorWorld
  readonly #runs: readonly Run[]
  readonly #repetition = new Repetition()
  readonly #ended: Promise<number>
  #end: (code: number) => void = () => {}
  #stopping = false
  #summarised = false
  readonly #timers: Array<{ readonly cancel: () => void }> = []

  constructor (nodes: readonly LocalNode[], world: SupervisorWorld) {
    this.#world = world
    this.#ended = new Promise((resolve) => { this.#end = resolve })
    this.#runs = nodes.map((node) => ({ node, log: world.openLog(node), child: undefined, state: 'starting', http: undefined, lastError: undefined }))
  }

  /** Starts every node. Resolves once none is left, with the exit code: 0 after `stop`, 1 where all died by themselves. */
  start (): Promise<number> {
    this.#timers.push(this.#world.after(START_PATIENCE_MS, () => { this.#sayWhoIsMissing() }))
    for (const run of this.#runs) {
      run.child = this.#world.spawn(run.node, {
        onOutput: (line) => { this.#onOutput(run, line) },
        onLog: (line) => { this.#onLog(run, line) },
        onExit: (reason) => { this.#onExit(run, reason) }
      })
    }
    return this.#ended
  }

  /** Asks all nodes to stop, and kills those that have not after `STOP_LIMIT_MS`; a second call kills at once. */
  stop (): void {
    if (this.#stopping) {
      this.#signal('SIGKILL')
      return
    }
    this.#stopping = true
    this.#world.say('stopping all nodes (once more stops them at once)')
    this.#signal('SIGTERM')
    this.#timers.push(this.#world.after(STOP_LIMIT_MS, () => {
      for (const { node } of this.#running()) this.#world.warn(`${node.name} did not stop within ${STOP_LIMIT_MS / 1000} s and is killed`)
      this.#signal('SIGKILL')
    }))
  }

  #running (): readonly Run[] {
    return this.#runs.filter(({ state }) => state !== 'stopped')
  }

  #signal (signal: 'SIGTERM' | 'SIGKILL'): void {
    for (const { child } of this.#running()) child?.kill(signal)
  }

  #onOutput (run: Run, line: string): void {
    const ready = /^ready \S+ (http:\/\/\S+)( \/\S+)*$/.exec(line)
    if (ready === null || run.state !== 'starting') {
      run.log.append(line)
      return
    }
    run.state = 'ready'
    run.http = ready[1]
    this.#world.say(line)
    this.#summarise()
  }

  #onLog (run: Run, line: string): void {
    run.log.append(line)
    const shown = readLogLine(line)
    if (shown === undefined) return
    if (shown.level === 'error') run.lastError = shown.message
    // the same warning from every node is one piece of news; errors are told of each
    const news = shown.level === 'warn' ? shown.message : `${run.node.name} ${shown.message}`
    if (this.#stopping || !this.#repetition.isNew(news, this.#world.nowMs())) return
    this.#world.warn(`${run.node.name} ${shown.level}: ${shown.message}`)
  }

  #onExit (run: Run, reason: string): void {
    run.state = 'stopped'
    run.log.close()
    if (!this.#stopping) {
      const why = run.lastError === undefined ? `see ${logPath(run)}` : run.lastError
      this.#world.warn(`${run.node.name} stopped by itself (${reason}): ${why}`)
    }
    if (this.#running().length > 0) {
      this.#summarise()
      return
    }
    for (const timer of this.#timers) timer.cancel()
    if (!this.#stopping) this.#world.warn('no node is left')
    this.#end(this.#stopping ? 0 : 1)
  }

  /** Once every node is ready or gone: what to try. */
  #summarise (): void {
    const ready = this.#runs.filter(({ state }) => state === 'ready')
    if (this.#summarised || this.#stopping || ready.length < this.#running().length) return
    this.#summarised = true
    const first = ready[0]
    this.#world.say(`${ready.length} of ${this.#runs.length} nodes run. Logs: ${first === undefined ? '' : logPath(first)} and so on. Ctrl-C stops them.`)
    this.#world.say(`try: curl -X POST ${first?.http ?? ''}/set -d 'key=mykey&value=myvalue'`)
    this.#world.say(`     curl '${ready.at(-1)?.http ?? ''}/get?key=mykey'`)
  }

  #sayWhoIsMissing (): void {
    for (const run of this.#runs) {
      if (run.state === 'starting') this.#world.warn(`${run.node.name} is not ready yet; see ${logPath(run)}`)
    }
  }
}

const logPath = ({ node }: Run): string => `${relative('', node.dataDirectory)}/log.jsonl`

import type { LocalNode } from '../../src/cli/local.js'
import { START_PATIENCE_MS, STOP_LIMIT_MS, Supervisor } from '../../src/cli/supervisor.js'
import type { ChildEvents } from '../../src/cli/supervisor.js'
import { expect, suite } from '../harness.js'

/** A world in which nothing happens by itself. */
class Stage {
  readonly said: string[] = []
  readonly warned: string[] = []
  readonly killed: string[] = []
  readonly logs = new Map<string, string[]>()
  readonly children = new Map<string, ChildEvents>()
  readonly #timers: Array<{ atMs: number, body: () => void }> = []
  readonly supervisor: Supervisor
  code: number | undefined
  #nowMs = 0

  constructor (...names: string[]) {
    const nodes = names.map((name): LocalNode => ({ name, dataDirectory: `/d/${name}`, args: [] }))
    this.supervisor = new Supervisor(nodes, {
      spawn: (node, events) => {
        this.children.set(node.name, events)
        return { kill: (signal) => { this.killed.push(`${node.name} ${signal}`) } }
      },
      openLog: ({ name }) => {
        const lines: string[] = []
        this.logs.set(name, lines)
        return { append: (line) => { lines.push(line) }, close: () => { lines.push('(closed)') } }
      },
      say: (line) => { this.said.push(line) },
      warn: (line) => { this.warned.push(line) },
      nowMs: () => this.#nowMs,
      after: (delayMs, body) => {
        const timer = { atMs: this.#nowMs + delayMs, body }
        this.#timers.push(timer)
        return { cancel: () => { this.#timers.splice(this.#timers.indexOf(timer), 1) } }
      }
    })
    void this.supervisor.start().then((code) => { this.code = code })
  }

  child (name: string): ChildEvents {
    const found = this.children.get(name)
    if (found === undefined) throw new Error(`${name} was not started`)
    return found
  }

  ready (name: string, port: number): void {
    this.child(name).onOutput(`ready ${name} http://127.0.0.1:${port} /ip4/127.0.0.1/tcp/${port + 1000}/p2p/ID`)
  }

  advance (ms: number): void {
    this.#nowMs += ms
    for (const timer of this.#timers.filter(({ atMs }) => atMs <= this.#nowMs)) {
      this.#timers.splice(this.#timers.indexOf(timer), 1)
      timer.body()
    }
  }

  get pending (): number {
    return this.#timers.length
  }
}

/** Lets a resolved promise be heard. */
const settle = (): Promise<void> => Promise.resolve()

suite('the supervisor', ({ test }) => {
  test('passes ready lines on, and then says what to try', () => {
    const stage = new Stage('a', 'b')
    stage.ready('b', 8081)
    expect.equal(stage.said, ['ready b http://127.0.0.1:8081 /ip4/127.0.0.1/tcp/9081/p2p/ID'])
    stage.ready('a', 8080)
    expect.is(stage.said[1], 'ready a http://127.0.0.1:8080 /ip4/127.0.0.1/tcp/9080/p2p/ID')
    expect.match(stage.said[2] ?? '', /^2 of 2 nodes run\. Logs: .*d\/a\/log\.jsonl and so on\. Ctrl-C stops them\.$/)
    expect.equal(stage.said.slice(3), ["try: curl -X POST http://127.0.0.1:8080/set -d 'key=mykey&value=myvalue'", "     curl 'http://127.0.0.1:8081/get?key=mykey'"])
    stage.child('a').onOutput('something else')
    expect.equal(stage.logs.get('a'), ['something else'])
  })

  test('keeps every log line, and shows warnings and errors, the same ones once a minute', () => {
    const stage = new Stage('a', 'b')
    const lines = ['{"time":"t","level":"info","msg":"started"}', '{"time":"t","level":"warn","msg":"no secret","port":1}', '{"time":"t","level":"error","msg":"disk full"}']
    for (const name of ['a', 'b']) for (const line of lines) stage.child(name).onLog(line)
    expect.equal(stage.logs.get('b'), lines)
    expect.equal(stage.warned, ['a warn: no secret port=1', 'a error: disk full', 'b error: disk full'])
    stage.advance(60_001)
    stage.child('b').onLog(lines[1] ?? '')
    expect.ok(stage.warned.includes('b warn: no secret port=1'))
  })

  test('shows what a crash printed, and no other text', () => {
    const stage = new Stage('a')
    for (const line of ['Error: no such thing', '    at somewhere', '(node:1) Warning: x', '{"level":"error"', 'AssertionError: broken']) stage.child('a').onLog(line)
    expect.equal(stage.warned, ['a error: Error: no such thing', 'a error: AssertionError: broken'])
  })

  test('says which node died and why, and goes on with the others', async () => {
    const stage = new Stage('a', 'b')
    stage.ready('a', 8080)
    stage.child('b').onLog('{"level":"error","msg":"port 9081 is taken"}')
    stage.child('b').onExit('exit code 1')
    await settle()
    expect.is(stage.warned.at(-1), 'b stopped by itself (exit code 1): port 9081 is taken')
    expect.is(stage.code, undefined)
    expect.match(stage.said[1] ?? '', /^1 of 2 nodes run/)
    expect.is(stage.logs.get('b')?.at(-1), '(closed)')
  })

  test('ends with 1 where all nodes died', async () => {
    const stage = new Stage('a', 'b')
    stage.child('a').onExit('SIGKILL')
    stage.child('b').onExit('exit code 2')
    await settle()
    expect.is(stage.code, 1)
    expect.match(stage.warned[0] ?? '', /^a stopped by itself \(SIGKILL\): see .*d\/a\/log\.jsonl$/)
    expect.is(stage.warned.at(-1), 'no node is left')
    expect.is(stage.pending, 0)
  })

  test('stops all with SIGTERM and ends with 0', async () => {
    const stage = new Stage('a', 'b', 'c')
    stage.child('c').onExit('exit code 1')
    stage.supervisor.stop()
    expect.equal(stage.killed, ['a SIGTERM', 'b SIGTERM'])
    stage.child('a').onExit('exit code 0')
    await settle()
    expect.is(stage.code, undefined)
    stage.child('b').onExit('exit code 0')
    await settle()
    expect.is(stage.code, 0)
    expect.is(stage.pending, 0)
    expect.equal(stage.warned.length, 1, 'a node that was asked to stop did not stop by itself')
  })

  test('kills what has not stopped in time', () => {
    const stage = new Stage('a', 'b')
    stage.supervisor.stop()
    stage.child('a').onExit('exit code 0')
    stage.advance(STOP_LIMIT_MS)
    expect.equal(stage.killed, ['a SIGTERM', 'b SIGTERM', 'b SIGKILL'])
    expect.equal(stage.warned, ['b did not stop within 5 s and is killed'])
  })

  test('kills at once when asked a second time', () => {
    const stage = new Stage('a', 'b')
    stage.supervisor.stop()
    stage.supervisor.stop()
    expect.equal(stage.killed, ['a SIGTERM', 'b SIGTERM', 'a SIGKILL', 'b SIGKILL'])
  })

  test('says after a while who is not ready', () => {
    const stage = new Stage('a', 'b')
    stage.ready('a', 8080)
    stage.advance(START_PATIENCE_MS)
    expect.is(stage.warned.length, 1)
    expect.match(stage.warned[0] ?? '', /^b is not ready yet; see .*d\/b\/log\.jsonl$/)
  })
})

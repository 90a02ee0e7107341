import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `dist/src/main.js`, from `dist/test/process`. */
export const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url))

const children = new Set<ChildProcess>()
const directories = new Set<string>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

/** A directory that is gone when the tests end. */
export function temporaryDirectory (): string {
  const directory = mkdtempSync(join(tmpdir(), 'gokeydb-test-'))
  directories.add(directory)
  return directory
}

/** One `gokeydb` process. */
export class NodeProcess {
  readonly child: ChildProcess
  /** Everything on stdout and stderr so far. */
  out = ''
  err = ''
  /** Undefined while it runs. */
  exit: { readonly code: number | null, readonly signal: NodeJS.Signals | null } | undefined
  readonly exited: Promise<{ readonly code: number | null, readonly signal: NodeJS.Signals | null }>

  /** @param prefix words before the command, to run it somewhere else */
  constructor (args: readonly string[], environment: Readonly<Record<string, string>> = {}, cwd?: string, prefix: readonly string[] = []) {
    const [command = process.execPath, ...words] = [...prefix, process.execPath, MAIN, ...args]
    this.child = spawn(command, words, {
      env: { PATH: process.env['PATH'] ?? '', ...environment }, stdio: ['ignore', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd })
    })
    children.add(this.child)
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => { this.out += text })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => { this.err = (this.err + text).slice(-200_000) })
    this.exited = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        children.delete(this.child)
        this.exit = { code, signal }
        resolve(this.exit)
      })
    })
  }

  /** Waits for the ready line. */
  async ready (limitMs = 30_000): Promise<{ readonly name: string, readonly http: string, readonly multiaddr: string }> {
    await eventually(`the node is ready; stderr: ${this.err.slice(-2000)}`, () => {
      if (this.exit !== undefined) throw new Stop(`the node ended with ${JSON.stringify(this.exit)}: ${this.err.slice(-2000)}`)
      return this.out.includes('\n')
    }, limitMs)
    const [word, name, http, multiaddr] = (this.out.split('\n')[0] ?? '').split(' ')
    if (word !== 'ready' || name === undefined || http === undefined || multiaddr === undefined) throw new Error(`not a ready line: ${this.out}`)
    return { name, http, multiaddr }
  }

  signal (signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Ends it at once and waits until it is gone. */
  async kill (): Promise<void> {
    this.child.kill('SIGKILL')
    await this.exited
  }
}

/** A condition that can never come true any more. */
export class Stop extends Error {}

/** Waits until a condition holds; what it throws counts as "not yet", but for `Stop`. */
export async function eventually (what: string, condition: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const endMs = performance.now() + limitMs
  let last: unknown
  for (;;) {
    try {
      if (await condition()) return
      last = undefined
    } catch (error) {
      if (error instanceof Stop) throw error
      last = error
    }
    if (performance.now() > endMs) throw new Error(`after ${limitMs} ms it is not so that ${what}${last instanceof Error ? ` (${last.message})` : ''}`)
    await new Promise((resolve) => { setTimeout(resolve, 25) })
  }
}

export interface HttpAnswer {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** One HTTP request; rejects where no answer came. */
export function ask (base: string, method: string, path: string, form?: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(base + path, {
      method, agent, timeout: 20_000,
      headers: form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(form) }
    }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => { body += text })
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, body, headers: response.headers }) })
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.on('timeout', () => { sent.destroy(new Error('no answer within 20 s')) })
    sent.end(form)
  })
}

export const setKey = (base: string, key: string, value: string, query = ''): Promise<HttpAnswer> =>
  ask(base, 'POST', `/set${query}`, `key=${encodeURIComponent(key)}&value=${encodeURIComponent(value)}`)

export const getKey = (base: string, key: string, query = ''): Promise<HttpAnswer> =>
  ask(base, 'GET', `/get?key=${encodeURIComponent(key)}${query}`)

export async function json (base: string, path: string): Promise<unknown> {
  return JSON.parse((await ask(base, 'GET', path)).body)
}

/** Runs `work` for every item, at most `width` at once. */
export async function each<Item> (items: readonly Item[], width: number, work: (item: Item) => Promise<void>): Promise<void> {
  let next = 0
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < items.length) await work(items[next++] as Item)
  }))
}

/** The first of `count` consecutive TCP ports that are free now. */
export async function freePorts (count: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const first = 20_000 + Math.floor(Math.random() * 12_000) // below the ports that the system hands out by itself
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(first + i)))
    if (free.every(Boolean)) return first
  }
  throw new Error(`no ${count} free ports in a row`)
}

function isFree (port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => { resolve(false) })
    server.listen(port, '0.0.0.0', () => { server.close(() => { resolve(true) }) })
  })
}

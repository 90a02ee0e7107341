import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createLogger } from '../../src/runtime/index.js'
import type { LogLevel } from '../../src/runtime/index.js'
import { expect, suite } from '../harness.js'

function collect (level: LogLevel): { readonly lines: string[], readonly logger: ReturnType<typeof createLogger> } {
  const lines: string[] = []
  return { lines, logger: createLogger({ level, stream: { write: (line) => lines.push(line) } }) }
}

const parse = (line: string | undefined): Record<string, unknown> => JSON.parse(line ?? '') as Record<string, unknown>

const childFile = fileURLToPath(new URL('./child.js', import.meta.url))

suite('logger', ({ test }) => {
  test('writes one JSON object a line, with time, level, message and fields', () => {
    const { lines, logger } = collect('debug')
    logger.warn('two\nlines', { peer: '12D3', count: 3, ok: true, absent: undefined, list: ['a', 'b'] })
    expect.is(lines.length, 1)
    expect.match(lines[0] ?? '', /^\{.*\}\n$/)
    const { time, ...rest } = parse(lines[0])
    expect.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect.equal(rest, { level: 'warn', msg: 'two\nlines', peer: '12D3', count: 3, ok: true, list: ['a', 'b'] })
  })

  test('leaves out what is below its level', () => {
    const written = (level: LogLevel): unknown[] => {
      const { lines, logger } = collect(level)
      for (const each of ['debug', 'info', 'warn', 'error'] as const) logger[each](each)
      return lines.map((line) => parse(line).msg)
    }
    expect.equal(written('debug'), ['debug', 'info', 'warn', 'error'])
    expect.equal(written('info'), ['info', 'warn', 'error'])
    expect.equal(written('warn'), ['warn', 'error'])
    expect.equal(written('error'), ['error'])
    expect.equal(written('silent'), [])
  })

  test('fields cannot pass for the level, the message or the time', () => {
    const { lines, logger } = collect('info')
    logger.info('true', { msg: 'false', level: 'error', time: 'never', other: 1 })
    const line = parse(lines[0])
    expect.equal([line.msg, line.level, line.other], ['true', 'info', 1])
    expect.is.not(line.time, 'never')
  })

  test('a stream that throws loses the line and is told of later, nothing else', () => {
    const lines: string[] = []
    let broken = true
    const logger = createLogger({
      level: 'info',
      stream: {
        write (line) {
          if (broken) throw new Error('EPIPE')
          lines.push(line)
        }
      }
    })
    logger.info('lost')
    logger.info('lost too')
    broken = false
    logger.info('heard')
    logger.info('heard too')
    expect.equal(lines.map((line) => [parse(line).msg, parse(line).linesLost]), [['heard', 2], ['heard too', undefined]])
  })

  test('a process that kills itself right after has written every line', async () => {
    const child = spawn(process.execPath, [childFile, '500', 'kill'], { stdio: ['ignore', 'ignore', 'pipe'] })
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (data: string) => { output += data })
    const signal = await new Promise((resolve) => { child.once('close', (_code, by) => { resolve(by) }) })
    expect.is(signal, 'SIGKILL')
    const lines = output.trimEnd().split('\n')
    expect.equal(lines.map((line) => parse(line).index), Array.from({ length: 500 }, (_, index) => index))
  })

  test('a process whose log nobody reads any more goes on', async () => {
    const child = spawn(process.execPath, [childFile, '2000'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stderr.destroy()
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (data: string) => { output += data })
    const code = await new Promise((resolve) => { child.once('close', resolve) })
    expect.equal([code, output], [0, 'logged\n'])
  })
})
